"""Hostile notifications in batches with sound ones: each record's fate is its own."""

import json
import random
import re
from collections.abc import Iterator

import boto3
import pytest

from lambdas.core.solicitation import Status
from ops.local_cloud.shortcuts import shortcuts
from tests.integration.conftest import SELLER, SUBSCRIPTION, World
from tests.integration.test_intake import body
from tests.unit.test_hostile_input import CANARY, mangled, rewritten

BATCHES, HOSTILE_IN_A_BATCH = 25, 20


@pytest.fixture(autouse=True, scope="module")
def _quickly() -> Iterator[None]:
    with shortcuts():
        yield


def hostile(dice: random.Random, number: int) -> str:
    """A mutated notification; every other one is the connected seller's, of an order of its own."""
    text = dice.choice([mangled, rewritten])(dice)
    if number % 2:
        text = text.replace("A1DAYFIVENA001", SELLER).replace(
            "5d5d5d5d-0000-4000-8000-000000000002", SUBSCRIPTION
        )
    return re.sub(r"903-55501\d\d", f"903-66{number:05}", text)


def test_each_hostile_record_ends_by_itself_and_sound_ones_are_recorded(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    dice = random.Random(5)
    failed = 0
    for batch in range(BATCHES):
        sound = [f"903-7{batch:06}-{number:07}" for number in range(3)]
        bodies = [hostile(dice, HOSTILE_IN_A_BATCH * batch + n) for n in range(HOSTILE_IN_A_BATCH)]
        bodies += [body(amazon_order_id=order_id) for order_id in sound]
        dice.shuffle(bodies)

        failures = world.deliver(*bodies)

        assert len(set(failures)) == len(failures)
        for failure in failures:
            assert not any(order_id in bodies[_number(failure)] for order_id in sound)
        for order_id in sound:
            assert world.order(order_id).status is Status.WAITING
        assert_accounted_for(capsys.readouterr().out, len(bodies), len(failures))
        failed += len(failures)
    assert BATCHES < failed < BATCHES * HOSTILE_IN_A_BATCH
    assert_nothing_else_was_kept(world)


def _number(message_id: str) -> int:
    return int(message_id.rpartition("-")[2])


def assert_accounted_for(out: str, delivered: int, failed: int) -> None:
    """The batch's log tells of every record: ignored for a reason, recorded, or failed."""
    assert CANARY not in out
    lines = [json.loads(line) for line in out.splitlines()]
    ends = [line for line in lines if line.get("message") == "batch_taken_in"]
    assert len(ends) == 1
    ignored = sum(ends[0].get("ignored", {}).values())
    recorded = sum(line.get("message") == "order_recorded" for line in lines)
    refused = [line for line in lines if line.get("message") == "notification_refused"]
    assert all(line["reason"] for line in refused)
    assert len(refused) == failed
    assert ignored + recorded + failed == delivered


def assert_nothing_else_was_kept(world: World) -> None:
    table = boto3.client("dynamodb")
    items = table.scan(TableName="orders")["Items"]
    assert {item["seller_id"]["S"] for item in items} == {SELLER}
    assert CANARY not in json.dumps(items)
    for item in items:
        if item["amazon_order_id"]["S"] != "SELLER":
            order = world.order(item["amazon_order_id"]["S"])
            assert order.is_open == ("open_key" in item)


def test_a_megabyte_of_rubbish_fails_alone(world: World) -> None:
    sound = "903-5550101-0000001"
    rubbish = ["[" * 1_000_000, '{"a":' * 100_000, "\x00" * 1_000_000, "9" * 1_000_000]

    failures = world.deliver(*rubbish, body(amazon_order_id=sound))

    assert failures == [f"message-{number}" for number in range(4)]
    assert world.order(sound).status is Status.WAITING


def test_what_a_stranger_is_told_is_counted_and_leaves_no_trace(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    def kept() -> list[object]:
        return boto3.client("dynamodb").scan(TableName="orders")["Items"]

    before = kept()
    told = [body(seller_id="A1STRANGER0001", order_status=each) for each in ("Shipped", "Canceled")]

    assert world.deliver(*told) == []

    assert kept() == before
    assert world.schedule_names() == set()
    end = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert end["NotificationsRefused"] == [2.0]
    assert end["ignored"] == {"unknown_seller": 2}
