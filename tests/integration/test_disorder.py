"""Everything that can happen to a seller's orders, in any order, on moto: the promises hold."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import boto3
import httpx
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from lambdas.config import Settings
from lambdas.core.marketplaces import Region
from lambdas.core.operator_acts import Changed, Refused, on_check_now, on_release, on_skip
from lambdas.core.placing import MARKETPLACE_PAUSED
from lambdas.core.seller_settings import EXCLUDED, Exclusion
from lambdas.core.solicitation import Solicitation, Status
from ops.demo.judge import FRESH
from ops.deployment import Deployment
from ops.exclusions import change
from ops.live import end_live, go_live
from ops.local_cloud.shortcuts import shortcuts
from ops.order_acts import act
from ops.pausing import Scope, pause, resume
from ops.simulator.faults import Fault, FaultKind
from ops.simulator.operations import CREATE_SOLICITATION, GET_ACTIONS
from ops.simulator.simulator import Simulator
from ops.sweep.disturbances import KilledError, Moment
from tests.integration.conftest import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, SELLER, US, World
from tests.integration.scenes import DAY, HOUR, MINUTE, Scenes
from tests.integration.test_exclusions import CANADA, items
from tests.integration.test_intake import body

LIVES = settings(
    max_examples=8,
    phases=[Phase.generate],
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
# What is told of each order besides its dates: each can be left out, and one can be paused.
ORDERS: dict[str, dict[str, Any]] = {
    "903-5550101-0000001": {"marketplace_id": US, "fulfillment_type": "AFN"},
    "903-5550102-0000002": {"marketplace_id": CANADA, "fulfillment_type": "MFN"},
}
SKUS = dict(zip(ORDERS, ("MUG", "PLATE"), strict=True))
EXCLUSIONS = [
    (Exclusion.SKU, "MUG"),
    (Exclusion.SKU, "PLATE"),
    (Exclusion.MARKETPLACE, US),
    (Exclusion.FULFILLMENT_TYPE, "MFN"),
]
# As often as they stand here: what stops an order for good is rarer than what only holds it up.
ACTS = [
    *("live on", "live on", "live off", "pause", "pause", "resume", "resume", "resume"),
    *("exclude", "include", "include", "skip", "release", "release", "check", "check"),
]
TROUBLES: list[tuple[FaultKind, str] | Moment] = [
    Moment.BEFORE,
    Moment.AFTER,
    (FaultKind.ERROR, GET_ACTIONS),
    (FaultKind.EMPTY, GET_ACTIONS),
    (FaultKind.THROTTLE, GET_ACTIONS),
    (FaultKind.THROTTLE, CREATE_SOLICITATION),
    (FaultKind.DROP, CREATE_SOLICITATION),
    (FaultKind.LOST_ANSWER, CREATE_SOLICITATION),
    (FaultKind.LATE_ERROR, CREATE_SOLICITATION),
    (FaultKind.ERROR, "token"),
]


@pytest.fixture(autouse=True, scope="module")
def _quickly() -> Iterator[None]:
    with shortcuts():
        yield


class WatchfulSimulator(Simulator):
    """Amazon, which looks at the records each time it is called about an order.

    What it sees amiss it notes: an assertion failing there would pass for a fault of the
    sender's own, which is caught. `kills` the sender at its next create call, once.
    """

    world: World | None = None
    kills: Moment | None = None

    def __init__(self) -> None:
        super().__init__()
        self.amiss: list[str] = []
        self._offered_at: dict[str, datetime] = {}

    def handle(self, request: httpx.Request) -> httpx.Response:
        if self.world is None or "/solicitations/" not in request.url.path:
            return super().handle(request)
        order = self.world.order(request.url.path.split("/")[4])
        self.amiss += [fault for fault, is_so in self._look(self.world, order, request) if is_so]
        kills = None
        if request.method == "POST":
            kills, self.kills = self.kills, None
            self._offered_at.pop(order.amazon_order_id, None)
        if kills is Moment.BEFORE:
            raise KilledError
        response = super().handle(request)
        if self.ledger[-1].offered:
            self._offered_at[order.amazon_order_id] = self.world.clock.now
        if kills:
            raise KilledError
        return response

    def _look(
        self, world: World, order: Solicitation, request: httpx.Request
    ) -> Iterator[tuple[str, bool]]:
        now, seller = world.clock.now, world.sellers.get(SELLER)
        settings = world.environment.seller_settings.get(SELLER)
        excluded = settings.why_excluded(order.marketplace_id, order.fulfillment_type, order.skus)
        yield "a call outside the window", not order.window.allows_call(now)
        yield "a call while it is paused", seller.is_paused(order.marketplace_id)
        yield "a call for what is excluded", bool(excluded)
        if request.method == "POST":
            offered_at = self._offered_at.get(order.amazon_order_id)
            yield "a create call of a dry run", not seller.live
            yield "one without a fresh offer", not offered_at or now - offered_at > FRESH
            yield "one after a success", self._has_succeeded(order)
            yield "one that is not counted", not order.posts_open
            yield "one without a claim", not order.is_claimed(now)
            yield "one for an order that is not being sent", order.status is not Status.SENDING

    def _has_succeeded(self, order: Solicitation) -> bool:
        return any(
            entry.status == 201 and entry.amazon_order_id == order.amazon_order_id
            for entry in self.ledger
        )


class Office(Deployment):
    """The deployment whose functions are the World's."""

    def __init__(self, settings: Settings) -> None:
        outputs = {"OrdersTableName": "orders", "WakeUpQueueUrl": settings.wake_up_queue_url}
        super().__init__(boto3.session.Session(), outputs)
        self._settings = settings

    @cached_property
    def settings(self) -> Settings:
        return self._settings


