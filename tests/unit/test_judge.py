"""The demo's judge: each promise can be seen to break, on Amazon's ledger alone."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lambdas.core.marketplaces import Region
from ops.demo.canaries import Canaries
from ops.demo.judge import Evidence, judge
from ops.demo.windows import Windows
from ops.simulator.ledger import LedgerEntry
from ops.simulator.operations import CREATE_SOLICITATION, GET_ACTIONS
from tests.builders import order_change_body

ORDER = "903-5550101-0000001"
ARRIVED = datetime(2026, 3, 2, 10, 16, tzinfo=UTC)
OPENS = datetime(2026, 3, 10, 8, 0, tzinfo=UTC)
CLOSES = datetime(2026, 4, 8, 7, 59, 59, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def check(at: datetime, *, offered: bool = True) -> LedgerEntry:
    return entry(GET_ACTIONS, at, status=200, offered=offered)


def create(at: datetime, *, accepted: bool = True, status: int | None = 201) -> LedgerEntry:
    return entry(CREATE_SOLICITATION, at, status=status, accepted=accepted)


def entry(operation: str, at: datetime, **more: Any) -> LedgerEntry:
    return LedgerEntry(
        at=at,
        region=Region.NA,
        operation=operation,
        seller_id="A1DAYFIVENA001",
        client_id="client",
        amazon_order_id=ORDER,
        request_id="request",
        refusal=None,
        throttled=False,
        faults=(),
        **{"offered": None, "accepted": False, **more},
    )


def broken(*ledger: LedgerEntry, **more: Any) -> dict[str, tuple[str, ...]]:
    """The promises that these calls break, with what is said of it."""
    evidence = Evidence(
        ledger=ledger,
        **{
            "windows": Windows([(ARRIVED, order_change_body(amazon_order_id=ORDER))]),
            "records": {ORDER: {"status": "SENT"}},
            "canaries": Canaries(("secret",)),
            "dead_letters": {"OrderChangeDlq": 0},
            "dead_letters_expected": {},
            "live_from": ARRIVED,
            **more,
        },
    )
    return {verdict.promise: verdict.broken for verdict in judge(evidence) if verdict.broken}


def test_a_check_and_a_create_call_inside_the_window_break_nothing() -> None:
    assert broken(check(OPENS), create(OPENS + MINUTE)) == {}


@pytest.mark.parametrize(
    ("ledger", "fault"),
    [
        ([check(OPENS), create(OPENS), check(OPENS), create(OPENS)], "was asked twice"),
        ([create(OPENS)], "without a fresh offer"),
        ([check(OPENS), create(OPENS + 16 * MINUTE)], "without a fresh offer"),
        ([check(OPENS, offered=False), create(OPENS)], "without a fresh offer"),
        ([check(OPENS), create(OPENS), create(OPENS, accepted=False, status=403)], "without"),
        (
            [check(OPENS), create(OPENS), check(OPENS), create(OPENS, accepted=False, status=403)],
            "after a success",
        ),
    ],
)
def test_a_second_or_unfounded_create_call_is_seen(ledger: list[LedgerEntry], fault: str) -> None:
    assert any(fault in each for each in broken(*ledger)["Never twice"])


@pytest.mark.parametrize("at", [OPENS - MINUTE, CLOSES + MINUTE])
def test_a_call_outside_the_window_is_seen(at: datetime) -> None:
    assert list(broken(check(at, offered=False))) == ["Never outside the window"]


def test_an_order_that_is_missing_or_still_open_is_seen() -> None:
    assert "not on record" in broken(records={})["Never lost"][0]
    still_open = {ORDER: {"status": "WAITING", "open_key": "A1DAYFIVENA001#na"}}
    assert "still WAITING" in broken(records=still_open)["Never lost"][0]


def test_a_dead_letter_that_was_not_meant_is_seen() -> None:
    assert broken(dead_letters={"WakeUpDlq": 1})["Never lost"] == ("WakeUpDlq holds 1 messages",)


def test_something_private_is_seen_wherever_it_lies() -> None:
    canaries = Canaries(("secret",))
    canaries.look("log", "a secret")
    canaries.look_at_items([{"token": "Atzr|invented"}])

    assert broken(canaries=canaries)["Nothing private kept"] == ("log: 1 times", "table: 1 times")


def test_an_offered_order_that_was_not_asked_is_seen() -> None:
    assert "was offered and not asked" in broken(check(OPENS))["Nothing selective"][0]


def test_windows_follow_the_newest_promise_and_otherwise_the_shipping() -> None:
    later = order_change_body(
        amazon_order_id=ORDER,
        time_of_order_change="2026-03-03T10:00:00Z",
        earliest_delivery_date="2026-03-07T08:00:00Z",
        latest_delivery_date="2026-03-11T07:59:59Z",
    )
    first = order_change_body(amazon_order_id=ORDER)
    windows = Windows([(ARRIVED, first), (ARRIVED + timedelta(days=1), later)])

    assert windows.window(ORDER, ARRIVED) == (OPENS, CLOSES)
    assert windows.window(ORDER, CLOSES) == (OPENS + 48 * 60 * MINUTE, CLOSES + 48 * 60 * MINUTE)
    afn = json.loads(order_change_body(amazon_order_id=ORDER, fulfillment_type="AFN"))
    shipped = datetime(2026, 3, 2, 10, 15, tzinfo=UTC)
    assert Windows([(ARRIVED, json.dumps(afn))]).window(ORDER, CLOSES) == (
        shipped + timedelta(days=8),
        shipped + timedelta(days=45),
    )
