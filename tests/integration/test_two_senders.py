"""Several at one order at the same moment, in every order of their calls that can matter."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

import boto3
import httpx
import pytest
from moto import mock_aws

from lambdas.core.marketplaces import Region
from lambdas.core.operator_acts import MARKETPLACE_RESUMED
from lambdas.core.solicitation import Event, Solicitation, Status
from lambdas.recorder import Recorder
from ops.deployment import Deployment
from ops.live import end_live
from ops.local_cloud.shortcuts import shortcuts
from ops.pausing import Scope, resume
from ops.simulator.errors import (
    NOT_AVAILABLE,
    ErrorText,
    error_body,
)
from ops.simulator.faults import Fault, FaultKind
from ops.simulator.operations import CREATE_SOLICITATION
from tests.integration.conftest import (
    CLIENT_ID,
    CLIENT_SECRET,
    REFRESH_TOKEN,
    SELLER,
    START,
    US,
    World,
)
from tests.integration.scenes import DAY, HOUR, MINUTE, ORDER, Scenes
from tests.integration.test_disorder import Office
from tests.integration.turns import Step, TurnClock, Turns, TurnSimulator, aws_steps

ENDS_AFTER = 3 * MINUTE


@pytest.fixture(autouse=True, scope="module")
def _quickly() -> Iterator[None]:
    with shortcuts():
        yield


@pytest.fixture
def clock() -> Iterator[TurnClock]:
    with TurnClock(START + 10 * DAY) as clock:
        yield clock


@pytest.fixture
def turns(clock: TurnClock) -> Turns:
    clock.turns = Turns(clock)
    return clock.turns


@pytest.fixture
def aws(turns: Turns) -> Iterator[None]:
    with aws_steps(turns), mock_aws():
        yield


@pytest.fixture
def simulator(turns: Turns) -> TurnSimulator:
    simulator = TurnSimulator()
    simulator.turns = turns
    simulator.add_application(CLIENT_ID, CLIENT_SECRET, timedelta(days=10_000))
    simulator.add_seller(SELLER, Region.NA, REFRESH_TOKEN, application=CLIENT_ID)
    return simulator


@pytest.fixture
def stage(world: World, simulator: TurnSimulator, turns: Turns) -> "Stage":
    return Stage(world, simulator, turns)


class Stage(Scenes):
    """Scenes with two senders and an answer of Amazon's to the create calls of the first minutes.

    At each create call the record must say that it may be made. What does not is noted: an
    assertion failing there would pass for a fault of the sender's own, which is caught.
    """

    def __init__(self, world: World, simulator: TurnSimulator, turns: Turns) -> None:
        super().__init__(world, senders=2)
        self.turns = turns
        self.amazon = simulator
        self._ends: dict[object, Solicitation] = {}
        self._unfounded: list[Solicitation] = []

    def begin(self, answer: str, **order: object) -> Solicitation:
        found = self.set(**order)
        self.amazon.creates.clear()
        self._unfounded.clear()
        ends = self.clock.now + ENDS_AFTER
        given = ANSWERS[answer]
        if isinstance(given, FaultKind):
            fault = Fault(kind=given, operation=CREATE_SOLICITATION, end=ends)
            self.simulator.faults = [fault]

        def on_create(request: httpx.Request) -> httpx.Response | None:
            self._note_unless_claimed()
            if self.clock.now > ends:
                return None
            if isinstance(given, ErrorText):
                return httpx.Response(given.status, text=error_body(given))
            if isinstance(given, type):
                raise given("broken", request=request)
            return None

        self.amazon.on_create = on_create
        return found

    def _note_unless_claimed(self) -> None:
        with self.turns.unseen():
            order = self.order
        now = self.clock.now
        founded = order.status is Status.SENDING and order.is_claimed(now) and order.posts_open
        if not (founded and order.window.allows_call(now)):
            self._unfounded.append(order)

    def act(self, actors: Mapping[str, Callable[[], object]]) -> int:
        """Let them act in the order that is tried; gives how many create calls they made."""
        self.turns.run(actors)
        assert self._unfounded == []
        return len(self.amazon.creates)

    def sends(self, *, senders: int) -> Mapping[str, Callable[[], object]]:
        return {f"sender {n}": self.senders[n].wake for n in range(senders)}

    def hears(self, name: str, **news: object) -> Mapping[str, Callable[[], object]]:
        """An intake of its own, with a batch of one notification."""
        return {name: lambda: self._take_in(self.news(**news))}

    def _take_in(self, body: str) -> None:
        assert self.world.deliver(body) == []

    def end(self) -> Solicitation:
        """The order at its end; the same record comes to the same end, and is seen there once."""
        order = self.order
        kind = (
            order.status,
            order.reason.partition("(request")[0],
            order.posts_open,
            order.note,
            order.window.opens_at - self.shipped_at,
            self.accepted,
            round((order.due_at - self.clock.now) / HOUR),
        )
        if kind not in self._ends:
            held = order.status is Status.HELD
            self._ends[kind] = order if held else self.see_it_through()
            assert self.accepted <= 1
        return self._ends[kind]


# What Amazon answers to the create calls: as it should, with an error, or not at all.
ANSWERS: dict[str, FaultKind | ErrorText | type[httpx.TransportError] | None] = {
    "201": None,
    "answer lost": FaultKind.LOST_ANSWER,
    "call lost": httpx.ReadTimeout,
    "429": FaultKind.THROTTLE,
    "E1": NOT_AVAILABLE,
    "unknown 403": FaultKind.HTML_403,
}

# How an order ends whose first create call was answered so; later ones are answered as they should.
ENDS = {
    "201": Status.SENT,
    "answer lost": Status.SENT_UNCONFIRMED,
    "call lost": Status.SENT,
    "429": Status.SENT,
    "E1": Status.SENT,
    "unknown 403": Status.HELD,
}
IN_KIND = ["201", "answer lost", "unknown 403"]


@pytest.mark.parametrize("answer", ANSWERS)
def test_two_senders_at_once_make_one_create_call(stage: Stage, answer: str) -> None:
    def play() -> None:
        stage.begin(answer)
        assert stage.act(stage.sends(senders=2)) == 1
        assert stage.end().status is ENDS[answer]

    assert stage.turns.explore(play) >= 10


@pytest.mark.parametrize(
    ("accepted", "answer", "end"),
    [
        (True, "201", Status.SENT_UNCONFIRMED),
        (False, "201", Status.SENT),
        (False, "answer lost", Status.SENT_UNCONFIRMED),
        (False, "E1", Status.SENT_UNCONFIRMED),
    ],
)
def test_two_senders_after_a_third_that_died_make_one_create_call(
    stage: Stage, accepted: bool, answer: str, end: Status
) -> None:
    def play() -> None:
        order = stage.begin(answer)
        died = stage.clock.now
        if accepted:
            stage.world.sell(ORDER, shipped_at=stage.shipped_at, solicited_at=died)
        claim = replace(
            order, status=Status.SENDING, claim="dead", claim_until=died, due_at=died, posts_open=1
        )
        stage.world.orders.put(claim, known=order)
        assert stage.act(stage.sends(senders=2)) == (0 if accepted else 1)
        assert stage.end().status is end

    assert stage.turns.explore(play) >= 6


@pytest.mark.parametrize("answer", IN_KIND)
def test_a_cancellation_at_any_moment_of_a_run_is_obeyed_or_too_late(
    stage: Stage, answer: str
) -> None:
    ends = set()

    def play() -> None:
        stage.begin(answer)
        canceled = stage.hears("intake", order_status="Canceled")
        calls, order = stage.act({**stage.sends(senders=1), **canceled}), stage.end()
        assert calls <= 1
        assert order.status is (Status.SENT if calls and answer == "201" else Status.CANCELED)
        ends.add(calls)

    assert stage.turns.explore(play) >= 15
    assert ends == {0, 1}


@pytest.mark.parametrize("answer", IN_KIND)
def test_new_dates_at_any_moment_of_a_run_move_the_plan_or_come_too_late(
    stage: Stage, answer: str
) -> None:
    opens_in_two_days = {"earliest_delivery_date": 5 * DAY, "latest_delivery_date": 12 * DAY}

    def play() -> None:
        stage.begin(answer)
        dates = {name: stage.shipped_at + after for name, after in opens_in_two_days.items()}
        heard = stage.hears("intake", **dates)
        calls, order = stage.act({**stage.sends(senders=1), **heard}), stage.end()
        assert calls <= 1
        assert order.status is (ENDS[answer] if calls else Status.SENT)
        assert calls or order.sent_at == order.window.opens_at

    assert stage.turns.explore(play) >= 15


@pytest.mark.parametrize("answer", ["201", "answer lost"])
def test_a_cancellation_and_new_dates_at_once_cancel(stage: Stage, answer: str) -> None:
    def play() -> None:
        stage.begin(answer)
        dates = {
            "earliest_delivery_date": stage.shipped_at + 5 * DAY,
            "latest_delivery_date": stage.shipped_at + 12 * DAY,
        }
        actors = {
            **stage.sends(senders=1),
            **stage.hears("canceled", order_status="Canceled"),
            **stage.hears("dates", **dates),
        }
        calls, order = stage.act(actors), stage.end()
        assert order.status is (Status.SENT if calls and answer == "201" else Status.CANCELED)

    stage.turns.sample(play, runs=30)


def test_a_sent_order_stays_sent_whatever_news_is_written_at_that_moment(stage: Stage) -> None:
    parts = stage.world.environment
    recorder = Recorder(orders=parts.orders, schedules=parts.schedules, telemetry=parts.telemetry)

    def play() -> None:
        order = stage.begin("201")
        claim = order.move(
            Event.OFFERED,
            Status.SENDING,
            "claimed",
            claim="claim-1",
            claim_until=stage.clock.now + 5 * MINUTE,
            posts_open=1,
        )
        claimed = parts.orders.put_claim(claim, known=order, now=stage.clock.now)
        stage.turns.run(
            {
                "sender": lambda: recorder.record_sent(claimed, "request-1"),
                **stage.hears("canceled", order_status="Canceled"),
                **stage.hears("dates", earliest_delivery_date=stage.shipped_at + 5 * DAY),
            }
        )
        assert stage.order.status is Status.SENT

    assert stage.turns.explore(play) >= 25


@pytest.mark.parametrize("live", [False, True], ids=["live off", "live on"])
def test_no_sender_that_reads_a_shut_gate_makes_a_create_call(stage: Stage, live: bool) -> None:
    sellers = stage.world.sellers
    calls = Counter[int]()

    def play() -> None:
        stage.begin("201")
        sellers.set_live(SELLER, not live)
        operator = {"operator": lambda: sellers.set_live(SELLER, live)}
        calls[stage.act({**stage.sends(senders=1), **operator})] += 1
        assert_founded(stage.turns.taken, live=live)

    assert stage.turns.explore(play) >= 3
    assert calls.keys() == {0, 1}


def test_no_sender_that_reads_of_a_pause_makes_a_create_call(stage: Stage) -> None:
    calls = Counter[int]()

    def play() -> None:
        stage.begin("201")
        operator = {"operator": lambda: stage.world.sellers.pause_marketplace(SELLER, US)}
        calls[stage.act({**stage.sends(senders=1), **operator})] += 1
        assert_founded(stage.turns.taken, live=False)

    assert stage.turns.explore(play) >= 3
    assert calls.keys() == {0, 1}


def test_a_resume_at_any_moment_of_a_run_leaves_no_order_set_aside(stage: Stage) -> None:
    office = Office(stage.world.environment.settings)
    reasons = Counter[str]()

    def play() -> None:
        stage.begin("201")
        stage.world.sellers.pause_marketplace(SELLER, US)
        seller = stage.world.sellers.get(SELLER)
        assert seller
        scope, now = Scope(seller=seller, marketplace_id=US), stage.clock.now
        operator = {"operator": lambda: resume(office, scope, track=list, now=now)}
        stage.act({**stage.sends(senders=1), **operator})
        reasons[stage.order.reason] += 1
        assert stage.end().status is Status.SENT

    assert stage.turns.explore(play) >= 5
    assert reasons.keys() == {"sent", MARKETPLACE_RESUMED}


def assert_founded(taken: list[tuple[str, Step]], *, live: bool) -> None:
    """Each create call's sender last read the gate while it was open."""
    steps = [(name, step.name, step.thing) for name, step in taken]
    switched = steps.index(("operator", "UpdateItem", "seller"))
    for at, (name, what, thing) in enumerate(steps):
        if (what, thing) == ("POST", "amazon"):
            gates = [n for n, each in enumerate(steps[:at]) if each == (name, "GetItem", "seller")]
            assert (gates[-1] > switched) == live


