"""Populations of the timing benchmark that a planner could stumble over, each in its own way."""

import math
from random import Random

from ops.bench.timing.parcels import Journey
from ops.bench.timing.populations import Population, Trouble, populations

_NEVER = 0.03
_SATURDAY, _WEEK = 5, 7  # the first day of the benchmark is a Monday


def awkward_populations() -> list[Population]:
    """Sharp, torn, tied to the promise or to nothing of it, and with Amazon often at fault."""
    mixture = next(each for each in populations() if each.name.startswith("mixture"))
    return [
        Population(name="on the last promised day", regimes=[_on_the_last_day]),
        Population(name="whatever was promised", regimes=[_whatever_was_promised]),
        Population(name="long before the promise, or after it", regimes=[_far_from_the_promise]),
        Population(name="all in one day", regimes=[_all_in_one_day]),
        Population(name="at once, or after 20 days", regimes=[_at_once_or_late]),
        Population(name="none on weekends", regimes=[_none_on_weekends]),
        Population(
            name="10 % flapping",
            regimes=mixture.regimes,
            orders=mixture.orders,
            trouble=Trouble(flapping=0.1),
        ),
    ]


def _on_the_last_day(luck: Random, _: float) -> Journey:
    earliest, span = luck.randint(2, 6), luck.randint(3, 8)
    return _promised(luck, earliest, earliest + span, earliest + span + luck.uniform(0.3, 0.8))


def _whatever_was_promised(luck: Random, _: float) -> Journey:
    earliest, span = luck.randint(8, 14), luck.randint(11, 20)
    return _promised(luck, earliest, earliest + span, luck.lognormvariate(math.log(20), 0.3))


def _far_from_the_promise(luck: Random, _: float) -> Journey:
    """One in ten could not be asked any more if its first check were at the usual time."""
    earliest, span = luck.randint(16, 18), luck.randint(1, 8)
    late = earliest + span + luck.uniform(12, 15)
    return _promised(luck, earliest, earliest + span, 2 if luck.random() < 0.1 else late)


def _all_in_one_day(luck: Random, _: float) -> Journey:
    return _undated(luck, luck.uniform(13.5, 14.5))


def _at_once_or_late(luck: Random, _: float) -> Journey:
    return _undated(luck, luck.uniform(0.3, 0.9) if luck.random() < 0.1 else luck.gauss(20, 1))


def _none_on_weekends(luck: Random, day: float) -> Journey:
    transit = luck.lognormvariate(math.log(6), 0.3)
    weekday = (day + transit) % _WEEK
    if weekday >= _SATURDAY:
        transit += _WEEK - weekday + luck.uniform(0.3, 0.7)
    return _undated(luck, transit)


def _undated(luck: Random, transit: float) -> Journey:
    return Journey(delivered=None if luck.random() < _NEVER else transit)


def _promised(luck: Random, earliest: int, latest: int, transit: float) -> Journey:
    return Journey(
        delivered=None if luck.random() < _NEVER else transit,
        promised=(earliest, latest),
        fulfillment_type="MFN",
    )
