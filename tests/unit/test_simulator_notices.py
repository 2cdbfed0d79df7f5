"""The builder of notifications, and the fixtures that lie beside it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ops.simulator.notices import order_change_notification
from tests.builders import ABSENT, order_change_body

EVENTS = Path(__file__).parents[1] / "events"


def test_a_body_has_amazons_shape() -> None:
    example = json.loads((EVENTS / "order_change_example_from_amazon.json").read_text())
    built = json.loads(order_change_body())

    assert built.keys() == example.keys()
    assert built["NotificationMetadata"].keys() == example["NotificationMetadata"].keys()
    change = built["Payload"]["OrderChangeNotification"]
    example_change = example["Payload"]["OrderChangeNotification"]
    assert change.keys() == example_change.keys()
    assert change["Summary"].keys() <= example_change["Summary"].keys()
    (item,), (example_item,) = (
        change["Summary"]["OrderItems"],
        example_change["Summary"]["OrderItems"],
    )
    assert item.keys() <= example_item.keys()


def test_an_override_finds_its_place_wherever_it_is() -> None:
    body = json.loads(
        order_change_body(
            order_status="Unshipped",
            time_of_order_change=datetime(2026, 3, 1, 8, tzinfo=UTC),
            purchase_date=None,
            latest_delivery_date=ABSENT,
            subscription_id="mine",
        )
    )

    change = body["Payload"]["OrderChangeNotification"]
    assert change["Summary"]["OrderStatus"] == "Unshipped"
    assert change["OrderChangeTrigger"]["TimeOfOrderChange"] == "2026-03-01T08:00:00.000Z"
    assert change["Summary"]["PurchaseDate"] is None
    assert "LatestDeliveryDate" not in change["Summary"]
    assert body["NotificationMetadata"]["SubscriptionId"] == "mine"


def test_an_afn_order_has_no_delivery_dates_unless_they_are_given() -> None:
    plain = order_change_body(fulfillment_type="AFN")
    dated = order_change_body(fulfillment_type="AFN", earliest_delivery_date="2026-03-05")

    assert "DeliveryDate" not in plain
    assert "EarliestDeliveryDate" in dated


def test_a_field_that_amazon_does_not_have_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="order_state"):
        order_change_notification({"order_state": "Shipped"})


def test_the_fixtures_are_json_except_the_one_cut_short() -> None:
    broken = set()
    for path in EVENTS.glob("*.json"):
        try:
            json.loads(path.read_text())
        except json.JSONDecodeError:
            broken.add(path.stem)

    assert broken == {"order_change_cut_short"}
