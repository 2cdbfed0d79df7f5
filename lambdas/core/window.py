"""Amazon's solicitation window: the only place that knows its two lengths."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from lambdas.core.delivery import DeliveryEstimate

# "from 5 days after the earliest to 30 days after the latest delivery date":
# https://developer-docs.amazon.com/sp-api/docs/set-up-the-solicitations-api
OPENS_AFTER_EARLIEST = timedelta(days=5)
CLOSES_AFTER_LATEST = timedelta(days=30)

# A call may take 20 seconds and a clock may be a little behind.
LAST_CALL_BEFORE_CLOSE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class SolicitationWindow:
    """When Amazon may be called: from `opens_at` until shortly before `closes_at`."""

    opens_at: datetime
    closes_at: datetime

    def allows_call(self, now: datetime) -> bool:
        return self.opens_at <= now and not self.has_shut(now)

    def has_shut(self, now: datetime) -> bool:
        return now >= self.closes_at - LAST_CALL_BEFORE_CLOSE


def solicitation_window(estimate: DeliveryEstimate) -> SolicitationWindow:
    """The window that follows from a delivery estimate."""
    return SolicitationWindow(
        opens_at=estimate.earliest + OPENS_AFTER_EARLIEST,
        closes_at=estimate.latest + CLOSES_AFTER_LATEST,
    )
