"""Counts the orders on record while they are read, so that their number does not matter."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from heapq import nsmallest
from statistics import median, quantiles

from lambdas.core.marketplaces import Region
from lambdas.core.solicitation import OFFERED, Solicitation, Status

HELD_SHOWN = 20
DAYS_AHEAD = 30

_DAY = timedelta(days=1)
_ASKED = frozenset({Status.SENT, Status.SENT_UNCONFIRMED})
_LEFT_OUT = frozenset({Status.SKIPPED, Status.CANCELED})


class Stage(StrEnum):
    """How far an order came, from the news that it shipped to the request; each within the last."""

    SHIPPED = "heard of as shipped"
    WANTED = "not cancelled, not left out"
    OPENED = "window has opened"
    CHECKED = "checked at Amazon"
    OFFERED = "offered by Amazon"
    ASKED = "asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An order that waits for a person."""

    seller_id: str
    amazon_order_id: str
    reason: str
    closes_at: datetime


@dataclass(slots=True, kw_only=True)
class Figures:
    """What the page shows; days are in UTC, delays in days."""

    made_at: datetime
    outcomes: Counter[tuple[str, Region, Status]] = field(default_factory=Counter)
    reasons: Counter[tuple[Status, str]] = field(default_factory=Counter)
    stages: Counter[Stage] = field(default_factory=Counter)
    asked_on: Counter[date] = field(default_factory=Counter)
    checks: Counter[int] = field(default_factory=Counter)
    due_on: Counter[date] = field(default_factory=Counter)
    delays: list[float] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    unreadable: int = 0

    @property
    def orders(self) -> int:
        return self.outcomes.total()

    @property
    def by_status(self) -> Counter[Status]:
        counts: Counter[Status] = Counter()
        for (_, _, status), number in self.outcomes.items():
            counts[status] += number
        return counts

    @property
    def by_seller(self) -> Mapping[tuple[str, Region], Counter[Status]]:
        counts: dict[tuple[str, Region], Counter[Status]] = {}
        for (seller_id, region, status), number in sorted(self.outcomes.items()):
            counts.setdefault((seller_id, region), Counter())[status] += number
        return counts

    @property
    def checks_per_solicitation(self) -> float | None:
        """Of the orders that were asked; a record keeps the last ten checks."""
        asked = self.checks.total()
        return sum(n * times for n, times in self.checks.items()) / asked if asked else None

    @property
    def delay_median(self) -> float | None:
        return median(self.delays) if self.delays else None

    @property
    def delay_p90(self) -> float | None:
        return quantiles(self.delays, n=10)[-1] if len(self.delays) > 1 else None

    @property
    def overdue(self) -> int:
        """Orders due before the day of the report."""
        today = self.made_at.date()
        return sum(number for day, number in self.due_on.items() if day < today)

    def add(self, order: Solicitation) -> None:
        """Count one order."""
        self.outcomes[order.seller_id, order.region, order.status] += 1
        self.reasons[order.status, order.reason] += 1
        self.stages.update(self._stages(order))
        if order.status is Status.SENT and order.sent_at:
            self.asked_on[order.sent_at.astimezone(UTC).date()] += 1
            self.delays.append((order.sent_at - order.window.opens_at) / _DAY)
            self.checks[len(order.checks)] += 1
        if order.status in {Status.WAITING, Status.SENDING}:
            self.due_on[order.next_look_at.astimezone(UTC).date()] += 1
        if order.status is Status.HELD:
            self._hold(order)

    def _stages(self, order: Solicitation) -> Iterable[Stage]:
        """Which stages it came to; who was asked came to all of them, whatever is kept of it."""
        asked = order.status in _ASKED
        offered = any(check.answer == OFFERED for check in order.checks)
        passed = {
            Stage.SHIPPED: order.news is not None,
            Stage.WANTED: order.status not in _LEFT_OUT,
            Stage.OPENED: order.window.opens_at <= self.made_at,
            Stage.CHECKED: bool(order.checks),
            Stage.OFFERED: offered or order.would_send_at is not None,
            Stage.ASKED: False,
        }
        for stage, has_passed in passed.items():
            if not (asked or has_passed):
                return
            yield stage

    def _hold(self, order: Solicitation) -> None:
        held = Held(
            seller_id=order.seller_id,
            amazon_order_id=order.amazon_order_id,
            reason=order.reason,
            closes_at=order.window.closes_at,
        )
        self.held = nsmallest(HELD_SHOWN, [*self.held, held], key=lambda each: each.closes_at)


def figures(orders: Iterable[Solicitation], *, now: datetime) -> Figures:
    """Count all orders as they come."""
    counted = Figures(made_at=now)
    for order in orders:
        counted.add(order)
    return counted
