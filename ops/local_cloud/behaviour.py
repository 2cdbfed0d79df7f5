"""How unkind AWS is: what its documentation allows and a good day does not show."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """Rates are chances between 0 and 1, drawn from the seed of the cloud."""

    duplicate_deliveries: float = 0.02
    """A message of a standard queue comes back although it was deleted."""
    double_firings: float = 0.02
    """A schedule or a rule invokes its target twice."""
    lateness: timedelta = timedelta(seconds=60)
    """How long after its minute a schedule may fire."""
    completion_lag: timedelta = timedelta(minutes=5)
    """How long the name of a fired one-shot schedule may stay taken."""
    index_lag: timedelta = timedelta(0)
    """How old the answer of a global secondary index is."""
    expiry_lag: timedelta = timedelta(hours=48)
    """How long an item may be read after its time to live."""
    call_latency: timedelta = timedelta(milliseconds=5)
    """How long a function waits for each answer of AWS."""
    idle_lifetime: timedelta = timedelta(hours=4)
    """An execution environment that rested longer is gone."""
    longest_lifetime: timedelta = timedelta(hours=24)
    """An execution environment is replaced at this age, however busy it is."""


USUAL = Behaviour()

CALM = Behaviour(
    duplicate_deliveries=0,
    double_firings=0,
    lateness=timedelta(0),
    completion_lag=timedelta(0),
    expiry_lag=timedelta(0),
    call_latency=timedelta(0),
)
"""Nothing but the template and the rules: for a test that is about one thing.

Time stands still between sleeps, so a function that wakes itself does so without end.
"""
