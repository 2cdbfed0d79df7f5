"""When an order is checked next, and why then: by what is known of it and of others like it."""

import zlib
from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import accumulate

from lambdas.core.basis import basis_of
from lambdas.core.delivery import DeliveryNews
from lambdas.core.eligibility import EDGES, Eligibility, nearest_edge
from lambdas.core.experience import Lesson, lesson_step
from lambdas.core.planner import LONGEST_GAP_DAYS, Horizon, plan_checks
from lambdas.core.policy import Policy
from lambdas.core.scale import Scale
from lambdas.core.solicitation import OFFERED, Solicitation
from lambdas.core.timing import (
    GAPS,
    end_check_at,
    first_check_at,
    last_checks,
    next_check_at,
    put_off,
)
from lambdas.core.window import CLOSES_AFTER_LATEST, SolicitationWindow

# So many checks of all are made sooner than is best by what is known. Without them nobody would
# notice that orders of a kind have begun to become eligible sooner.
EARLY_ON_PURPOSE = 0.03
_EARLY_DAYS = tuple(accumulate([0.0, *(gap.days for gap in GAPS), GAPS[-1].days]))
_EARLY_BY_DAYS = 0.25

_WORTH_PUTTING_OFF = timedelta(hours=6)
_DAY = timedelta(days=1)

# Nobody can be asked later than 30 days after the delivery. For a parcel that came at once, that
# is so long after it was shipped, less a day for sending hours and backlogs.
_ASKABLE_FROM_SHIPPING = CLOSES_AFTER_LATEST - timedelta(days=1)


class Why(StrEnum):
    """By what a check's time was chosen."""

    LADDER = "ladder"
    LEARNED = "learned"
    EARLY = "early"
    LAST = "last"
    HOURLY = "hourly"
    SHUT = "shut"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCheck:
    """When to check, why then, and how likely (in percent) the order is offered then."""

    at: datetime
    why: Why
    likely: int | None = None


def plan_first_check(
    amazon_order_id: str, news: DeliveryNews | None, window: SolicitationWindow, *, policy: Policy
) -> PlannedCheck:
    """The first check: not before the seller's delay, later where earlier orders advise it."""
    earliest = first_check_at(window, policy=policy)
    eligibility = _eligibility(news, window, policy)
    if eligibility is None:
        return PlannedCheck(at=earliest, why=Why.LADDER)
    outlook = _Outlook(eligibility, amazon_order_id, news, window, policy, empty=())
    return outlook.chosen() or outlook.check(
        max(earliest, last_checks(window, policy=policy)[0]), Why.LAST
    )


def plan_next_check(
    solicitation: Solicitation, *, now: datetime, policy: Policy
) -> PlannedCheck | None:
    """The check after those on record, of which the last was empty; None past the ladder's end.

    Offers, and checks before the present plan, do not count.
    """
    window = solicitation.window
    empty = _empty_checks(solicitation, policy)
    eligibility = _eligibility(solicitation.news, window, policy)
    if eligibility is None or not empty or _was_offered(solicitation):
        at = next_check_at(window, empty_checks=max(len(empty), 1), now=now, policy=policy)
        if at is None:
            return None
        at_the_end = at >= last_checks(window, policy=policy)[0]
        return PlannedCheck(at=at, why=Why.LAST if at_the_end else Why.LADDER)
    outlook = _Outlook(
        eligibility,
        solicitation.amazon_order_id,
        solicitation.news,
        window,
        policy,
        empty=empty,
    )
    if planned := outlook.chosen():
        return planned
    end = end_check_at(window, now=now, policy=policy)
    return outlook.check(end, Why.LAST) if end else None


def put_off_by_plan(
    solicitation: Solicitation, *, now: datetime, policy: Policy
) -> PlannedCheck | None:
    """A later time for a check that is due, by what was learned since it was planned, or None."""
    s = solicitation
    if now > last_checks(s.window, policy=policy)[0] - _DAY:
        return None  # the last two are made whatever is known
    if s.would_send_at or s.posts_open or _was_offered(s):
        return None
    if _eligibility(s.news, s.window, policy) is None:
        return None
    planned = (
        plan_next_check(s, now=now, policy=policy)
        if _empty_checks(s, policy)
        else plan_first_check(s.amazon_order_id, s.news, s.window, policy=policy)
    )
    return planned if planned and planned.at - now >= _WORTH_PUTTING_OFF else None


