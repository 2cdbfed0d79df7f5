"""A message on the queue, labelled with what it is, so that a demo can count."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class MessageKind(StrEnum):
    """The plain news of an order, the ways in which news goes astray, and what is no news."""

    UNSHIPPED = "unshipped"
    SHIPPED = "shipped"
    SHIPPED_REPLACEMENT = "shipped_replacement"
    PROMISE_REVISED = "promise_revised"
    CANCELED = "canceled"

    DUPLICATE = "duplicate"  # the same message again
    REPEATED = "repeated"  # the same news under another NotificationId
    UNSHIPPED_LATE = "unshipped_late"  # after the news that the order has shipped
    STALE = "stale"  # the oldest news once more, days later
    DELAYED = "delayed"  # minutes to hours on its way
    ITEM_LEVEL = "item_level"  # one message for each item
    WITH_NULLS = "with_nulls"
    WITH_OFFSETS = "with_offsets"
    UNKNOWN_VALUES = "unknown_values"
    BUYER_REQUESTED_CHANGE = "buyer_requested_change"
    DELIVERY_TIP_CHANGE = "delivery_tip_change"
    CANCELED_FIRST = "canceled_first"  # before any other news of its order

    UNKNOWN_MARKETPLACE = "unknown_marketplace"
    OTHER_TYPE = "other_type"
    NOT_JSON = "not_json"
    MISSING_FIELD = "missing_field"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One body and the moment at which it lies on the queue; strays may be of no order."""

    at: datetime
    body: str
    kind: MessageKind
    seller_id: str
    amazon_order_id: str | None
