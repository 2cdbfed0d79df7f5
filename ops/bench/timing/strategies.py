"""The planner, and what it is measured beside: each says when an order is checked next."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from lambdas.core.basis import Basis, basis_of
from lambdas.core.delivery import DeliveryNews
from lambdas.core.eligibility import Counts, Eligibility, Step
from lambdas.core.experience import NOTHING_SEEN, Experience, Lesson, merged
from lambdas.core.planner import CheckPlan, plan_checks
from lambdas.core.planning import (
    horizon_of,
    lesson_of,
    plan_first_check,
    plan_next_check,
    put_off_by_plan,
)
from lambdas.core.policy import CHECKS_PER_DAY
from lambdas.core.solicitation import Solicitation
from lambdas.core.timing import end_check_at, first_check_at, last_checks, next_check_at
from lambdas.core.window import SolicitationWindow
from ops.bench.timing.parcels import POLICY

_DAY = timedelta(days=1)
_READ_EVERY = timedelta(hours=6)


class Strategy(Protocol):
    """When to check. The order is as it is on record."""

    def first(self, order: Solicitation, now: datetime) -> datetime:
        """The first check, planned when the order ships."""

    def put_off(self, order: Solicitation, now: datetime) -> datetime | None:
        """A later time for a check that is due, or None."""

    def next(self, order: Solicitation, now: datetime) -> datetime | None:
        """After an empty check just now; None for never again."""

    def answered(self, order: Solicitation, *, offered: bool, now: datetime) -> None:
        """A check was answered; the order is as it was before it."""


class Fixed:
    """For strategies that learn nothing and begin when the window opens."""

    def first(self, order: Solicitation, now: datetime) -> datetime:
        return first_check_at(order.window, policy=POLICY)

    def put_off(self, order: Solicitation, now: datetime) -> datetime | None:
        return None

    def answered(self, order: Solicitation, *, offered: bool, now: datetime) -> None:
        pass


class OneCheck(Fixed):
    """One check at the earliest delivery date plus five days, and no other."""

    def next(self, order: Solicitation, now: datetime) -> datetime | None:
        return None


class Daily(Fixed):
    """Every day until the window shuts."""

    def next(self, order: Solicitation, now: datetime) -> datetime | None:
        return None if order.window.has_shut(now + _DAY) else now + _DAY


class Ladder(Fixed):
    """The fixed ladder: what DayFive does while it knows nothing of a kind of order."""

    def next(self, order: Solicitation, now: datetime) -> datetime | None:
        empty = len(order.checks)
        return next_check_at(order.window, empty_checks=empty, now=now, policy=POLICY)


Alike = tuple[int, str, Basis, int]
"""Orders that only chance tells apart: of one regime, fulfilment type, basis and days of window."""


def alike(
    regime: int, fulfillment_type: str, news: DeliveryNews | None, window: SolicitationWindow
) -> Alike:
    days = round((window.closes_at - window.opens_at) / _DAY)
    return regime, fulfillment_type, basis_of(news, window), days


class Oracle(Fixed):
    """Computes its plans as the planner does, from the true distribution of orders alike."""

    def __init__(self, truth: Mapping[Alike, Eligibility], regimes: Mapping[str, int]) -> None:
        self._truth = truth
        self._regimes = regimes

    def first(self, order: Solicitation, now: datetime) -> datetime:
        best = self._plan(order).first
        if best is None:
            return last_checks(order.window, policy=POLICY)[0]
        return order.window.opens_at + best * _DAY

    def next(self, order: Solicitation, now: datetime) -> datetime | None:
        best = self._plan(order).after((now - order.window.opens_at) / _DAY)
        if best is None:
            return end_check_at(order.window, now=now, policy=POLICY)
        return order.window.opens_at + best * _DAY

    def _plan(self, order: Solicitation) -> CheckPlan:
        regime = self._regimes[order.amazon_order_id]
        truth = self._truth[alike(regime, order.fulfillment_type, order.news, order.window)]
        horizon = horizon_of(order.news, order.window, POLICY)
        return plan_checks(truth, horizon, checks_per_day=CHECKS_PER_DAY)


class Planner:
    """DayFive's planner, with its counts in memory instead of the table."""

    def __init__(self) -> None:
        self._kinds: dict[str, _Memory] = defaultdict(_Memory)

    def first(self, order: Solicitation, now: datetime) -> datetime:
        policy = replace(POLICY, experience=self._kinds[order.fulfillment_type].read(now))
        planned = plan_first_check(order.amazon_order_id, order.news, order.window, policy=policy)
        return planned.at

    def put_off(self, order: Solicitation, now: datetime) -> datetime | None:
        policy = replace(POLICY, experience=self._kinds[order.fulfillment_type].read(now))
        planned = put_off_by_plan(order, now=now, policy=policy)
        return planned.at if planned else None

    def next(self, order: Solicitation, now: datetime) -> datetime | None:
        policy = replace(POLICY, experience=self._kinds[order.fulfillment_type].read(now))
        planned = plan_next_check(order, now=now, policy=policy)
        return planned.at if planned else None

    def answered(self, order: Solicitation, *, offered: bool, now: datetime) -> None:
        if lesson := lesson_of(order, offered=offered, now=now):
            self._kinds[order.fulfillment_type].learn(lesson)


class _Memory:
    """The counts of one kind of order, by basis; new ones are seen at the next reading."""

    def __init__(self) -> None:
        self._experience: dict[str, Experience] = {}
        self._new: dict[str, dict[Step, tuple[float, float]]] = defaultdict(dict)
        self._read_at: datetime | None = None

    def learn(self, lesson: Lesson) -> None:
        new = self._new[lesson.basis]
        hits, misses = new.get(lesson.step, (0.0, 0.0))
        new[lesson.step] = (hits + lesson.offered, misses + (not lesson.offered))

    def read(self, now: datetime) -> Mapping[str, Experience]:
        if self._read_at is None or now - self._read_at >= _READ_EVERY:
            for basis, counts in self._new.items():
                self._experience[basis] = _added(self._experience.get(basis), counts)
            self._new.clear()
            self._read_at = now
        return self._experience


def _added(known: Experience | None, new: Counts) -> Experience:
    known = known or NOTHING_SEEN
    experience = Experience(recent=merged(known.recent, new), past=known.past)
    return experience.folded() if experience.is_to_fold else experience
