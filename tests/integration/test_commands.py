"""`live` as a seller runs it: on moto, with Amazon on a loopback port."""

from datetime import timedelta
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner

from lambdas.aws.orders_table import OrdersTable
from lambdas.core.solicitation import Status
from ops import cli
from ops.local_cloud.clock import Clock
from ops.local_cloud.stack import Stack
from tests.integration.conftest import SELLER, Run
from tests.records import WINDOW, solicitation


def connect(run: Run) -> None:
    run("connect", "--seller", SELLER, "--region", "na")


def test_live_on_makes_due_what_the_dry_run_would_have_sent(
    run: Run, stack: Stack, clock: Clock
) -> None:
    connect(run)
    orders = OrdersTable(boto3.client("dynamodb"), stack.outputs["OrdersTableName"])
    clock.move_to(WINDOW.opens_at + timedelta(days=1))
    last_check = WINDOW.closes_at - timedelta(hours=3)
    dry = solicitation(would_send_at=WINDOW.opens_at, due_at=last_check)
    orders.put(dry, known=None)
    plain = "903-5550102-0000002"
    orders.put(
        solicitation(amazon_order_id=plain, due_at=WINDOW.opens_at + timedelta(days=3)), known=None
    )

    assert run("live", "on", "--seller", SELLER, "--dry-run")[1] == (
        f"Would let DayFive ask the buyers of {SELLER}; orders to plan anew: 1\n"
    )
    assert not _seller()["live"]["BOOL"]
    status, printed, _ = run("live", "on", "--seller", SELLER, "--yes")

    assert (status, printed) == (0, f"live: {SELLER}; orders planned anew: 1\n")
    assert _seller()["live"]["BOOL"]
    due = orders.get(SELLER, dry.amazon_order_id)
    assert due is not None
    assert (due.status, due.due_at) == (Status.WAITING, WINDOW.opens_at)
    waiting = orders.get(SELLER, plain)
    assert waiting is not None
    assert waiting.due_at == WINDOW.opens_at + timedelta(days=3)


def test_live_off_returns_when_no_call_can_be_on_its_way(run: Run, clock: Clock) -> None:
    connect(run)
    run("live", "on", "--seller", SELLER, "--yes")
    before = clock.now

    status, printed, _ = run("live", "off", "--seller", SELLER, "--yes")

    assert status == 0
    assert printed.endswith(f"not live: {SELLER}; nothing more is sent\n")
    assert clock.now - before >= timedelta(seconds=40)
    assert not _seller()["live"]["BOOL"]


def test_live_for_a_stranger_says_what_to_do(run: Run) -> None:
    status, _, error = run("live", "on", "--seller", "A1STRANGER0001", "--yes")

    assert status == 1
    assert "run dayfive connect --seller A1STRANGER0001 first" in error


@pytest.mark.parametrize("command", [["connect"], ["live", "on"], ["live", "off"], ["demo"]])
def test_every_command_has_help_with_an_example(command: list[str]) -> None:
    shown = CliRunner().invoke(cli.app, [*command, "--help"])

    assert shown.exit_code == 0
    assert "Example: dayfive" in shown.output


def _seller() -> dict[str, Any]:
    [table] = boto3.client("dynamodb").list_tables()["TableNames"]
    key = {"seller_id": {"S": SELLER}, "amazon_order_id": {"S": "SELLER"}}
    item: dict[str, Any] = boto3.client("dynamodb").get_item(TableName=table, Key=key)["Item"]
    return item
