"""What notifications do to an order, in whatever order they come."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.core.marketplaces import Region
from lambdas.core.news import Ignore, Record, apply_note, on_order_change
from lambdas.core.order_change import OrderChange
from lambdas.core.seller_settings import SellerSettings
from lambdas.core.solicitation import Note, Solicitation, Status
from tests.records import (
    EARLIEST,
    LATEST,
    NO_SETTINGS,
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
    settings: SellerSettings = NO_SETTINGS,
) -> Record | Ignore:
    return on_order_change(
        known,
        change,
        region=Region.NA,
        sent_at=sent_at or now,
        now=now,
        policy=POLICY,
        settings=settings,
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
    [Status.SENT, Status.SENT_UNCONFIRMED, Status.ALREADY_REQUESTED],
)
def test_an_ended_order_stays_as_it_is(status: Status) -> None:
    for change in (order_change(**LATER), order_change(order_status="Canceled")):
        assert isinstance(told(solicitation(status=status), change), Ignore)


@pytest.mark.parametrize("reason", ["replacement_order", "skipped_by_operator", "excluded_sku: A"])
def test_a_skipped_order_stays_skipped_but_takes_in_what_a_release_would_need(reason: str) -> None:
    skipped = solicitation(status=Status.SKIPPED, reason=reason)

    later = recorded(skipped, order_change(**LATER), now=SHIPPED_AT + DAY)
    canceled = recorded(skipped, order_change(order_status="Canceled"))

    assert (later.status, later.reason) == (Status.SKIPPED, reason)
    assert later.window.closes_at == WINDOW.closes_at + 2 * DAY
    assert canceled.status is Status.CANCELED
    assert isinstance(told(skipped, order_change()), Ignore)


def excluding(*skus: str) -> SellerSettings:
    return SellerSettings(excluded_skus=frozenset(skus))


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (excluding("PLATE"), "excluded_sku: PLATE"),
        (
            SellerSettings(excluded_fulfillment_types=frozenset({"MFN"})),
            "excluded_fulfillment_type: MFN",
        ),
        (
            SellerSettings(excluded_marketplaces=frozenset({"ATVPDKIKX0DER"})),
            "excluded_marketplace: ATVPDKIKX0DER",
        ),
    ],
)
def test_an_excluded_order_is_skipped_and_says_why(settings: SellerSettings, reason: str) -> None:
    order = recorded(None, order_change(skus=("MUG", "PLATE")), settings=settings)

    assert (order.status, order.reason) == (Status.SKIPPED, reason)


@pytest.mark.parametrize("status", [Status.WAITING, Status.HELD])
def test_an_excluded_item_in_a_later_notification_stops_the_order(status: Status) -> None:
    order = solicitation(status=status, skus=("MUG",))

    stopped = recorded(order, order_change(skus=("PLATE",)), settings=excluding("PLATE"))

    assert (stopped.status, stopped.skus) == (Status.SKIPPED, ("MUG", "PLATE"))


def test_an_order_of_very_many_skus_is_decided_on_all_of_them_and_keeps_a_hundred() -> None:
    skus = tuple(f"SKU-{number:04}" for number in range(400))

    kept = recorded(None, order_change(skus=skus[:399]), settings=excluding("SKU-0399"))
    stopped = recorded(kept, order_change(skus=skus), settings=excluding("SKU-0399"))

    assert (kept.status, len(kept.skus)) == (Status.WAITING, 100)
    assert stopped.reason == "excluded_sku: SKU-0399"
    assert isinstance(told(kept, order_change(skus=skus)), Ignore)


def test_an_excluded_item_heard_of_while_a_claim_lives_waits_for_the_outcome() -> None:
    noted = recorded(
        sending(skus=("MUG",)),
        order_change(skus=("MUG", "PLATE")),
        now=WINDOW.opens_at,
        settings=excluding("PLATE"),
    )

    after = apply_note(noted, now=WINDOW.opens_at + timedelta(minutes=6), policy=POLICY)

    assert (noted.status, noted.skus) == (Status.SENDING, ("MUG",))
    assert after.reason == "excluded_sku: PLATE (one answer unknown)"
    assert after.skus == ("MUG", "PLATE")


def test_an_order_that_amazon_was_asked_about_to_its_end_is_not_skipped_afterwards() -> None:
    expired = solicitation(status=Status.EXPIRED, reason="never_offered", skus=("MUG",))

    assert isinstance(told(expired, order_change(), settings=excluding("MUG")), Ignore)


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
    is_replacement=st.sampled_from([False] * 9 + [True]),
    skus=st.lists(st.sampled_from(["MUG", "PLATE", "SPOON"])).map(tuple),
)
NEWS_SETTINGS = st.builds(
    SellerSettings, excluded_skus=st.sampled_from([frozenset(), {"PLATE"}, {"SPOON", "MUG"}])
)


def final(changes: list[OrderChange], settings: SellerSettings) -> tuple[Any, ...]:
    """Where an order ends up after this news, apart from what its history has to differ in."""
    now = SHIPPED_AT + timedelta(hours=6)
    order = None
    for change in changes:
        decision = told(order, change, now=now, settings=settings)
        if isinstance(decision, Record):
            order = decision.solicitation
    if order is None or order.status is Status.CANCELED:
        return (order and order.status,)
    why_skipped = order.status is Status.SKIPPED and order.reason
    return (order.status, why_skipped, order.window, order.due_at, order.news, order.skus)


@given(changes=st.lists(NEWS, max_size=6), settings=NEWS_SETTINGS, data=st.data())
def test_any_order_and_any_repetition_of_the_news_ends_alike(
    changes: list[OrderChange], settings: SellerSettings, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(changes))
    repeated = data.draw(st.lists(st.sampled_from(changes), max_size=3)) if changes else []

    assert final([*shuffled, *repeated], settings) == final(changes, settings)


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
