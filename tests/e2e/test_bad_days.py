"""AWS's bad days, and orders that can never succeed: nothing is lost and nobody is held up."""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from lambdas.aws.items import from_text
from ops.dead_letters import Dlq
from ops.redrive import Redrive
from ops.simulator.endpoints import find_endpoint
from ops.sweep.disturbances import AMAZON, Calm, Moment, Outage, OutsideCall, Trouble
from ops.sweep.outside import Outside, amazon_at
from ops.sweep.runner import Runner
from ops.sweep.scene import Scene
from ops.sweep.stage import SELLER, SUBSCRIPTION, Stage, stage
from tests.e2e.test_crash_sweep import find

ONCE = timedelta(0)
ANY = ""
WITH_A_KEY = {"sqs", "secretsmanager"}
GOOD, BAD = 1, 2


@pytest.fixture
def runner() -> Iterator[Runner]:
    with Runner() as runner:
        yield runner


@pytest.fixture
def set_stage() -> Iterator[Stage]:
    with stage() as set_stage:
        set_stage.begin(Outside(set_stage.functions))
        yield set_stage


@pytest.mark.parametrize(
    ("lasts", "troubles"),
    [
        (ONCE, list(Trouble)),
        (timedelta(hours=1), list(Trouble)),
        (timedelta(hours=2), [Trouble.OUT_OF_REACH]),
    ],
    ids=["once", "for an hour", "for two hours"],
)
@pytest.mark.parametrize(
    ("way", "of_these"),
    [
        ("sent at the first", {("intake", ANY), ("sender", ANY)}),
        ("wake-up lost", {("sweeper", ANY)}),
        ("more due", {("sender", "sqs")}),
    ],
    ids=["intake and sender", "sweeper", "continuation"],
)
def test_trouble_at_aws_that_passes_loses_nothing(
    runner: Runner,
    way: str,
    of_these: set[tuple[str, str]],
    lasts: timedelta,
    troubles: list[Trouble],
) -> None:
    outages = [
        Outage(call=call, trouble=trouble, lasts=lasts)
        for call in runner.run(find(way)).calls
        for trouble in troubles
        if call.service != AMAZON
        and of_these & {(call.function, ANY), (call.function, call.service)}
        and (trouble is not Trouble.NO_KEY or call.service in WITH_A_KEY)
    ]

    runs = [runner.run(find(way), outage) for outage in outages]

    assert [str(run) for run in runs if run.broken] == []
    assert runs


def test_a_scheduler_that_is_out_of_reach_does_not_use_up_the_run_of_a_batch(
    set_stage: Stage,
) -> None:
    set_stage.outside = Outside(set_stage.functions, SchedulerOutOfReach())
    for number in range(30):
        scene = Scene(set_stage, number)
        scene.order_of_amazons(eligible_from=1)
        scene.shipped(0, opens=1)

    set_stage.cloud.run_until(set_stage.start + timedelta(minutes=2))

    assert len(set_stage.records()) == 30
    assert set_stage.cloud.errors == []


class SchedulerOutOfReach(Calm):
    def meet(self, call: OutsideCall, moment: Moment) -> BaseException | None:
        if call.service != "scheduler":
            return None
        return Outage(call=call, trouble=Trouble.OUT_OF_REACH, lasts=ONCE).meet(call, moment)


CORRUPTIONS = [
    ("status", None),
    ("shipped_at", None),
    ("status", "rubbish"),
    ("closes_at", "rubbish"),
    ("closes_at", "2026-03-01T00:00:00"),
    ("due_at", "2026-03-01T00:00:00"),
]


@pytest.mark.parametrize(("name", "value"), CORRUPTIONS)
def test_an_order_whose_record_cannot_be_read_holds_nobody_up(
    set_stage: Stage, name: str, value: str | None
) -> None:
    for number in (GOOD, BAD):
        scene = Scene(set_stage, number)
        scene.order_of_amazons(eligible_from=1)
        scene.shipped(0, opens=1)
    scene.at(0.5, lambda: corrupt(set_stage, scene.order_id, name, value))
    scene.at(0.6, scene.lose_schedules)

    run_for(set_stage, timedelta(hours=4))

    assert sent_after(set_stage, GOOD) < timedelta(hours=1.6)
    assert set_stage.cloud.errors == []
    assert not any(set_stage.dead_letters().values())


