"""Each alarm of the template rings for its trouble, and none on usual days.

The template itself runs on the local cloud; CloudWatch's rules are those of ops/alarms.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from random import Random

import pytest
from botocore.exceptions import ClientError

from lambdas.aws.items import to_text
from lambdas.core.marketplaces import Region
from ops.alarms import State, Watch
from ops.demo.stage import Stage, register, stage
from ops.demo.story import SELLERS, START
from ops.deployment import Deployment
from ops.local_cloud.calls import Call, Phase
from ops.simulator.faults import Fault, FaultKind
from ops.simulator.operations import GET_ACTIONS
from ops.simulator.orders import SimulatedOrder
from tests.builders import order_change_body

SELLER = SELLERS[0]
US = "ATVPDKIKX0DER"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Scene:
    """One live seller, some orders, and CloudWatch looking on."""

    def __init__(self, set_stage: Stage) -> None:
        self.stage, self.cloud = set_stage, set_stage.cloud
        self.simulator = set_stage.simulator
        register(SELLER, ["subscription"], now=self.cloud.now)
        self.watch = Watch(self.cloud)
        self.sold = 0

    def ship(self, at: datetime, *, checked_after: timedelta, **overrides: object) -> None:
        """An order of which Amazon tells then, first checked so much later, eligible by then."""
        self.sold += 1
        order_id = f"903-555{self.sold:04}-{self.sold:07}"
        delivered_at = at + checked_after - 5 * DAY - HOUR
        self.simulator.add_order(
            SimulatedOrder(
                amazon_order_id=order_id,
                seller_id=SELLER.seller_id,
                marketplace_id=US,
                shipped_at=delivered_at - DAY,
                delivered_at=delivered_at,
            )
        )
        body = order_change_body(
            **{
                "seller_id": SELLER.seller_id,
                "subscription_id": "subscription",
                "amazon_order_id": order_id,
                "event_time": at,
                "time_of_order_change": at,
                "publish_time": at,
                "earliest_delivery_date": at + checked_after - 5 * DAY,
                "latest_delivery_date": at + checked_after - 4 * DAY,
                **overrides,
            }
        )
        self.stage.deliver(at, body)

    def trade(self, days: int, a_day: int = 4) -> None:
        """Orders at random times of so many days from now, each checked within some days."""
        luck = Random(days)
        for _ in range(days * a_day):
            at = self.cloud.now + luck.random() * days * DAY
            self.ship(at, checked_after=(1 + 4 * luck.random()) * DAY)

    def run(self, lasts: timedelta) -> None:
        self.cloud.run_until(self.cloud.now + lasts)

    def fail(self, function: str, operation: str = "", *, until: datetime | None = None) -> None:
        """From now on AWS throttles these calls of this function."""
        name = self.cloud.outputs[f"{function}FunctionName"]

        def hook(call: Call) -> None:
            is_meant = call.function == name and operation in call.operation
            is_over = until is not None and self.cloud.now >= until
            if is_meant and call.phase is Phase.BEFORE and not is_over:
                error = {"Error": {"Code": "ThrottlingException", "Message": "on purpose"}}
                raise ClientError(error, call.operation)

        self.cloud.on_call(hook)

    @property
    def deployment(self) -> Deployment:
        return Deployment.find()


@contextmanager
def scene() -> Iterator[Scene]:
    with stage(start=START, seed=1, sellers=[SELLER]) as set_stage:
        yield Scene(set_stage)


def test_usual_days_ring_nothing() -> None:
    with scene() as usual:
        usual.trade(days=9, a_day=5)

        usual.run(9 * DAY)

        assert usual.watch.changes
        assert usual.watch.rung() == set()
        quiet = {name for name, state in usual.watch.states.items() if state is not State.OK}
        # Dead-letter queues that were never used have told CloudWatch nothing yet.
        assert quiet == {"DayFive-OrderChangeDlq", "DayFive-WakeUpDlq", "DayFive-ScheduleDlq"}
        assert sum(each.accepted for each in usual.simulator.ledger) > 20


def dead_letter(scene: Scene) -> None:
    scene.stage.deliver(scene.cloud.now, "not a notification")
    scene.run(3 * HOUR)


def wake_ups_that_fail(scene: Scene) -> None:
    scene.ship(scene.cloud.now, checked_after=HOUR)
    scene.fail("Sender", "GetItem", until=scene.cloud.now + 4 * HOUR)
    scene.run(4 * HOUR)


def wake_up_given_up(scene: Scene) -> None:
    scene.ship(scene.cloud.now, checked_after=HOUR)
    scene.fail("Sender", "GetItem", until=scene.cloud.now + 5 * HOUR)
    scene.run(6 * HOUR)


def schedule_without_its_right(scene: Scene) -> None:
    iam = scene.deployment.client("iam")
    [role] = [it["RoleName"] for it in iam.list_roles()["Roles"] if "Schedules" in it["RoleName"]]
    [name] = iam.list_role_policies(RoleName=role)["PolicyNames"]
    policy = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    [statement] = policy["Statement"]
    statement["Resource"] = [arn for arn in statement["Resource"] if not arn.endswith(".fifo")]
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(policy))
    scene.ship(scene.cloud.now, checked_after=HOUR)
    scene.run(4 * HOUR)


def sweeps_that_fail(scene: Scene) -> None:
    scene.fail("Sweeper", "GetItem")
    scene.run(3 * HOUR)


def sweeps_that_tell_nothing(scene: Scene) -> None:
    scene.run(4 * HOUR)
    scene.fail("Sweeper", "Query")
    scene.run(6 * HOUR)


def credentials_withdrawn(scene: Scene) -> None:
    scene.ship(scene.cloud.now, checked_after=HOUR)
    scene.simulator.accounts.revoke(SELLER.seller_id, Region.NA)
    scene.run(4 * HOUR)


def subscription_gone(scene: Scene) -> None:
    # Its longest pauses were of nine hours, so more than 27 are not usual.
    state = {"subscription_id": "subscription", "usual_gap_seconds": 9 * 3600}
    scene.deployment.sellers.set_region(SELLER.seller_id, Region.NA, state)
    scene.ship(scene.cloud.now, checked_after=HOUR)
    scene.run(30 * HOUR)


def secret_grown_old(scene: Scene) -> None:
    stored_at = to_text(scene.cloud.now - 149 * DAY)
    state = {"subscription_id": "subscription", "secret_stored_at": stored_at}
    scene.deployment.sellers.set_region(SELLER.seller_id, Region.NA, state)
    scene.run(2 * DAY)


def sender_at_a_standstill(scene: Scene) -> None:
    scene.ship(scene.cloud.now, checked_after=HOUR)
    scene.fail("Sender")
    scene.run(8 * HOUR)


def held_until_its_window_shuts(scene: Scene) -> None:
    # Delivered long ago by what Amazon tells only now; of a marketplace that nobody knows.
    dates = {
        "earliest_delivery_date": scene.cloud.now - 29 * DAY,
        "latest_delivery_date": scene.cloud.now - 27 * DAY,
    }
    scene.ship(scene.cloud.now, checked_after=HOUR, marketplace_id="A0UNKNOWN0000", **dates)
    scene.run(2 * DAY)


def nothing_offered(scene: Scene, orders: int, lasts: timedelta) -> None:
    """Amazon lists no action for any order, from some time on."""
    begin = scene.cloud.now + 6 * HOUR
    scene.simulator.faults = [
        Fault(kind=FaultKind.EMPTY, start=begin, operation=GET_ACTIONS),
    ]
    scene.ship(scene.cloud.now, checked_after=HOUR)
    for number in range(orders):
        scene.ship(begin + number / orders * lasts, checked_after=HOUR)
    scene.run(6 * HOUR + lasts + 12 * HOUR)


# What rings besides is what an operator would be told of the same trouble.
TROUBLES: dict[str, tuple[Callable[[Scene], None], set[str]]] = {
    "OrderChangeDlq": (dead_letter, set()),
    "WakeUpDlq": (wake_up_given_up, {"OldestMessage", "OrdersOverdue"}),
    "ScheduleDlq": (schedule_without_its_right, set()),
    "OldestMessage": (wake_ups_that_fail, set()),
    "FunctionErrors": (sweeps_that_fail, set()),
    "SweepMissing": (sweeps_that_tell_nothing, {"FunctionErrors"}),
    "CredentialsRefused": (credentials_withdrawn, set()),
    "SellerSilent": (subscription_gone, set()),
    "ClientSecretOld": (secret_grown_old, set()),
    "OrdersOverdue": (sender_at_a_standstill, {"WakeUpDlq", "OldestMessage"}),
    "WindowAboutToShut": (held_until_its_window_shuts, set()),
    "NothingOfferedForADay": (lambda scene: nothing_offered(scene, 34, HOUR * 22), set()),
    "NothingOfferedForAWeek": (lambda scene: nothing_offered(scene, 20, DAY * 7), set()),
}


@pytest.mark.parametrize("alarm", TROUBLES)
def test_each_alarm_rings_for_its_trouble(alarm: str) -> None:
    trouble, besides = TROUBLES[alarm]
    with scene() as troubled:
        trouble(troubled)

        assert troubled.watch.rung() == {alarm, *besides}


def test_a_dead_letter_rings_on_when_its_queue_has_gone_idle_until_it_is_taken_out() -> None:
    with scene() as troubled:
        dead_letter(troubled)
        troubled.run(9 * HOUR)
        wake_up_given_up(troubled)
        sqs = troubled.deployment.client("sqs")

        def empty(dlq: str) -> tuple[State, State]:
            """The states of both alarms once this queue is empty."""
            sqs.purge_queue(QueueUrl=troubled.cloud.outputs[f"{dlq}Url"])
            troubled.run(10 * MINUTE)
            states = troubled.watch.states
            return states["DayFive-OrderChangeDlq"], states["DayFive-WakeUpDlq"]

        # The one queue tells that it is empty while nothing is heard of the other.
        assert empty("WakeUpDlq") == (State.ALARM, State.OK)
        assert empty("OrderChangeDlq") == (State.OK, State.OK)


def test_every_alarm_has_a_trouble_here() -> None:
    with scene() as usual:
        names = {name.partition("-")[2] for name in usual.watch.states}

    assert names == set(TROUBLES)
