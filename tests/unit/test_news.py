"""What notifications do to an order, in whatever order they come."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.core.marketplaces import Region
from lambdas.core.news import Ignore, Record, on_order_change
from lambdas.core.order_change import OrderChange
from lambdas.core.solicitation import Note, Solicitation, Status
from tests.records import (
    EARLIEST,
    LATEST,
    POLICY,
    SHIPPED_AT,
    WINDOW,
    order_change,
    solicitation,
)

DAY = timedelta(days=1)
NO_DATES = {"earliest_delivery_date": None, "latest_delivery_date": None}
LATER = {
    "changed_at": SHIPPED_AT + DAY,
    "earliest_delivery_date": EARLIEST + 2 * DAY,
    "latest_delivery_date": LATEST + 2 * DAY,
}


def told(
    known: Solicitation | None,
    change: OrderChange,
    *,
    now: datetime = SHIPPED_AT,
    sent_at: datetime | None = None,
) -> Record | Ignore:
    return on_order_change(
        known, change, region=Region.NA, sent_at=sent_at or now, now=now, policy=POLICY
    )


def recorded(known: Solicitation | None, change: OrderChange, **when: Any) -> Solicitation:
    decision = told(known, change, **when)
    assert isinstance(decision, Record)
    return decision.solicitation


def test_a_shipped_order_waits_for_its_first_check() -> None:
    order = recorded(None, order_change())

    assert order.status is Status.WAITING
    assert order.window == WINDOW
    assert order.due_at == EARLIEST + 5 * DAY
    assert order.expires_at == LATEST + 90 * DAY


@pytest.mark.parametrize(
    ("overrides", "reason"),
    [
        ({"order_status": "Unshipped"}, "not_shipped"),
        ({"order_status": "PartiallyShipped"}, "not_shipped"),
        ({"order_status": "UpComing"}, "not_shipped"),
        ({"order_change_type": "BuyerRequestedChange"}, "not_a_status_change"),
        ({"order_change_type": "DeliveryTipChange"}, "not_a_status_change"),
    ],
)
def test_other_news_is_ignored_by_name(overrides: dict[str, str], reason: str) -> None:
    assert told(None, order_change(**overrides)) == Ignore(reason=reason)


def test_a_repeat_is_ignored() -> None:
    order = recorded(None, order_change())

    assert told(order, order_change()) == Ignore(reason="repeat")


def test_a_replacement_order_is_skipped() -> None:
    order = recorded(None, order_change(is_replacement=True))

    assert (order.status, order.reason) == (Status.SKIPPED, "replacement_order")


def test_an_unknown_marketplace_is_held_until_its_window_shuts() -> None:
    order = recorded(None, order_change(marketplace_id="A0UNKNOWN0000"))

    assert (order.status, order.reason) == (Status.HELD, "unknown_marketplace")
    assert order.due_at == order.window.closes_at


def test_a_marketplace_of_another_region_than_its_subscription_is_held() -> None:
    order = recorded(None, order_change(marketplace_id="A1PA6795UKMFR9"))

    assert (order.status, order.reason) == (Status.HELD, "marketplace_of_another_region")
    assert order.region is Region.NA


@pytest.mark.parametrize(
    "dates",
    [
        {"earliest_delivery_date": LATEST, "latest_delivery_date": EARLIEST},
        {"latest_delivery_date": SHIPPED_AT + 181 * DAY},
    ],
)
def test_dates_that_cannot_be_believed_hold_the_order(dates: dict[str, datetime]) -> None:
    order = recorded(None, order_change(**dates))

    assert order.status is Status.HELD
    assert order.window.closes_at == SHIPPED_AT + 45 * DAY
    mended = recorded(order, order_change(**LATER), now=SHIPPED_AT + DAY)
    assert (mended.status, mended.reason) == (Status.WAITING, "new_delivery_dates")


def test_an_order_whose_window_has_shut_expires_without_a_call() -> None:
    order = recorded(None, order_change(), now=WINDOW.closes_at)

    assert (order.status, order.reason) == (Status.EXPIRED, "window_already_shut")


def test_newer_dates_move_the_plan() -> None:
    order = recorded(None, order_change())

    moved = recorded(order, order_change(**LATER), now=SHIPPED_AT + DAY)

    assert moved.due_at == order.due_at + 2 * DAY
    assert moved.window.closes_at == order.window.closes_at + 2 * DAY


def test_news_without_dates_changes_nothing() -> None:
    order = recorded(None, order_change())

    assert isinstance(told(order, order_change(**NO_DATES, changed_at=SHIPPED_AT + DAY)), Ignore)


def test_an_event_dated_in_the_future_is_capped_by_its_arrival() -> None:
    order = recorded(None, order_change(**NO_DATES, changed_at=SHIPPED_AT + 300 * DAY))

    assert order.news is not None
    assert order.news.shipped_at == SHIPPED_AT


@pytest.mark.parametrize("status", [Status.WAITING, Status.HELD, Status.EXPIRED])
def test_a_cancellation_ends_the_order_whatever_its_time(status: Status) -> None:
    canceled = order_change(order_status="Canceled", changed_at=SHIPPED_AT - DAY)

    assert recorded(solicitation(status=status), canceled).status is Status.CANCELED


def test_a_cancellation_that_comes_first_keeps_the_order_closed() -> None:
    canceled = recorded(None, order_change(order_status="Canceled"))

    assert canceled.status is Status.CANCELED
    assert canceled.expires_at == SHIPPED_AT + 180 * DAY
    assert told(canceled, order_change()) == Ignore(reason="already_canceled")


@pytest.mark.parametrize(
    "status",
    [Status.SENT, Status.SENT_UNCONFIRMED, Status.ALREADY_REQUESTED, Status.SKIPPED],
)
def test_an_ended_order_stays_as_it_is(status: Status) -> None:
    for change in (order_change(**LATER), order_change(order_status="Canceled")):
        assert isinstance(told(solicitation(status=status), change), Ignore)


def test_an_expired_order_reopens_only_if_its_window_does() -> None:
    expired = solicitation(status=Status.EXPIRED)
    after = WINDOW.closes_at + DAY

    assert isinstance(told(expired, order_change(), now=after), Ignore)
    assert recorded(expired, order_change(**LATER), now=after).status is Status.WAITING
    assert recorded(expired, order_change(**LATER), now=after + 3 * DAY).status is Status.EXPIRED


def sending(**overrides: Any) -> Solicitation:
    return solicitation(
        status=Status.SENDING,
        claim="claim-1",
        claim_until=WINDOW.opens_at + timedelta(minutes=5),
        posts_open=1,
        **overrides,
    )


def test_news_while_a_claim_lives_is_only_noted() -> None:
    noted = recorded(sending(), order_change(order_status="Canceled"), now=WINDOW.opens_at)
    noted = recorded(noted, order_change(**LATER), now=WINDOW.opens_at)

    assert noted.status is Status.SENDING
    assert noted.window == WINDOW
    assert noted.note is not None
    assert noted.note.canceled
    assert noted.note.news is not None


def test_a_repeat_while_a_claim_lives_is_not_noted() -> None:
    assert isinstance(told(sending(), order_change(), now=WINDOW.opens_at), Ignore)


def test_once_the_claim_has_run_out_the_note_goes_first_and_cancellation_before_dates() -> None:
    noted = sending(note=Note(canceled=True))

    order = recorded(noted, order_change(**LATER), now=WINDOW.opens_at + timedelta(minutes=6))

    assert order.status is Status.CANCELED
    assert order.reason == "canceled_with_one_answer_unknown"
    assert order.posts_open == 1
    assert order.claim is None


NEWS = st.builds(
    order_change,
    changed_at=st.integers(0, 5).map(lambda hours: SHIPPED_AT + timedelta(hours=hours)),
    order_status=st.sampled_from(["Shipped"] * 6 + ["Canceled", "Unshipped"]),
    earliest_delivery_date=st.sampled_from([None, EARLIEST, EARLIEST + DAY]),
    latest_delivery_date=st.sampled_from([None, LATEST, LATEST + DAY, EARLIEST - DAY]),
    is_delivered=st.booleans(),
)


def final(changes: list[OrderChange]) -> tuple[Any, ...]:
    """Where an order ends up after this news, apart from what its history has to differ in."""
    now = SHIPPED_AT + timedelta(hours=6)
    order = None
    for change in changes:
        decision = told(order, change, now=now)
        if isinstance(decision, Record):
            order = decision.solicitation
    if order is None or order.status is Status.CANCELED:
        return (order and order.status,)
    return (order.status, order.window, order.due_at, order.news)


@given(changes=st.lists(NEWS, max_size=6), data=st.data())
def test_any_order_and_any_repetition_of_the_news_ends_alike(
    changes: list[OrderChange], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(changes))
    repeated = data.draw(st.lists(st.sampled_from(changes), max_size=3)) if changes else []

    assert final([*shuffled, *repeated]) == final(changes)


@given(changes=st.lists(NEWS, min_size=1, max_size=6))
def test_an_open_order_always_has_its_next_look_ahead_or_at_once(
    changes: list[OrderChange],
) -> None:
    order = None
    for change in changes:
        decision = told(order, change, now=SHIPPED_AT + timedelta(hours=6))
        order = decision.solicitation if isinstance(decision, Record) else order

    if order is not None and order.is_open:
        assert order.due_at <= order.window.closes_at
