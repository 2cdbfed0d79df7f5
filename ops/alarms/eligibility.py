"""How often the alarms on Amazon offering nothing are wrong, and how soon they are right.

Orders of the simulated population go their way by DayFive's own rules, without a cloud: only when
each was recorded and checked, and what Amazon would have offered, is of interest here.
"""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

from lambdas.core.decisions import ACTION, Claim, on_actions, on_created
from lambdas.core.experience import Experience, Lesson, merged
from lambdas.core.marketplaces import Region
from lambdas.core.news import Record, on_order_change
from lambdas.core.order_change import (
    MalformedNotificationError,
    OrderChange,
    parse_notification,
)
from lambdas.core.planning import lesson_of
from lambdas.core.policy import Policy
from lambdas.core.seller import RegionState
from lambdas.core.seller import Seller as SellerRecord
from lambdas.core.seller_settings import SellerSettings
from lambdas.core.solicitation import Solicitation
from lambdas.core.waking import CheckActions, Settle, on_wake_up
from ops.alarms.alarm import Alarm, State
from ops.alarms.measured import Measured
from ops.simulator.feed import feed
from ops.simulator.messages import Message
from ops.simulator.notices import SubscriptionIds
from ops.simulator.orders import Listing
from ops.simulator.population import InventedOrder, Seller, population

START = datetime(2026, 3, 2, tzinfo=UTC)
NAMES = ("NothingOfferedForADay", "NothingOfferedForAWeek")
SHARES = {"mixed": 1.0, "AFN": 0.6, "MFN": 0.4}
"""Of all invented orders, those of each kind of seller."""

_SELLER = Seller(seller_id="A1DAYFIVENA001", region=Region.NA)
_IDS = SubscriptionIds(application_id="application", subscription_id="subscription")
_RECORD = SellerRecord(
    seller_id=_SELLER.seller_id,
    live=True,
    regions={Region.NA: RegionState(subscription_id=_IDS.subscription_id)},
)
_DIMENSIONS = {"service": "dayfive"}
_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """A seller's orders: so many a day of this kind, in seasons of days with pauses between."""

    a_day: float
    kind: str
    seed: int
    seasons: Sequence[tuple[float, float]] = ((0, 60),)
    outage: tuple[float, float] = (0, 0)

    @property
    def days(self) -> float:
        """Until the last order is told of."""
        begin, lasts = self.seasons[-1]
        return begin + lasts