def lesson_of(solicitation: Solicitation, *, offered: bool, now: datetime) -> Lesson | None:
    """What Amazon's answer to a check of this order teaches; the record is from before it.

    An order that was offered once teaches nothing more.
    """
    if _was_offered(solicitation):
        return None
    window = solicitation.window
    basis = basis_of(solicitation.news, window)
    scale = Scale.of(basis, window)
    empty = [check.at for check in solicitation.checks if check.at >= window.opens_at]
    before = scale.shared(_days(empty[-1], window)) if empty else None
    step = lesson_step(before, scale.shared(_days(now, window)))
    return step and Lesson(basis=basis, step=step, offered=offered)


class _Outlook:
    """What an order is to expect after its empty checks, by what orders like it have shown."""

    def __init__(
        self,
        eligibility: Eligibility,
        amazon_order_id: str,
        news: DeliveryNews | None,
        window: SolicitationWindow,
        policy: Policy,
        *,
        empty: tuple[datetime, ...],
    ) -> None:
        self._amazon_order_id = amazon_order_id
        self._window = window
        self._policy = policy
        self._empty = empty
        self._empty_at = _days(empty[-1], window) if empty else None
        self._horizon = horizon_of(news, window, policy)
        self._plan = plan_checks(eligibility, self._horizon, checks_per_day=policy.checks_per_day)

    def chosen(self) -> PlannedCheck | None:
        """The best time, or an earlier one on purpose; None leaves all to the last checks."""
        best = self._plan.first if self._empty_at is None else self._plan.after(self._empty_at)
        if best is None:
            return None
        early = self._early(best)
        day = best if early is None else early
        hours = self._policy.sending_hours
        at = put_off(self._window.opens_at + day * _DAY, self._window, hours)
        at = max(at, first_check_at(self._window, policy=self._policy))
        if at > last_checks(self._window, policy=self._policy)[0] - _DAY:
            return None
        return self.check(at, Why.LEARNED if early is None else Why.EARLY)

    def check(self, at: datetime, why: Why) -> PlannedCheck:
        likely = self._plan.likely(_days(at, self._window), empty_at=self._empty_at)
        return PlannedCheck(at=at, why=why, likely=round(100 * likely))

    def _early(self, best: float) -> float | None:
        """A time before the best one, for one check in so many, always the same.

        One half are steps of the ladder, where nobody looks any more. The other half lie where
        orders are thought to become eligible, so that it is learned how sharply they do.
        """
        after = "" if self._empty_at is None else nearest_edge(self._empty_at)
        luck = zlib.crc32(f"{self._amazon_order_id}/{after}".encode()) / 2**32
        if luck >= EARLY_ON_PURPOSE:
            return None
        luck *= 2 / EARLY_ON_PURPOSE
        first = self._horizon.first if self._empty_at is None else self._empty_at + _EARLY_BY_DAYS
        if luck < 1:
            steps = [day for day in _EARLY_DAYS if first <= day <= best - _EARLY_BY_DAYS]
            return steps[int(luck * len(steps))] if steps else None
        start, end = bisect_left(EDGES, first), bisect_left(EDGES, best)
        if start >= end:
            return None
        by = self._plan.eligibility.by
        then = bisect_left(by, by[start] + (luck - 1) * (by[end] - by[start]))
        return EDGES[min(max(then, start), end - 1)]


def horizon_of(news: DeliveryNews | None, window: SolicitationWindow, policy: Policy) -> Horizon:
    """The bounds of the plan, rounded, so that orders of one kind share theirs."""
    first, before_last, last = (
        round(4 * _days(at, window)) / 4
        for at in (first_check_at(window, policy=policy), *last_checks(window, policy=policy))
    )
    until = first + LONGEST_GAP_DAYS
    if news:
        until = min(until, int(_days(news.shipped_at + _ASKABLE_FROM_SHIPPING, window)))
    return Horizon(first=first, first_until=max(first, until), last=(before_last, last))


def _eligibility(
    news: DeliveryNews | None, window: SolicitationWindow, policy: Policy
) -> Eligibility | None:
    basis = basis_of(news, window)
    experience = policy.experience.get(basis)
    eligibility = experience.eligibility() if experience else None
    return eligibility and Scale.of(basis, window).own(eligibility)


def _empty_checks(solicitation: Solicitation, policy: Policy) -> tuple[datetime, ...]:
    planned_from = first_check_at(solicitation.window, policy=policy)
    return tuple(
        check.at
        for check in solicitation.checks
        if check.at >= planned_from and check.answer != OFFERED
    )


def _was_offered(solicitation: Solicitation) -> bool:
    return any(check.answer == OFFERED for check in solicitation.checks)


def _days(instant: datetime, window: SolicitationWindow) -> float:
    return (instant - window.opens_at) / _DAY
