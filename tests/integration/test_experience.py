"""What checks have shown: counted in the table, read for planning, and never in an order's way."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from lambdas.aws.experience_table import ExperienceTable, Kind, Seen
from lambdas.core.basis import Basis
from lambdas.core.eligibility import nearest_edge
from lambdas.core.experience import Experience, Lesson
from lambdas.core.marketplaces import Region
from lambdas.core.solicitation import Status
from ops.simulator.operations import GET_ACTIONS
from tests.integration.conftest import SELLER, START, US, World
from tests.integration.test_intake import body

ORDER, OTHER = "903-5550101-0000001", "903-5550101-0000002"
DAY = timedelta(days=1)
OPENS = START + 8 * DAY
FIRST_CHECK = OPENS + timedelta(minutes=1)
KIND = Kind(SELLER, US, "AFN")
ITEM = {"seller_id": {"S": SELLER}, "amazon_order_id": {"S": f"EXPERIENCE#{US}#AFN"}}


@pytest.fixture
def table(world: World) -> ExperienceTable:
    return ExperienceTable(boto3.client("dynamodb"), "orders")


@pytest.fixture
def calls(world: World) -> Iterator[list[str]]:
    """The calls to DynamoDB that are about counts, by name."""
    made: list[str] = []

    def note(params: dict[str, Any], model: Any, **_: object) -> None:
        key = params.get("Key") or params.get("Item") or {}
        if key.get("amazon_order_id") == ITEM["amazon_order_id"]:
            made.append(model.name)

    events = world.environment.orders._client.meta.events
    events.register("provide-client-params.dynamodb", note)
    yield made
    events.unregister("provide-client-params.dynamodb", note)


def counts() -> dict[str, str]:
    item = boto3.client("dynamodb").get_item(TableName="orders", Key=ITEM).get("Item", {})
    return {name: value["N"] for name, value in item.items() if "N" in value}


def lessons(number: int, *, day: float, before: float | None = None) -> list[Lesson]:
    step = (-1 if before is None else nearest_edge(before), nearest_edge(day))
    return [Lesson(basis=Basis.SHIPPED, step=step, offered=True)] * number


def known_to_come_on_day_four(table: ExperienceTable, now: datetime) -> None:
    """As if 120 orders had been offered on the fourth day after the opening, and no sooner."""
    empty = [Lesson(basis=Basis.SHIPPED, step=(-1, nearest_edge(3)), offered=False)] * 120
    table.add(KIND, [*empty, *lessons(120, day=4, before=3)], now=now)


def test_a_run_reads_the_counts_once_and_adds_all_its_checks_in_one_write(
    world: World, calls: list[str]
) -> None:
    world.sell(ORDER)
    world.sell(OTHER, delivered_at=START + 20 * DAY)
    world.deliver(body(), body(amazon_order_id=OTHER))
    world.clock.move_to(FIRST_CHECK)
    calls.clear()

    world.wake()

    assert calls == ["GetItem", "UpdateItem"]
    found = counts()
    assert found.pop("expires_at")
    assert found == {"checks": "2", "rs:-0+": "1", "rs:-0~": "1"}


def test_runs_that_follow_one_another_write_what_they_learned_once_in_five_minutes(
    world: World, calls: list[str]
) -> None:
    order_ids = [f"903-5550101-000001{number}" for number in range(3)]
    written = []

    for number, order_id in enumerate(order_ids):
        shipped_at = START + number * timedelta(minutes=3)
        world.sell(order_id, shipped_at=shipped_at)
        world.deliver(body(amazon_order_id=order_id, time_of_order_change=shipped_at))
        world.clock.sleep(180)
    world.clock.move_to(FIRST_CHECK)
    for _ in order_ids:
        calls.clear()
        world.wake()
        written.append(calls.count("UpdateItem"))
        world.clock.sleep(180)

    assert written == [1, 0, 1]
    assert counts()["checks"] == "3"


def test_the_next_check_teaches_from_where_the_last_one_ended(world: World) -> None:
    world.sell(ORDER, delivered_at=START + 4 * DAY)
    world.deliver(body())

    world.wake_at(FIRST_CHECK)
    world.wake_at(world.order(ORDER).due_at + timedelta(minutes=1))

    assert world.order(ORDER).status is Status.SENT
    assert {name for name in counts() if ":" in name} == {"rs:-0~", "rs:0-1+"}


@pytest.mark.parametrize("call", ["GetItem", "UpdateItem"])
def test_an_order_is_asked_about_although_its_counts_are_out_of_reach(
    world: World, call: str
) -> None:
    def refuse(params: dict[str, Any], **_: object) -> None:
        if params.get("Key", {}).get("amazon_order_id") == ITEM["amazon_order_id"]:
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, call)

    events = world.environment.orders._client.meta.events
    events.register(f"provide-client-params.dynamodb.{call}", refuse)
    world.sell(ORDER)

    assert world.deliver(body()) == []
    assert world.wake_at(FIRST_CHECK)

    assert world.order(ORDER).status is Status.SENT


def test_the_intake_plans_the_first_check_by_what_is_known(
    world: World, table: ExperienceTable
) -> None:
    known_to_come_on_day_four(table, world.clock.now)

    world.deliver(body())

    order = world.order(ORDER)
    assert (order.due_at, order.plan) == (OPENS + 4 * DAY, "learned")
    assert 80 < order.likely <= 100


def test_the_sender_puts_a_check_off_by_what_was_learned_since(
    world: World, table: ExperienceTable
) -> None:
    world.sell(ORDER)
    world.deliver(body())
    known_to_come_on_day_four(table, world.clock.now)

    world.wake_at(FIRST_CHECK)

    assert world.calls(GET_ACTIONS) == 0
    assert world.order(ORDER).due_at == OPENS + 4 * DAY
    world.wake_at(world.order(ORDER).due_at)
    assert world.order(ORDER).status is Status.SENT


def test_counts_come_back_as_they_were_added(table: ExperienceTable) -> None:
    table.add(KIND, lessons(3, day=7, before=3), now=START)
    table.add(KIND, lessons(2, day=7, before=3), now=START)
    table.add(Kind(SELLER, US, "MFN"), lessons(1, day=1), now=START)

    seen = table.get(KIND)

    assert seen.checks == 5
    assert seen.experience["s"].recent == {(nearest_edge(3), nearest_edge(7)): (5.0, 0.0)}
    assert seen.experience["s"].past == {}
    assert table.get(Kind(SELLER, US, "other")).experience == {}


def test_counts_are_replaced_only_if_none_was_added_since(table: ExperienceTable) -> None:
    step = (-1, nearest_edge(1))
    table.add(KIND, lessons(4, day=1), now=START)
    older = Seen(experience={"s": Experience(past={step: (4.0, 0.5)})}, checks=3)

    table.replace(KIND, older, now=START)
    assert table.get(KIND).experience["s"].recent == {step: (4.0, 0.0)}

    table.replace(KIND, Seen(experience=older.experience, checks=4), now=START)
    assert table.get(KIND).experience["s"].past == {step: (4.0, 0.5)}
    assert table.get(KIND).experience["s"].recent == {}


def test_what_cannot_be_read_in_the_counts_is_left_out(table: ExperienceTable) -> None:
    table.add(KIND, lessons(4, day=1), now=START)
    odd = {"rs:--": {"N": "1"}, "rs:7-3+": {"N": "1"}, "rs:1-3+": {"S": "x"}, "xs:1-3+": {"N": "1"}}
    stored = boto3.client("dynamodb").get_item(TableName="orders", Key=ITEM)["Item"]
    boto3.client("dynamodb").put_item(TableName="orders", Item={**stored, **odd})

    assert table.get(KIND).experience["s"].recent == {(-1, nearest_edge(1)): (4.0, 0.0)}


def test_now_and_then_the_newest_counts_are_folded_into_the_older_ones(
    world: World, table: ExperienceTable, calls: list[str]
) -> None:
    table.add(KIND, lessons(300, day=0), now=START)
    world.sell(ORDER)
    world.deliver(body())
    world.clock.move_to(FIRST_CHECK)
    calls.clear()

    world.wake()

    assert calls == ["GetItem", "PutItem", "UpdateItem"]
    found = {name: float(number) for name, number in counts().items()}
    assert (found["ps:-0+"], found["rs:-0+"], found["checks"]) == (300, 1, 301)


def test_of_two_orders_that_are_due_the_likelier_one_goes_first_unless_one_shuts_soon(
    world: World,
) -> None:
    likely, unlikely, shutting = (f"903-5550101-000000{number}" for number in (1, 2, 3))
    for order_id in (likely, unlikely, shutting):
        world.deliver(body(amazon_order_id=order_id))
        chance = {likely: 80, unlikely: 10, shutting: 1}[order_id]
        known = world.order(order_id)
        window = known.window
        if order_id == shutting:
            window = replace(window, closes_at=FIRST_CHECK + DAY)
        world.orders.put(replace(known, likely=chance, window=window), known=known)

    due = world.orders.due(SELLER, Region.NA, until=FIRST_CHECK)

    assert [order.amazon_order_id for order in due] == [shutting, likely, unlikely]
