"""What AWS charges: the price list with its date, and what each order is counted to use.

List prices of us-east-1 in US dollars, each with the page it is from, and what of it AWS gives
away each month for ever. Other Regions differ by some tenths. The uses are counted on the local
cloud with few orders a day, when every one of them costs runs of its own: with many they share
runs, and cost less.
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
    WRITE_UNIT_HOURS = "DynamoDB hours of a provisioned write unit"
    READ_UNIT_HOURS = "DynamoDB hours of a provisioned read unit"
    SECRET_CALLS = "Secrets Manager calls"
    LOGGED_GB = "CloudWatch Logs GB"
    KEY_REQUESTS = "KMS requests"
    SECRETS = "secrets a month"
    KEYS = "KMS keys a month"
    METRICS = "custom metrics a month"
    ALARMS = "alarms a month"
    DASHBOARDS = "dashboards a month"
    STORED_GB = "DynamoDB GB stored a month"
    BACKED_UP_GB = "DynamoDB GB kept for recovery a month"
    GB_OUT = "GB sent to the internet"
    STATE_TRANSITIONS = "Step Functions state transitions"
    X86_GB_SECONDS = "Lambda GB-seconds (x86)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Dollars for one of a unit, as the page of AWS's site showed it in the month `as_of`."""

    dollars: float
    page: str
    as_of: str = PRICES_AS_OF


_LAMBDA, _CLOUDWATCH = "AWS Lambda Pricing", "Amazon CloudWatch Pricing"
_DYNAMODB = "Amazon DynamoDB Pricing for On-Demand Capacity"
_PROVISIONED = "Amazon DynamoDB Pricing for Provisioned Capacity"
_SQS, _SECRETS = "Amazon SQS pricing", "AWS Secrets Manager Pricing"
_KMS, _EVENTBRIDGE = "AWS Key Management Service Pricing", "Amazon EventBridge pricing"
_EC2, _STATES = "Amazon EC2 On-Demand Pricing, Data Transfer", "AWS Step Functions Pricing"

