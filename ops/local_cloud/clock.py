"""The clock of the local cloud: the whole process reads it, and only a hand or a sleep moves it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import time_machine

_real_monotonic = time.monotonic


class ClockMovedBackwardsError(ValueError):
    """Nothing that was stamped may lie in the future of what comes after it."""


class DeadlineError(BaseException):
    """A sleep reached the moment at which its thread is cut: a run must not be able to catch it."""


class Clock:
    """`datetime.now`, `time.time` and `time.monotonic` follow it, `time.sleep` advances it.

    Sockets, locks and selectors wait in C by the real clock, so a loopback server and its clients
    in the same process notice no jump; `time.perf_counter` is left alone too.
    """

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)
        self._born = self._now
        self._travel = time_machine.travel(self._now, tick=False)
        self._lock = threading.RLock()
        self._deadlines: list[tuple[int, datetime]] = []
        self._originals: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self._traveller = self._travel.start()
        self._real_start = _real_monotonic()
        self._monotonic_start = time.monotonic()
        for name in ("monotonic", "monotonic_ns", "sleep"):
            self._originals[name] = getattr(time, name)
            setattr(time, name, getattr(self, name))
        return self

    def __exit__(self, *_: object) -> None:
        for name, original in self._originals.items():
            setattr(time, name, original)
        self._travel.stop()

    @property
    def now(self) -> datetime:
        return self._now

    @property
    def elapsed(self) -> float:
        """Real seconds since the clock was entered, for a progress display."""
        return _real_monotonic() - self._real_start

    def monotonic(self) -> float:
        return self._monotonic_start + (self._now - self._born).total_seconds()

    def monotonic_ns(self) -> int:
        return round(self.monotonic() * 1e9)

    def move_to(self, when: datetime) -> None:
        with self._lock:
            if when < self._now:
                raise ClockMovedBackwardsError(f"{when} is before {self._now}")
            self._traveller.shift(when - self._now)
            self._now = when.astimezone(UTC)

    def sleep(self, seconds: float) -> None:
        """What `time.sleep` is, in every thread: a server's own delay moves time as well."""
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        with self._lock:
            wakes = self._now + timedelta(seconds=seconds)
            deadline = self._deadline()
            if deadline is None or wakes <= deadline:
                self.move_to(wakes)
                return
            self.move_to(max(deadline, self._now))
        raise DeadlineError(f"still asleep at {deadline}")

    @contextmanager
    def cut_at(self, deadline: datetime) -> Iterator[None]:
        """Inside, a sleep of this thread that would pass the deadline ends there, by an error."""
        self._deadlines.append((threading.get_ident(), deadline))
        try:
            yield
        finally:
            self._deadlines.pop()

    def _deadline(self) -> datetime | None:
        if not self._deadlines:
            return None
        thread, deadline = self._deadlines[-1]
        return deadline if thread == threading.get_ident() else None
