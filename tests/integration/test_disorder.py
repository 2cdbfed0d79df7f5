"""Everything that can happen to a seller's orders, in any order, on moto: the promises hold."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import boto3
import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from lambdas.core.marketplaces import Region
from lambdas.core.solicitation import Solicitation, Status
from ops.deployment import Deployment
from ops.live import end_live, go_live
from ops.local_cloud.shortcuts import shortcuts
from ops.simulator.faults import Fault, FaultKind
from ops.simulator.operations import CREATE_SOLICITATION, GET_ACTIONS
from ops.simulator.simulator import Simulator
from tests.integration.conftest import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, SELLER, World
from tests.integration.scenes import DAY, HOUR, MINUTE, Scenes
from tests.integration.test_intake import body

LIVES = settings(
    max_examples=10,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
ORDERS = ("903-5550101-0000001", "903-5550102-0000002")
TROUBLES = [
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
    """Amazon, which looks at the record each time it is called about an order."""

    world: World | None = None

    def handle(self, request: httpx.Request) -> httpx.Response:
        if self.world and "/solicitations/" in request.url.path:
            self._look(self.world, request)
        return super().handle(request)

    def _look(self, world: World, request: httpx.Request) -> None:
        order = world.order(request.url.path.split("/")[4])
        assert order.window.allows_call(world.clock.now), "a call outside the window"
        if request.method == "POST":
            assert world.sellers.get(SELLER).live, "a create call of a dry run"
            assert (order.status, bool(order.posts_open)) == (Status.SENDING, True)
            assert order.is_claimed(world.clock.now)


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
        self.world.simulator = scenes.simulator = watchful_simulator(self.world)
        self.world.fresh_environments()
        self.queue = boto3.client("sqs")
        self.scheduler = boto3.client("scheduler")
        self.queue_url = self.world.environment.settings.wake_up_queue_url
        outputs = {"OrdersTableName": "orders", "WakeUpQueueUrl": self.queue_url}
        self.deployment = Deployment(boto3.session.Session(), outputs)
        self.canceled: set[str] = set()
        self._clear()

    def _clear(self) -> None:
        self.scenes.clear(*ORDERS)
        self.queue.purge_queue(QueueUrl=self.queue_url)
        for name in self.world.schedule_names():
            self.scheduler.delete_schedule(Name=name, GroupName="wake-ups")
        for order_id in ORDERS:
            self.world.sell(
                order_id, shipped_at=self.began_at, delivered_at=self.began_at + 3 * DAY
            )

    # What Amazon says.

    @rule(
        order_id=st.sampled_from(ORDERS),
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

    @rule(order_id=st.sampled_from(ORDERS), dice=st.integers(0, 5))
    def cancel(self, order_id: str, dice: int) -> None:
        if dice == 0:
            self.canceled.add(order_id)
            self._deliver(order_id, order_status="Canceled", time_of_order_change=self.began_at)

    def _deliver(self, order_id: str, **news: Any) -> None:
        told = body(amazon_order_id=order_id, **news)
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
                assert self.world.wake()

    @rule()
    def lose(self) -> None:
        """A schedule never goes off."""
        name = self._next_schedule()
        if name:
            self.scheduler.delete_schedule(Name=name, GroupName="wake-ups")

    def _next_schedule(self) -> str | None:
        return min(self.world.schedule_names(), default=None)

    @rule()
    def stray(self) -> None:
        assert self.world.wake()

    @rule()
    def sweep(self) -> None:
        self.world.sweeper.sweep()
        self._drain()

    def _drain(self) -> None:
        while got := self.queue.receive_message(QueueUrl=self.queue_url).get("Messages"):
            receipt = got[0]["ReceiptHandle"]
            self.queue.delete_message(QueueUrl=self.queue_url, ReceiptHandle=receipt)
            assert self.world.wake()

    @rule(by=st.sampled_from([MINUTE, 6 * MINUTE, HOUR, DAY, 5 * DAY]))
    def wait(self, by: timedelta) -> None:
        self.clock.move_to(self.clock.now + by)

    # What troubles, and what the operator does.

    @rule(trouble=st.sampled_from(TROUBLES), lasts=st.sampled_from([MINUTE, HOUR, 2 * DAY]))
    def trouble(self, trouble: tuple[FaultKind, str], lasts: timedelta) -> None:
        kind, operation = trouble
        fault = Fault(kind=kind, operation=operation, end=self.clock.now + lasts)
        self.scenes.simulator.faults = [fault]

    @rule()
    def cold_start(self) -> None:
        self.world.fresh_environments()

    @rule()
    def live_on(self) -> None:
        go_live(self.deployment, SELLER, track=list)
        self._drain()

    @rule(dice=st.integers(0, 3))
    def live_off(self, dice: int) -> None:
        if dice == 0:
            end_live(self.deployment, SELLER)

    # What must hold.

    def _orders(self) -> list[Solicitation]:
        found = [self.world.order(order_id) for order_id in ORDERS]
        return [order for order in found if order]

    def _accepted(self, order_id: str) -> int:
        ledger = self.scenes.simulator.ledger
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
                ends = max(order.window.closes_at, order.claim_until or order.window.closes_at)
                assert order.due_at <= ends

    @invariant()
    def what_is_on_record_is_true(self) -> None:
        for order in self._orders():
            accepted = self._accepted(order.amazon_order_id)
            if order.status is Status.SENT:
                assert accepted
            if accepted and not order.is_open:
                ends = {Status.SENT, Status.SENT_UNCONFIRMED, Status.CANCELED}
                assert order.status in ends
                assert order.status is not Status.CANCELED or order.posts_open

    def teardown(self) -> None:
        """The troubles end, and only the sweeper is left: each order ends, and rightly."""
        self.scenes.simulator.faults = []
        self.live_on()
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
            self.sweep()
        self.nobody_is_asked_twice()
        self.what_is_on_record_is_true()
        for order in self._orders():
            assert not order.is_open, "the order never ended"
            if order.amazon_order_id in self.canceled:
                assert order.status is not Status.EXPIRED
            elif order.amazon_order_id in askable:
                assert self._accepted(order.amazon_order_id)


def test_the_promises_hold_in_any_disorder(world: World) -> None:
    scenes = Scenes(world, senders=0)

    run_state_machine_as_test(lambda: Lives(scenes), settings=LIVES)
