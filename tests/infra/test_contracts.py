"""What infra and the functions must agree on, since neither imports the other."""

from importlib import import_module

import pytest

from lambdas.aws.credentials import APP_SECRET, seller_secret
from lambdas.aws.items import solicitation_item
from lambdas.aws.orders_table import OPEN_ORDERS
from lambdas.config import Settings
from lambdas.core.decisions import ACTION, Claim, on_actions
from tests.infra.readable import ReadableStack
from tests.records import POLICY, solicitation

FUNCTIONS = ("IntakeFunction", "SenderFunction", "SweeperFunction")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_gets_the_same_environment_and_can_read_it(
    stack: ReadableStack, function: str
) -> None:
    environment = stack.environment(function)

    assert environment == {
        "ORDERS_TABLE_NAME": "${OrdersTable}",
        "SCHEDULE_GROUP_NAME": stack["SchedulesGroup"]["Name"],
        "SCHEDULE_ROLE_ARN": "${SchedulesRole.Arn}",
        "SCHEDULE_DLQ_ARN": "${SchedulesDlq.Arn}",
        "WAKE_UP_QUEUE_ARN": "${WakeUpQueue.Arn}",
        "WAKE_UP_QUEUE_URL": "${WakeUpQueue}",
        "DELAY_DAYS": "5",
        "TRANSIT_DAYS": "3-15",
        "CHECKS_PER_DAY": "0.4",
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }
    Settings.from_env(environment)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_handler_is_there_to_be_called(stack: ReadableStack, function: str) -> None:
    module, _, name = stack[function]["Handler"].rpartition(".")

    assert callable(getattr(import_module(module), name))


def test_all_functions_share_one_asset_and_run_on_arm64(stack: ReadableStack) -> None:
    functions = stack.of_type("AWS::Lambda::Function")

    assert set(functions) == set(FUNCTIONS)
    assert len({function["Code"]["S3Key"] for function in functions.values()}) == 1
    assert {function["Runtime"] for function in functions.values()} == {"python3.13"}
    assert all(function["Architectures"] == ["arm64"] for function in functions.values())


def test_the_table_is_keyed_by_seller_and_order_and_forgets_by_expires_at(
    stack: ReadableStack,
) -> None:
    table = stack["OrdersTable"]

    assert _keys(table) == [("seller_id", "HASH"), ("amazon_order_id", "RANGE")]
    assert {a["AttributeType"] for a in table["AttributeDefinitions"]} == {"S"}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_the_index_holds_open_orders_by_due_time(stack: ReadableStack) -> None:
    [index] = stack["OrdersTable"]["GlobalSecondaryIndexes"]

    assert index["IndexName"] == OPEN_ORDERS
    assert _keys(index) == [("open_key", "HASH"), ("due_at", "RANGE")]
    assert index["Projection"]["ProjectionType"] == "INCLUDE"
    assert set(index["Projection"]["NonKeyAttributes"]) == {"closes_at", "likely", "regions"}


def test_a_claim_changes_nothing_that_the_index_shows(stack: ReadableStack) -> None:
    """Otherwise each create call would pay for two more writes ("Global secondary indexes")."""
    [index] = stack["OrdersTable"]["GlobalSecondaryIndexes"]
    shown = {*index["Projection"]["NonKeyAttributes"], *(name for name, _ in _keys(index))}
    known = solicitation(likely=40)
    claim = on_actions(
        known,
        frozenset({ACTION}),
        live=True,
        claim="claim-1",
        now=known.window.opens_at,
        policy=POLICY,
    )
    assert isinstance(claim, Claim)

    before, after = solicitation_item(known), solicitation_item(claim.solicitation)

    assert before != after
    assert {name: before.get(name) for name in shown} == {name: after.get(name) for name in shown}


def test_the_sender_may_read_the_secrets_that_connect_writes(stack: ReadableStack) -> None:
    allowed = stack.allowed("SenderRole")
    secrets = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:"

    assert f"{secrets}{APP_SECRET}-??????" in allowed
    assert f"{secrets}{seller_secret('*')}" in allowed


def test_the_sweeper_runs_every_hour_even_when_scheduler_does_not(stack: ReadableStack) -> None:
    [rule] = stack.of_type("AWS::Events::Rule").values()

    assert rule["ScheduleExpression"] == "rate(1 hour)"
    assert [target["Arn"] for target in rule["Targets"]] == ["${SweeperFunction.Arn}"]


def test_the_operators_command_finds_everything_in_the_outputs(stack: ReadableStack) -> None:
    assert stack.outputs == {
        "OrdersTableName": "${OrdersTable}",
        "OrderChangeQueueArn": "${OrderChangeQueue.Arn}",
        "OrderChangeQueueUrl": "${OrderChangeQueue}",
        "OrderChangeDlqUrl": "${OrderChangeQueueDlq}",
        "WakeUpQueueUrl": "${WakeUpQueue}",
        "WakeUpDlqUrl": "${WakeUpQueueDlq}",
        "ScheduleDlqUrl": "${SchedulesDlq}",
        "ScheduleGroupName": stack["SchedulesGroup"]["Name"],
        "IntakeFunctionName": "${IntakeFunction}",
        "SenderFunctionName": "${SenderFunction}",
        "SweeperFunctionName": "${SweeperFunction}",
    }


def _keys(holder: dict[str, list[dict[str, str]]]) -> list[tuple[str, str]]:
    return [(key["AttributeName"], key["KeyType"]) for key in holder["KeySchema"]]
