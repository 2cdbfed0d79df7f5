"""OrderChangeQueue to Orders table: takes in notifications and plans each order's first check."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from lambdas import wiring
from lambdas.aws.experience_table import Kind
from lambdas.aws.orders_table import OrdersTable, StaleRecordError
from lambdas.aws.schedules import Schedules
from lambdas.aws.sellers_table import SellersTable
from lambdas.aws.settings_table import SettingsTable
from lambdas.core.experience import Experience
from lambdas.core.marketplaces import Region
from lambdas.core.news import Ignore, on_order_change, why_ignored
from lambdas.core.order_change import (
    ForeignNotification,
    MalformedNotificationError,
    OrderChange,
    parse_notification,
)
from lambdas.core.policy import Policies
from lambdas.core.seller_settings import SellerSettings
from lambdas.core.solicitation import Solicitation, Status
from lambdas.deadline import Deadline
from lambdas.experiences import Experiences
from lambdas.known_sellers import ForeignSubscriptionError, KnownSellers
from lambdas.observability import Telemetry
from lambdas.recorder import order_fields, plan_wake_up

TIMEOUT_SECONDS = 30
_LEAST_SECONDS_FOR_AN_ORDER = 8
_WRITE_ATTEMPTS = 5


class ContendedRecordError(Exception):
    """Other writers kept changing the order; the notification comes again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One notification that is worth recording, and the SQS record it came in."""

    message_id: str
    change: OrderChange
    region: Region
    sent_at: datetime
    settings: SellerSettings
    experience: Mapping[str, Experience]


def lambda_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Handle a batch from OrderChangeQueue; the records that failed are reported one by one."""
    deadline = Deadline(context, timeout_seconds=TIMEOUT_SECONDS)
    failed = _intake(wiring.environment()).handle(event.get("Records", ()), deadline)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


@lru_cache(maxsize=1)
def _intake(environment: wiring.Environment) -> "Intake":
    return Intake(
        orders=environment.orders,
        sellers=environment.sellers,
        seller_settings=environment.seller_settings,
        schedules=environment.schedules,
        policies=environment.settings.policies,
        experiences=environment.experiences,
        telemetry=environment.telemetry,
        orders_at_once=environment.settings.orders_at_once,
    )


