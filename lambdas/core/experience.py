"""What the checks of one kind of order have shown: small counts that add up, and slowly fade."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from lambdas.core.eligibility import (
    BEFORE_THE_FIRST,
    Counts,
    Eligibility,
    Step,
    estimate,
    log_likelihood,
    nearest_edge,
    prior,
)

# Where fewer orders than this were found offered, the fixed ladder stays: it looks everywhere,
# and what it sees is needed later to judge times at which nobody looks any more.
OFFERED_BEFORE_PLANNING = 100

# So many of the newest are kept apart from the older ones, to see whether they still agree.
OFFERED_BEFORE_FOLDING = 300

# The older ones count half after so many newer ones.
_HALF_FORGOTTEN_AFTER = 3000
_FORGOTTEN_BELOW = 0.5

_PRIOR_COUNTS_AS = 20.0
_REST_COUNTS_AS = 5.0

# The older ones are dropped where two separate estimates explain all checks e**10 times better
# than one does; a little more for each newer order, as no two weeks are quite alike.
_CONTRADICTION = 10.0
_CONTRADICTION_EACH = 0.02
_TOO_FEW_TO_CONTRADICT = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One answered check: whether the order was offered, and how it stood with the one before.

    `basis` is one of lambdas.core.basis. `step` is in numbers of edges of the grid, which
    counts days since the window opened.
    """

    basis: str
    step: Step
    offered: bool


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Experience:
    """The checks of one kind of order, the newest of them apart."""

    recent: Counts = field(default_factory=dict)
    past: Counts = field(default_factory=dict)

    def eligibility(self) -> Eligibility | None:
        """When orders of this kind become eligible, or None where too little is known."""
        return _eligibility(self)

    @property
    def is_to_fold(self) -> bool:
        """Whether the newest belong among the older ones, or the older ones are outdated."""
        return _offered(self.recent) >= OFFERED_BEFORE_FOLDING or _is_outdated(self)

    def folded(self) -> "Experience":
        """The newest among the older ones, which fade by it, or instead of them."""
        if _is_outdated(self):
            return Experience(past=self.recent)
        kept = 2 ** (-_offered(self.recent) / _HALF_FORGOTTEN_AFTER)
        faded = {step: (kept * hits, kept * misses) for step, (hits, misses) in self.past.items()}
        known = {
            step: answers
            for step, answers in merged(faded, self.recent).items()
            if sum(answers) >= _FORGOTTEN_BELOW
        }
        return Experience(past=known)


NOTHING_SEEN = Experience()


def lesson_step(before: float | None, day: float) -> Step | None:
    """The step from the empty check before, if any, to this one; None for less than a cell.

    Both in days since the window opened.
    """
    after = BEFORE_THE_FIRST if before is None else nearest_edge(before)
    at = nearest_edge(day)
    return (after, at) if at > after else None


def merged(one: Counts, other: Counts) -> Counts:
    """The counts of both together."""
    return {
        step: (
            one.get(step, (0, 0))[0] + other.get(step, (0, 0))[0],
            one.get(step, (0, 0))[1] + other.get(step, (0, 0))[1],
        )
        for step in {**one, **other}
    }


def _offered(counts: Mapping[Step, tuple[float, float]]) -> float:
    return sum(hits for hits, _ in counts.values())


@lru_cache(maxsize=64)
def _eligibility(experience: Experience) -> Eligibility | None:
    if _is_outdated(experience):
        return _eligibility(Experience(recent=experience.recent))
    counts = merged(experience.past, experience.recent)
    if _offered(counts) < OFFERED_BEFORE_PLANNING:
        return None
    return estimate(counts, supposed=prior(), weight=_PRIOR_COUNTS_AS)


@lru_cache(maxsize=64)
def _is_outdated(experience: Experience) -> bool:
    """Whether the newer checks contradict the older ones: then one estimate fits neither well."""
    recent, past = experience.recent, experience.past
    if min(_offered(recent), _offered(past)) < _TOO_FEW_TO_CONTRADICT:
        return False
    both = estimate(merged(past, recent), supposed=prior(), weight=_PRIOR_COUNTS_AS)
    older = estimate(past, supposed=prior(), weight=_PRIOR_COUNTS_AS)
    newer = estimate(recent, supposed=both, weight=_REST_COUNTS_AS)
    gained = (
        log_likelihood(recent, newer)
        - log_likelihood(recent, both)
        + log_likelihood(past, older)
        - log_likelihood(past, both)
    )
    return gained > _CONTRADICTION + _CONTRADICTION_EACH * _offered(recent)
