"""How much of its time an invocation has left."""

import time
from typing import Any


class Deadline:
    """Counts down an invocation's time by the monotonic clock, never beyond Lambda's own count."""

    def __init__(self, context: Any, *, timeout_seconds: float) -> None:
        self._remaining = getattr(context, "get_remaining_time_in_millis", None)
        at_start = self._remaining() / 1000 if self._remaining else timeout_seconds
        self._ends_at = time.monotonic() + min(at_start, timeout_seconds)

    def seconds_left(self) -> float:
        left = self._ends_at - time.monotonic()
        return min(left, self._remaining() / 1000) if self._remaining else left
