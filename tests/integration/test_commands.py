"""`connect` and `live` as a seller runs them: on moto, with Amazon on a loopback port."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner

from lambdas.aws.orders_table import OrdersTable
from lambdas.core.marketplaces import Region
from lambdas.core.solicitation import Status
from ops import cli
from ops.local_cloud.clock import Clock
from ops.local_cloud.stack import Stack
from ops.local_cloud.template import synthesise
from ops.simulator import Simulator, serve
from tests.integration.conftest import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, SELLER
from tests.records import WINDOW, solicitation

EU_TOKEN = "Atzr|canary-refresh-token-eu"
Run = Callable[..., Any]


@pytest.fixture
def stack(aws: None) -> Stack:
    return Stack(synthesise(), "us-east-1")


@pytest.fixture
def amazon(simulator: Simulator, stack: Stack) -> Iterator[Simulator]:
    simulator.add_seller(SELLER, Region.EU, EU_TOKEN, application=CLIENT_ID)
    with serve(simulator) as server, pytest.MonkeyPatch.context() as environment:
        environment.setenv("SP_API_ENDPOINT", server.sp_api_endpoint)
        environment.setenv("LWA_ENDPOINT", server.lwa_endpoint)
        environment.setenv("DAYFIVE_CLIENT_ID", CLIENT_ID)
        environment.setenv("DAYFIVE_CLIENT_SECRET", CLIENT_SECRET)
        environment.setenv("DAYFIVE_REFRESH_TOKEN", REFRESH_TOKEN)
        yield simulator


@pytest.fixture
def run(
    amazon: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Run `dayfive` with these arguments; gives the exit status, what it printed, and errors."""

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["dayfive", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return run


def connect(run: Run, region: str = "na", *more: str) -> tuple[int, str, str]:
    return run("connect", "--seller", SELLER, "--region", region, *more)


def anonymous(text: str) -> str:
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "<id>", text)


def test_connect_tells_each_step_and_registers_the_subscription(
    run: Run, amazon: Simulator, stack: Stack
) -> None:
    status, printed, _ = connect(run)

    assert status == 0
    assert anonymous(printed) == (
        "credentials: accepted by Amazon\n"
        f"secrets: stored in dayfive/app and dayfive/sellers/{SELLER}\n"
        "destination: created <id>\n"
        "subscription: created <id>\n"
        f"connected: {SELLER} in na\n"
        f"nothing is sent yet; when you are ready: dayfive live on --seller {SELLER}\n"
    )
    [subscription] = amazon.notifications.subscriptions
    assert subscription.processing_directive == {
        "eventFilter": {
            "eventFilterType": "ORDER_CHANGE",
            "orderChangeTypes": ["OrderStatusChange"],
        }
    }
    [destination] = amazon.notifications.destinations
    assert destination.arn == stack.outputs["OrderChangeQueueArn"]


def test_connect_is_safe_to_repeat(run: Run, amazon: Simulator) -> None:
    connect(run)
    status, printed, _ = connect(run)

    assert status == 0
    assert "secrets: already stored" in printed
    assert "destination: found" in printed
    assert "subscription: found" in printed
    assert len(amazon.notifications.subscriptions) == 1


