"""When orders of one kind become eligible, estimated from how the checks of earlier ones ended.

Nobody tells when a parcel arrived. All that a check tells is whether the order has become
eligible since the check before it. What is estimated from that is a survival curve, over the
days since the window opened, as for patients who are seen at visits only: each check is a
trial of its own among the orders that were not eligible yet, so an order that is still waiting
counts as fully as one that has ended, and parcels that take long are not underrated.
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, pairwise

# The times that are told apart, in days after the window opens: finer where more happens.
EDGES: tuple[float, ...] = (
    *(quarter / 4 for quarter in range(32)),
    *(8 + half / 2 for half in range(16)),
    *(16.0 + day for day in range(16)),
    *(32.0 + 2 * pair for pair in range(16)),
    *(64.0 + 8 * week for week in range(20)),
)
BEFORE_THE_FIRST = -1
"""Stands for the check before an order's first one, which there was none of."""

# What is supposed before anything is known: half of the orders are eligible when the window
# opens, 1 % never are, and the rest thins out slowly, by a power of the days. With more that never
# are, parcels that take weeks were given up for days once the first of them had come.
_AT_THE_OPENING = 0.5
_NEVER = 0.01
_THINS_OVER_DAYS = 2.0
_THINS_BY_POWER = 1.2

_ROUNDS = 8
# Of each cell's share in each round. It weighs as much as so large a part of all orders, so with
# more of it the few checks that look between the usual times would not be believed.
_SMOOTHED = 0.01

# (number of the edge of the empty check before, number of the edge of this check)
Step = tuple[int, int]
# of the checks between these two edges: how many found the order offered, how many did not
Answers = tuple[float, float]
Counts = Mapping[Step, Answers]


@dataclass(frozen=True, slots=True, eq=False)
class Eligibility:
    """The share of orders that become eligible in each cell of the grid.

    `shares[0]` is of those that are when the window opens, `shares[n]` of those that become it
    between edge n - 1 and edge n, and the last of those that never do.
    """

    shares: tuple[float, ...]
    by: tuple[float, ...]
    """The share that is eligible at each edge."""
    day_sums: tuple[float, ...]
    """The sum, up to each edge, of the share of each cell times the day in its middle."""

    @classmethod
    def of(cls, shares: Sequence[float]) -> "Eligibility":
        middles = (0.0, *((a + b) / 2 for a, b in pairwise(EDGES)))
        days = (share * middle for share, middle in zip(shares, middles, strict=False))
        return cls(
            shares=tuple(shares),
            by=tuple(accumulate(shares[:-1])),
            day_sums=tuple(accumulate(days)),
        )

    def until(self, day: float) -> tuple[float, float]:
        """`by` and `day_sums` at any day, its cell taken to be even."""
        after = min(max(bisect_left(EDGES, day), 1), len(EDGES) - 1)
        start, end = EDGES[after - 1], EDGES[after]
        part = self.shares[after] * min(max((day - start) / (end - start), 0.0), 1.0)
        middle = (start + min(day, end)) / 2
        return self.by[after - 1] + part, self.day_sums[after - 1] + part * middle


def nearest_edge(day: float) -> int:
    """The number of the edge closest to this day after the window opened."""
    after = bisect_left(EDGES, day)
    if after in {0, len(EDGES)}:
        return min(after, len(EDGES) - 1)
    return after if EDGES[after] - day < day - EDGES[after - 1] else after - 1


@cache
def prior() -> Eligibility:
    """What is supposed of a kind of order before anything is known of it."""
    later = 1 - _AT_THE_OPENING - _NEVER
    left = [later * (1 + day / _THINS_OVER_DAYS) ** -_THINS_BY_POWER for day in EDGES]
    shares = [_AT_THE_OPENING, *(a - b for a, b in pairwise(left))]
    return Eligibility.of([*shares, 1 - sum(shares)])


