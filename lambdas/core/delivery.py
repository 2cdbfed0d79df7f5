"""Which delivery dates are believed, and why.

What Amazon says of one order comes in any order and more than once. So the facts are kept
apart from the conclusion: facts merge (the same set of news gives the same facts, whatever
its order), and the estimate is computed from the facts.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from lambdas.core.order_change import OrderChange
from lambdas.core.policy import Policy

FARTHEST_PROMISE = timedelta(days=180)
REVERSED_DATES = "reversed_delivery_dates"
DATES_TOO_FAR_AHEAD = "delivery_dates_too_far_ahead"
DATES_PROBLEMS = frozenset({REVERSED_DATES, DATES_TOO_FAR_AHEAD})


class EstimateSource(StrEnum):
    """Where a delivery estimate comes from, the better one first."""

    PROMISE = "promise"
    SHIPPED = "shipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """The delivery dates that Amazon promised the buyer, and when Amazon said so."""

    news_at: datetime
    earliest: datetime
    latest: datetime

    def problem(self, now: datetime) -> str | None:
        """Why these dates cannot be believed, or None."""
        if self.latest < self.earliest:
            return REVERSED_DATES
        if self.latest > now + FARTHEST_PROMISE:
            return DATES_TOO_FAR_AHEAD
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryNews:
    """All that is known of one order's way to its buyer."""

    shipped_at: datetime
    promise: Promise | None = None
    delivered_at: datetime | None = None

    def merge(self, other: "DeliveryNews") -> "DeliveryNews":
        """Both facts together: the first shipping, the newest promise, the first delivery."""
        promises = [news.promise for news in (self, other) if news.promise]
        deliveries = [news.delivered_at for news in (self, other) if news.delivered_at]
        return DeliveryNews(
            shipped_at=min(self.shipped_at, other.shipped_at),
            # The dates break the tie of two promises of one moment, or the order would matter.
            promise=max(promises, key=lambda p: (p.news_at, p.latest, p.earliest), default=None),
            delivered_at=min(deliveries, default=None),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryEstimate:
    """Between which two moments the parcel is believed to arrive, and by which source."""

    earliest: datetime
    latest: datetime
    source: EstimateSource


def delivery_news(change: OrderChange, *, news_at: datetime) -> DeliveryNews:
    """What one notification says; `news_at` is the event's time, capped by its arrival."""
    earliest = change.earliest_delivery_date or change.latest_delivery_date
    latest = change.latest_delivery_date or change.earliest_delivery_date
    promise = (
        Promise(news_at=news_at, earliest=earliest, latest=latest) if earliest and latest else None
    )
    return DeliveryNews(
        shipped_at=news_at,
        promise=promise,
        delivered_at=news_at if change.is_delivered else None,
    )


def estimate_delivery(news: DeliveryNews, *, now: datetime, policy: Policy) -> DeliveryEstimate:
    """The promise where there is a sound one, else a span counted from the shipping time.

    A delivery that was reported only narrows: nothing opens before the parcel was there.
    """
    promise = news.promise
    if promise and not promise.problem(now):
        earliest, latest, source = promise.earliest, promise.latest, EstimateSource.PROMISE
    else:
        earliest = news.shipped_at + policy.transit_earliest
        latest = news.shipped_at + policy.transit_latest
        source = EstimateSource.SHIPPED
    if news.delivered_at:
        earliest = max(earliest, news.delivered_at)
    return DeliveryEstimate(earliest=earliest, latest=latest, source=source)
