"""Each role may do exactly what its code does, and nothing else."""

from typing import Any

import pytest

from tests.infra.readable import Properties, ReadableStack, as_list

RECORDS = {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"}
POLL = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
HERE = "${AWS::Region}:${AWS::AccountId}"
SP_API = "arn:${AWS::Partition}:iam::437568002678:root"


def test_intake_may_poll_its_queue_keep_orders_and_create_schedules(stack: ReadableStack) -> None:
    assert stack.allowed("IntakeRole") == {
        "${IntakeLogs.Arn}": LOGS,
        "${OrderChangeQueue.Arn}": POLL,
        "${OrderChangeQueueKey.Arn}": {"kms:Decrypt"},
        "${OrdersTable.Arn}": RECORDS,
        _schedules(stack): {"scheduler:CreateSchedule"},
        "${SchedulesRole.Arn}": {"iam:PassRole"},
    }


def test_the_sender_may_also_query_the_index_continue_and_read_secrets(
    stack: ReadableStack,
) -> None:
    secret = f"arn:${{AWS::Partition}}:secretsmanager:{HERE}:secret:dayfive/"

    assert stack.allowed("SenderRole") == {
        "${SenderLogs.Arn}": LOGS,
        "${WakeUpQueue.Arn}": POLL | {"sqs:SendMessage"},
        "${OrdersTable.Arn}": RECORDS,
        "${OrdersTable.Arn}/index/open_orders": {"dynamodb:Query"},
        _schedules(stack): {"scheduler:CreateSchedule"},
        "${SchedulesRole.Arn}": {"iam:PassRole"},
        f"{secret}app-??????": {"secretsmanager:GetSecretValue"},
        f"{secret}sellers/*": {"secretsmanager:GetSecretValue"},
    }


def test_the_sweeper_may_look_lift_blocks_and_send_wake_ups(stack: ReadableStack) -> None:
    assert stack.allowed("SweeperRole") == {
        "${SweeperLogs.Arn}": LOGS,
        "${WakeUpQueue.Arn}": {"sqs:SendMessage"},
        "${OrdersTable.Arn}": {"dynamodb:GetItem", "dynamodb:UpdateItem"},
        "${OrdersTable.Arn}/index/open_orders": {"dynamodb:Query"},
    }


def test_a_schedule_may_only_send_to_the_wake_up_queue_and_its_own_dlq(
    stack: ReadableStack,
) -> None:
    """EventBridge Scheduler User Guide, "Configuring a schedule's dead-letter queue"."""
    assert stack.allowed("SchedulesRole") == {
        "${WakeUpQueue.Arn}": {"sqs:SendMessage"},
        "${SchedulesDlq.Arn}": {"sqs:SendMessage"},
    }


def test_only_scheduler_and_only_for_this_group_may_take_the_schedules_role(
    stack: ReadableStack,
) -> None:
    """EventBridge Scheduler User Guide, "Confused deputy prevention": a group's ARN."""
    [trust] = stack["SchedulesRole"]["AssumeRolePolicyDocument"]["Statement"]

    assert trust == {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": "scheduler.amazonaws.com"},
        "Condition": {
            "StringEquals": {
                "aws:SourceAccount": "${AWS::AccountId}",
                "aws:SourceArn": "${SchedulesGroup.Arn}",
            }
        },
    }


@pytest.mark.parametrize("name", ["Intake", "Sender", "Sweeper"])
def test_every_function_has_a_role_of_its_own(stack: ReadableStack, name: str) -> None:
    [trust] = stack[f"{name}Role"]["AssumeRolePolicyDocument"]["Statement"]

    assert stack[f"{name}Function"]["Role"] == f"${{{name}Role.Arn}}"
    assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}


def test_no_role_has_a_managed_or_inline_policy(stack: ReadableStack) -> None:
    for role in stack.of_type("AWS::IAM::Role").values():
        assert set(role) == {"AssumeRolePolicyDocument"}


def test_the_schedules_role_can_be_passed_to_scheduler_only(stack: ReadableStack) -> None:
    passing = [
        statement
        for policy in stack.of_type("AWS::IAM::Policy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Action"] == "iam:PassRole"
    ]

    assert len(passing) == 2
    for statement in passing:
        assert statement["Condition"] == {
            "StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}
        }