def estimate(counts: Counts, *, supposed: Eligibility, weight: float) -> Eligibility:
    """The eligibility that these checks speak for, with `supposed` counted as `weight` orders.

    Expectation and maximisation in turn, with a little smoothing: the hits of a check are
    spread over the cells since the check before, by what is believed so far (B. W. Silverman
    and others, "A smoothed EM approach to indirect estimation problems", 1990).
    """
    hits = [(after + 1, at, offered) for (after, at), (offered, _) in counts.items() if offered]
    at_risk = _at_risk(counts, supposed, weight)
    at_first = [weight * share for share in supposed.shares]

    def improved(shares: list[float]) -> list[float]:
        return _smoothed(_round(shares, hits, at_risk, at_first))

    shares = list(supposed.shares)
    for _ in range(_ROUNDS):
        shares = improved(_leap(shares, improved(shares), improved))
    return Eligibility.of(shares)


def log_likelihood(counts: Counts, eligibility: Eligibility) -> float:
    """How well the estimate explains the checks; higher is better."""
    by = (0.0, *eligibility.by)
    total = 0.0
    for (after, at), (offered, empty) in counts.items():
        hit = (by[at + 1] - by[after + 1]) / max(1 - by[after + 1], 1e-9)
        hit = min(max(hit, 1e-6), 1 - 1e-6)
        total += offered * math.log(hit) + empty * math.log(1 - hit)
    return total


def _at_risk(counts: Counts, supposed: Eligibility, weight: float) -> list[float]:
    """For each cell, how many orders came through it without becoming eligible, and the prior."""
    change = [0.0] * (len(EDGES) + 1)
    for (after, at), (_, empty) in counts.items():
        change[after + 1] += empty
        change[at + 1] -= empty
    before = (0.0, *supposed.by)
    return [
        through + weight * (1 - known)
        for through, known in zip(accumulate(change[:-1]), before, strict=False)
    ]


def _round(
    shares: list[float],
    hits: list[tuple[int, int, float]],
    at_risk: list[float],
    at_first: list[float],
) -> list[float]:
    sums = [0.0, *accumulate(shares)]
    size = len(EDGES)
    rate, reach = [0.0] * (size + 1), [0.0] * (size + 1)
    for first, last, offered in hits:
        known = sums[last + 1] - sums[first]
        per_share = offered / known if known > 0 else 0.0
        rate[first] += per_share
        rate[last + 1] -= per_share
        reach[first] += per_share * sums[last + 1]
        reach[last + 1] -= per_share * sums[last + 1]
    left, found = 1.0, []
    cells = zip(accumulate(rate), accumulate(reach), at_first, at_risk, shares, sums, strict=False)
    for rates, reaches, first, risk, share, before in list(cells)[:size]:
        exposed = risk + reaches - rates * before
        hazard = min((first + share * rates) / exposed, 1.0) if exposed > 0 else 0.0
        found.append(left * hazard)
        left -= found[-1]
    return [*found, left]


def _leap(
    start: list[float], once: list[float], improved: Callable[[list[float]], list[float]]
) -> list[float]:
    """As far as two small steps point, or farther: where few checks decide, steps are tiny.

    R. Varadhan and C. Roland, "Simple and globally convergent methods for accelerating the
    convergence of any EM algorithm", 2008 (the scheme S3).
    """
    twice = improved(once)
    steps = [b - a for a, b in zip(start, once, strict=True)]
    bends = [c - 2 * b + a for a, b, c in zip(start, once, twice, strict=True)]
    length, bend = math.hypot(*steps), math.hypot(*bends)
    if not bend:
        return twice
    far = max(length / bend, 1.0)
    leapt = [
        max(a + 2 * far * step + far * far * bent, c / 10)
        for a, step, bent, c in zip(start, steps, bends, twice, strict=True)
    ]
    total = sum(leapt)
    return [share / total for share in leapt]


def _smoothed(shares: list[float]) -> list[float]:
    """A little of each cell's share is spread over its neighbours; the outermost keep theirs."""
    inner = shares[1:-1]
    before, after = [inner[0], *inner[:-1]], [*inner[1:], inner[-1]]
    away, kept = _SMOOTHED / 2, 1 - _SMOOTHED
    mixed = (away * (a + c) + kept * b for a, b, c in zip(before, inner, after, strict=True))
    return [shares[0], *mixed, shares[-1]]