@pytest.fixture
def simulator() -> WatchfulSimulator:
    return watchful_simulator()


def watchful_simulator(world: World | None = None) -> WatchfulSimulator:
    simulator = WatchfulSimulator()
    simulator.world = world
    simulator.add_application(CLIENT_ID, CLIENT_SECRET, timedelta(days=100_000))
    simulator.add_seller(SELLER, Region.NA, REFRESH_TOKEN, application=CLIENT_ID)
    return simulator


class Lives(RuleBasedStateMachine):
    """Two orders of one seller, from their first news to their ends."""

    def __init__(self, scenes: Scenes) -> None:
        super().__init__()
        self.scenes, self.world, self.clock = scenes, scenes.world, scenes.clock
        self.began_at = (self.clock.now + 2 * DAY).replace(hour=12, minute=0, second=0)
        self.clock.move_to(self.began_at)
        # A new Amazon each time, and empty caches, so that an example repeats itself.
        self.amazon = watchful_simulator(self.world)
        self.world.simulator = scenes.simulator = self.amazon
        self.world.fresh_environments()
        self.queue = boto3.client("sqs")
        self.scheduler = boto3.client("scheduler")
        self.queue_url = self.world.environment.settings.wake_up_queue_url
        self.deployment = Office(self.world.environment.settings)
        self.canceled: set[str] = set()
        self.skipped: set[str] = set()
        self.excluded: set[str] = set()
        self._clear()

    def _clear(self) -> None:
        self.scenes.clear(*ORDERS)
        self.queue.purge_queue(QueueUrl=self.queue_url)
        for name in self.world.schedule_names():
            self.scheduler.delete_schedule(Name=name, GroupName="wake-ups")
        change(self.deployment, SELLER, {}, {kind: frozenset({one}) for kind, one in EXCLUSIONS})
        for order_id, order in ORDERS.items():
            self.world.sell(
                order_id,
                marketplace_id=order["marketplace_id"],
                shipped_at=self.began_at,
                delivered_at=self.began_at + 3 * DAY,
            )

    # What Amazon says.

    @initialize(told=st.booleans())
    def begin(self, told: bool) -> None:
        """Most histories begin when both orders wait for their first checks."""
        for order_id in ORDERS if told else ():
            self.news(order_id, None, 0)
            self.clock.move_to(self.began_at + 7 * DAY)

    @rule(
        order_id=st.sampled_from(list(ORDERS)),
        days=st.sampled_from([None, 2, 3, 4, 6, -1]),
        hours=st.integers(0, 3),
    )
    def news(self, order_id: str, days: int | None, hours: int) -> None:
        """Shipped, without dates, or with a promise that differs; -1 stands for reversed dates."""
        dates: dict[str, Any] = {}
        if days is not None:
            earliest = self.began_at + abs(days) * DAY
            latest = earliest + (3 * DAY if days > 0 else -DAY)
            dates = {"earliest_delivery_date": earliest, "latest_delivery_date": latest}
        said_at = self.began_at + hours * HOUR
        self._deliver(order_id, time_of_order_change=said_at, **dates)

    @rule(order_id=st.sampled_from(list(ORDERS)), dice=st.integers(0, 9))
    def cancel(self, order_id: str, dice: int) -> None:
        if dice == 0:
            self.canceled.add(order_id)
            self._deliver(order_id, order_status="Canceled", time_of_order_change=self.began_at)

    def _deliver(self, order_id: str, **news: Any) -> None:
        sold = {**ORDERS[order_id], "order_items": items(SKUS[order_id])}
        told = body(amazon_order_id=order_id, **sold, **news)
        assert self.world.deliver(told, told) == []

    # What wakes the sender.

    @rule(late=st.integers(0, 60), twice=st.booleans())
    def fire(self, late: int, twice: bool) -> None:
        """The next schedule goes off, up to a minute late, perhaps twice."""
        name = self._next_schedule()
        if name:
            minute = datetime.strptime(name[-13:] + "+0000", "%Y%m%dT%H%M%z")
            self.clock.move_to(max(self.clock.now, minute + timedelta(seconds=late)))
            self.scheduler.delete_schedule(Name=name, GroupName="wake-ups")
            for _ in range(2 if twice else 1):
                self._wake()

    @rule()
    def fire_again(self) -> None:
        """More than half of all that happens is that time passes and senders are woken."""
        self.fire(late=0, twice=False)

    def _wake(self) -> None:
        try:
            assert self.world.wake()
        except KilledError:
            self.world.fresh_environments()

    def _next_schedule(self) -> str | None:
        return min(self.world.schedule_names(), default=None)

    @rule(lost=st.booleans(), cold=st.booleans())
    def sweep(self, lost: bool, cold: bool) -> None:
        """Perhaps the next schedule never goes off, and the caches may be empty."""
        if lost and (name := self._next_schedule()):
            self.scheduler.delete_schedule(Name=name, GroupName="wake-ups")
        if cold:
            self.world.fresh_environments()
        self.world.sweeper.sweep()
        self._drain()

    def _drain(self) -> None:
        while got := self.queue.receive_message(QueueUrl=self.queue_url).get("Messages"):
            receipt = got[0]["ReceiptHandle"]
            self.queue.delete_message(QueueUrl=self.queue_url, ReceiptHandle=receipt)
            self._wake()

    @rule(by=st.sampled_from([MINUTE, 6 * MINUTE, HOUR, DAY, 5 * DAY]))
    def wait(self, by: timedelta) -> None:
        self.clock.move_to(self.clock.now + by)

    # What troubles, and what the operator does.

    @rule(trouble=st.sampled_from(TROUBLES), lasts=st.sampled_from([MINUTE, HOUR, 2 * DAY]))
    def trouble(self, trouble: tuple[FaultKind, str] | Moment, lasts: timedelta) -> None:
        """At Amazon for a while, or the next sender to make a create call dies at it."""
        if isinstance(trouble, Moment):
            self.amazon.kills = trouble
            return
        kind, operation = trouble
        fault = Fault(kind=kind, operation=operation, end=self.clock.now + lasts)
        self.amazon.faults = [fault]

    @rule(
        act=st.sampled_from(ACTS),
        order_id=st.sampled_from(list(ORDERS)),
        marketplace_id=st.sampled_from([None, US, CANADA]),
        what=st.sampled_from(EXCLUSIONS),
    )
    def operate(
        self, act: str, order_id: str, marketplace_id: str | None, what: tuple[Exclusion, str]
    ) -> None:
        match act:
            case "live on":
                self.live_on()
            case "live off":
                end_live(self.deployment, SELLER)
            case "pause":
                pause(self.deployment, self._scope(marketplace_id), now=self.clock.now)
            case "resume":
                self.resume(marketplace_id)
            case "exclude":
                self.excluded.add(f"{what[0]}: {what[1]}")
                change(self.deployment, SELLER, {what[0]: frozenset({what[1]})}, {})
            case "include":
                self.include(what)
            case "skip":
                if self._act(order_id, lambda order: on_skip(order, now=self.clock.now)):
                    self.skipped.add(order_id)
            case "release":
                self.release(order_id)
            case "check":
                self.check_now(order_id)

    def live_on(self) -> None:
        go_live(self.deployment, SELLER, track=list)
        self._drain()

    def resume(self, marketplace_id: str | None) -> None:
        scope = self._scope(marketplace_id)
        resume(self.deployment, scope, track=list, now=self.clock.now)
        self._drain()

    def _scope(self, marketplace_id: str | None) -> Scope:
        return Scope(seller=self.world.sellers.get(SELLER), marketplace_id=marketplace_id)

    def include(self, what: tuple[Exclusion, str]) -> None:
        kind, entry = what
        change(self.deployment, SELLER, {}, {kind: frozenset({entry})})

    def release(self, order_id: str) -> None:
        settings = self.deployment.seller_settings.get(SELLER)
        self._act(
            order_id,
            lambda order: on_release(
                order,
                now=self.clock.now,
                policy=self.deployment.policy_of(order),
                settings=settings,
            ),
        )

    def check_now(self, order_id: str) -> None:
        seller = self.world.sellers.get(SELLER)
        self._act(order_id, lambda order: on_check_now(order, seller=seller, now=self.clock.now))

    def _act(self, order_id: str, decide: Callable[[Solicitation], Changed | Refused]) -> bool:
        order = self.world.order(order_id)
        acted = order and act(self.deployment, order, decide, dry_run=False)
        self._drain()
        return bool(acted) and not isinstance(acted, Refused)

    # What must hold.

    @invariant()
    def every_call_may_be_made(self) -> None:
        assert self.amazon.amiss == []

    def _orders(self) -> list[Solicitation]:
        found = [self.world.order(order_id) for order_id in ORDERS]
        return [order for order in found if order]

    def _accepted(self, order_id: str) -> int:
        ledger = self.amazon.ledger
        return sum(e.accepted for e in ledger if e.amazon_order_id == order_id)

    @invariant()
    def nobody_is_asked_twice(self) -> None:
        for order_id in ORDERS:
            assert self._accepted(order_id) <= 1

    @invariant()
    def an_open_order_is_found_when_it_is_due(self) -> None:
        far = self.clock.now + 365 * DAY
        index = self.world.orders.due(SELLER, Region.NA, until=far)
        listed = {found.amazon_order_id: found.due_at for found in index}
        records = {o.amazon_order_id: o.due_at for o in self._orders() if o.is_open}
        assert listed == records
        for order in self._orders():
            if order.is_open:
                assert order.due_at <= order.window.closes_at

    @invariant()
    def what_is_on_record_is_true(self) -> None:
        for order in self._orders():
            accepted = self._accepted(order.amazon_order_id)
            if order.status is Status.SENT:
                assert accepted
            if accepted and not order.is_open:
                stopped = order.status in {Status.CANCELED, Status.SKIPPED}
                assert stopped or order.status in {Status.SENT, Status.SENT_UNCONFIRMED}
                assert not stopped or order.posts_open

    @invariant()
    def nobody_is_left_out_but_by_the_operators_word(self) -> None:
        for order in self._orders():
            if order.status is Status.SKIPPED and order.reason.startswith(EXCLUDED):
                assert order.reason.removesuffix(" (one answer unknown)") in self.excluded
            elif order.status is Status.SKIPPED:
                assert order.amazon_order_id in self.skipped

    def teardown(self) -> None:
        """The troubles end, and only the sweeper is left: each order ends, and rightly."""
        self.amazon.faults, self.amazon.kills = [], None
        for what in EXCLUSIONS:
            self.include(what)
        self.live_on()
        for marketplace_id in (US, CANADA, None):
            self.resume(marketplace_id)
        for order in self._orders():
            assert not order.is_open or order.reason != MARKETPLACE_PAUSED
        askable = {
            order.amazon_order_id
            for order in self._orders()
            if order.status is Status.WAITING
            and self.clock.now < self.began_at + 20 * DAY
            and order.due_at < self.began_at + 24 * DAY
        }
        for _ in range(150):
            due = [order.due_at for order in self._orders() if order.is_open]
            if not due:
                break
            self.clock.move_to(max(self.clock.now + HOUR, min(due) + 11 * MINUTE))
            self.sweep(lost=False, cold=False)
        self.every_call_may_be_made()
        self.nobody_is_asked_twice()
        self.what_is_on_record_is_true()
        self.nobody_is_left_out_but_by_the_operators_word()
        for order in self._orders():
            assert not order.is_open, "the order never ended"
            if order.amazon_order_id in self.canceled:
                assert order.status is not Status.EXPIRED
            elif order.amazon_order_id in askable and order.status is not Status.SKIPPED:
                assert self._accepted(order.amazon_order_id)


def test_the_promises_hold_in_any_disorder(world: World) -> None:
    scenes = Scenes(world, senders=0)

    run_state_machine_as_test(lambda: Lives(scenes), settings=LIVES)
