"""Why a message lies in a dead-letter queue, read as its consumer would read it now."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime

from lambdas.aws.errors import CorruptRecordError
from lambdas.core.marketplaces import Region
from lambdas.core.news import why_ignored
from lambdas.core.order_change import (
    SELLER_ID,
    ForeignNotification,
    MalformedNotificationError,
    OrderChange,
    parse_notification,
)
from lambdas.core.seller import Seller
from lambdas.spapi.errors import printable
from ops.dead_letters import Dlq, HeldMessage
from ops.deployment import Deployment

NOT_A_WAKE_UP = "not_a_wake_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What may be shown of a message: parsed fields only, so that nothing private is.

    `reason` is a word, in the functions' own where they have one; `why` is a sentence.
    `returnable` says whether sending it back is of use as things are now.
    """

    reason: str
    why: str
    returnable: bool
    seller_id: str | None = None
    region: Region | None = None
    order: OrderChange | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message of a dead-letter queue, and what it means."""

    dlq: Dlq
    message: HeldMessage = field(repr=False)
    reading: Reading


class Reader:
    """Reads messages with what is on record now. Raises AwsUnavailableError, AwsRefusedError."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._sellers: dict[str, Seller | None] = {}

    def read(self, dlq: Dlq, message: HeldMessage) -> DeadLetter:
        match dlq:
            case Dlq.ORDER_CHANGE:
                reading = self._notification(message)
            case Dlq.WAKE_UP:
                reading = self._wake_up(message, "the sender failed at it each time: see its log")
            case Dlq.SCHEDULE:
                code = printable(message.attributes.get("ERROR_CODE", "not said"))
                reading = self._wake_up(message, f"its schedule could not deliver it ({code})")
        return DeadLetter(dlq=dlq, message=message, reading=reading)

    def _notification(self, message: HeldMessage) -> Reading:
        try:
            change = parse_notification(message.body)
        except MalformedNotificationError as error:
            why = f"{error.field} {error.problem}"
            return Reading(reason="malformed", why=why, returnable=False)
        if isinstance(change, ForeignNotification):
            why = f"another kind of notification ({change.notification_type}): needs no work"
            return Reading(reason="foreign_type", why=why, returnable=True)
        seller = self._seller(change.seller_id)
        region = (
            seller.region_of_subscription(
                change.subscription_id, change.marketplace_id, datetime.now(UTC)
            )
            if seller
            else None
        )
        reason, why, returnable = self._why(change, seller, region)
        return Reading(
            reason=reason,
            why=why,
            returnable=returnable,
            seller_id=change.seller_id,
            region=region,
            order=change,
        )

    def _why(
        self, change: OrderChange, seller: Seller | None, region: Region | None
    ) -> tuple[str, str, bool]:
        if reason := why_ignored(change):
            return reason, "needs no work", True
        if seller is None:
            return "unknown_seller", "its seller is not connected, so it would be dropped", False
        if region is None:
            return (
                "foreign_subscription",
                "its subscription is not the one that was connected: run dayfive connect, if it"
                " should be",
                False,
            )
        try:
            self._deployment.orders.get(change.seller_id, change.amazon_order_id)
        except CorruptRecordError as error:
            return "corrupt_record", f"{error}: mend or delete that item", False
        return "failed", "nothing stands in its way now: what failed is over", True

    def _wake_up(self, message: HeldMessage, why: str) -> Reading:
        named = _seller_and_region(message)
        if named is None:
            return Reading(reason=NOT_A_WAKE_UP, why="names no seller and region", returnable=False)
        seller_id, region = named
        if self._seller(seller_id) is None:
            why = "its seller is not connected, so it would do nothing"
        return Reading(
            reason="undelivered" if message.attributes else "failed",
            why=why,
            returnable=True,
            seller_id=seller_id,
            region=region,
        )

    def _seller(self, seller_id: str) -> Seller | None:
        if seller_id not in self._sellers:
            self._sellers[seller_id] = self._deployment.sellers.get(seller_id)
        return self._sellers[seller_id]


def _seller_and_region(message: HeldMessage) -> tuple[str, Region] | None:
    """From the body, else from the name of the schedule, which is `<seller>.<region>.<minute>`."""
    try:
        body = json.loads(message.body)
        named = str(body["seller_id"]), str(body["region"])
    except (ValueError, KeyError, TypeError, RecursionError):
        name = message.attributes.get("SCHEDULE_ARN", "").rpartition("/")[2]
        named = name.partition(".")[0], name.partition(".")[2].partition(".")[0]
    seller_id, region = named
    if not SELLER_ID.fullmatch(seller_id) or region not in set(Region):
        return None
    return seller_id, Region(region)
