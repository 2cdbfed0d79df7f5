"""Which checks cost an order least, if it is known how orders like it become eligible.

A check costs one call of a plan of one a second; a day at which a buyer could have been asked
and was not costs as many checks as the seller says. What is left to pay after an empty check
depends on its time alone, so the best times are computed from the last one back to the first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from lambdas.core.eligibility import EDGES, Eligibility, nearest_edge

# However little is to be expected: the order of an estimate that is wrong must still be found.
LONGEST_GAP_DAYS = 18.0
_LEFT_OUT_BEFORE_THE_END = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """The bounds of an order's checks, in days since its window opened.

    `first` is the earliest time for its first one, and `first_until` the latest: who got the
    parcel long before could not be asked any more. The two `last` ones are made whatever is
    known, as an empty list may be a fault of Amazon's.
    """

    first: float
    first_until: float
    last: tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CheckPlan:
    """The best next check after an empty one, for each time; None leaves the two last ones."""

    eligibility: Eligibility
    first: float | None
    next: Sequence[float | None]
    cost: float
    """What an order is expected to cost, in checks, from its window's opening on."""

    def after(self, day: float) -> float | None:
        """The best time for the next check after an empty one at this day, or None for the end."""
        following = self.next[nearest_edge(day) :]
        return next((best for best in following if best is None or best > day), None)

    def likely(self, day: float, *, empty_at: float | None) -> float:
        """The chance that the order is eligible at `day`, given the last empty check, if any."""
        before = 0.0 if empty_at is None else self.eligibility.until(empty_at)[0]
        by = self.eligibility.until(day)[0]
        return min(max((by - before) / max(1 - before, 1e-9), 0.0), 1.0)


@lru_cache(maxsize=256)
def plan_checks(eligibility: Eligibility, horizon: Horizon, *, checks_per_day: float) -> CheckPlan:
    """The cheapest times; `checks_per_day` is how many checks a day sooner is worth."""
    days = [day for day in EDGES if day <= horizon.last[0] - _LEFT_OUT_BEFORE_THE_END]
    costs = _Costs(eligibility, horizon, days, checks_per_day)
    next_days: list[float | None] = []
    for number in reversed(range(len(days))):
        next_days.append(costs.settle(number))
    cost, first = costs.first()
    undecided = [None] * (len(EDGES) - len(days))
    return CheckPlan(
        eligibility=eligibility, first=first, next=(*reversed(next_days), *undecided), cost=cost
    )


class _Costs:
    """What an order still costs after an empty check, times the share that comes to that check."""

    def __init__(
        self,
        eligibility: Eligibility,
        horizon: Horizon,
        days: Sequence[float],
        checks_per_day: float,
    ) -> None:
        self._by, self._day_sums = eligibility.by, eligibility.day_sums
        self._days = days
        self._checks_per_day = checks_per_day
        self._earliest, self._earliest_until = horizon.first, horizon.first_until
        self._ends = [(end, *eligibility.until(end)) for end in horizon.last]
        self._after = [0.0] * len(days)

    def settle(self, number: int) -> float | None:
        """Find the best check after the one at this edge, those after later edges being known."""
        until = self._days[number] + LONGEST_GAP_DAYS
        cost, best = self._best(self._by[number], self._day_sums[number], number + 1, until)
        self._after[number] = cost
        return best

    def first(self) -> tuple[float, float | None]:
        """The whole cost, and the best first check."""
        start = next(
            (n for n, day in enumerate(self._days) if day >= self._earliest), len(self._days)
        )
        return self._best(0.0, 0.0, start, self._earliest_until)

    def _best(
        self, by: float, day_sum: float, start: int, until: float
    ) -> tuple[float, float | None]:
        """The cheapest of the checks from this edge on, after an empty check or none.

        It is not later than `until`, unless there is no edge before that.
        """
        cost, best = self._end(by, day_sum), None
        if start < len(self._days) and self._ends[0][0] > until:
            cost = float("inf")
        rate, left = self._checks_per_day, 1 - by
        for number in range(start, len(self._days)):
            then = self._days[number]
            if then > until and best is not None:
                break
            waited = then * (self._by[number] - by) - (self._day_sums[number] - day_sum)
            if (total := left + rate * waited + self._after[number]) < cost:
                cost, best = total, then
        return cost, best

    def _end(self, by: float, day_sum: float) -> float:
        """What it costs to leave all to the two last checks."""
        total = 0.0
        for end, by_then, sum_then in self._ends:
            waited = end * (by_then - by) - (sum_then - day_sum)
            total += 1 - by + self._checks_per_day * waited
            by, day_sum = by_then, sum_then
        return total
