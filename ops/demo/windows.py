"""Amazon's window of each order, worked out from the messages alone, to judge DayFive's calls.

This is a second reading of the rules on purpose: it shares no code with lambdas.core.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

_OPENS = timedelta(days=5)
_CLOSES = timedelta(days=30)
_TRANSIT = (timedelta(days=3), timedelta(days=15))

# A message may be on its way through the queue when a call is made, or come again after a fault.
_SETTLES = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippedNews:
    """One message that told of a shipped order, as it reached the queue."""

    arrived_at: datetime
    changed_at: datetime
    earliest: datetime | None
    latest: datetime | None


class Windows:
    """Which calls were allowed, by what Amazon had said up to then."""

    def __init__(self, delivered: Iterable[tuple[datetime, str]]) -> None:
        self._news: dict[str, list[ShippedNews]] = defaultdict(list)
        for arrived_at, body in delivered:
            self._read(arrived_at, body)

    @property
    def shipped_orders(self) -> set[str]:
        """Every order that any message announced as shipped."""
        return set(self._news)

    def allows(self, amazon_order_id: str, at: datetime) -> bool:
        """Whether a call lay inside the window, or inside one that was in force just before."""
        windows = (self.window(amazon_order_id, moment) for moment in (at, at - _SETTLES))
        return any(window and window[0] <= at <= window[1] for window in windows)

    def window(self, amazon_order_id: str, at: datetime) -> tuple[datetime, datetime] | None:
        """The window by all news that had arrived at this moment."""
        news = [one for one in self._news[amazon_order_id] if one.arrived_at <= at]
        if not news:
            return None
        dated = [one for one in news if one.earliest and one.latest]
        if not dated:
            shipped_at = min(one.changed_at for one in news)
            return shipped_at + _TRANSIT[0] + _OPENS, shipped_at + _TRANSIT[1] + _CLOSES
        newest = max(dated, key=lambda one: (one.changed_at, one.latest, one.earliest))
        assert newest.earliest
        assert newest.latest
        return newest.earliest + _OPENS, newest.latest + _CLOSES

    def _read(self, arrived_at: datetime, body: str) -> None:
        try:
            document = json.loads(body)
            change = document["Payload"]["OrderChangeNotification"]
            summary, order_id = change["Summary"], change["AmazonOrderId"]
            is_shipped = (change["OrderChangeType"], summary["OrderStatus"]) == (
                "OrderStatusChange",
                "Shipped",
            )
            changed = change["OrderChangeTrigger"]["TimeOfOrderChange"] or document["EventTime"]
        except (ValueError, KeyError, TypeError):
            return
        if is_shipped:
            earliest, latest = (
                _time(summary.get(f"{end}DeliveryDate")) for end in ("Earliest", "Latest")
            )
            self._news[order_id].append(
                ShippedNews(
                    arrived_at=arrived_at,
                    changed_at=min(_time(changed) or arrived_at, arrived_at),
                    earliest=earliest or latest,
                    latest=latest or earliest,
                )
            )


def _time(text: Any) -> datetime | None:
    if not text:
        return None
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)