def test_each_region_has_a_subscription_of_its_own(
    run: Run, amazon: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(run)
    monkeypatch.setenv("DAYFIVE_REFRESH_TOKEN", EU_TOKEN)

    assert connect(run, "eu")[0] == 0

    secret = boto3.client("secretsmanager").get_secret_value(SecretId=f"dayfive/sellers/{SELLER}")
    assert json.loads(secret["SecretString"]) == {"na": REFRESH_TOKEN, "eu": EU_TOKEN}
    assert {each.region for each in amazon.notifications.subscriptions} == {"na", "eu"}


def test_a_subscription_with_another_filter_is_replaced_and_still_believed(
    run: Run, amazon: Simulator
) -> None:
    connect(run)
    [old] = amazon.notifications.subscriptions
    directive = {"eventFilter": None, "filterExpression": "true"}
    amazon.notifications.subscriptions[0] = replace(old, processing_directive=directive)

    status, printed, _ = connect(run)

    assert status == 0
    assert "subscription: created" in printed
    seller = _seller()
    assert old.subscription_id in seller["regions"]["M"]["na"]["M"]["replaced"]["M"]


def test_credentials_that_are_refused_are_not_stored(
    run: Run, amazon: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAYFIVE_CLIENT_SECRET", "amzn1.oa2-cs.v1.wrong")

    status, _, error = connect(run)

    assert status == 1
    assert error == (
        "dayfive: Login with Amazon refuses these credentials (invalid_client): the client id or"
        " the client secret is wrong, or the secret is over 180 days old\n"
    )
    assert boto3.client("secretsmanager").list_secrets()["SecretList"] == []


def test_a_token_of_another_region_is_explained_and_takes_no_others_place(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAYFIVE_REFRESH_TOKEN", EU_TOKEN)
    connect(run, "eu")
    monkeypatch.setenv("DAYFIVE_REFRESH_TOKEN", REFRESH_TOKEN)

    status, _, error = connect(run, "eu")

    assert status == 1
    assert "the token is not of region eu" in error
    assert error.count("\n") == 1
    secret = boto3.client("secretsmanager").get_secret_value(SecretId=f"dayfive/sellers/{SELLER}")
    assert json.loads(secret["SecretString"]) == {"eu": EU_TOKEN}


def test_one_token_is_not_taken_for_two_regions(run: Run) -> None:
    status, _, error = connect(run, "na", "--region", "eu")

    assert (status, error) == (
        1,
        "dayfive: a refresh token is for one region: run this once for each region\n",
    )


def test_aws_region_alone_is_enough(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")

    assert connect(run, "na", "--dry-run")[0] == 0


def test_a_destination_for_another_queue_is_explained_and_ended_only_when_asked(
    run: Run, amazon: Simulator, stack: Stack
) -> None:
    connect(run)
    amazon.notifications.one_destination_each = True
    [destination] = amazon.notifications.destinations
    other = "arn:aws:sqs:us-east-1:123456789012:another"
    amazon.notifications.destinations[0] = replace(destination, arn=other)

    status, _, error = connect(run)

    assert status == 1
    assert other in error
    assert error.count("\n") == 1
    assert connect(run, "na", "--yes")[0] == 0
    [own] = amazon.notifications.destinations
    assert own.arn == stack.outputs["OrderChangeQueueArn"]
    assert len(amazon.notifications.subscriptions) == 1


def test_a_dry_run_changes_nothing(run: Run, amazon: Simulator) -> None:
    status, printed, _ = connect(run, "na", "--dry-run")

    assert status == 0
    assert printed.startswith(f"Would connect {SELLER} in na")
    assert amazon.ledger == []


def test_missing_credentials_name_the_variable(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAYFIVE_REFRESH_TOKEN")

    status, _, error = connect(run)

    assert status == 1
    assert error == (
        "dayfive: Refresh token (na) is not known: set DAYFIVE_REFRESH_TOKEN, or run this in a"
        " terminal\n"
    )


def test_without_a_stack_the_command_says_what_to_do(
    aws: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["dayfive", "connect", "--seller", SELLER, "--region", "na"])

    with pytest.raises(SystemExit) as ended:
        cli.main()

    assert ended.value.code == 1
    assert capsys.readouterr().err == (
        "dayfive: there is no stack DayFive in us-east-1: run make deploy, or set AWS_REGION\n"
    )


def test_no_secret_is_ever_printed(run: Run) -> None:
    printed = "".join(str(part) for part in (*connect(run), *connect(run)))

    for secret in (CLIENT_SECRET, REFRESH_TOKEN, "Atza|"):
        assert secret not in printed


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
