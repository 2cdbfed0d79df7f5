"""Valid-by-default bodies, so that a test states only what matters to it."""

import json

from ops.simulator.notices import order_change_notification

ABSENT = object()
"""As an override: leave this field out of the notification (None writes null)."""

_SHIPPED_MFN: dict[str, object] = {
    "notification_version": "1.0",
    "notification_type": "ORDER_CHANGE",
    "payload_version": "1.0",
    "event_time": "2026-03-02T10:15:09.000Z",
    "notification_level": "OrderLevel",
    "seller_id": "A1DAYFIVENA001",
    "amazon_order_id": "903-5550101-0000001",
    "order_change_type": "OrderStatusChange",
    "time_of_order_change": "2026-03-02T10:15:00.000Z",
    "change_reason": "Order shipped",
    "marketplace_id": "ATVPDKIKX0DER",
    "order_status": "Shipped",
    "purchase_date": "2026-03-01T08:00:00.000Z",
    "destination_postal_code": "D0Q 5U0",
    "fulfillment_type": "MFN",
    "order_type": "StandardOrder",
    "number_of_items_shipped": 1,
    "number_of_items_unshipped": 0,
    "earliest_delivery_date": "2026-03-05T08:00:00.000Z",
    "latest_delivery_date": "2026-03-09T07:59:59.000Z",
    "earliest_ship_date": "2026-03-02T08:00:00.000Z",
    "latest_ship_date": "2026-03-04T07:59:59.000Z",
    "order_items": [
        {
            "order_item_id": "55501010000001",
            "seller_sku": "DAYFIVE-MUG-BLUE",
            "supply_source_id": None,
            "order_item_status": "Shipped",
            "quantity": 1,
            "quantity_shipped": 1,
        }
    ],
    "application_id": "amzn1.sp.solution.5d5d5d5d-0000-4000-8000-000000000001",
    "subscription_id": "5d5d5d5d-0000-4000-8000-000000000002",
    "publish_time": "2026-03-02T10:15:10.000Z",
    "notification_id": "5d5d5d5d-0000-4000-8000-000000000003",
}
_PROMISE = ("earliest_delivery_date", "latest_delivery_date")


def order_change_body(**overrides: object) -> str:
    """An ORDER_CHANGE body as it lies on the queue: an MFN order, shipped, with its promise.

    Overrides are Amazon's field names in snake_case, wherever they stand in the notification;
    a datetime is written as Amazon writes it. An AFN order gets no delivery dates by itself.
    """
    fields = {**_SHIPPED_MFN, **overrides}
    if fields["fulfillment_type"] == "AFN":
        fields = {k: v for k, v in fields.items() if k not in _PROMISE or k in overrides}
    return json.dumps(
        order_change_notification({k: v for k, v in fields.items() if v is not ABSENT})
    )
