"""What a strategy made of a population: the figures, and by how much chance may have moved them."""

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import fmean, median, quantiles, stdev

from lambdas.core.eligibility import EDGES, Eligibility
from lambdas.core.policy import CHECKS_PER_DAY
from ops.bench.timing.parcels import Parcel
from ops.bench.timing.replay import Fate
from ops.bench.timing.strategies import Alike, alike

ORDERS_TO_LEARN = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One strategy on one population; delays are in days, costs in checks for an order."""

    asked: float
    checks_per_solicitation: float
    delay_median: float
    delay_p90: float
    cost: float
    cost_error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Of two strategies' costs on the same orders: their ratio, and the error of chance in it.

    The orders are paired, so what they have in common does not count as chance.
    """

    ratio: float
    error: float
    orders: int

    def __str__(self) -> str:
        return f"{self.ratio:.3f} ± {self.error:.3f}"


def figures(fates: Sequence[Fate]) -> Figures:
    eligible = [fate for fate in fates if fate.parcel.askable]
    asked = sum(fate.asked_at is not None for fate in eligible)
    delays = [fate.delay or 0.0 for fate in eligible]
    costs = [fate.cost(CHECKS_PER_DAY) for fate in fates]
    return Figures(
        asked=asked / len(eligible),
        checks_per_solicitation=sum(fate.checks for fate in fates) / max(asked, 1),
        delay_median=median(delays),
        delay_p90=quantiles(delays, n=10)[-1],
        cost=fmean(costs),
        cost_error=stdev(costs) / math.sqrt(len(costs)),
    )


def difference(fates: Sequence[Fate], others: Sequence[Fate], orders: Iterable[int]) -> Difference:
    """How the costs compare over the orders of these numbers."""
    chosen = list(orders)
    ours = [fates[number].cost(CHECKS_PER_DAY) for number in chosen]
    theirs = [others[number].cost(CHECKS_PER_DAY) for number in chosen]
    ratio = fmean(ours) / fmean(theirs)
    spread = stdev(a - ratio * b for a, b in zip(ours, theirs, strict=True))
    return Difference(
        ratio=ratio,
        error=spread / math.sqrt(len(chosen)) / fmean(theirs),
        orders=len(chosen),
    )


def early_and_late(parcels: Sequence[Parcel]) -> tuple[list[int], list[int]]:
    """The numbers of the first 2,000 orders of each kind and regime, and those of the others."""
    seen: dict[tuple[int, str], int] = defaultdict(int)
    early: list[int] = []
    late: list[int] = []
    for parcel in parcels:
        kind = (parcel.regime, parcel.fulfillment_type)
        seen[kind] += 1
        (early if seen[kind] <= ORDERS_TO_LEARN else late).append(parcel.number)
    return early, late


def truth_of(parcels: Iterable[Parcel]) -> Mapping[Alike, Eligibility]:
    """What only Amazon knows: when orders that are alike do become eligible."""
    counts: dict[Alike, list[int]] = defaultdict(lambda: [0] * (len(EDGES) + 1))
    for parcel in parcels:
        cell = len(EDGES)
        if parcel.eligible_from is not None:
            day = (parcel.eligible_from - parcel.window.opens_at) / timedelta(days=1)
            cell = bisect_left(EDGES, day)
        key = alike(parcel.regime, parcel.fulfillment_type, parcel.news, parcel.window)
        counts[key][cell] += 1
    return {
        key: Eligibility.of([number / sum(numbers) for number in numbers])
        for key, numbers in counts.items()
    }
