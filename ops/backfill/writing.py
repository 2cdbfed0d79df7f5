"""Puts planned orders on record, and plans who is woken for them; nothing is called at Amazon."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from lambdas.aws.errors import AwsError
from lambdas.aws.orders_table import StaleRecordError
from lambdas.aws.schedules import wake_up_minute
from lambdas.core.marketplaces import Region
from lambdas.core.solicitation import Solicitation
from ops.backfill.planning import Planned
from ops.deployment import Deployment


@dataclass(slots=True, kw_only=True)
class Written:
    """What came of writing; the hourly sweep finds the orders that got no schedule."""

    recorded: int = 0
    on_record: int = 0
    without_schedule: int = 0
    is_woken: bool = False


class Writer:
    """Writes orders that are not on record; what is there already stays as it is."""

    def __init__(self, deployment: Deployment, seller_id: str, region: Region) -> None:
        self._deployment = deployment
        self._seller_id = seller_id
        self._region = region
        self._minutes: set[datetime] = set()

    def write(self, orders: Iterable[Planned]) -> Written:
        """Write each, soonest to close first as they come; then wake the sender if any is due.

        Raises AwsError for DynamoDB's troubles: what was written until then stays.
        """
        written = Written()
        for planned in orders:
            self._write(planned.order, written)
        if written.is_woken:
            self._deployment.wake_up_queue.wake(self._seller_id, self._region)
        return written

    def _write(self, order: Solicitation, written: Written) -> None:
        now = datetime.now(UTC)
        is_due = order.is_open and order.due_at <= now
        if order.is_open and not is_due and not self._plan(order.due_at, now):
            written.without_schedule += 1
        try:
            self._deployment.orders.put(order, known=None)
        except StaleRecordError:
            # A notification was quicker, and knows more.
            written.on_record += 1
            return
        written.recorded += 1
        written.is_woken |= is_due

    def _plan(self, due_at: datetime, now: datetime) -> bool:
        """A schedule for the minute, before the row that needs it: a stray one does no harm."""
        minute = wake_up_minute(due_at, now=now)
        if minute in self._minutes:
            return True
        try:
            self._deployment.schedules.wake(self._seller_id, self._region, due_at)
        except AwsError:
            return False
        self._minutes.add(minute)
        return True