@pytest.mark.parametrize("stuck", [2, 7])
def test_orders_that_amazon_never_answers_for_hold_nobody_up(set_stage: Stage, stuck: int) -> None:
    """They shut sooner than the good one, so that their turns come first."""
    bad = set()
    for number in (GOOD, *range(BAD, BAD + stuck)):
        scene = Scene(set_stage, number)
        scene.order_of_amazons(eligible_from=0)
        scene.shipped(0, opens=0 if number == GOOD else -24)
        bad |= {scene.order_id} if number != GOOD else set()

    with amazon_at(lambda request: failing_for(bad, set_stage, request)):
        run_for(set_stage, timedelta(days=2))

    assert sent_after(set_stage, GOOD) < timedelta(days=1)


def test_a_seller_whose_record_cannot_be_read_holds_no_other_up(set_stage: Stage) -> None:
    scene = Scene(set_stage, GOOD)
    scene.order_of_amazons(eligible_from=1)
    scene.shipped(0, opens=1)
    scene.at(0.9, scene.lose_schedules)
    # Of the index's one partition of sellers, it comes first.
    set_stage.deployment.client("dynamodb").put_item(
        TableName=set_stage.cloud.outputs["OrdersTableName"],
        Item={
            "seller_id": {"S": "A0UNREADABLE"},
            "amazon_order_id": {"S": "SELLER"},
            "open_key": {"S": "SELLERS"},
            "due_at": {"S": "2020-01-01T00:00:00.000Z"},
            "regions": {"M": {"nowhere": {"M": {}}}},
        },
    )

    run_for(set_stage, timedelta(hours=4))

    assert sent_after(set_stage, GOOD) < timedelta(hours=2)


def test_a_foreign_subscriptions_notification_waits_and_is_taken_in_when_it_is_known(
    set_stage: Stage,
) -> None:
    scene = Scene(set_stage, GOOD)
    scene.order_of_amazons(eligible_from=1)
    sellers = set_stage.deployment.sellers
    sellers.set_region(SELLER.seller_id, SELLER.region, {"subscription_id": "another"})
    scene.shipped(0, opens=1)
    set_stage.cloud.run_until(set_stage.start + timedelta(hours=3))
    assert set_stage.records() == {}
    assert set_stage.dead_letters()["OrderChangeDlq"] == 1

    sellers.set_region(SELLER.seller_id, SELLER.region, {"subscription_id": SUBSCRIPTION})
    redrive = Redrive(set_stage.deployment)
    assert len(list(redrive.send_back(Dlq.ORDER_CHANGE, lambda _: True, limit=10))) == 1
    run_for(set_stage, timedelta(hours=5))

    assert sent_after(set_stage, GOOD) < timedelta(hours=4)
    assert not any(set_stage.dead_letters().values())


def run_for(set_stage: Stage, time: timedelta) -> None:
    set_stage.run_until(set_stage.start + time)


def sent_after(set_stage: Stage, number: int) -> timedelta:
    record = set_stage.records()[Scene(set_stage, number).order_id]
    assert record["status"] == "SENT"
    return from_text(record["sent_at"]) - set_stage.start


def corrupt(set_stage: Stage, order_id: str, name: str, value: str | None) -> None:
    set_stage.deployment.client("dynamodb").update_item(
        TableName=set_stage.cloud.outputs["OrdersTableName"],
        Key={"seller_id": {"S": SELLER.seller_id}, "amazon_order_id": {"S": order_id}},
        UpdateExpression="REMOVE #name" if value is None else "SET #name = :value",
        ExpressionAttributeNames={"#name": name},
        **({} if value is None else {"ExpressionAttributeValues": {":value": {"S": value}}}),
    )


def failing_for(bad: set[str], set_stage: Stage, request: httpx.Request) -> httpx.Response:
    if any(order_id in find_endpoint(request).path for order_id in bad):
        return httpx.Response(500)
    return set_stage.outside.to_amazon(set_stage.simulator, request)