def test_amazon_may_send_to_the_order_change_queue_and_to_no_other(stack: ReadableStack) -> None:
    """SP-API guide, "Set up notifications (Amazon Simple Queue Service workflow)"."""
    assert _admitted(stack) == [
        ("OrderChangeQueuePolicy", SP_API, {"sqs:SendMessage", "sqs:GetQueueAttributes"})
    ]


def test_amazon_may_use_the_queues_key_to_send(stack: ReadableStack) -> None:
    """SQS Developer Guide, "Key management": a producer needs GenerateDataKey and Decrypt."""
    own_account, sp_api = stack["OrderChangeQueueKey"]["KeyPolicy"]["Statement"]

    assert own_account["Principal"] == {"AWS": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}
    assert sp_api["Principal"] == {"AWS": SP_API}
    assert set(sp_api["Action"]) == {"kms:GenerateDataKey", "kms:Decrypt"}


def test_whoever_uses_an_encrypted_queue_may_use_its_key(stack: ReadableStack) -> None:
    """SQS Developer Guide, "Key management": a producer needs GenerateDataKey and Decrypt, a
    consumer Decrypt. Of a queue under SQS's own key nobody needs anything.
    """
    keys = {
        f"${{{name}.Arn}}": queue["KmsMasterKeyId"]
        for name, queue in stack.of_type("AWS::SQS::Queue").items()
        if "KmsMasterKeyId" in queue
    }
    assert set(keys) == {"${OrderChangeQueue.Arn}", "${OrderChangeQueueDlq.Arn}"}

    for role in stack.of_type("AWS::IAM::Role"):
        allowed = stack.allowed(role)
        for queue, key in keys.items():
            for_key = set()
            if "sqs:SendMessage" in allowed.get(queue, set()):
                for_key |= {"kms:GenerateDataKey", "kms:Decrypt"}
            if "sqs:ReceiveMessage" in allowed.get(queue, set()):
                for_key |= {"kms:Decrypt"}
            assert for_key <= allowed.get(key, set()), role


def test_nobody_but_amazon_and_this_account_is_named_in_a_policy_of_queue_or_key(
    stack: ReadableStack,
) -> None:
    statements = [
        *(it for policy in stack.of_type("AWS::SQS::QueuePolicy").values() for it in _of(policy)),
        *stack["OrderChangeQueueKey"]["KeyPolicy"]["Statement"],
    ]
    admitted = {it["Principal"]["AWS"] for it in statements if it["Effect"] == "Allow"}

    assert set(stack.of_type("AWS::KMS::Key")) == {"OrderChangeQueueKey"}
    assert admitted == {SP_API, "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}


def test_no_policy_anywhere_allows_any_action_or_any_resource(stack: ReadableStack) -> None:
    """But in a key's own policy, where it means the key; of roles and topics, whoever adds them."""
    for policy in (
        *stack.of_type("AWS::IAM::Policy").values(),
        *stack.of_type("AWS::SQS::QueuePolicy").values(),
        *stack.of_type("AWS::SNS::TopicPolicy").values(),
    ):
        for statement in _of(policy):
            if statement["Effect"] == "Allow":
                assert not any("*" in action for action in as_list(statement["Action"]))
                assert "*" not in as_list(statement["Resource"])
                assert statement.get("Principal") not in ("*", {"AWS": "*"})


def test_every_queue_refuses_connections_without_tls(stack: ReadableStack) -> None:
    policies = stack.of_type("AWS::SQS::QueuePolicy").values()
    denied = {
        policy["Queues"][0]
        for policy in policies
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny"
        and statement["Action"] == "sqs:*"
        and statement["Principal"] == {"AWS": "*"}
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    }

    assert denied == {f"${{{queue}}}" for queue in stack.of_type("AWS::SQS::Queue")}


def _of(policy: Properties) -> list[Any]:
    statements: list[Any] = policy["PolicyDocument"]["Statement"]
    return statements


def _admitted(stack: ReadableStack) -> list[tuple[str, Any, set[str]]]:
    return [
        (name, statement["Principal"]["AWS"], set(as_list(statement["Action"])))
        for name, policy in stack.of_type("AWS::SQS::QueuePolicy").items()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]


def _schedules(stack: ReadableStack) -> str:
    group = stack["SchedulesGroup"]["Name"]
    return f"arn:${{AWS::Partition}}:scheduler:{HERE}:schedule/{group}/*"
