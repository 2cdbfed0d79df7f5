"""When the simulated Amazon offers a solicitation, in which form, and when it takes one."""

from datetime import UTC, datetime, timedelta

import pytest

from ops.simulator import Listing
from tests.unit.simulator_support import (
    CA,
    CLIENT_ID,
    EU_HOST,
    EU_REFRESH_TOKEN,
    ORDER,
    START,
    US,
    Amazon,
    action_names,
    error_of,
    simulated_order,
)

ACTION = "productReviewAndSellerFeedback"
SECOND = timedelta(seconds=1)


def test_an_open_order_offers_the_action_as_a_link() -> None:
    document = Amazon().check().json()

    order = f"/solicitations/v1/orders/{ORDER}"
    link = {"href": f"{order}/solicitations/{ACTION}?marketplaceIds={US}", "name": ACTION}
    assert document["_links"]["actions"] == [link]
    assert document["_links"]["self"] == {"href": f"{order}?marketplaceIds={US}"}


def test_success_carries_the_rate_and_the_hal_type() -> None:
    amazon = Amazon()

    for response, status in ((amazon.check(), 200), (amazon.solicit(), 201)):
        assert response.status_code == status
        assert response.headers["content-type"] == "application/hal+json"
        assert response.headers["x-amzn-ratelimit-limit"] == "1.0"
        assert response.headers["x-amzn-requestid"]


def test_a_solicitation_answers_an_empty_object_and_can_be_made_once() -> None:
    amazon = Amazon()

    first, second = amazon.solicit(), amazon.solicit()

    assert (first.status_code, first.json()) == (201, {})
    assert second.status_code == 403
    assert action_names(amazon.check()) == []
    assert amazon.simulator.solicitations.accepted == {ORDER: START}


@pytest.mark.parametrize(
    ("since_delivery", "is_open"),
    [
        (timedelta(days=5) - SECOND, False),
        (timedelta(days=5), True),
        (timedelta(days=30), True),
        (timedelta(days=30) + SECOND, False),
    ],
)
def test_the_window_opens_and_shuts_to_the_second(since_delivery: timedelta, is_open: bool) -> None:
    amazon = Amazon()
    delivered_at = START - since_delivery
    amazon.simulator.add_order(
        simulated_order(shipped_at=delivered_at - timedelta(days=2), delivered_at=delivered_at)
    )

    assert action_names(amazon.check()) == ([ACTION] if is_open else [])
    assert amazon.solicit().status_code == (201 if is_open else 403)


@pytest.mark.parametrize(
    "overrides",
    [
        {"delivered_at": None},
        {"shipped_at": None, "delivered_at": None},
        {"canceled_at": START},
        {"solicited_at": START},
        {"listing": Listing.NOTHING},
    ],
)
def test_an_order_that_cannot_be_solicited_lists_nothing(overrides: dict[str, object]) -> None:
    amazon = Amazon()
    amazon.simulator.add_order(simulated_order(**overrides))

    assert action_names(amazon.check()) == []
    assert amazon.solicit().status_code == 403
    assert not any(entry.accepted or entry.offered for entry in amazon.simulator.ledger)


def test_what_will_happen_later_does_not_count_yet() -> None:
    amazon = Amazon()
    later = START + SECOND
    amazon.simulator.add_order(simulated_order(canceled_at=later, solicited_at=later))

    assert action_names(amazon.check()) == [ACTION]


def test_a_disabled_action_is_listed_but_not_offered() -> None:
    amazon = Amazon()
    amazon.simulator.add_order(simulated_order(listing=Listing.DISABLED))

    document = amazon.check().json()

    (embedded,) = document["_embedded"]["actions"]
    assert document["_links"]["actions"][0]["name"] == ACTION
    assert embedded["_embedded"]["schema"]["disabled"] is True
    assert amazon.simulator.ledger[-1].offered is False
    assert error_of(amazon.solicit())["message"].startswith("The requested solicitation is not")


def test_other_actions_may_be_listed_alone() -> None:
    amazon = Amazon()
    amazon.simulator.add_order(simulated_order(listing=Listing.OTHER_ACTIONS))

    assert action_names(amazon.check()) == ["productReview", "sellerFeedback"]
    assert amazon.simulator.ledger[-1].offered is False


@pytest.mark.parametrize(
    ("delivered_at", "forms"),
    [
        (START - timedelta(days=6), {None, "schema self", "schema"}),
        (START, {None, ""}),
    ],
)
def test_embedded_comes_in_every_form_that_was_seen(
    delivered_at: datetime, forms: set[str | None]
) -> None:
    amazon = Amazon()
    amazon.simulator.add_order(simulated_order(delivered_at=delivered_at))
    seen = set()

    for _ in range(20):
        amazon.clock.move(seconds=1)
        embedded = amazon.check().json().get("_embedded")
        links = embedded and [" ".join(sorted(e["_links"])) for e in embedded["actions"]]
        seen.add(links if links is None else "".join(links))

    assert seen == forms


def test_a_flapping_order_hides_the_action_in_its_share_of_checks() -> None:
    amazon = Amazon()
    amazon.simulator.add_order(simulated_order(flapping=0.3))

    for _ in range(200):
        amazon.clock.move(seconds=1)
        amazon.check()

    offered = [entry.offered for entry in amazon.simulator.ledger if entry.offered is not None]
    assert 0.2 < offered.count(False) / len(offered) < 0.4


def test_flapping_does_not_depend_on_other_orders() -> None:
    quiet, busy = Amazon(), Amazon()
    seen: list[list[bool]] = []
    for amazon in (quiet, busy):
        amazon.simulator.add_order(simulated_order(flapping=0.5))
        answers = []
        for _ in range(20):
            amazon.clock.move(seconds=2)
            if amazon is busy:
                amazon.check("903-0000000-0000000")
            answers.append(bool(action_names(amazon.check())))
        seen.append(answers)

    assert seen[0] == seen[1]


def test_an_order_is_unknown_in_another_marketplace_region_or_sellers_hands() -> None:
    amazon = Amazon()
    amazon.simulator.add_seller("A1DAYFIVENA002", "na", "Atzr|other", application=CLIENT_ID)

    for options in (
        {"params": {"marketplaceIds": CA}},
        {"host": EU_HOST, "token": amazon.seller_token(EU_REFRESH_TOKEN)},
        {"token": amazon.seller_token("Atzr|other")},
    ):
        assert amazon.check(**options).status_code == 404
        assert amazon.solicit(**options).status_code == 404


def test_the_first_and_the_last_moment_are_the_orders_own() -> None:
    delivered_at = datetime(2026, 3, 1, tzinfo=UTC)
    order = simulated_order(delivered_at=delivered_at)
    canceled = simulated_order(
        delivered_at=delivered_at, canceled_at=delivered_at + timedelta(days=10)
    )
    too_soon = simulated_order(
        delivered_at=delivered_at, canceled_at=delivered_at + timedelta(days=5)
    )

    assert order.eligible_from == delivered_at + timedelta(days=5)
    assert order.eligible_until == delivered_at + timedelta(days=30)
    assert canceled.eligible_until is not None
    assert canceled.is_open(canceled.eligible_until)
    assert not canceled.is_open(delivered_at + timedelta(days=10))
    assert too_soon.eligible_from is None
    assert simulated_order(listing=Listing.DISABLED).eligible_from is None
