"""The days of an order's window, on the scale that the orders of one basis share.

Parcels come by their promises: one of four days is as likely on its last day as one of eight is
on its last. So the days of a promise are stretched to the length that is usual for its basis,
and what lies behind them keeps its length.
"""

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from itertools import pairwise

from lambdas.core.basis import Basis
from lambdas.core.eligibility import EDGES, Eligibility
from lambdas.core.window import CLOSES_AFTER_LATEST, OPENS_AFTER_EARLIEST, SolicitationWindow

_USUAL_DAYS = {
    Basis.PROMISE_OF_2_DAYS: 2.0,
    Basis.PROMISE_OF_5_DAYS: 4.0,
    Basis.PROMISE_OF_10_DAYS: 8.0,
    Basis.LONGER_PROMISE: 16.0,
}
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """The promise's own days, and as how many they count; both are 0 where none was made."""

    days: float = 0.0
    counted_as: float = 0.0

    @classmethod
    def of(cls, basis: Basis, window: SolicitationWindow) -> "Scale":
        usual = _USUAL_DAYS.get(basis)
        if usual is None:
            return cls()
        shut = window.closes_at - CLOSES_AFTER_LATEST
        days = (shut - (window.opens_at - OPENS_AFTER_EARLIEST)) / _DAY
        # Rounded, so that orders of one kind share their plans; a promise is of a day at least.
        return cls(days=max(round(days), 1), counted_as=usual)

    def shared(self, day: float) -> float:
        """A day since the window opened, on the shared scale."""
        if day >= self.days:
            return day - self.days + self.counted_as
        return day * self.counted_as / self.days

    def own(self, eligibility: Eligibility) -> Eligibility:
        """What is estimated on the shared scale, for this order's own days."""
        return _own(eligibility, self) if self.days != self.counted_as else eligibility


@lru_cache(maxsize=256)
def _own(eligibility: Eligibility, scale: Scale) -> Eligibility:
    by = [eligibility.until(scale.shared(day))[0] for day in EDGES]
    return Eligibility.of([by[0], *(after - before for before, after in pairwise(by)), 1 - by[-1]])
