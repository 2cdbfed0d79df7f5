"""What an operator may do with an order, and what not: every state, and both sides of time."""

from datetime import timedelta

import pytest

from lambdas.core.operator_acts import (
    Changed,
    Refused,
    on_check_now,
    on_release,
    on_resume,
    on_skip,
)
from lambdas.core.placing import MARKETPLACE_PAUSED, REPLACEMENT_ORDER
from lambdas.core.seller import Seller
from lambdas.core.seller_settings import SellerSettings
from lambdas.core.solicitation import Solicitation, Status
from lambdas.core.waking import CHECK_ASKED
from tests.records import POLICY, WINDOW, solicitation

OPEN_SINCE = WINDOW.opens_at + timedelta(days=2)
BEFORE, SHUT = WINDOW.opens_at - timedelta(minutes=1), WINDOW.closes_at
SELLER = Seller(seller_id="A1DAYFIVENA001", live=True)
ENDED = [Status.SENT, Status.SENT_UNCONFIRMED, Status.ALREADY_REQUESTED, Status.EXPIRED]


def changed(decision: Changed | Refused) -> Solicitation:
    assert isinstance(decision, Changed), decision
    return decision.solicitation


def refused(decision: Changed | Refused) -> str:
    assert isinstance(decision, Refused), decision
    return decision.reason


def released(order: Solicitation, **others: object) -> Changed | Refused:
    arguments = {"now": OPEN_SINCE, "policy": POLICY, "settings": SellerSettings(), **others}
    return on_release(order, **arguments)  # type: ignore[arg-type]  # the overrides are mixed


@pytest.mark.parametrize("status", [Status.WAITING, Status.HELD])
def test_a_waiting_or_held_order_is_skipped(status: Status) -> None:
    order = changed(on_skip(solicitation(status=status), now=OPEN_SINCE))

    assert (order.status, order.reason) == (Status.SKIPPED, "skipped_by_operator")


def test_a_skipped_order_remembers_that_a_call_had_no_answer() -> None:
    order = changed(on_skip(solicitation(posts_open=1), now=OPEN_SINCE))

    assert order.reason == "skipped_by_operator (one answer unknown)"
    assert order.posts_open == 1


def test_an_order_whose_create_call_may_be_on_its_way_is_left_alone() -> None:
    until = OPEN_SINCE + timedelta(minutes=5)
    order = solicitation(
        status=Status.SENDING, claim="c", claim_until=until, posts_open=1, due_at=until
    )

    for decision in (
        on_skip(order, now=OPEN_SINCE),
        released(order),
        on_check_now(order, seller=SELLER, now=OPEN_SINCE),
    ):
        assert "may be on its way: try again after 08:05:00 UTC" in refused(decision)
    assert "is being looked into" in refused(on_skip(order, now=until))


@pytest.mark.parametrize("status", [*ENDED, Status.CANCELED])
def test_an_order_that_has_ended_takes_no_orders(status: Status) -> None:
    order = solicitation(status=status, reason="so it was")

    for decision in (
        on_skip(order, now=OPEN_SINCE),
        released(order),
        on_check_now(order, seller=SELLER, now=OPEN_SINCE),
    ):
        assert refused(decision) == f"it has ended: {status} (so it was)"


def test_a_skipped_order_is_not_skipped_twice() -> None:
    order = solicitation(status=Status.SKIPPED, reason=REPLACEMENT_ORDER)

    assert refused(on_skip(order, now=OPEN_SINCE)) == "it is SKIPPED already (replacement_order)"


def test_a_held_order_is_released_into_its_window() -> None:
    held = solicitation(status=Status.HELD, due_at=WINDOW.closes_at, failures=5)

    order = changed(released(held))

    assert (order.status, order.reason) == (Status.WAITING, "released_by_operator")
    assert order.due_at == WINDOW.opens_at  # due since then, so the next wake-up checks it
    assert order.failures == 0


