"""The populations of the timing benchmark, and others drawn at random."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from ops.bench.timing.parcels import Draw, Journey

Transit = Callable[[Random], float]
"""Days from shipping to delivery, by chance."""

_NEVER = 0.03
_OF_A_MIXTURE = 12_000
_STRIKES = ((30.0, 39.0), (70.0, 76.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What Amazon does to the checks; the spans are in days from the first shipment.

    `flapping` is the share of checks that come up empty though the order is eligible. During
    `silences` every check does, and during `failures` every one is answered by a 503.
    """

    flapping: float = 0.0
    silences: tuple[tuple[float, float], ...] = ()
    failures: tuple[tuple[float, float], ...] = ()


NO_TROUBLE = Trouble()


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """What orders are like; several regimes follow one another in equal parts of the time.

    `least_asked` is the share of the eligible orders that has to be asked about. There are
    so many `orders` that of each kind and in each regime many come after the first 2,000.
    """

    name: str
    regimes: Sequence[Draw]
    orders: int = 8000
    trouble: Trouble = NO_TROUBLE
    least_asked: float = 0.998


def populations() -> list[Population]:
    """The named ones."""
    mixture = _mixture(_lognormal(3, 0.55))
    silent = Trouble(silences=((41.0, 43.0), (71.5, 71.75)), failures=((55.0, 55.5),))
    return [
        Population(name="fast Prime", regimes=[_undated(_lognormal(1.6, 0.35))]),
        Population(name="slow international", regimes=[_international]),
        Population(name="mixture, 70 % FBA", regimes=[mixture], orders=_OF_A_MIXTURE),
        Population(
            name="changes half-way",
            regimes=[_undated(_lognormal(3, 0.55)), _undated(_lognormal(9, 0.4))],
            orders=12_000,
        ),
        Population(
            name="carrier strikes",
            regimes=[_struck(mixture)],
            orders=_OF_A_MIXTURE,
            least_asked=0.995,
        ),
        Population(
            name="3 % flapping",
            regimes=[mixture],
            orders=_OF_A_MIXTURE,
            trouble=Trouble(flapping=0.03),
        ),
        Population(
            name="outages",
            regimes=[mixture],
            orders=_OF_A_MIXTURE,
            trouble=silent,
            least_asked=0.995,
        ),
    ]


def random_population(seed: int, *, regimes: int = 1) -> Population:
    """One to three carriers, each slow or fast, steady or not; some orders never come."""
    luck = Random(seed)
    return Population(
        name=f"random {seed}" if regimes == 1 else f"random {seed}, changing",
        regimes=[_by_random_carriers(luck) for _ in range(regimes)],
        orders=6000 * regimes,
    )


def _lognormal(median: float, sigma: float) -> Transit:
    return lambda luck: min(max(luck.lognormvariate(math.log(median), sigma), 0.6), 25)


def _undated(transit: Transit, *, never: float = _NEVER) -> Draw:
    """Orders that Amazon fulfils: no dates are promised to the seller."""
    return lambda luck, _: Journey(delivered=None if luck.random() < never else transit(luck))


def _mixture(transit: Transit) -> Draw:
    """Seven in ten without dates; of the others three in twenty arrive early and late each."""
    undated = _undated(transit)

    def draw(luck: Random, day: float) -> Journey:
        if luck.random() < 0.7:
            return undated(luck, day)
        earliest = luck.randint(2, 5)
        latest = earliest + luck.randint(1, 6) - 1
        return _promised(luck, earliest, latest, late=lambda: luck.expovariate(1 / 2.5))

    return draw


def _international(luck: Random, _: float) -> Journey:
    earliest = luck.randint(8, 14)
    latest = earliest + luck.randint(11, 20)
    return _promised(luck, earliest, latest, late=lambda: luck.expovariate(1 / 6))


def _promised(luck: Random, earliest: int, latest: int, *, late: Callable[[], float]) -> Journey:
    """A promise of whole days and a delivery that keeps it in seven cases of ten."""
    punctuality = luck.random()
    if punctuality < 0.15:
        delivered = 1 + (earliest - 1) * luck.random()
    elif punctuality < 0.85:
        delivered = earliest + (latest + 1 - earliest) * luck.random()
    else:
        delivered = latest + 1 + min(late(), 20)
    return Journey(
        delivered=None if luck.random() < _NEVER else delivered,
        promised=(earliest, latest),
        fulfillment_type="MFN",
    )


def _struck(draw: Draw) -> Draw:
    """Nothing is delivered during a strike, and what has piled up takes four days after it."""

    def struck(luck: Random, day: float) -> Journey:
        journey = draw(luck, day)
        for start, end in _STRIKES:
            if journey.delivered is not None and start <= day + journey.delivered < end:
                delivered = end + 4 * luck.random() - day
                return Journey(
                    delivered=delivered,
                    promised=journey.promised,
                    fulfillment_type=journey.fulfillment_type,
                )
        return journey

    return struck


def _by_random_carriers(luck: Random) -> Draw:
    carriers, shares = [], []
    for _ in range(luck.choice((1, 1, 2, 2, 3))):
        shares.append(luck.random() + 0.1)
        mean = math.exp(luck.uniform(math.log(1.2), math.log(22)))
        spread = math.exp(luck.uniform(math.log(0.12), math.log(0.9)))
        carriers.append(luck.choice((_gamma, _wide_lognormal))(mean, spread))
    never = luck.choice((0.0, 0.01, 0.03, 0.08))
    return _undated(lambda chance: chance.choices(carriers, shares)[0](chance), never=never)


def _gamma(mean: float, spread: float) -> Transit:
    return lambda luck: luck.gammavariate(spread**-2, mean * spread**2)


def _wide_lognormal(mean: float, spread: float) -> Transit:
    sigma = math.sqrt(math.log(1 + spread**2))
    return lambda luck: luck.lognormvariate(math.log(mean) - sigma**2 / 2, sigma)
