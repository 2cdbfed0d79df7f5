"""The table of moves itself: complete, closed, and obeyed."""

import pytest

from lambdas.core.solicitation import (
    OPEN,
    TRANSITIONS,
    Event,
    IllegalTransitionError,
    Status,
    require_move,
)
from tests.records import solicitation


def test_every_status_can_be_reached() -> None:
    assert set().union(*TRANSITIONS.values()) == set(Status)


def test_every_open_status_can_be_left() -> None:
    for status in OPEN:
        targets = set().union(*(to for (source, _), to in TRANSITIONS.items() if source is status))
        assert targets - OPEN


def test_every_event_moves_something() -> None:
    assert {event for _, event in TRANSITIONS} == set(Event)


def test_nothing_follows_a_sent_order_but_the_same_news_again() -> None:
    assert {event for source, event in TRANSITIONS if source is Status.SENT} == {Event.CREATED}


def test_a_move_that_is_not_in_the_table_is_refused() -> None:
    with pytest.raises(IllegalTransitionError, match="SENT may not become WAITING"):
        solicitation(status=Status.SENT).move(Event.NEW_NEWS, Status.WAITING, "no")
    with pytest.raises(IllegalTransitionError):
        require_move(None, Event.CREATED, Status.SENT)
