"""What is to happen when: the one queue of events that the clock is moved along."""

import heapq
import itertools
from collections.abc import Callable
from datetime import datetime

from ops.local_cloud.clock import Clock

Event = Callable[[], object]


class Agenda:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._order = itertools.count()
        self._events: list[tuple[datetime, int, Event]] = []

    def at(self, when: datetime, event: Event) -> None:
        """Events of the same instant happen in the order in which they were noted."""
        due = max(when, self._clock.now)
        heapq.heappush(self._events, (due, next(self._order), event))

    @property
    def next_at(self) -> datetime | None:
        return self._events[0][0] if self._events else None

    def run_next(self) -> None:
        _, _, event = heapq.heappop(self._events)
        event()