@pytest.mark.parametrize(
    ("posts_open", "status", "reason"),
    [
        (0, Status.EXPIRED, "HTTP 404"),
        (1, Status.SENT_UNCONFIRMED, "create_call_never_answered"),
    ],
)
def test_a_held_order_released_after_its_window_ends(
    posts_open: int, status: Status, reason: str
) -> None:
    held = solicitation(status=Status.HELD, reason="HTTP 404", posts_open=posts_open)

    order = changed(released(held, now=SHUT))

    assert (order.status, order.reason) == (status, reason)


@pytest.mark.parametrize("reason", ["skipped_by_operator", "excluded_sku: MUG"])
def test_a_skipped_order_is_released_while_its_window_is_open(reason: str) -> None:
    skipped = solicitation(status=Status.SKIPPED, reason=reason)

    assert changed(released(skipped)).status is Status.WAITING
    assert "its window shut at 2026-04-08 08:00 UTC" in refused(released(skipped, now=SHUT))


def test_an_order_that_is_still_excluded_is_not_released() -> None:
    skipped = solicitation(status=Status.SKIPPED, skus=("MUG", "PLATE"))
    settings = SellerSettings(excluded_skus=frozenset({"MUG"}))

    assert "still exclude it (excluded_sku: MUG)" in refused(released(skipped, settings=settings))


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (solicitation(), "it is not held: its next look is due at 2026-03-10 08:00 UTC"),
        (solicitation(status=Status.SKIPPED, reason=REPLACEMENT_ORDER), "it replaces another"),
        (solicitation(status=Status.HELD, marketplace_id="A1PA6795UKMFR9"), "another region"),
    ],
)
def test_what_cannot_be_released_says_why(order: Solicitation, reason: str) -> None:
    assert reason in refused(released(order))


def test_an_order_of_a_marketplace_that_amazon_has_not_published_may_be_tried() -> None:
    held = solicitation(status=Status.HELD, marketplace_id="A0UNKNOWN0000")

    assert changed(released(held)).status is Status.WAITING


def test_a_check_asked_for_is_due_now() -> None:
    later = solicitation(due_at=WINDOW.closes_at - timedelta(hours=3))

    order = changed(on_check_now(later, seller=SELLER, now=OPEN_SINCE))

    assert (order.due_at, order.reason) == (OPEN_SINCE, CHECK_ASKED)


def test_no_check_is_asked_for_outside_the_window_or_where_nothing_is_called() -> None:
    order = solicitation()
    paused = Seller(seller_id="A1", paused=True)
    elsewhere = Seller(seller_id="A1", paused_marketplaces=frozenset({order.marketplace_id}))

    def why_not(order: Solicitation, *, seller: Seller = SELLER, now=OPEN_SINCE) -> str:  # type: ignore[no-untyped-def]  # one line
        return refused(on_check_now(order, seller=seller, now=now))

    assert why_not(order, now=BEFORE) == "its window opens at 2026-03-10 08:00 UTC"
    assert why_not(order, now=SHUT) == "its window shut at 2026-04-08 08:00 UTC"
    assert "the seller is paused" in why_not(order, seller=paused)
    assert "its marketplace is paused" in why_not(order, seller=elsewhere)
    assert "release it first" in why_not(solicitation(status=Status.HELD, reason="HTTP 404"))


def test_a_resumed_marketplaces_order_is_due_since_its_first_check() -> None:
    aside = solicitation(reason=MARKETPLACE_PAUSED, due_at=WINDOW.closes_at)

    order = changed(on_resume(aside, policy=POLICY))

    assert (order.due_at, order.reason) == (WINDOW.opens_at, "marketplace_resumed")


@pytest.mark.parametrize(
    "order", [solicitation(), solicitation(status=Status.HELD, reason=MARKETPLACE_PAUSED)]
)
def test_only_what_was_set_aside_is_resumed(order: Solicitation) -> None:
    assert "not set aside" in refused(on_resume(order, policy=POLICY))
