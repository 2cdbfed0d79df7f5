"""What the sweeper says of how things stand: for alarms, so nothing of it may cry wolf."""

import json
from datetime import timedelta
from typing import Any

import pytest

from lambdas.aws.items import to_text
from lambdas.core.marketplaces import Region
from lambdas.core.seller import RegionState, old_client_secrets
from tests.integration.conftest import OTHER_SELLER, SELLER, START, World
from tests.integration.test_intake import body

Printed = pytest.CaptureFixture[str]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def swept(world: World, capsys: Printed) -> dict[str, Any]:
    """The gauges of a sweep made now, and what it says besides."""
    capsys.readouterr()
    world.sweeper.sweep()
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    summary = next(line for line in printed if line["message"] == "swept")
    [directive] = summary["_aws"]["CloudWatchMetrics"]
    gauges = {each["Name"]: summary[each["Name"]][0] for each in directive["Metrics"]}
    return {**gauges, "lines": [line for line in printed if line is not summary]}


def test_a_stack_without_orders_is_in_order(world: World, capsys: Printed) -> None:
    assert swept(world, capsys) == {
        "OrdersHeld": 0,
        "OrdersOverdue": 0,
        "HoursToClosestShut": 7 * 24,
        "SellersBlocked": 0,
        "SellersSilent": 0,
        "ClientSecretsOld": 0,
        "lines": [],
    }


def test_an_order_that_waits_for_its_last_check_is_no_trouble(
    world: World, capsys: Printed
) -> None:
    world.deliver(body())
    order = world.order("903-5550101-0000001")
    world.clock.move_to(order.due_at + timedelta(minutes=9))

    gauges = swept(world, capsys)

    assert gauges["OrdersOverdue"] == 0
    assert gauges["HoursToClosestShut"] == 7 * 24


def test_an_order_that_nobody_looks_at_is_counted_and_its_window_shown(
    world: World, capsys: Printed
) -> None:
    world.deliver(body())
    world.clock.move_to(world.order("903-5550101-0000001").window.closes_at - 5 * HOUR)

    gauges = swept(world, capsys)

    assert gauges["OrdersOverdue"] == 1
    assert gauges["HoursToClosestShut"] == 5


def test_a_paused_sellers_orders_are_not_overdue_but_their_windows_still_shut(
    world: World, capsys: Printed
) -> None:
    world.deliver(body())
    world.sellers.set_paused(SELLER, True)
    world.clock.move_to(world.order("903-5550101-0000001").window.closes_at - 5 * HOUR)

    gauges = swept(world, capsys)

    assert gauges["OrdersOverdue"] == 0
    assert gauges["HoursToClosestShut"] == 5


def test_a_held_order_counts_until_its_window_shuts(world: World, capsys: Printed) -> None:
    world.deliver(body(marketplace_id="A0UNKNOWN0000"))
    held = world.order("903-5550101-0000001")

    before = swept(world, capsys)
    world.clock.move_to(held.window.closes_at - 30 * HOUR)
    close = swept(world, capsys)

    assert (before["OrdersHeld"], before["HoursToClosestShut"]) == (1, 7 * 24)
    assert (close["OrdersHeld"], close["HoursToClosestShut"]) == (1, 30)
    assert close["OrdersOverdue"] == 0


def test_a_held_order_whose_window_has_shut_is_woken_to_be_ended(
    world: World, capsys: Printed
) -> None:
    world.deliver(body(marketplace_id="A0UNKNOWN0000"))
    world.clock.move_to(world.order("903-5550101-0000001").window.closes_at + HOUR)

    assert swept(world, capsys)["OrdersOverdue"] == 1
    assert world.wake_ups_queued() == 1


def test_a_seller_that_fell_silent_is_counted_and_named(world: World, capsys: Printed) -> None:
    world.deliver(body())
    world.clock.move_to(START + 7 * DAY)
    still_usual = swept(world, capsys)
    world.clock.move_to(START + 7 * DAY + HOUR)

    gauges = swept(world, capsys)

    assert still_usual["SellersSilent"] == 0
    assert gauges["SellersSilent"] == 1
    [line] = [line for line in gauges["lines"] if line["message"] == "seller_silent"]
    assert (line["seller_id"], line["region"]) == (SELLER, "na")
    assert (line["silent_hours"], line["allowed_hours"]) == (169, 168)


def test_a_seller_that_was_connected_and_never_heard_of_is_silent_after_a_week(
    world: World, capsys: Printed
) -> None:
    connected = {"subscription_id": "subscription-2", "connected_at": to_text(START)}
    world.sellers.create(OTHER_SELLER, now=START)
    world.sellers.set_region(OTHER_SELLER, Region.EU, connected)
    world.clock.move_to(START + 8 * DAY)

    assert swept(world, capsys)["SellersSilent"] == 1


def test_what_is_usual_for_a_seller_is_learned_from_its_notifications(world: World) -> None:
    for day in range(40):
        world.clock.move_to(START + day * DAY)
        world.deliver(body())

    state = world.sellers.get(SELLER).regions[Region.NA]

    assert state.last_notification_at == START + 39 * DAY
    assert DAY < state.usual_gap < 2 * DAY


def test_an_old_client_secret_is_counted_until_connect_stores_another(
    world: World, capsys: Printed
) -> None:
    state = {"subscription_id": "subscription-1", "secret_stored_at": to_text(START)}
    world.sellers.set_region(SELLER, Region.NA, state)
    world.clock.move_to(START + 150 * DAY)
    young = swept(world, capsys)["ClientSecretsOld"]
    world.clock.move_to(START + 151 * DAY)
    old = swept(world, capsys)["ClientSecretsOld"]

    state["secret_stored_at"] = to_text(world.clock.now)
    world.sellers.set_region(SELLER, Region.NA, state)

    assert (young, old) == (0, 1)
    assert swept(world, capsys)["ClientSecretsOld"] == 0


def test_a_shared_client_secret_is_as_old_as_its_latest_storing() -> None:
    before, since, now = START, START + 100 * DAY, START + 200 * DAY
    shared = [RegionState(secret_stored_at=before), RegionState(secret_stored_at=since)]
    own = RegionState(secret_stored_at=before, shares_application=False)

    assert old_client_secrets(shared, now) == 0
    assert old_client_secrets([*shared, own], now) == 1
    assert old_client_secrets([RegionState()], now) == 0
