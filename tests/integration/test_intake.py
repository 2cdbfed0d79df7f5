"""The intake on moto: what is recorded, what is refused, and that nothing else is touched."""

import json
from datetime import timedelta

import boto3
import pytest

from lambdas.core.solicitation import Status
from tests.builders import ABSENT, order_change_body
from tests.integration.conftest import SELLER, START, SUBSCRIPTION, World

ORDER = "903-5550101-0000001"
OTHER_ORDER = "903-5550102-0000002"
DAY = timedelta(days=1)


def body(**overrides: object) -> str:
    return order_change_body(
        **{
            "seller_id": SELLER,
            "subscription_id": SUBSCRIPTION,
            "amazon_order_id": ORDER,
            "fulfillment_type": "AFN",
            "time_of_order_change": START,
            **overrides,
        }
    )


def test_a_shipped_order_is_recorded_and_its_first_check_is_planned(world: World) -> None:
    assert world.deliver(body()) == []

    order = world.order(ORDER)
    assert order.status is Status.WAITING
    assert order.due_at == START + 8 * DAY
    assert world.schedule_names() == {f"{SELLER}.na.20260310T1201"}


def test_a_repeat_heals_a_missing_schedule_and_changes_nothing_else(world: World) -> None:
    world.deliver(body())
    before = world.order(ORDER)
    name = next(iter(world.schedule_names()))
    boto3.client("scheduler").delete_schedule(Name=name, GroupName="wake-ups")

    world.deliver(body(notification_id="another"))

    assert world.order(ORDER) == before
    assert world.schedule_names() == {name}


def test_a_repeat_is_told_apart_from_a_new_order(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.deliver(body())
    first = capsys.readouterr().out
    world.deliver(body(notification_id="another"))
    again = capsys.readouterr().out

    assert '"OrdersRecorded"' in first
    assert "order_recorded" in first
    assert "OrdersRecorded" not in again
    assert "order_recorded" not in again
    assert '"repeat":1' in again.replace(" ", "")


def test_an_order_already_due_gets_a_schedule_two_minutes_ahead(world: World) -> None:
    world.clock.move_to(START + 20 * DAY)

    world.deliver(body())

    assert world.schedule_names() == {f"{SELLER}.na.20260322T1202"}
    assert world.wake_ups_queued() == 0


def test_a_malformed_record_fails_alone(world: World) -> None:
    failed = world.deliver("{", body(), body(amazon_order_id=ABSENT), body(seller_id="A1 B"))

    assert failed == ["message-0", "message-2", "message-3"]
    assert world.order(ORDER) is not None


def test_foreign_types_and_other_news_are_acknowledged_without_a_trace(world: World) -> None:
    other = json.dumps({"notificationType": "ACCOUNT_STATUS_CHANGED", "payload": {}})

    assert world.deliver(other, body(order_status="Unshipped")) == []

    assert world.order(ORDER) is None


def test_a_seller_that_was_never_connected_leaves_no_trace(world: World) -> None:
    assert world.deliver(body(seller_id="A1STRANGER0001")) == []

    assert world.orders.get("A1STRANGER0001", ORDER) is None
    assert world.schedule_names() == set()


def test_a_known_sellers_foreign_subscription_waits_in_the_queue(world: World) -> None:
    assert world.deliver(body(subscription_id="foreign")) == ["message-0"]

    assert world.order(ORDER) is None


@pytest.mark.parametrize(
    "state",
    [
        {"connecting_since": "2026-03-02T11:59:00.000Z"},
        {"subscription_id": "newer", "replaced": {SUBSCRIPTION: "2026-02-20T12:00:00.000Z"}},
    ],
)
def test_a_subscription_being_made_or_just_replaced_is_believed(
    world: World, state: dict[str, object]
) -> None:
    world.sellers.set_region(SELLER, "na", state)

    assert world.deliver(body()) == []

    assert world.order(ORDER) is not None


def test_a_subscription_registered_a_moment_ago_is_found_past_the_cache(world: World) -> None:
    world.deliver(body())
    world.sellers.set_region(SELLER, "na", {"subscription_id": "newer"})

    assert world.deliver(body(amazon_order_id=OTHER_ORDER, subscription_id="newer")) == []


def test_news_of_one_order_in_a_batch_is_folded_into_one_write(world: World) -> None:
    world.deliver(body(), body(order_status="Canceled"), body(amazon_order_id=OTHER_ORDER))

    assert world.order(ORDER).status is Status.CANCELED
    assert world.order(ORDER).version == 1
    assert world.order(OTHER_ORDER).status is Status.WAITING


def test_a_cancellation_that_comes_first_keeps_the_order_closed(world: World) -> None:
    world.deliver(body(order_status="Canceled"))
    world.deliver(body())

    assert world.order(ORDER).status is Status.CANCELED
    assert world.schedule_names() == set()


def test_an_unknown_marketplace_is_held_and_planned_for_its_end(world: World) -> None:
    world.deliver(body(marketplace_id="A0UNKNOWN0000"))

    order = world.order(ORDER)
    assert order.status is Status.HELD
    assert world.schedule_names() == {f"{SELLER}.na.20260416T1201"}


def test_the_last_notification_is_noted_at_most_every_quarter_of_an_hour(world: World) -> None:
    world.deliver(body())
    world.clock.move_to(START + timedelta(minutes=10))
    world.deliver(body())
    assert world.sellers.get(SELLER).last_notification_at == START

    world.clock.move_to(START + timedelta(minutes=16))
    world.deliver(body())
    assert world.sellers.get(SELLER).last_notification_at == START + timedelta(minutes=16)


def test_nothing_private_reaches_the_table_or_the_log(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    canary = "99950"
    world.deliver(body(destination_postal_code=canary), body(destination_postal_code=canary) + "}")

    items = boto3.client("dynamodb").scan(TableName="orders")["Items"]
    assert canary not in json.dumps(items)
    printed = capsys.readouterr().out
    assert "order_recorded" in printed
    assert canary not in printed
