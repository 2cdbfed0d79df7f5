"""Words the news of an invented order: one ORDER_CHANGE notification for each change."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone

from ops.simulator.dice import identifier, roll
from ops.simulator.notices import SubscriptionIds, order_change_notification, timestamp
from ops.simulator.population import (
    POSTAL_CODE_CANARY,
    TIME_TO_SHIP,
    InventedOrder,
    Item,
    Promise,
)

_EVENT_LAG = timedelta(seconds=2)
_PUBLISH_LAG = timedelta(seconds=1)
_ELSEWHERE = timezone(timedelta(hours=-7))


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One change of an order; `notification` tells notifications about the same change apart."""

    order: InventedOrder
    status: str
    changed_at: datetime
    promise: Promise | None = None
    items: tuple[Item, ...] | None = None
    change_type: str = "OrderStatusChange"
    notification: int = 0
    with_offsets: bool = False
    overrides: Mapping[str, object] = field(default_factory=dict)


def body(news: News, ids: SubscriptionIds) -> str:
    """The notification as it lies on the queue, the same one for the same news."""
    write = _writer(news)
    fields: dict[str, object] = {
        "notification_version": "1.0",
        "notification_type": "ORDER_CHANGE",
        "payload_version": "1.0",
        "event_time": write(news.changed_at + _EVENT_LAG),
        "notification_level": "OrderItemLevel" if news.items else "OrderLevel",
        "seller_id": news.order.seller.seller_id,
        "amazon_order_id": news.order.amazon_order_id,
        "order_change_type": news.change_type,
        "time_of_order_change": write(news.changed_at),
        "change_reason": f"{news.change_type}: {news.status}",
        **_summary(news, write),
        "application_id": ids.application_id,
        "subscription_id": ids.subscription_id,
        "publish_time": write(news.changed_at + _EVENT_LAG + _PUBLISH_LAG),
        "notification_id": _notification_id(news, ids),
        **news.overrides,
    }
    return json.dumps(order_change_notification(fields))


def _summary(news: News, write: Callable[[datetime], str]) -> dict[str, object]:
    order = news.order
    shipped = news.status == "Shipped"
    quantity = sum(item.quantity for item in order.items)
    summary: dict[str, object] = {
        "marketplace_id": order.simulated.marketplace_id,
        "order_status": news.status,
        "purchase_date": write(order.purchased_at),
        "destination_postal_code": POSTAL_CODE_CANARY,
        "fulfillment_type": order.fulfillment_type,
        "order_type": "StandardOrder",
        "number_of_items_shipped": quantity if shipped else 0,
        "number_of_items_unshipped": quantity if news.status == "Unshipped" else 0,
        "order_items": [_item(item, shipped=shipped) for item in news.items or order.items],
        # Ship dates are there for both kinds of order; they say nothing of the delivery.
        "earliest_ship_date": write(order.purchased_at),
        "latest_ship_date": write(order.purchased_at + TIME_TO_SHIP),
    }
    if news.promise:
        summary["earliest_delivery_date"] = write(news.promise.earliest)
        # OrderChangeNotification.json: no latest date while an order is cancelled.
        if news.status != "Canceled":
            summary["latest_delivery_date"] = write(news.promise.latest)
    if order.is_replacement:
        summary["order_programs"] = ["Replacement"]
    return summary


def _item(item: Item, *, shipped: bool) -> Mapping[str, object]:
    return {
        "order_item_id": item.order_item_id,
        "seller_sku": item.seller_sku,
        "supply_source_id": None,
        "order_item_status": "Shipped" if shipped else "Unshipped",
        "quantity": item.quantity,
        "quantity_shipped": item.quantity if shipped else 0,
    }


def _notification_id(news: News, ids: SubscriptionIds) -> str:
    item = news.items[0].order_item_id if news.items else ""
    change = (news.order.amazon_order_id, news.status, news.change_type, news.changed_at)
    return identifier(ids.subscription_id, *change, item, news.notification)


def _writer(news: News) -> Callable[[datetime], str]:
    """Amazon's own examples write times with milliseconds in one place and without in another."""
    if news.with_offsets:
        return lambda moment: moment.astimezone(_ELSEWHERE).isoformat(timespec="seconds")
    if roll(news.order.amazon_order_id, news.status, news.changed_at) < 0.5:
        return timestamp
    return lambda moment: f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
