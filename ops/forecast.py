"""`dayfive forecast`: what will be sent and when, from due times and from what Amazon answered."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import get_args

from lambdas.aws.errors import translated
from lambdas.core.marketplaces import Region
from lambdas.core.policy import Policy
from lambdas.core.seller_settings import SellerSettings
from lambdas.core.solicitation import CHECKS_KEPT, OFFERED, Solicitation, Status
from lambdas.core.timing import first_check_at, next_check_at
from lambdas.core.window import SolicitationWindow
from lambdas.observability import Counted, Gauge, Lag
from ops.deployment import STACK_NAME, Deployment
from ops.orders import OnCorrupt, all_orders, all_sellers
from ops.prices import ALARM_METRICS, METRICS_OF_TROUBLE, Standing

DAYS = 30

# What comes is taken to be like what came: whole weeks, so that weekdays stay weekdays.
LOOKED_BACK = timedelta(days=14)

# Until a seller has a history of its own: the share of checks that find an offer, and how many
# orders' weight that has against what was seen.
ASSUMED_OFFERED = 0.4
ASSUMED_WEIGHT = 5

# Amazon's usage plan: one request a second for each operation, seller and application.
PLAN_A_DAY = 86_400

_NEGLIGIBLE = 0.001
_NOT_ASKED = frozenset({Status.HELD, Status.CANCELED, Status.SKIPPED})


@dataclass(slots=True, kw_only=True)
class Day:
    """What is expected of one day (UTC); fractions are chances.

    `sent` is of orders on record, `sent_new` of those still to come; `checks` are of both, and
    `orders_new` ship on that day.
    """

    sent: float = 0.0
    sent_new: float = 0.0
    checks: float = 0.0
    orders_new: float = 0.0

    @property
    def sent_in_all(self) -> float:
        return self.sent + self.sent_new

    def add(self, other: "Day") -> None:
        self.sent += other.sent
        self.sent_new += other.sent_new
        self.checks += other.checks
        self.orders_new += other.orders_new


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """The coming days of one seller in one region, counted as if it were live and not paused."""

    seller_id: str
    region: str
    is_live: bool
    is_paused: bool
    days: Mapping[date, Day]
    on_record: int
    with_chance: int
    held: int
    with_checks: int
    checks_per_solicitation: float | None

    @property
    def busiest(self) -> tuple[date, float]:
        """The day with the most calls of one operation, and how many."""
        calls = ((on, max(day.checks, day.sent_in_all)) for on, day in self.days.items())
        return max(calls, key=lambda each: each[1])

    @property
    def share_of_plan(self) -> float:
        """The part of the usage plan that the busiest day takes."""
        return self.busiest[1] / PLAN_A_DAY


class History:
    """How often Amazon offered at the first check, at the second, and so on."""

    def __init__(self) -> None:
        self._checked: defaultdict[int, int] = defaultdict(int)
        self._offered: defaultdict[int, int] = defaultdict(int)
        self._sent = self._checks_of_sent = 0
        self.orders = 0

    @property
    def checks_per_solicitation(self) -> float | None:
        return self._checks_of_sent / self._sent if self._sent else None

    def add(self, order: Solicitation) -> None:
        """Count an order, unless its first checks were dropped: then their numbers are lost."""
        if not order.checks or len(order.checks) >= CHECKS_KEPT:
            return
        self.orders += 1
        if order.status is Status.SENT:
            self._sent += 1
            self._checks_of_sent += len(order.checks)
        for number, check in enumerate(order.checks, start=1):
            self._checked[number] += 1
            if check.answer == OFFERED:
                self._offered[number] += 1
                return

    def chance(self, number: int) -> float:
        """That the check of this number (from 1) finds an offer, if none did before."""
        weighted = self._offered[number] + ASSUMED_WEIGHT * ASSUMED_OFFERED
        return weighted / (self._checked[number] + ASSUMED_WEIGHT)


class Coming:
    """Adds up one seller's orders in one region, day by day."""

    def __init__(self, settings: SellerSettings, history: History, *, now: datetime) -> None:
        self._settings = settings
        self._history = history
        self._now = now
        self.days = {now.date() + timedelta(days=day): Day() for day in range(DAYS)}
        self._end = datetime.combine(now.date() + timedelta(days=DAYS), time(), tzinfo=UTC)
        self.on_record = 0
        self.with_chance = 0
        self.held = 0

    def add(self, order: Solicitation, policy: Policy) -> None:
        """Count an order from its next look on, and what is taken to follow in its steps."""
        is_excluded = self._settings.why_excluded(
            order.marketplace_id, order.fulfillment_type, order.skus
        )
        self.held += order.status is Status.HELD
        if order.status in {Status.WAITING, Status.SENDING} and not is_excluded:
            self.on_record += 1
            self.with_chance += order.likely is not None
            for on, checks, sent in self._looks(order, order.due_at, policy):
                self.days[on].add(Day(checks=checks, sent=sent))
        if _is_recent(order, self._now):
            self._repeat(order, policy, is_asked=not is_excluded and order.status not in _NOT_ASKED)

    def _repeat(self, order: Solicitation, policy: Policy, *, is_asked: bool) -> None:
        """Orders like this one, a fortnight later and again."""
        assert order.news
        later = LOOKED_BACK
        while (shipped_at := order.news.shipped_at + later) < self._end:
            self.days[shipped_at.date()].orders_new += 1
            if is_asked:
                copy = _later(order, later)
                first = first_check_at(copy.window, policy=policy)
                for on, checks, sent in self._looks(copy, first, policy):
                    self.days[on].add(Day(checks=checks, sent_new=sent))
            later += LOOKED_BACK

    def _looks(
        self, order: Solicitation, due_at: datetime, policy: Policy
    ) -> Iterator[tuple[date, float, float]]:
        """On which day a check is made, the chance that it comes to that, and to an offer."""
        number, still_open = len(order.checks), 1.0
        at: datetime | None = max(due_at, self._now)
        while at and at < self._end and not order.window.has_shut(at) and still_open > _NEGLIGIBLE:
            number += 1
            chance = self._history.chance(number)
            if order.likely is not None and number == len(order.checks) + 1:
                chance = order.likely / 100  # known when it was planned, from orders alike
            offered = still_open * chance
            yield at.date(), still_open, offered
            still_open -= offered
            at = next_check_at(order.window, empty_checks=number, now=at, policy=policy)


