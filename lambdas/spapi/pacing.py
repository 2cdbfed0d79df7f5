"""Keeps to Amazon's usage plans, one call after the other, without shared state.

A plan is a token bucket: `burst` tokens, refilled at `rate` a second, one taken by each call.
Calls that leave an interval (1 / rate) apart, each after the answer to the one before, arrive at
most two closer than that, so at least burst - 2 tokens are always there. They are left for what
a pacer cannot see: a run that was killed before its last pause.
https://developer-docs.amazon.com/sp-api/docs/usage-plans-and-rate-limits-in-the-sp-api
"""

import re
import time

_LONGEST_INTERVAL = 30.0
_LOWEST_RATE, _HIGHEST_RATE = 0.1, 50.0
_RATE = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")


class Pacer:
    """The pace of one operation for one seller and region, during one run."""

    def __init__(self, rate: float = 1.0) -> None:
        self._interval = 1 / rate
        self._slowdown = 1
        self._last_call_at: float | None = None

    @property
    def interval(self) -> float:
        """Seconds from one call to the next."""
        if self._slowdown == 1:
            return self._interval
        # A 429 disproves whatever faster rate had been announced.
        return min(max(self._interval, 1.0) * self._slowdown, _LONGEST_INTERVAL)

    @property
    def last_call_at(self) -> float | None:
        """When the last slot was taken, by `time.monotonic`."""
        return self._last_call_at

    def remaining_pause(self) -> float:
        """Seconds until the next slot; a run ends no earlier, so that the next one need not ask."""
        if self._last_call_at is None:
            return 0.0
        return max(0.0, self._last_call_at + self.interval - time.monotonic())

    def wait(self, deadline: float) -> bool:
        """Sleep until the next slot and take it; False, at once, if it lies past the deadline."""
        pause = self.remaining_pause()
        if time.monotonic() + pause > deadline:
            return False
        if pause > 0:
            time.sleep(pause)
        self._last_call_at = time.monotonic()
        return True

    def observe(self, rate_limit: str | None) -> None:
        """Follow an `x-amzn-RateLimit-Limit` header; it is best effort, so nonsense is ignored."""
        if rate_limit is None or not _RATE.fullmatch(rate_limit.strip()):
            return
        rate = float(rate_limit)
        if rate > 0:
            self._interval = 1 / min(max(rate, _LOWEST_RATE), _HIGHEST_RATE)

    def throttled(self) -> None:
        """After a 429: double the interval, for the rest of the run."""
        self._slowdown *= 2


class Pacers:
    """One pacer for each operation of a seller and region: their buckets are separate."""

    def __init__(self) -> None:
        self._pacers: dict[str, Pacer] = {}

    def of(self, operation: str) -> Pacer:
        return self._pacers.setdefault(operation, Pacer())

    def remaining_pause(self) -> float:
        """Seconds until every operation has a slot again."""
        return max((pacer.remaining_pause() for pacer in self._pacers.values()), default=0.0)