PRICE_LIST: Mapping[Unit, Price] = {
    Unit.SCHEDULES: Price(dollars=1.00e-6, page=_EVENTBRIDGE),
    Unit.REQUESTS: Price(dollars=0.40e-6, page=_SQS),
    Unit.FIFO_REQUESTS: Price(dollars=0.50e-6, page=_SQS),
    Unit.RUNS: Price(dollars=0.20e-6, page=_LAMBDA),
    Unit.GB_SECONDS: Price(dollars=0.0000133334, page=_LAMBDA),
    Unit.X86_GB_SECONDS: Price(dollars=0.0000166667, page=_LAMBDA),
    Unit.WRITES: Price(dollars=0.625e-6, page=_DYNAMODB),
    Unit.READS: Price(dollars=0.125e-6, page=_DYNAMODB),
    Unit.WRITE_UNIT_HOURS: Price(dollars=0.00065, page=_PROVISIONED),
    Unit.READ_UNIT_HOURS: Price(dollars=0.00013, page=_PROVISIONED),
    Unit.STORED_GB: Price(dollars=0.25, page=_DYNAMODB),
    Unit.BACKED_UP_GB: Price(dollars=0.20, page=_DYNAMODB),
    Unit.SECRET_CALLS: Price(dollars=0.05e-4, page=_SECRETS),
    Unit.SECRETS: Price(dollars=0.40, page=_SECRETS),
    Unit.LOGGED_GB: Price(dollars=0.50, page=_CLOUDWATCH),
    Unit.METRICS: Price(dollars=0.30, page=_CLOUDWATCH),
    Unit.ALARMS: Price(dollars=0.10, page=_CLOUDWATCH),
    Unit.DASHBOARDS: Price(dollars=3.00, page=_CLOUDWATCH),
    Unit.KEY_REQUESTS: Price(dollars=0.03e-4, page=_KMS),
    Unit.KEYS: Price(dollars=1.00, page=_KMS),
    Unit.GB_OUT: Price(dollars=0.09, page=_EC2),
    Unit.STATE_TRANSITIONS: Price(dollars=25e-6, page=_STATES),
}
PRICES: Mapping[Unit, float] = {unit: price.dollars for unit, price in PRICE_LIST.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """So much a month that AWS never charges, of these units together."""

    units: tuple[Unit, ...]
    amount: float
    page: str
    as_of: str = PRICES_AS_OF


# "AWS Free Tier", Always Free. Not among them: secrets, keys, DynamoDB's requests on demand,
# copies for recovery.
_HOURS = 24 * 30  # of a month
_FREE_UNIT_HOURS = 25 * _HOURS  # 25 units at all times
ALWAYS_FREE = (
    Allowance(units=(Unit.SCHEDULES,), amount=14e6, page=_EVENTBRIDGE),
    Allowance(units=(Unit.REQUESTS, Unit.FIFO_REQUESTS), amount=1e6, page=_SQS),
    Allowance(units=(Unit.RUNS,), amount=1e6, page=_LAMBDA),
    Allowance(units=(Unit.GB_SECONDS, Unit.X86_GB_SECONDS), amount=400_000, page=_LAMBDA),
    Allowance(units=(Unit.WRITE_UNIT_HOURS,), amount=_FREE_UNIT_HOURS, page=_PROVISIONED),
    Allowance(units=(Unit.READ_UNIT_HOURS,), amount=_FREE_UNIT_HOURS, page=_PROVISIONED),
    Allowance(units=(Unit.STORED_GB,), amount=25, page=_DYNAMODB),
    Allowance(units=(Unit.LOGGED_GB,), amount=5, page=_CLOUDWATCH),
    Allowance(units=(Unit.METRICS,), amount=10, page=_CLOUDWATCH),
    Allowance(units=(Unit.ALARMS,), amount=10, page=_CLOUDWATCH),
    Allowance(units=(Unit.DASHBOARDS,), amount=3, page=_CLOUDWATCH),
    Allowance(units=(Unit.KEY_REQUESTS,), amount=20_000, page=_KMS),
    Allowance(units=(Unit.GB_OUT,), amount=100, page=_EC2),
    Allowance(units=(Unit.STATE_TRANSITIONS,), amount=4_000, page=_STATES),
)

Uses = Mapping[Unit, float]

# Sent by Amazon, received, deleted; one run of the intake, which looks up the seller.
PER_NOTIFICATION: Uses = {
    Unit.REQUESTS: 3,
    Unit.RUNS: 1.2,
    Unit.GB_SECONDS: 0.06,
    Unit.READS: 1,
    Unit.WRITES: 0.9,
    Unit.LOGGED_GB: 1.2e-6,
}
# The record and its entry in the index, and the schedule of its first look.
PER_ORDER: Uses = {Unit.WRITES: 2.3, Unit.SCHEDULES: 1.1}
# One run of the sender, about two seconds for its pause: wake-up sent, received, deleted; order,
# seller and settings read; written with its new place in the index, or claimed and ended there;
# what it has shown is counted, and the next schedule made.
PER_CHECK: Uses = {
    Unit.FIFO_REQUESTS: 3,
    Unit.RUNS: 1,
    Unit.GB_SECONDS: 0.3,
    Unit.READS: 4.5,
    Unit.WRITES: 3.5,
    Unit.SECRET_CALLS: 1.7,
    Unit.SCHEDULES: 0.7,
    Unit.LOGGED_GB: 1.5e-6,
}
# The gate, read once more before the call.
PER_SOLICITATION: Uses = {Unit.READS: 1, Unit.LOGGED_GB: 0.5e-6}

# An alarm on an expression is charged for each metric in it ("Amazon CloudWatch Pricing").
ALARM_METRICS = 20
# Charged by the hours in which they are sent, which without trouble are none (the same page).
METRICS_OF_TROUBLE = frozenset({"NotificationsRefused", "Throttled"})

# ORDER_CHANGE comes for each change of an order's state, and now and then twice.
NOTIFICATIONS_PER_ORDER = 3

_SWEEPS = _HOURS
_PER_SWEEP: Uses = {
    Unit.RUNS: 1,
    Unit.GB_SECONDS: 0.5,
    Unit.READS: 1,
    Unit.LOGGED_GB: 1e-6,
}
_PER_SWEEP_AND_SELLER: Uses = {Unit.READS: 2}

# "Configuring scaling behavior for SQS event source mappings": idle queues are polled by as few
# as two pollers, for up to 20 seconds each time. SQS asks KMS for a data key at most every five
# minutes and principal.
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
    """What a stack has, whatever comes; `metrics` that are sent, `alarms` by their metrics.

    The units are those that its table and index provide, a second; none where each request is
    paid for.
    """

    sellers: int
    secrets: int
    keys: int
    metrics: int
    alarms: int
    dashboards: int
    write_units: int = 0
    read_units: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """30 days in US dollars, by what is charged; `after_allowances` is all of it together, if
    nothing else in the account uses what AWS gives away."""

    orders: Mapping[Unit, float]
    standing: Mapping[Unit, float]
    after_allowances: float

    @property
    def for_orders(self) -> float:
        return sum(self.orders.values())

    @property
    def for_standing(self) -> float:
        return sum(self.standing.values())


def bill(volume: Volume, standing: Standing) -> Bill:
    """What 30 days of this volume on such a stack are charged at list prices."""
    of_orders, of_standing = uses_of(volume), _uses_standing(standing)
    if standing.write_units:
        of_orders = with_provisioned_units(of_orders)
        of_standing = with_provisioned_units(
            of_standing, writes=standing.write_units, reads=standing.read_units
        )
    return Bill(
        orders=_priced(of_orders),
        standing=_priced(of_standing),
        after_allowances=sum(_priced(charged(added((1, of_orders), (1, of_standing)))).values()),
    )


def with_provisioned_units(
    uses: Uses, *, writes: float = 0.0, reads: float = 0.0
) -> dict[Unit, float]:
    """A month's uses where so many units a second are paid for, and not each read and write."""
    one_by_one = {Unit.WRITES, Unit.READS}
    return {
        **{unit: used for unit, used in uses.items() if unit not in one_by_one},
        Unit.WRITE_UNIT_HOURS: _HOURS * writes,
        Unit.READ_UNIT_HOURS: _HOURS * reads,
    }


def uses_of(volume: Volume) -> dict[Unit, float]:
    """How much of each unit this volume uses."""
    return added(
        (volume.orders_new * NOTIFICATIONS_PER_ORDER, PER_NOTIFICATION),
        (volume.orders_new, PER_ORDER),
        (volume.checks, PER_CHECK),
        (volume.solicitations, PER_SOLICITATION),
    )


def charged(uses: Uses) -> dict[Unit, float]:
    """What is left of a month's uses after the allowances, which go to the cheapest unit first."""
    left = dict(uses)
    for allowance in ALWAYS_FREE:
        free = allowance.amount
        for unit in sorted(allowance.units, key=PRICES.__getitem__):
            given = min(free, left.get(unit, 0.0))
            free -= given
            if unit in left:
                left[unit] -= given
    return left


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
    return added(
        (1, held), (_SWEEPS, _PER_SWEEP), (_SWEEPS * standing.sellers, _PER_SWEEP_AND_SELLER)
    )


def added(*parts: tuple[float, Uses]) -> dict[Unit, float]:
    """The parts together, each so many times."""
    uses: dict[Unit, float] = {}
    for times, each in parts:
        for unit, number in each.items():
            uses[unit] = uses.get(unit, 0.0) + times * number
    return uses


def _priced(uses: Uses) -> dict[Unit, float]:
    return {unit: number * PRICES[unit] for unit, number in uses.items()}