class _Learned:
    """What the checks have shown, as the sender's runs would learn it; here once a day."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], dict[str, Experience]] = {}
        self._lessons: list[tuple[tuple[str, str], Lesson]] = []
        self._day = START.date()

    def policy(self, order: Solicitation | OrderChange, now: datetime) -> Policy:
        """What holds for an order of this marketplace and fulfilment type."""
        if now.date() != self._day:
            self._day = now.date()
            self._learn()
        return Policy(experience=self._known.get(_kind(order), {}))

    def answered(self, order: Solicitation, offered: bool, now: datetime) -> None:
        if lesson := lesson_of(order, offered=offered, now=now):
            self._lessons.append((_kind(order), lesson))

    def _learn(self) -> None:
        for kind, lesson in self._lessons:
            known = self._known.setdefault(kind, {})
            before = known.get(lesson.basis, Experience())
            counts = {lesson.step: (int(lesson.offered), int(not lesson.offered))}
            recent = merged(before.recent, counts)
            known[lesson.basis] = replace(before, recent=recent)
        self._lessons.clear()
        for known in self._known.values():
            known |= {basis: each.folded() for basis, each in known.items() if each.is_to_fold}


class Played:
    """A trade, played: `measured` is what CloudWatch would have been told."""

    def __init__(self, trade: Trade) -> None:
        self.trade = trade
        self.measured = Measured()
        self._orders: dict[str, InventedOrder] = {}
        self._book: dict[str, Solicitation] = {}
        self._learned = _Learned()
        self._luck = Random(f"{trade.seed}/flapping")
        self._numbers = count()
        self._next: list[tuple[datetime, int, Message | tuple[str, datetime]]] = []
        for season, (begin, lasts) in enumerate(trade.seasons):
            self._invent(season, START + begin * timedelta(days=1), lasts)
        while self._next:
            now, _, what = heapq.heappop(self._next)
            if isinstance(what, Message):
                self._hear(what, now)
            else:
                self._look(*what, now)

    def count(self, metric: str, at: datetime, number: int) -> None:
        """Tell CloudWatch so, as the functions would."""
        self.measured.add("DayFive", metric, _DIMENSIONS, at, number)

    def _invent(self, season: int, start: datetime, days: float) -> None:
        trade = self.trade
        invented = population(
            seed=trade.seed * 10 + season,
            orders=round(trade.a_day * days / SHARES[trade.kind]),
            days=days,
            start=start,
            sellers=[_SELLER],
        )
        told = {
            each.amazon_order_id: each
            for each in invented.orders
            if trade.kind in ("mixed", each.fulfillment_type)
        }
        self._orders |= told
        for message in feed(invented, {(_SELLER.seller_id, _SELLER.region): _IDS}):
            if message.amazon_order_id in told:
                heapq.heappush(self._next, (message.at, next(self._numbers), message))

    def _hear(self, message: Message, now: datetime) -> None:
        try:
            change = parse_notification(message.body)
        except MalformedNotificationError:
            return
        if not isinstance(change, OrderChange):
            return
        known = self._book.get(change.amazon_order_id)
        decision = on_order_change(
            known,
            change,
            region=_SELLER.region,
            sent_at=now,
            now=now,
            policy=self._learned.policy(change, now),
            settings=SellerSettings(),
        )
        if isinstance(decision, Record):
            if known is None:
                self.count("OrdersRecorded", now, 1)
            self._keep(decision.solicitation, now)

    def _look(self, order_id: str, due_at: datetime, now: datetime) -> None:
        order = self._book[order_id]
        if not order.is_open or order.due_at != due_at:
            return
        policy, settings = self._learned.policy(order, now), SellerSettings()
        match on_wake_up(order, now=now, policy=policy, seller=_RECORD, settings=settings):
            case Settle(solicitation=settled):
                self._keep(settled, now)
            case CheckActions():
                self._check(order, now)

    def _check(self, order: Solicitation, now: datetime) -> None:
        offered = self._is_offered(self._orders[order.amazon_order_id], now)
        self.count("ActionsChecked", now, 1)
        self.count("SolicitationsOffered", now, int(offered))
        actions = frozenset({ACTION} if offered else ())
        policy = self._learned.policy(order, now)
        self._learned.answered(order, offered, now)
        decision = on_actions(order, actions, live=True, claim="claim", now=now, policy=policy)
        decided = decision.solicitation
        is_sent = isinstance(decision, Claim)
        self._keep(on_created(decided, "request", now=now) if is_sent else decided, now)

    def _is_offered(self, order: InventedOrder, now: datetime) -> bool:
        begin, end = (START + days * timedelta(days=1) for days in self.trade.outage)
        simulated = order.simulated
        shown = simulated.listing is Listing.OFFERED and not simulated.is_solicited(now)
        flaps = self._luck.random() < simulated.flapping
        return shown and simulated.is_open(now) and not flaps and not begin <= now < end

    def _keep(self, order: Solicitation, now: datetime) -> None:
        self._book[order.amazon_order_id] = order
        if order.is_open:
            due = max(order.due_at, now + _MINUTE)
            what = (order.amazon_order_id, order.due_at)
            heapq.heappush(self._next, (due, next(self._numbers), what))


def _kind(order: Solicitation | OrderChange) -> tuple[str, str]:
    return order.marketplace_id, order.fulfillment_type


def alarms_of(template: Mapping[str, Any]) -> dict[str, Alarm]:
    """The template's alarms on Amazon offering nothing, by their names without the stack's."""
    found = [
        Alarm.from_properties(each["Properties"])
        for each in template["Resources"].values()
        if each["Type"] == "AWS::CloudWatch::Alarm"
        and each["Properties"]["AlarmName"].partition("-")[2] in NAMES
    ]
    return {alarm.name.partition("-")[2]: alarm for alarm in found}


def rings(alarm: Alarm, played: Played, *, until_day: float) -> Iterator[float]:
    """The days, from the stack's first on, on which it begins to ring; looked at each hour."""
    state = State.INSUFFICIENT_DATA
    for hour in range(1, round(until_day * 24) + 1):
        before = state
        now = START + hour * _HOUR
        state = alarm.judge(played.measured, made_at=START, now=now, before=before)
        if state is State.ALARM and before is not State.ALARM:
            yield hour / 24


def nearest_miss(played: Played, *, lasts: timedelta, until_day: float) -> int:
    """The most checks in a row of hours with nothing offered, where all else of the rule held."""
    most = 0
    for hour in range(1, round(until_day * 24) + 1):
        now = START + hour * _HOUR
        offered, checked, recorded = (
            played.measured.statistic("DayFive", name, _DIMENSIONS, "Sum", now - lasts, now) or 0
            for name in ("SolicitationsOffered", "ActionsChecked", "OrdersRecorded")
        )
        if not offered and recorded and 2 * checked >= recorded:
            most = max(most, round(checked))
    return most
