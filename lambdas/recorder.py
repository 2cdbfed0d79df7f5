"""Writes what was decided of an order: the schedule first, then the row that needs it."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from lambdas.aws.errors import AwsError, AwsUnavailableError
from lambdas.aws.orders_table import OrdersTable, StaleRecordError
from lambdas.aws.schedules import Schedules
from lambdas.core.decisions import on_created
from lambdas.core.marketplaces import Region
from lambdas.core.solicitation import Solicitation
from lambdas.observability import Telemetry
from lambdas.spapi.errors import ThrottledError

_OUTCOME_ATTEMPTS = 5
_PAUSES_BEFORE_REWRITING_SENT = (1.0, 2.0, 4.0, 8.0)


def plan_wake_up(
    schedules: Schedules, telemetry: Telemetry, seller_id: str, region: Region, due_at: datetime
) -> None:
    """Create a schedule; what is on record is found by the sweeper should that fail."""
    try:
        schedules.wake(seller_id, region, due_at)
    except AwsError as error:
        telemetry.tally("troubles", "schedule_not_created")
        telemetry.failure("schedule_not_created", error, seller_id=seller_id)


class Recorder:
    """Records orders; a stray schedule does no harm, a missing one waits for the sweeper.

    Raises AwsUnavailableError when DynamoDB itself fails.
    """

    def __init__(self, *, orders: OrdersTable, schedules: Schedules, telemetry: Telemetry) -> None:
        self._orders = orders
        self._schedules = schedules
        self._telemetry = telemetry

    def settle(self, outcome: Solicitation, *, known: Solicitation) -> Solicitation | None:
        """Plan and write; None when another writer was quicker, whose plan then stands."""
        self.plan(outcome)
        try:
            written = self._orders.put(outcome, known=known)
        except StaleRecordError:
            self._telemetry.tally("passed", "changed_meanwhile")
            return None
        self.log("order_settled", written)
        return written

    def record(
        self, claimed: Solicitation, decide: Callable[[Solicitation], Solicitation]
    ) -> Solicitation | None:
        """Write what came of a claim; news that was noted on it meanwhile is taken into it."""
        for _ in range(_OUTCOME_ATTEMPTS):
            outcome = decide(claimed)
            self.plan(outcome)
            try:
                written = self._orders.put_outcome(outcome, claimed=claimed)
            except StaleRecordError as stale:
                if stale.current is None or stale.current.claim != claimed.claim:
                    break
                claimed = stale.current
            else:
                self.log("order_settled", written)
                return written
        self.log("outcome_overtaken", claimed)
        return None

    def record_sent(self, claimed: Solicitation, request_id: str) -> None:
        """What is known to have been accepted is worth more than one try to write it down."""
        # Logged before it is written: should every write fail, the log still knows.
        self.log("solicitation_created", claimed, request_id=request_id)
        for pause in (*_PAUSES_BEFORE_REWRITING_SENT, None):
            try:
                self.record(
                    claimed, lambda order: on_created(order, request_id, now=datetime.now(UTC))
                )
            except AwsUnavailableError:
                if pause is None:
                    raise
                time.sleep(pause)
            else:
                return

    def plan(self, order: Solicitation) -> None:
        """Create the schedule for an open order's next look; trouble is counted, never raised."""
        if order.is_open:
            plan_wake_up(
                self._schedules, self._telemetry, order.seller_id, order.region, order.next_look_at
            )

    def log(self, event: str, order: Solicitation, **fields: str) -> None:
        """One line that says where an order stands now."""
        self._telemetry.tally("states", order.status)
        self._telemetry.tally("marketplaces", order.marketplace_id)
        self._telemetry.info(event, **order_fields(order), **fields)

    def log_throttled(self, order: Solicitation, error: ThrottledError) -> None:
        """Amazon's usage plan had no room for a call about this order."""
        self._telemetry.count("Throttled")
        self._telemetry.info("throttled", **order_fields(order), operation=error.operation)


def order_fields(order: Solicitation) -> dict[str, str | int | None]:
    """What every log line about an order says: whose it is, how often it was checked, and what
    was decided.
    """
    return {
        "seller_id": order.seller_id,
        "amazon_order_id": order.amazon_order_id,
        "marketplace_id": order.marketplace_id,
        "fulfillment_type": order.fulfillment_type,
        "attempt": len(order.checks),
        "status": order.status,
        "reason": order.reason,
        "due_at": order.next_look_at.isoformat() if order.is_open else None,
    }