def forecasts(
    deployment: Deployment, *, only: str | None, now: datetime, on_corrupt: OnCorrupt
) -> Iterator[Forecast]:
    """One for each seller and region, as it stands now. Raises OperatorError."""
    for seller in all_sellers(deployment, only=only, on_corrupt=on_corrupt):
        history = History()
        of_use: defaultdict[Region, list[Solicitation]] = defaultdict(list)
        for order in all_orders(deployment, seller.seller_id, on_corrupt=on_corrupt):
            history.add(order)
            if order.is_open or _is_recent(order, now):
                of_use[order.region].append(order)
        settings = deployment.seller_settings.get(seller.seller_id)
        for region in sorted({*seller.regions, *of_use}, key=list(Region).index):
            coming = Coming(settings, history, now=now)
            for order in of_use[region]:
                coming.add(order, deployment.policy_of(order))
            yield Forecast(
                seller_id=seller.seller_id,
                region=str(region),
                is_live=seller.live,
                is_paused=seller.paused or bool(seller.paused_marketplaces),
                days=coming.days,
                on_record=coming.on_record,
                with_chance=coming.with_chance,
                held=coming.held,
                with_checks=history.orders,
                checks_per_solicitation=history.checks_per_solicitation,
            )


def total(found: Sequence[Forecast]) -> dict[date, Day]:
    """All sellers and regions together, day by day."""
    days: defaultdict[date, Day] = defaultdict(Day)
    for forecast in found:
        for on, day in forecast.days.items():
            days[on].add(day)
    return dict(sorted(days.items()))


def standing(deployment: Deployment, *, sellers: int) -> Standing:
    """What the stack has that is charged by the month."""
    kinds: Counter[str] = Counter()
    pages = deployment.client("cloudformation").get_paginator("list_stack_resources")
    with translated("cloudformation:ListStackResources"):
        for page in pages.paginate(StackName=STACK_NAME):
            kinds.update(each["ResourceType"] for each in page["StackResourceSummaries"])
    write_units, read_units = _provided(deployment)
    lags = len(get_args(Lag)) if deployment.settings.lag_metrics else 0
    return Standing(
        sellers=sellers,
        secrets=sellers + 1,  # the application's
        keys=kinds["AWS::KMS::Key"],
        metrics=len({*get_args(Counted), *get_args(Gauge)} - METRICS_OF_TROUBLE) + lags,
        alarms=ALARM_METRICS if kinds["AWS::CloudWatch::Alarm"] else 0,
        dashboards=kinds["AWS::CloudWatch::Dashboard"],
        write_units=write_units,
        read_units=read_units,
    )


def _provided(deployment: Deployment) -> tuple[int, int]:
    """Write and read units of the table and its index; none where they are on demand."""
    with translated("dynamodb:DescribeTable"):
        name = deployment.output("OrdersTableName")
        table = deployment.dynamodb.describe_table(TableName=name)["Table"]
    throughputs = [
        each.get("ProvisionedThroughput", {})
        for each in (table, *table.get("GlobalSecondaryIndexes", ()))
    ]
    return (
        sum(each.get("WriteCapacityUnits", 0) for each in throughputs),
        sum(each.get("ReadCapacityUnits", 0) for each in throughputs),
    )


def _is_recent(order: Solicitation, now: datetime) -> bool:
    shipped_at = order.news.shipped_at if order.news else None
    return shipped_at is not None and now - LOOKED_BACK <= shipped_at < now


def _later(order: Solicitation, by: timedelta) -> Solicitation:
    """An order of which everything happens so much later, and nothing has happened yet."""
    window = SolicitationWindow(
        opens_at=order.window.opens_at + by, closes_at=order.window.closes_at + by
    )
    return replace(order, window=window, checks=(), likely=None)
