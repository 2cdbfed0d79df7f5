"""Amazon's usage plans: a token bucket that starts full and refills at the plan's rate."""

from dataclasses import dataclass
from datetime import datetime

# Waiting exactly one interval must suffice, whatever the last bit of a float says.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class UsagePlan:
    """Requests a second, and how many at once after a pause."""

    rate: float
    burst: int


class TokenBucket:
    """The calls one seller's application may still make to one operation."""

    def __init__(self) -> None:
        self._left = 0.0
        self._filled_at: datetime | None = None

    def take(self, plan: UsagePlan, at: datetime) -> bool:
        """Use up one call, or say that there is none left."""
        if self._filled_at is None:
            self._left, self._filled_at = float(plan.burst), at
        elapsed = max(0.0, (at - self._filled_at).total_seconds())
        self._left = min(float(plan.burst), self._left + elapsed * plan.rate)
        self._filled_at = max(at, self._filled_at)
        if self._left + _ROUNDING < 1.0:
            return False
        self._left -= 1.0
        return True