def test_no_create_call_leaves_after_live_off_has_returned(stage: Stage) -> None:
    deployment = Deployment(boto3.session.Session(), {"OrdersTableName": "orders"})
    returned, closest = [], []

    def wait_for_the_gate_to_be_read() -> None:
        while gates_read(stage.turns.taken) < 2:
            stage.turns.hand_over(Step(name="waits"))

    def turn_off() -> None:
        wait_for_the_gate_to_be_read()
        end_live(deployment, SELLER)
        returned.append(stage.clock.now)

    def pass_time() -> None:
        wait_for_the_gate_to_be_read()
        for _ in range(2):
            stage.clock.sleep(9)

    def play() -> None:
        stage.begin("201")
        returned.clear()
        actors = {"operator": turn_off, "time": pass_time}
        stage.act({**stage.sends(senders=1), **actors})
        assert all(call < returned[0] for call in stage.amazon.creates)
        closest.extend(returned[0] - call for call in stage.amazon.creates)

    stage.turns.sample(play, runs=40, timed=True)
    assert len(closest) > 10
    assert min(closest) < timedelta(seconds=36)


def gates_read(taken: list[tuple[str, Step]]) -> int:
    """How often a sender has read the seller's record: once as it begins, then for each offer."""
    return sum((step.name, step.thing) == ("GetItem", "seller") for _, step in taken)
