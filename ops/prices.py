"""What AWS charges: the price list with its date, and what each order is counted to use.

List prices of us-east-1 in US dollars, before any free tier, from the pricing pages of Amazon
EventBridge, SQS, AWS Lambda, DynamoDB (on demand), Secrets Manager, CloudWatch and AWS KMS.
Other Regions differ by some tenths. The uses are counted on the local cloud with few orders a
day, when every one of them costs runs of its own: with many they share runs, and cost less.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

PRICES_AS_OF = "2026-11"
PRICES_OF = "us-east-1"


class Unit(StrEnum):
    """What is charged; the values are the words of a bill."""

    SCHEDULES = "Scheduler invocations"
    REQUESTS = "SQS requests"
    FIFO_REQUESTS = "SQS FIFO requests"
    RUNS = "Lambda requests"
    GB_SECONDS = "Lambda GB-seconds (arm64)"
    WRITES = "DynamoDB writes"
    READS = "DynamoDB reads"
    SECRET_CALLS = "Secrets Manager calls"
    LOGGED_GB = "CloudWatch Logs GB"
    KEY_REQUESTS = "KMS requests"
    SECRETS = "secrets a month"
    KEYS = "KMS keys a month"
    METRICS = "custom metrics a month"
    ALARMS = "alarms a month"
    DASHBOARDS = "dashboards a month"


PRICES: Mapping[Unit, float] = {
    Unit.SCHEDULES: 1.00e-6,
    Unit.REQUESTS: 0.40e-6,
    Unit.FIFO_REQUESTS: 0.50e-6,
    Unit.RUNS: 0.20e-6,
    Unit.GB_SECONDS: 0.0000133334,
    Unit.WRITES: 0.625e-6,
    Unit.READS: 0.125e-6,
    Unit.SECRET_CALLS: 0.05e-4,
    Unit.LOGGED_GB: 0.50,
    Unit.KEY_REQUESTS: 0.03e-4,
    Unit.SECRETS: 0.40,
    Unit.KEYS: 1.00,
    Unit.METRICS: 0.30,
    Unit.ALARMS: 0.10,
    Unit.DASHBOARDS: 3.00,
}

Uses = Mapping[Unit, float]

# Sent by Amazon, received, deleted; one run of the intake, which looks up the seller.
PER_NOTIFICATION: Uses = {
    Unit.REQUESTS: 3,
    Unit.RUNS: 1.2,
    Unit.GB_SECONDS: 0.15,
    Unit.READS: 1,
    Unit.WRITES: 0.9,
    Unit.LOGGED_GB: 1.2e-6,
}
# The record and its entry in the index, and the schedule of its first look.
PER_ORDER: Uses = {Unit.WRITES: 2.3, Unit.SCHEDULES: 1.1}
# One run of the sender, about two seconds for its pause: wake-up sent, received, deleted; order,
# seller and settings read; written with its place in the index, and the next schedule.
PER_CHECK: Uses = {
    Unit.FIFO_REQUESTS: 3,
    Unit.RUNS: 1,
    Unit.GB_SECONDS: 1,
    Unit.READS: 4.5,
    Unit.WRITES: 3,
    Unit.SECRET_CALLS: 1.7,
    Unit.SCHEDULES: 0.7,
    Unit.LOGGED_GB: 1.5e-6,
}
# The claim and the outcome, of which a check without an offer writes one.
PER_SOLICITATION: Uses = {Unit.READS: 1, Unit.WRITES: 2, Unit.LOGGED_GB: 0.5e-6}

# ORDER_CHANGE comes for each change of an order's state, and now and then twice.
NOTIFICATIONS_PER_ORDER = 3

_SWEEPS = 24 * 30
_PER_SWEEP: Uses = {
    Unit.RUNS: 1,
    Unit.GB_SECONDS: 0.5,
    Unit.READS: 1,
    Unit.LOGGED_GB: 1e-6,
}
_PER_SWEEP_AND_SELLER: Uses = {Unit.READS: 2}

# "Configuring an SQS queue to use with Lambda": idle queues are polled by two pollers, for up
# to 20 seconds each time. SQS asks KMS for a data key at most every five minutes and principal.
_IDLE_POLLS_OF_A_QUEUE = 2 * 3 * 60 * 24 * 30
_KEY_REQUESTS = 2 * 12 * 24 * 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """What is expected of 30 days, over all sellers."""

    orders_new: float
    checks: float
    solicitations: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a stack has, whatever comes."""

    sellers: int
    secrets: int
    keys: int
    metrics: int
    alarms: int
    dashboards: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """30 days in US dollars, by what is charged."""

    orders: Mapping[Unit, float]
    standing: Mapping[Unit, float]

    @property
    def for_orders(self) -> float:
        return sum(self.orders.values())

    @property
    def for_standing(self) -> float:
        return sum(self.standing.values())


def bill(volume: Volume, standing: Standing) -> Bill:
    """What 30 days of this volume on such a stack are charged at list prices."""
    return Bill(orders=_priced(uses_of(volume)), standing=_priced(_uses_standing(standing)))


def uses_of(volume: Volume) -> dict[Unit, float]:
    """How much of each unit this volume uses."""
    return _added(
        (volume.orders_new * NOTIFICATIONS_PER_ORDER, PER_NOTIFICATION),
        (volume.orders_new, PER_ORDER),
        (volume.checks, PER_CHECK),
        (volume.solicitations, PER_SOLICITATION),
    )


def _uses_standing(standing: Standing) -> dict[Unit, float]:
    held = {
        Unit.SECRETS: standing.secrets,
        Unit.KEYS: standing.keys,
        Unit.METRICS: standing.metrics,
        Unit.ALARMS: standing.alarms,
        Unit.DASHBOARDS: standing.dashboards,
        Unit.REQUESTS: _IDLE_POLLS_OF_A_QUEUE,
        Unit.FIFO_REQUESTS: _IDLE_POLLS_OF_A_QUEUE,
        Unit.KEY_REQUESTS: _KEY_REQUESTS * standing.keys,
    }
    return _added(
        (1, held), (_SWEEPS, _PER_SWEEP), (_SWEEPS * standing.sellers, _PER_SWEEP_AND_SELLER)
    )


def _added(*parts: tuple[float, Uses]) -> dict[Unit, float]:
    uses: dict[Unit, float] = {}
    for times, each in parts:
        for unit, number in each.items():
            uses[unit] = uses.get(unit, 0.0) + times * number
    return uses


def _priced(uses: Uses) -> dict[Unit, float]:
    return {unit: number * PRICES[unit] for unit, number in uses.items()}
