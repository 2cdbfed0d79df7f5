"""Queues, key, functions, schedules, quotas and alarms, each broken in each way."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from ops.doctor.finding import State
from tests.integration.doctor.conftest import Office, OnAws, is_wrong, refuse


def set_policy(office: Office, *statements: dict[str, Any]) -> None:
    boto3.client("sqs").set_queue_attributes(
        QueueUrl=office.output("OrderChangeQueueUrl"),
        Attributes={"Policy": json.dumps({"Statement": [*statements]})},
    )


def allow(*actions: str, principal: str = "arn:aws:iam::437568002678:root") -> dict[str, Any]:
    return {
        "Effect": "Allow", "Principal": {"AWS": principal}, "Action": [*actions], "Resource": "*"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("statements", "refused"),
    [
        ([allow("sqs:GetQueueAttributes")], "sqs:SendMessage"),
        ([allow("sqs:*", principal="111122223333")], "sqs:SendMessage and sqs:GetQueueAttributes"),
        ([allow("SQS:*"), {**allow("sqs:SendMessage"), "Effect": "Deny"}], "sqs:SendMessage"),
        ([{**allow("sqs:*"), "Condition": {"StringEquals": {}}}], "sqs:SendMessage and"),
    ],
)
def test_a_queue_that_amazon_may_not_send_to(
    office: Office, statements: list[dict[str, Any]], refused: str
) -> None:
    set_policy(office, *statements)

    is_wrong(office.found("queue policy"), f"it does not allow Amazon {refused}", "run make deploy")


def test_a_queue_that_is_not_emptied(office: Office, on_aws: OnAws) -> None:
    def answer(parsed: dict[str, Any], **_: Any) -> None:
        parsed["Attributes"]["ApproximateNumberOfMessages"] = "5000"

    on_aws("after-call.sqs.GetQueueAttributes", answer)

    assert office.found("queue").state is State.NOTE


def key_of(office: Office) -> str:
    answer = boto3.client("sqs").get_queue_attributes(
        QueueUrl=office.output("OrderChangeQueueUrl"), AttributeNames=["KmsMasterKeyId"]
    )
    return str(answer["Attributes"]["KmsMasterKeyId"])


def test_a_key_that_amazon_may_not_use(office: Office) -> None:
    account = allow("kms:*", principal="arn:aws:iam::123456789012:root")
    boto3.client("kms").put_key_policy(
        KeyId=key_of(office),
        PolicyName="default",
        Policy=json.dumps({"Statement": [account, allow("kms:Decrypt")]}),
    )

    is_wrong(office.found("key"), "not allow Amazon kms:GenerateDataKey", "run make deploy")


def test_a_key_that_is_about_to_go(office: Office) -> None:
    boto3.client("kms").schedule_key_deletion(
        KeyId=key_of(office).rpartition("/")[2], PendingWindowInDays=7
    )

    is_wrong(office.found("key"), "its state is PendingDeletion", "cancel its deletion")


def test_awss_own_key(office: Office, on_aws: OnAws) -> None:
    def answer(parsed: dict[str, Any], **_: Any) -> None:
        parsed["Attributes"]["KmsMasterKeyId"] = "alias/aws/sqs"

    on_aws("after-call.sqs.GetQueueAttributes", answer)

    is_wrong(office.found("key"), "it is AWS's own", "run make deploy")


def test_a_function_that_may_not_run(office: Office) -> None:
    boto3.client("lambda").put_function_concurrency(
        FunctionName=office.output("SenderFunctionName"), ReservedConcurrentExecutions=0
    )

    is_wrong(office.found("functions"), "Sender is throttled to nothing", "concurrency away")


@pytest.mark.parametrize(
    ("call", "change", "text"),
    [
        (
            "lambda.ListEventSourceMappings",
            lambda parsed: parsed["EventSourceMappings"].clear(),
            "Intake is not connected to its queue",
        ),
        (
            "lambda.ListEventSourceMappings",
            lambda parsed: parsed["EventSourceMappings"][0].update(State="Disabled"),
            "Intake's trigger is switched off",
        ),
        (
            "lambda.GetFunctionConfiguration",
            lambda parsed: parsed.update(State="Failed"),
            "Intake's state is Failed",
        ),
        (
            "eventbridge.ListRuleNamesByTarget",
            lambda parsed: parsed["RuleNames"].clear(),
            "Sweeper has no timer",
        ),
        (
            "eventbridge.DescribeRule",
            lambda parsed: parsed.update(State="DISABLED"),
            "Sweeper's timer is switched off",
        ),
    ],
)
def test_a_function_that_nothing_starts(
    office: Office,
    on_aws: OnAws,
    call: str,
    change: Callable[[dict[str, Any]], None],
    text: str,
) -> None:
    on_aws(f"after-call.{call}", lambda parsed, **_: change(parsed))

    is_wrong(office.found("functions"), text, "")


def test_a_schedule_group_that_is_going(office: Office, on_aws: OnAws) -> None:
    on_aws(
        "after-call.scheduler.GetScheduleGroup", lambda parsed, **_: parsed.update(State="DELETING")
    )

    is_wrong(office.found("schedules"), "their group is DELETING", "run make deploy")


@pytest.mark.parametrize(
    ("at_once", "free", "state"), [(1000, 900, "ok"), (10, 10, "note"), (10, 2, "WRONG")]
)
def test_how_many_functions_may_run(
    office: Office, on_aws: OnAws, at_once: int, free: int, state: str
) -> None:
    limit = {"ConcurrentExecutions": at_once, "UnreservedConcurrentExecutions": free}
    http = type("Response", (), {"status_code": 200})()
    on_aws("before-call.lambda.GetAccountSettings", lambda **_: (http, {"AccountLimit": limit}))

    finding = office.found("concurrency")

    assert finding.state == state
    assert ("Service Quotas" in finding.next_step) is (state != "ok")


@pytest.mark.parametrize("dlq", ["OrderChangeDlq", "WakeUpDlq", "ScheduleDlq"])
def test_dead_letters(office: Office, dlq: str) -> None:
    fifo = {"MessageGroupId": "g", "MessageDeduplicationId": "d"} if dlq == "WakeUpDlq" else {}
    boto3.client("sqs").send_message(QueueUrl=office.output(f"{dlq}Url"), MessageBody="{}", **fifo)

    is_wrong(office.found(dlq), "1 message lies there", "dayfive redrive shows why")


def test_an_alarm_that_is_on(office: Office) -> None:
    client = boto3.client("cloudwatch")
    [name, *_] = [each["AlarmName"] for each in client.describe_alarms()["MetricAlarms"]]
    client.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="test")

    is_wrong(office.found("alarms"), f"on: {name}", "docs/runbook.md")


def topic_of(office: Office) -> str:
    return str(boto3.client("sns").list_topics()["Topics"][0]["TopicArn"])


def test_an_alarm_e_mail_that_is_not_confirmed(office: Office, on_aws: OnAws) -> None:
    client = boto3.client("sns")
    client.subscribe(TopicArn=topic_of(office), Protocol="email", Endpoint="me@example.com")

    def answer(parsed: dict[str, Any], **_: Any) -> None:
        for each in parsed["Subscriptions"]:
            each["SubscriptionArn"] = "PendingConfirmation"

    on_aws("after-call.sns.ListSubscriptionsByTopic", answer)

    is_wrong(office.found("alarm e-mail"), "me@example.com has not confirmed", "AWS's e-mail")


def test_an_alarm_e_mail_that_is_confirmed(office: Office) -> None:
    client = boto3.client("sns")
    client.subscribe(TopicArn=topic_of(office), Protocol="email", Endpoint="me@example.com")

    assert office.found("alarm e-mail").state is State.OK


@pytest.mark.parametrize(
    ("call", "link"),
    [
        ("sqs.GetQueueAttributes", "queue policy"),
        ("kms.GetKeyPolicy", "key"),
        ("lambda.GetFunction", "code"),
        ("lambda.GetFunctionConfiguration", "functions"),
        ("scheduler.GetScheduleGroup", "schedules"),
        ("cloudformation.ListStackResources", "alarms"),
    ],
)
def test_what_may_not_be_looked_at_is_said_and_is_not_wrong(
    office: Office, on_aws: OnAws, call: str, link: str
) -> None:
    on_aws(f"before-call.{call}", refuse("AccessDeniedException"))

    finding = office.found(link)

    assert finding.state is State.UNKNOWN
    assert "AccessDeniedException" in finding.text
