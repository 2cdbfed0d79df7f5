"""Plays one population's orders through one strategy, event by event, in the order of time."""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from lambdas.core.solicitation import NOT_OFFERED, Solicitation
from lambdas.core.timing import after_trouble
from ops.bench.timing.parcels import START, Parcel
from ops.bench.timing.populations import Trouble
from ops.bench.timing.strategies import Strategy

# A schedule fires half a minute to a minute and a half after what is due.
_FIRES_AFTER = timedelta(minutes=1)
_DAY = timedelta(days=1)


@dataclass(order=True)
class Turn:
    """One order's next look; the number makes the order of turns the same each time."""

    at: datetime
    number: int
    order: Solicitation = field(compare=False)
    parcel: Parcel = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of one order: how many checks it took, and when its buyer was asked."""

    parcel: Parcel
    checks: int
    asked_at: datetime | None

    @property
    def delay(self) -> float | None:
        """Days from when it could first be asked about; to the end for one that never was."""
        if self.parcel.askable is None:
            return None
        start, end = self.parcel.askable
        return ((self.asked_at or end) - start) / _DAY

    def cost(self, checks_per_day: float) -> float:
        return self.checks + checks_per_day * (self.delay or 0.0)


def replay(
    parcels: Iterable[Parcel], strategy: Strategy, trouble: Trouble, *, seed: int
) -> list[Fate]:
    """The fates, in the order of the parcels."""
    fates = dict(_fates(parcels, strategy, trouble, Random(seed)))
    return [fates[number] for number in sorted(fates)]


def _fates(
    parcels: Iterable[Parcel], strategy: Strategy, trouble: Trouble, luck: Random
) -> Iterator[tuple[int, Fate]]:
    turns = [
        Turn(at=parcel.shipped_at, number=parcel.number, order=parcel.record(), parcel=parcel)
        for parcel in parcels
    ]
    checks = dict.fromkeys((turn.number for turn in turns), 0)
    heapq.heapify(turns)
    while turns:
        turn = turns[0]
        due: datetime | None
        now, number, parcel = turn.at, turn.number, turn.parcel
        if now < parcel.window.opens_at:
            due = strategy.first(turn.order, now)
        elif later := strategy.put_off(turn.order, now):
            due = later
        elif _is_within(trouble.failures, now):
            due = after_trouble(parcel.window, now=now)
        else:
            checks[number] += 1
            offered = _is_offered(parcel, trouble, now, luck)
            strategy.answered(turn.order, offered=offered, now=now)
            turn.order = turn.order.with_check(NOT_OFFERED, now=now)
            due = None if offered else strategy.next(turn.order, now)
            if due is None:
                heapq.heappop(turns)
                asked_at = now if offered else None
                yield number, Fate(parcel=parcel, checks=checks[number], asked_at=asked_at)
                continue
        if parcel.window.has_shut(due + _FIRES_AFTER):
            heapq.heappop(turns)
            yield number, Fate(parcel=parcel, checks=checks[number], asked_at=None)
            continue
        turn.at = due + _FIRES_AFTER
        heapq.heapreplace(turns, turn)


def _is_offered(parcel: Parcel, trouble: Trouble, now: datetime, luck: Random) -> bool:
    if parcel.eligible_from is None or parcel.eligible_until is None:
        return False
    if not parcel.eligible_from <= now <= parcel.eligible_until:
        return False
    return luck.random() >= trouble.flapping and not _is_within(trouble.silences, now)


def _is_within(spans: Iterable[tuple[float, float]], now: datetime) -> bool:
    day = (now - START) / _DAY
    return any(start <= day < end for start, end in spans)