class Intake:
    """Takes in batches of notifications; one order's trouble never touches another's."""

    def __init__(
        self,
        *,
        orders: OrdersTable,
        sellers: SellersTable,
        seller_settings: SettingsTable,
        schedules: Schedules,
        policies: Policies,
        experiences: Experiences,
        telemetry: Telemetry,
        orders_at_once: int,
    ) -> None:
        self._orders = orders
        self._sellers = KnownSellers(sellers, seller_settings, telemetry)
        self._schedules = schedules
        self._policies = policies
        self._experiences = experiences
        self._telemetry = telemetry
        self._orders_at_once = orders_at_once

    def handle(self, records: Sequence[Mapping[str, Any]], deadline: Deadline) -> list[str]:
        """Take in the records of one batch; gives the message ids of those that failed."""
        try:
            return self._handle(records, deadline)
        finally:
            self._telemetry.flush("batch_taken_in")

    def _handle(self, records: Sequence[Mapping[str, Any]], deadline: Deadline) -> list[str]:
        by_order: dict[tuple[str, str], list[News]] = defaultdict(list)
        failed = []
        for record in records:
            try:
                news = self._read(record)
            except (MalformedNotificationError, ForeignSubscriptionError) as error:
                self._refuse(record["messageId"], error)
                failed.append(record["messageId"])
            except Exception as error:  # noqa: BLE001 - one record must not fail the others
                self._telemetry.failure("record_not_read", error, message_id=record["messageId"])
                failed.append(record["messageId"])
            else:
                if news:
                    key = (news.change.seller_id, news.change.amazon_order_id)
                    by_order[key].append(news)
        for news_of_one, taken_in in self._side_by_side(list(by_order.values()), deadline):
            if not taken_in:
                failed += [news.message_id for news in news_of_one]
        return failed

    def _side_by_side(
        self, orders: list[list[News]], deadline: Deadline
    ) -> Iterator[tuple[list[News], bool]]:
        """Take in many orders at once, as each does little but wait for AWS."""
        if min(self._orders_at_once, len(orders)) < 2:
            yield from ((news, self._take_in_alone(news, deadline)) for news in orders)
            return
        with ThreadPoolExecutor(min(self._orders_at_once, len(orders))) as threads:
            taken_in = threads.map(lambda news: self._take_in_alone(news, deadline), orders)
            yield from zip(orders, taken_in, strict=True)

    def _read(self, record: Mapping[str, Any]) -> News | None:
        """One record's news, or None for what needs no work. Raises for what must not be lost."""
        change = parse_notification(record["body"])
        if isinstance(change, ForeignNotification):
            self._telemetry.tally("ignored", "foreign_type")
            return None
        if reason := why_ignored(change):
            self._telemetry.tally("ignored", reason)
            return None
        now = datetime.now(UTC)
        region = self._sellers.region_of(change, now)
        if region is None:
            return None
        self._telemetry.tally("sellers", change.seller_id)
        self._telemetry.tally("marketplaces", change.marketplace_id)
        self._telemetry.measure("NotificationLag", (now - change.changed_at).total_seconds())
        return News(
            message_id=record["messageId"],
            change=change,
            region=region,
            sent_at=_sent_at(record, now),
            settings=self._sellers.settings_of(change.seller_id, now),
            experience=self._experiences.of(
                Kind(change.seller_id, change.marketplace_id, change.fulfillment_type), now
            ),
        )

    def _refuse(self, message_id: str, error: Exception) -> None:
        self._telemetry.count("NotificationsRefused")
        if isinstance(error, MalformedNotificationError):
            problem = {"reason": "malformed", "field": error.field, "problem": error.problem}
        else:
            problem = {"reason": "foreign_subscription"}
        self._telemetry.warning("notification_refused", message_id=message_id, **problem)

    def _take_in_alone(self, news: list[News], deadline: Deadline) -> bool:
        """Take in all news of one order; False when it has to come again."""
        order = {
            "seller_id": news[0].change.seller_id,
            "amazon_order_id": news[0].change.amazon_order_id,
        }
        if deadline.seconds_left() < _LEAST_SECONDS_FOR_AN_ORDER:
            self._telemetry.warning("order_left_for_redelivery", **order)
            return False
        try:
            self._take_in(news)
        except Exception as error:  # noqa: BLE001 - a fault in one order must not fail the others
            self._telemetry.failure("order_not_recorded", error, **order)
            return False
        return True

    def _take_in(self, news: list[News]) -> None:
        known: Solicitation | None = None
        for _ in range(_WRITE_ATTEMPTS):
            order, reasons = self._fold(known, news)
            if order is None or order == known:
                break
            try:
                order = self._orders.put(order, known=known)
            except StaleRecordError as stale:
                known = stale.current
                continue
            self._recorded(order, is_new=known is None)
            break
        else:
            raise ContendedRecordError
        for reason in reasons:
            self._telemetry.tally("ignored", reason)
        if order is not None and order.status in {Status.WAITING, Status.HELD}:
            # An order that was there already gets its schedule again: that heals a crash.
            plan_wake_up(
                self._schedules, self._telemetry, order.seller_id, order.region, order.due_at
            )

    def _fold(
        self, known: Solicitation | None, news: list[News]
    ) -> tuple[Solicitation | None, list[str]]:
        """The order after all of this news, and why some of it changed nothing."""
        order, reasons = known, []
        now = datetime.now(UTC)
        for one in news:
            decision = on_order_change(
                order,
                one.change,
                region=one.region,
                sent_at=one.sent_at,
                now=now,
                policy=self._policies.of(
                    one.change.marketplace_id, one.change.fulfillment_type, one.experience
                ),
                settings=one.settings,
            )
            if isinstance(decision, Ignore):
                reasons.append(decision.reason)
            else:
                order = decision.solicitation
        return order, reasons

    def _recorded(self, order: Solicitation, *, is_new: bool) -> None:
        if is_new:
            self._telemetry.count("OrdersRecorded")
        self._telemetry.tally("states", order.status)
        self._telemetry.info("order_recorded", **order_fields(order))


def _sent_at(record: Mapping[str, Any], now: datetime) -> datetime:
    """When SQS took the message in, from the record's own attributes."""
    sent = str(record.get("attributes", {}).get("SentTimestamp", ""))
    return datetime.fromtimestamp(int(sent) / 1000, UTC) if sent.isdecimal() else now
