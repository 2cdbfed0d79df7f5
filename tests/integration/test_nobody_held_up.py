"""What is wrong at Amazon, with an order or with all, costs no other order its solicitation."""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from lambdas.core.marketplaces import Region
from lambdas.core.solicitation import Solicitation, Status
from ops.local_cloud.shortcuts import shortcuts
from ops.simulator.errors import ACCESS_DENIED, error_body
from ops.simulator.faults import Fault, FaultKind
from ops.simulator.operations import CREATE_SOLICITATION, GET_ACTIONS
from ops.simulator.simulator import Simulator
from tests.integration.conftest import (
    CLIENT_ID,
    CLIENT_SECRET,
    REFRESH_TOKEN,
    SELLER,
    START,
    World,
)
from tests.integration.scenes import ORDER, Scenes
from tests.integration.test_intake import body

GOOD, BAD, WORSE = (f"903-5550101-{number:07}" for number in (1, 2, 3))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FIRST_CHECK = START + 8 * DAY + timedelta(minutes=1)


@pytest.fixture(autouse=True, scope="module")
def _quickly() -> Iterator[None]:
    with shortcuts():
        yield


class DenyingSimulator(Simulator):
    """Amazon, where the seller's authorization does not reach some of its orders."""

    def __init__(self) -> None:
        super().__init__()
        self.denied: set[str] = set()
        self.refused: list[str] = []

    def handle(self, request: httpx.Request) -> httpx.Response:
        for order_id in self.denied:
            if order_id in request.url.path:
                self.refused.append(order_id)
                return httpx.Response(ACCESS_DENIED.status, text=error_body(ACCESS_DENIED))
        return super().handle(request)


@pytest.fixture
def simulator() -> DenyingSimulator:
    simulator = DenyingSimulator()
    simulator.add_application(CLIENT_ID, CLIENT_SECRET, timedelta(days=10_000))
    simulator.add_seller(SELLER, Region.NA, REFRESH_TOKEN, application=CLIENT_ID)
    return simulator


@pytest.fixture
def due(world: World) -> World:
    """A good order, and two that shut sooner, so that their turns come first."""
    for order_id, shipped in ((GOOD, START), (BAD, START - DAY), (WORSE, START - 2 * DAY)):
        world.sell(order_id, shipped_at=shipped, delivered_at=START)
        world.deliver(body(amazon_order_id=order_id, time_of_order_change=shipped))
    world.clock.move_to(FIRST_CHECK)
    return world


def is_blocked(world: World) -> bool:
    seller = world.sellers.get(SELLER)
    assert seller
    return seller.regions[Region.NA].blocked_until is not None


def orders(world: World) -> list[Solicitation]:
    return [world.order(order_id) for order_id in (GOOD, BAD, WORSE)]


def test_an_order_that_amazon_denies_access_to_blocks_nobody(
    due: World, simulator: DenyingSimulator
) -> None:
    simulator.denied = {WORSE}

    due.wake()

    assert not is_blocked(due)
    assert due.order(GOOD).status is due.order(BAD).status is Status.SENT
    for number in range(4):
        assert due.order(WORSE).status is Status.WAITING
        another = f"903-5550102-{number:07}"
        due.sell(another)
        due.deliver(body(amazon_order_id=another))
        due.wake_at(due.order(WORSE).due_at)
        assert due.order(another).status is Status.SENT
    held = due.order(WORSE)
    assert (held.status, simulator.refused) == (Status.HELD, [WORSE] * 5)
    assert "Access to requested resource is denied" in held.reason
    assert not is_blocked(due)


@pytest.mark.parametrize("last", [GOOD, BAD])
def test_a_denial_before_or_after_an_answer_is_the_orders_own(
    due: World, simulator: DenyingSimulator, last: str
) -> None:
    simulator.denied = {last}

    due.wake()

    assert not is_blocked(due)
    assert sum(order.status is Status.SENT for order in orders(due)) == 2
    assert due.order(last).due_at > due.clock.now + timedelta(minutes=55)


def test_two_denials_without_an_answer_are_the_sellers_and_burn_no_attempt(
    due: World, simulator: DenyingSimulator
) -> None:
    simulator.denied = {GOOD, BAD, WORSE}

    due.wake()

    assert is_blocked(due)
    assert simulator.refused == [WORSE, BAD]
    assert all(order.status is Status.WAITING and not order.failures for order in orders(due))
    simulator.denied = set()
    due.wake_at(FIRST_CHECK + 6 * HOUR + timedelta(minutes=1))
    assert all(order.status is Status.SENT for order in orders(due))
    assert not is_blocked(due)


def test_a_seller_that_is_denied_everything_stays_blocked_and_keeps_its_orders(
    due: World, simulator: DenyingSimulator
) -> None:
    simulator.denied = {GOOD, BAD, WORSE}

    for _ in range(8):
        due.wake()
        assert is_blocked(due)
        due.clock.move_to(due.clock.now + 6 * HOUR + timedelta(minutes=1))

    assert all(order.status is Status.WAITING and not order.failures for order in orders(due))
    assert len(simulator.refused) <= 3 * 8


def test_several_denied_orders_hold_the_others_up_for_one_block_and_no_longer(
    due: World, simulator: DenyingSimulator
) -> None:
    simulator.denied = {BAD, WORSE}
    due.wake()
    assert is_blocked(due)
    assert due.order(GOOD).status is Status.WAITING

    due.wake_at(FIRST_CHECK + 6 * HOUR + timedelta(minutes=1))

    assert due.order(GOOD).status is Status.SENT
    assert not is_blocked(due)
    assert (due.order(BAD).failures, due.order(WORSE).failures) == (1, 1)


def test_the_denial_of_the_only_order_that_is_due_is_the_sellers(
    due: World, simulator: DenyingSimulator
) -> None:
    due.wake()
    only = "903-5550101-0000004"
    due.sell(only)
    due.deliver(body(amazon_order_id=only))
    simulator.denied = {only}
    before = due.order(only)

    due.wake()

    assert is_blocked(due)
    assert due.order(only) == before


@pytest.mark.parametrize("rate", [0.1, 0.13])
def test_a_plan_slower_than_a_call_may_wait_is_used_to_the_full(due: World, rate: float) -> None:
    for operation in (GET_ACTIONS, CREATE_SOLICITATION):
        plan = due.simulator.plans[operation]
        due.simulator.plans[operation] = type(plan)(rate=rate, burst=plan.burst)

    woken = 1
    due.wake()
    while due.wake_ups_queued() >= woken:
        due.wake()
        woken += 1

    assert all(order.status is Status.SENT for order in orders(due))
    assert due.clock.now - FIRST_CHECK < timedelta(seconds=3 / rate + 30)
    assert not any(entry.throttled for entry in due.simulator.ledger)


def test_a_day_on_which_amazon_offers_nothing_costs_no_order(world: World) -> None:
    """It is offered two days before its window shuts, where only the two last checks find it."""
    scenes = Scenes(world, senders=0)
    for hours in range(-44, 2, 4):
        order = scenes.set(delivered_after=40 * DAY - 45 * HOUR)
        begin = order.window.closes_at + hours * HOUR
        scenes.simulator.faults = [
            Fault(kind=FaultKind.EMPTY, operation=GET_ACTIONS, start=begin, end=begin + DAY)
        ]

        assert scenes.see_it_through().status is Status.SENT, hours
        assert world.order(ORDER).sent_at < order.window.closes_at
