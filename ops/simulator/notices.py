"""Puts named values into the shape of Amazon's ORDER_CHANGE notification."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

# OrderChangeNotification.json (payloadVersion 1.0), each object's fields in the schema's order.
_ENVELOPE = ("notification_version", "notification_type", "payload_version", "event_time")
_CHANGE = ("notification_level", "seller_id", "amazon_order_id", "order_change_type")
_TRIGGER = ("time_of_order_change", "change_reason")
_SUMMARY = (
    "marketplace_id",
    "order_status",
    "purchase_date",
    "destination_postal_code",
    "fulfillment_type",
    "order_type",
    "number_of_items_shipped",
    "number_of_items_unshipped",
    "earliest_delivery_date",
    "latest_delivery_date",
    "earliest_ship_date",
    "latest_ship_date",
    "cancel_notify_date",
    "order_programs",
    "shipping_programs",
    "easy_ship_shipment_status",
    "electronic_invoice_status",
)
_METADATA = ("application_id", "subscription_id", "publish_time", "notification_id")
_FIELDS = frozenset({*_ENVELOPE, *_CHANGE, *_TRIGGER, *_SUMMARY, *_METADATA, "order_items"})


class SubscriptionIds(NamedTuple):
    """What every notification of one subscription is stamped with."""

    application_id: str
    subscription_id: str


def timestamp(moment: datetime) -> str:
    """ISO-8601 in UTC with milliseconds, as in Amazon's example of this notification."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def order_change_notification(fields: Mapping[str, object]) -> dict[str, Any]:
    """The notification that says `fields`: a field not given is left out, None becomes null."""
    unknown = set(fields) - _FIELDS
    if unknown:
        raise TypeError(f"ORDER_CHANGE has no {', '.join(sorted(unknown))}")
    summary = _pascal_case(fields, _SUMMARY)
    if "order_items" in fields:
        summary["OrderItems"] = _items(fields["order_items"])
    return {
        **_pascal_case(fields, _ENVELOPE),
        "Payload": {
            "OrderChangeNotification": {
                **_pascal_case(fields, _CHANGE),
                "OrderChangeTrigger": _pascal_case(fields, _TRIGGER),
                "Summary": summary,
            }
        },
        "NotificationMetadata": _pascal_case(fields, _METADATA),
    }


def _items(value: object) -> object:
    if not isinstance(value, list | tuple):
        return value
    return [_pascal_case(item, tuple(item)) for item in value]


def _pascal_case(fields: Mapping[str, object], names: tuple[str, ...]) -> dict[str, Any]:
    return {_amazon_name(name): _on_the_wire(fields[name]) for name in names if name in fields}


def _amazon_name(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_")).replace("Sku", "SKU")


def _on_the_wire(value: object) -> object:
    return timestamp(value) if isinstance(value, datetime) else value
