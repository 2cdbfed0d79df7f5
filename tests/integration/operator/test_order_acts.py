"""`dayfive skip`, `release` and `check`: an order moves, its seller is woken, Amazon not asked."""

import json
from datetime import timedelta
from typing import Any

import pytest

from lambdas.core.operator_acts import Changed, Refused, on_skip
from lambdas.core.seller_settings import Exclusion
from lambdas.core.solicitation import Event, Solicitation, Status
from lambdas.core.window import SolicitationWindow
from ops.order_acts import CONTENDED, Acted, act
from ops.simulator import Simulator
from tests.integration.conftest import OTHER_SELLER, SELLER, Run
from tests.integration.operator.conftest import CLOSES, OPENS, Shop, order_id, refused


def held(shop: Shop, number: int = 1, **overrides: Any) -> Solicitation:
    values = {"reason": "unknown_marketplace", "due_at": CLOSES, **overrides}
    return shop.put(number, status=Status.HELD, **values)


def test_a_skipped_order_has_ended_and_wakes_nobody(shop: Shop, dayfive: Run) -> None:
    shop.put(1)

    assert dayfive("skip", order_id(1)) == (0, f"{order_id(1)}: SKIPPED, not asked\n", "")

    order = shop.order(1)
    assert (order.status, order.reason) == (Status.SKIPPED, "skipped_by_operator")
    assert shop.wake_ups() == []


def test_a_released_order_that_is_due_wakes_its_seller_now_and_once_more(
    shop: Shop, dayfive: Run
) -> None:
    held(shop)

    status, printed, _ = dayfive("release", order_id(1))

    assert (status, printed) == (
        0,
        f"{order_id(1)}: WAITING, due now; see: dayfive order {order_id(1)}\n",
    )
    assert shop.order(1).status is Status.WAITING
    assert [json.loads(body) for body in shop.wake_ups()] == [{"seller_id": SELLER, "region": "na"}]
    # The index may not show the order yet to a sender that is woken at once.
    assert shop.schedules() == {f"{SELLER}.na.20260311T0802"}


def test_a_released_order_that_is_not_due_yet_gets_a_schedule_and_no_wake_up(
    shop: Shop, dayfive: Run
) -> None:
    window = SolicitationWindow(opens_at=OPENS + timedelta(days=3), closes_at=CLOSES)
    held(shop, window=window)

    printed = dayfive("release", order_id(1))[1]

    assert printed == f"{order_id(1)}: WAITING, first check 2026-03-13 08:00 UTC\n"
    assert shop.schedules() == {f"{SELLER}.na.20260313T0801"}
    assert shop.wake_ups() == []


def test_a_checked_order_is_due_now(shop: Shop, dayfive: Run) -> None:
    shop.put(1, due_at=CLOSES - timedelta(days=3), reason="not_offered")

    assert dayfive("check", order_id(1))[0] == 0

    order = shop.order(1)
    assert (order.due_at, order.reason) == (shop.clock.now, "check_asked_by_operator")
    assert len(shop.wake_ups()) == 1


def test_no_act_calls_amazon(shop: Shop, dayfive: Run, amazon: Simulator) -> None:
    shop.put(1)
    held(shop, 2)

    dayfive("check", order_id(1))
    dayfive("skip", order_id(1))
    dayfive("release", order_id(2))

    assert amazon.ledger == []


@pytest.mark.parametrize("command", ["skip", "release", "check"])
def test_a_dry_run_writes_nothing(shop: Shop, dayfive: Run, command: str) -> None:
    order = held(shop) if command == "release" else shop.put(1)

    status, printed, _ = dayfive(command, order_id(1), "--dry-run")

    assert status == 0
    assert "would become" in printed
    assert shop.order(1) == order
    assert shop.wake_ups() == []
    assert shop.schedules() == set()


def test_what_is_not_possible_says_why_and_does_not_stop_the_others(
    shop: Shop, dayfive: Run
) -> None:
    shop.put(1, status=Status.SENT, reason="sent")
    shop.put(2)

    status, printed, error = dayfive("skip", order_id(1), order_id(2), order_id(3))

    assert status == 1
    assert printed == f"{order_id(2)}: SKIPPED, not asked\n"
    assert error.splitlines()[0] == f"dayfive: {order_id(1)}: it has ended: SENT (sent)"
    assert error.splitlines()[1].startswith(f"dayfive: order {order_id(3)} is not on record")


def test_an_order_is_not_released_against_the_settings(shop: Shop, dayfive: Run) -> None:
    held(shop)
    shop.deployment.seller_settings.exclude(SELLER, Exclusion.FULFILLMENT_TYPE, ["MFN"])

    status, _, error = dayfive("release", order_id(1))

    assert status == 1
    assert "the seller's settings still exclude it (excluded_fulfillment_type: MFN)" in error


def test_the_orders_seller_is_found_among_several(shop: Shop, dayfive: Run) -> None:
    shop.connect(OTHER_SELLER)
    shop.put(1, seller_id=OTHER_SELLER)

    dayfive("check", order_id(1), "--json")

    assert shop.order(1, OTHER_SELLER).reason == "check_asked_by_operator"
    assert json.loads(shop.wake_ups()[0])["seller_id"] == OTHER_SELLER


def test_json_tells_where_the_order_stood_and_stands(shop: Shop, dayfive: Run) -> None:
    shop.put(1)

    assert json.loads(dayfive("skip", order_id(1), "--json")[1]) == {
        "seller_id": SELLER,
        "amazon_order_id": order_id(1),
        "status_before": "WAITING",
        "status": "SKIPPED",
        "reason": "skipped_by_operator",
        "due_at": None,
        "unplanned": None,
    }


def test_an_order_that_another_writer_changed_is_decided_upon_anew(shop: Shop) -> None:
    read = shop.put(1)
    shop.deployment.orders.put(read, known=read)

    outcome = act(
        shop.deployment, read, lambda order: on_skip(order, now=shop.clock.now), dry_run=False
    )

    assert isinstance(outcome, Acted)
    assert shop.order(1).status is Status.SKIPPED


def test_an_order_that_was_sent_meanwhile_is_not_skipped(shop: Shop) -> None:
    read = shop.put(1)
    shop.deployment.orders.put(
        read.move(Event.CREATED, Status.SENT, "sent", sent_at=shop.clock.now), known=read
    )

    outcome = act(
        shop.deployment, read, lambda order: on_skip(order, now=shop.clock.now), dry_run=False
    )

    assert outcome == Refused(reason="it has ended: SENT (sent)")


def test_under_endless_contention_it_gives_up_and_says_so(shop: Shop) -> None:
    read = shop.put(1)

    def decide(order: Solicitation) -> Changed | Refused:
        shop.deployment.orders.put(order, known=order)
        return on_skip(order, now=shop.clock.now)

    assert act(shop.deployment, read, decide, dry_run=False) == Refused(reason=CONTENDED)
    assert shop.order(1).status is Status.WAITING


def test_without_the_right_to_plan_the_sweep_is_named(shop: Shop, dayfive: Run) -> None:
    window = SolicitationWindow(opens_at=OPENS + timedelta(days=3), closes_at=CLOSES)
    held(shop, window=window)

    with refused("scheduler.CreateSchedule", "AccessDeniedException"):
        status, printed, error = dayfive("release", order_id(1))

    assert (status, printed) == (
        0,
        f"{order_id(1)}: WAITING, first check 2026-03-13 08:00 UTC\n",
    )
    assert error == (
        f"dayfive: {order_id(1)}: not planned (scheduler:CreateSchedule: AccessDeniedException);"
        " the hourly sweep finds it\n"
    )
