"""A clock for several runs at once: each sleeps on its own, and the first to wake goes on."""

import heapq
from collections.abc import Callable, Iterable
from datetime import timedelta
from threading import Semaphore, Thread, current_thread

from ops.local_cloud.clock import Clock


class _Run:
    def __init__(self, number: int, work: Callable[[], None], ended: Callable[[], None]) -> None:
        self.number = number
        self.turn = Semaphore(0)
        self.error: BaseException | None = None
        self._work = work
        self._ended = ended
        self.thread = Thread(target=self._play, daemon=True)

    def _play(self) -> None:
        self.turn.acquire()
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001 - raised again by play()
            self.error = error
        self._ended()


class TurnTakingClock(Clock):
    """As many Lambda environments would run side by side, without anything happening at once.

    One run at a time is at work, until it sleeps or ends; the clock then moves to whoever wakes
    first. What the runs share needs no locks, and the same runs always give the same story.
    """

    def play(self, works: Iterable[Callable[[], None]]) -> None:
        """Run them all from now on, and return when the last has ended; their errors are raised."""
        self._stopped = Semaphore(0)
        runs = [_Run(number, work, self._stopped.release) for number, work in enumerate(works)]
        self._by_thread = {run.thread: run for run in runs}
        self._sleeping = [(self.now, run.number) for run in runs]
        for run in runs:
            run.thread.start()
        while self._sleeping:
            wakes_at, number = heapq.heappop(self._sleeping)
            self.move_to(max(wakes_at, self.now))
            runs[number].turn.release()
            self._stopped.acquire()
            if error := runs[number].error:
                raise error

    def sleep(self, seconds: float) -> None:
        run = getattr(self, "_by_thread", {}).get(current_thread())
        if run is None:
            super().sleep(seconds)
            return
        heapq.heappush(self._sleeping, (self.now + timedelta(seconds=seconds), run.number))
        self._stopped.release()
        run.turn.acquire()
