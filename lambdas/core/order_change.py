"""Reads ORDER_CHANGE notifications, and keeps only what is used, so that nothing private passes."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lambdas.core.seller_settings import SKU

ORDER_CHANGE = "ORDER_CHANGE"

SELLER_ID = re.compile(r"[A-Z0-9]{1,40}", re.ASCII)
AMAZON_ORDER_ID = re.compile(r"[A-Z0-9]{3}-[0-9]{7}-[0-9]{7}", re.ASCII)
_MARKETPLACE_ID = re.compile(r"[A-Za-z0-9]{1,32}", re.ASCII)
_WORD = re.compile(r"[A-Za-z0-9_]{1,40}", re.ASCII)
_OPAQUE_ID = re.compile(r"[!-~]{1,256}", re.ASCII)


class MalformedNotificationError(ValueError):
    """A message that cannot be an ORDER_CHANGE notification; the text names the field."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignNotification:
    """A well-formed notification of another type."""

    notification_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderChange:
    """What DayFive uses of one ORDER_CHANGE notification; every time is aware, in UTC.

    `changed_at` is the best time Amazon gave for the event: TimeOfOrderChange, else
    EventTime, else PublishTime. `skus` are those of the items it tells of, which may be one
    item of many. Field names and meanings: OrderChangeNotification.json.
    """

    seller_id: str
    subscription_id: str
    application_id: str | None
    amazon_order_id: str
    marketplace_id: str
    order_change_type: str
    order_status: str
    fulfillment_type: str
    changed_at: datetime
    earliest_delivery_date: datetime | None
    latest_delivery_date: datetime | None
    is_delivered: bool
    is_replacement: bool
    skus: tuple[str, ...] = ()


def parse_notification(body: str) -> OrderChange | ForeignNotification:
    """Read one SQS message body.

    Raises MalformedNotificationError, which names the field and never quotes its value.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedNotificationError("body", "is not JSON") from error
    if not isinstance(document, dict):
        raise MalformedNotificationError("body", "is not a JSON object")
    notification_type = _text(document, "NotificationType", _WORD)
    if notification_type != ORDER_CHANGE:
        return ForeignNotification(notification_type=notification_type)
    return _order_change(document)


def _order_change(document: Mapping[str, Any]) -> OrderChange:
    news = _object(_object(document, "Payload"), "OrderChangeNotification")
    summary = _object(news, "Summary")
    metadata = _object(document, "NotificationMetadata")
    return OrderChange(
        seller_id=_text(news, "SellerId", SELLER_ID),
        subscription_id=_text(metadata, "SubscriptionId", _OPAQUE_ID),
        application_id=_readable(metadata, "ApplicationId", _OPAQUE_ID),
        amazon_order_id=_text(news, "AmazonOrderId", AMAZON_ORDER_ID),
        marketplace_id=_text(summary, "MarketplaceId", _MARKETPLACE_ID),
        order_change_type=_text(news, "OrderChangeType", _WORD),
        order_status=_text(summary, "OrderStatus", _WORD),
        fulfillment_type=_text(summary, "FulfillmentType", _WORD),
        changed_at=_changed_at(document, news, metadata),
        earliest_delivery_date=_instant(summary, "EarliestDeliveryDate"),
        latest_delivery_date=_instant(summary, "LatestDeliveryDate"),
        is_delivered=_readable(summary, "EasyShipShipmentStatus", _WORD) == "Delivered",
        is_replacement="Replacement" in _strings(summary, "OrderPrograms"),
        skus=_skus(summary),
    )


def _changed_at(
    document: Mapping[str, Any], news: Mapping[str, Any], metadata: Mapping[str, Any]
) -> datetime:
    trigger = _object(news, "OrderChangeTrigger") if _find(news, "OrderChangeTrigger") else {}
    changed_at = (
        _instant(trigger, "TimeOfOrderChange")
        or _instant(document, "EventTime")
        or _instant(metadata, "PublishTime")
    )
    if changed_at is None:
        raise MalformedNotificationError("EventTime", "is missing, and so is TimeOfOrderChange")
    return changed_at


def _find(source: Mapping[str, Any], field: str) -> Any:
    # Newer notification types spell the same keys in camelCase, so case must not matter.
    if field in source:
        return source[field]
    wanted = field.lower()
    return next((value for key, value in source.items() if key.lower() == wanted), None)


def _object(source: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    value = _find(source, field)
    if not isinstance(value, dict):
        raise MalformedNotificationError(
            field, "is missing" if value is None else "is not an object"
        )
    return value


def _text(source: Mapping[str, Any], field: str, pattern: re.Pattern[str]) -> str:
    value = _optional_text(source, field, pattern)
    if value is None:
        raise MalformedNotificationError(field, "is missing")
    return value


def _optional_text(source: Mapping[str, Any], field: str, pattern: re.Pattern[str]) -> str | None:
    value = _find(source, field)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise MalformedNotificationError(field, f"does not match {pattern.pattern}")
    return value


def _readable(source: Mapping[str, Any], field: str, pattern: re.Pattern[str]) -> str | None:
    """A field that an order can do without, or None where it is missing or not as expected."""
    value = _find(source, field)
    return value if isinstance(value, str) and pattern.fullmatch(value) else None


def _instant(source: Mapping[str, Any], field: str) -> datetime | None:
    """An ISO-8601 time, with or without a fraction or an offset; none given means UTC."""
    value = _find(source, field)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise MalformedNotificationError(field, "is not a text")
    try:
        instant = datetime.fromisoformat(value)
        # Records keep milliseconds; a finer time would look new each time it is told.
        instant = instant.replace(microsecond=instant.microsecond // 1000 * 1000)
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise MalformedNotificationError(field, "is not an ISO-8601 time") from error


def _skus(summary: Mapping[str, Any]) -> tuple[str, ...]:
    """The items' SKUs; one that no setting could name is left out, and fails no order."""
    items = _find(summary, "OrderItems")
    found = [
        _readable(item, "SellerSKU", SKU)
        for item in (items if isinstance(items, list) else [])
        if isinstance(item, dict)
    ]
    return tuple(sorted({sku for sku in found if sku is not None}))


def _strings(source: Mapping[str, Any], field: str) -> frozenset[str]:
    value = _find(source, field)
    entries = value if isinstance(value, list) else []
    return frozenset(entry for entry in entries if isinstance(entry, str))
