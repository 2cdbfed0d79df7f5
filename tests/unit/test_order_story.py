"""What an order's story says comes next, and why then."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lambdas.core.marketplaces import Region
from lambdas.core.policy import Policy
from lambdas.core.seller import RegionState, Seller
from lambdas.core.seller_settings import SellerSettings
from lambdas.core.sending_hours import SendingHours
from lambdas.core.solicitation import NOT_OFFERED, Check, Solicitation, Status
from lambdas.core.timing import first_check_at, last_checks
from ops.order_story import Story, tell
from tests.records import POLICY, WINDOW, solicitation

NOW = WINDOW.opens_at + timedelta(days=2)
SELLER = Seller(seller_id="A1DAYFIVENA001", live=True, regions={Region.NA: RegionState()})


def story(order: Solicitation, **given: Any) -> Story:
    values = {"seller": SELLER, "settings": SellerSettings(), "policy": POLICY, "now": NOW, **given}
    return tell(order, **values)


def checked(ago: timedelta, **overrides: Any) -> Solicitation:
    check = Check(at=NOW - ago, answer=NOT_OFFERED)
    return solicitation(checks=(check,), reason=NOT_OFFERED, **overrides)


@pytest.mark.parametrize(
    ("order", "told"),
    [
        (
            solicitation(due_at=NOW + timedelta(hours=1)),
            "the next check",
        ),
        (
            checked(timedelta(hours=1), due_at=NOW + timedelta(days=1)),
            "the next check, 1 day after the last",
        ),
        (
            checked(timedelta(minutes=50), due_at=NOW + timedelta(minutes=10)),
            "another check: every hour, until an empty answer is a day old",
        ),
        (
            solicitation(due_at=last_checks(WINDOW, policy=POLICY)[0]),
            "one of the two last checks, 1 day before its window shuts",
        ),
        (
            checked(timedelta(days=1), due_at=last_checks(WINDOW, policy=POLICY)[1]),
            "one of the two last checks, 3 hours before its window shuts",
        ),
        (
            solicitation(due_at=WINDOW.closes_at, reason="marketplace_paused"),
            "its window shuts, and it ends",
        ),
        (
            solicitation(due_at=NOW + timedelta(hours=1), reason="throttled"),
            "the call that failed is tried again",
        ),
        (solicitation(due_at=NOW - timedelta(minutes=1)), "the hourly sweep wakes the sender"),
        (
            solicitation(
                status=Status.SENDING,
                reason="claimed",
                due_at=NOW - timedelta(minutes=2),
                claim="x",
                claim_until=NOW + timedelta(minutes=3),
            ),
            "what became of the create call is looked into",
        ),
        (solicitation(status=Status.HELD, reason="x y"), "dayfive release 903-5550101-0000001"),
        (
            solicitation(status=Status.SKIPPED, reason="skipped_by_operator"),
            "unless it is released while its window is open",
        ),
        (solicitation(status=Status.SKIPPED, reason="replacement_order"), "Nothing: it has ended."),
        (solicitation(status=Status.SENT, reason="sent"), "Nothing: it has ended."),
    ],
)
def test_what_comes_next_and_why_then(order: Solicitation, told: str) -> None:
    assert told in story(order).next


@pytest.mark.parametrize(
    ("order", "told"),
    [
        (
            solicitation(due_at=NOW + timedelta(days=2), plan="learned", likely=62),
            "the first check, at the time that costs least by what earlier orders",
        ),
        (
            solicitation(due_at=NOW + timedelta(days=2), plan="learned", likely=62),
            "by then, with a chance of 62 %",
        ),
        (
            solicitation(due_at=NOW + timedelta(days=2), plan="early", likely=9),
            "early on purpose, with a chance of 9 %: 3 in 100 checks are",
        ),
        (
            checked(timedelta(days=1), due_at=NOW + timedelta(days=1), plan="learned", likely=5),
            "the next check, at the time that costs least",
        ),
        (
            checked(timedelta(days=1), due_at=NOW + timedelta(days=1), plan="ladder"),
            "the checks follow 1, 3 and 7 days after",
        ),
    ],
)
def test_a_time_that_earlier_orders_advised_is_explained_by_them(
    order: Solicitation, told: str
) -> None:
    assert told in story(order).next


def test_before_its_window_the_first_check_is_explained_by_the_delay_in_force() -> None:
    policy = Policy(delay=timedelta(days=7))
    order = solicitation(due_at=first_check_at(WINDOW, policy=policy))

    told = story(order, policy=policy, now=WINDOW.opens_at - timedelta(days=1))

    assert "the first check, 7 days after the parcel is taken to be there" in told.next
    assert "It opens in 1 day." in told.window


def test_dates_that_cannot_be_believed_are_told_with_what_stands_in_for_them() -> None:
    order = solicitation()
    assert order.news
    assert order.news.promise
    reversed_dates = replace(
        order.news.promise, earliest=order.news.promise.latest + timedelta(days=1)
    )
    news = replace(order.news, promise=reversed_dates)

    told = story(solicitation(status=Status.HELD, reason="reversed_delivery_dates", news=news))

    assert "That cannot be right, so delivery is taken to be from" in told.delivery[2]


def test_a_delivery_that_was_reported_is_told() -> None:
    order = solicitation()
    assert order.news
    news = replace(order.news, delivered_at=WINDOW.opens_at)

    assert "Easy Ship reported the delivery" in story(solicitation(news=news)).delivery[-1]


def test_an_expired_order_tells_how_often_amazon_was_asked() -> None:
    told = story(checked(timedelta(days=1), status=Status.EXPIRED))

    assert "Amazon was asked 1 time, as listed below." in told.why


def test_an_unanswered_call_is_told_while_the_order_is_open() -> None:
    assert "may have been asked already" in story(solicitation(posts_open=1)).why


def test_sending_hours_are_told_and_the_clock_they_are_of() -> None:
    hours = SendingHours(first=9, until=21, zone=ZoneInfo("America/Chicago"))

    told = story(solicitation(), policy=Policy(sending_hours=hours))

    assert "Amazon is asked only from 9 to 21 o'clock local time" in told.obstacles[0]
    assert "America/Chicago" in told.order


def test_each_obstacle_is_told_with_its_remedy() -> None:
    state = RegionState(blocked_until=NOW + timedelta(hours=1))
    seller = replace(
        SELLER,
        live=False,
        regions={Region.NA: state},
        paused_marketplaces=frozenset({"ATVPDKIKX0DER"}),
    )
    settings = SellerSettings(excluded_fulfillment_types=frozenset({"MFN"}))

    told = " ".join(story(solicitation(), seller=seller, settings=settings).obstacles)

    assert "dayfive connect --seller A1DAYFIVENA001 --region na" in told
    assert "dayfive resume --seller A1DAYFIVENA001 --marketplace US" in told
    assert "dayfive live on --seller A1DAYFIVENA001" in told
    assert "dayfive settings --seller A1DAYFIVENA001" in told


@pytest.mark.parametrize(
    ("seller", "told"),
    [
        (replace(SELLER, paused=True), "dayfive resume --seller A1DAYFIVENA001."),
        (replace(SELLER, regions={}), "The seller is not connected in this region."),
        (
            replace(
                SELLER, regions={Region.NA: RegionState(slowed_until=NOW + timedelta(hours=1))}
            ),
            "Until 2026-03-12 09:00 UTC.",
        ),
    ],
)
def test_what_holds_the_seller_up_is_told(seller: Seller, told: str) -> None:
    assert told in story(solicitation(), seller=seller).obstacles[0]


def test_an_order_of_an_unknown_marketplace_has_no_local_times() -> None:
    told = story(checked(timedelta(days=1), marketplace_id="A0UNKNOWN"))

    assert "local" not in f"{told.order}{told.checks}{told.next}"
    assert "marketplace A0UNKNOWN" in told.order
