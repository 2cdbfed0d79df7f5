"""Schedules and rules: each rule with the page of AWS's documentation that states it."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from ops.local_cloud import CALM, LocalCloud
from tests.e2e.pump_stack import (
    START,
    Properties,
    Template,
    allow,
    arn,
    cloud_of,
    fifo_queue,
    function,
    mapping,
    queue,
    ref,
    resource,
    role,
    said,
    seconds,
    stack,
)

HANDLERS = """
    import json, os

    def records(event, context):
        print(json.dumps([[one["body"], one["attributes"]["MessageGroupId"]]
                          for one in event["Records"]]))

    def events(event, context):
        print(json.dumps(event))

    def failing(event, context):
        print(json.dumps("tried"))
        raise ValueError("no")
"""
NOON = START + timedelta(hours=3)


def waking(**changed: Properties) -> Template:
    resources = {
        "Queue": fifo_queue("Wake"),
        "Dlq": queue(),
        "Group": resource("AWS::Scheduler::ScheduleGroup"),
        "SchedulerRole": role("scheduler", allow("sqs:SendMessage")),
        "Function": function("handlers.records"),
        "Mapping": mapping("Queue", BatchSize=1),
    }
    return stack(**resources | changed)


def plan(cloud: LocalCloud, at: datetime, name: str = "wake", **target: Any) -> None:
    account = "123456789012"
    defaults = {
        "Arn": f"arn:aws:sqs:us-east-1:{account}:Wake.fifo",
        "RoleArn": f"arn:aws:iam::{account}:role/{cloud.outputs['SchedulerRole']}",
        "Input": '{"seller_id": "A1"}',
        "SqsParameters": {"MessageGroupId": "A1.na"},
        "DeadLetterConfig": {
            "Arn": f"arn:aws:sqs:us-east-1:{account}:{cloud.outputs['Dlq'].rsplit('/')[-1]}"
        },
    }
    boto3.client("scheduler").create_schedule(
        Name=name,
        GroupName=cloud.outputs["Group"],
        ScheduleExpression=f"at({at:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        ActionAfterCompletion="DELETE",
        Target={name: value for name, value in (defaults | target).items() if value is not None},
    )


def test_a_schedule_puts_its_input_into_its_group_of_the_queue(tmp_path: Path) -> None:
    """Using templated targets in EventBridge Scheduler: SqsParameters."""
    with cloud_of(waking(), tmp_path, HANDLERS) as cloud:
        plan(cloud, NOON)
        cloud.run_until(NOON - seconds(1))
        assert said(cloud) == []

        cloud.run_until(NOON)
        assert said(cloud) == [[['{"seller_id": "A1"}', "A1.na"]]]


def test_a_schedule_fires_within_the_minute_after_its_time(tmp_path: Path) -> None:
    """Schedule types in EventBridge Scheduler: 60 second precision."""
    late = replace(CALM, lateness=timedelta(seconds=60))
    with cloud_of(waking(), tmp_path, HANDLERS, late) as cloud:
        for number in range(20):
            plan(cloud, NOON, f"wake{number}", Input=f"{number}")
        cloud.run_until(NOON + seconds(61))

        delays = [line.at - NOON for line in cloud.log_lines]
        assert len(delays) == 20
        assert all(timedelta(0) <= delay < seconds(60) for delay in delays)
        assert max(delays) - min(delays) > seconds(20)


def test_a_name_stays_taken_until_the_completed_schedule_is_deleted(tmp_path: Path) -> None:
    """Deleting schedules automatically: after completion, with no bound in time."""
    slow = replace(CALM, completion_lag=timedelta(minutes=5))
    with cloud_of(waking(), tmp_path, HANDLERS, slow) as cloud:
        plan(cloud, NOON)
        with pytest.raises(ClientError, match="ConflictException"):
            plan(cloud, NOON)
        cloud.run_until(NOON)
        assert len(said(cloud)) == 1
        with pytest.raises(ClientError, match="ConflictException"):
            plan(cloud, NOON + timedelta(hours=1))

        cloud.run_until(NOON + timedelta(minutes=5))
        assert cloud.schedules() == []
        plan(cloud, NOON + timedelta(hours=1))


def test_a_schedule_may_fire_twice(tmp_path: Path) -> None:
    """What is Amazon EventBridge Scheduler: at-least-once delivery."""
    twice = replace(CALM, double_firings=1.0, lateness=timedelta(seconds=60))
    with cloud_of(waking(), tmp_path, HANDLERS, twice) as cloud:
        plan(cloud, NOON, Arn=_arn_of(cloud, "Dlq"), SqsParameters={"MessageGroupId": "g"})
        cloud.run_until(NOON + timedelta(minutes=3))

        sent = [message.sent_at for message in cloud.dead_letters(cloud.outputs["Dlq"])]
        assert len(sent) == 2


def test_a_fifo_queue_swallows_the_second_firing(tmp_path: Path) -> None:
    """Exactly-once processing in Amazon SQS: the bodies are the same."""
    twice = replace(CALM, double_firings=1.0, lateness=timedelta(seconds=60))
    with cloud_of(waking(), tmp_path, HANDLERS, twice) as cloud:
        plan(cloud, NOON)
        cloud.run_until(NOON + timedelta(minutes=3))

        assert len(said(cloud)) == 1


@pytest.mark.parametrize("late", [timedelta(0), timedelta(seconds=1), timedelta(days=1)])
def test_a_time_that_has_passed_is_refused(late: timedelta, tmp_path: Path) -> None:
    """CreateSchedule: ValidationException (the rule itself is second-hand)."""
    with (
        cloud_of(waking(), tmp_path, HANDLERS) as cloud,
        pytest.raises(ClientError, match="ValidationException"),
    ):
        plan(cloud, START - late)


@pytest.mark.parametrize(
    "expression",
    [
        "at(2027-05-01)",
        "at(2027-05-01T12:00)",
        "at(2027-05-01T12:00:00Z)",
        "at(2027-05-01T12:00:00.5)",
        "at(2027-02-30T12:00:00)",
        "rate(1 hours)",
        "rate(2 hour)",
        "rate(0 hours)",
        "rate(5 seconds)",
        "soon",
    ],
)
def test_an_expression_that_scheduler_does_not_know_is_refused(
    expression: str, tmp_path: Path
) -> None:
    """Schedule types in EventBridge Scheduler: the syntax of at() and rate()."""
    with (
        cloud_of(waking(), tmp_path, HANDLERS) as cloud,
        pytest.raises(ClientError, match="ValidationException"),
    ):
        boto3.client("scheduler").create_schedule(
            Name="wake",
            GroupName=cloud.outputs["Group"],
            ScheduleExpression=expression,
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": _arn_of(cloud, "Dlq"), "RoleArn": _role_of(cloud)},
        )


@pytest.mark.parametrize("name", ["x" * 65, "a b", "order#1"])
def test_a_name_outside_the_pattern_is_refused(name: str, tmp_path: Path) -> None:
    """CreateSchedule: Name has 1 to 64 of 0-9, a-z, A-Z, hyphen, underscore and dot."""
    with (
        cloud_of(waking(), tmp_path, HANDLERS) as cloud,
        pytest.raises(ClientError, match=r"ValidationException.*'name' failed to satisfy"),
    ):
        plan(cloud, NOON, name)


@pytest.mark.parametrize(
    "target",
    [
        {"DeadLetterConfig": {"Arn": "arn:aws:sqs:us-east-1:123456789012:Wake.fifo"}},
        {"SqsParameters": {"MessageGroupId": "x" * 129}},
        {"RetryPolicy": {"MaximumRetryAttempts": 186}},
        {"RetryPolicy": {"MaximumEventAgeInSeconds": 86_401}},
    ],
)
def test_a_target_outside_the_limits_is_refused(target: dict[str, Any], tmp_path: Path) -> None:
    """CreateSchedule, Target: no FIFO dead-letter queue, and the limits of each field."""
    with (
        cloud_of(waking(), tmp_path, HANDLERS) as cloud,
        pytest.raises(ClientError, match="ValidationException"),
    ):
        plan(cloud, NOON, **target)


def test_a_role_must_trust_scheduler_for_the_schedules_group(tmp_path: Path) -> None:
    """Confused deputy prevention in EventBridge Scheduler: aws:SourceArn is the group's."""
    schedule_itself: Properties = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": "scheduler.amazonaws.com"},
        "Condition": {
            "StringEquals": {
                "aws:SourceArn": {
                    "Fn::Sub": "arn:aws:scheduler:us-east-1:123456789012:schedule/${Group}/wake"
                }
            }
        },
    }
    narrow = role("scheduler", allow("sqs:SendMessage"))
    narrow["Properties"]["AssumeRolePolicyDocument"]["Statement"] = [schedule_itself]
    with (
        cloud_of(waking(SchedulerRole=narrow), tmp_path, HANDLERS) as cloud,
        pytest.raises(ClientError, match="must allow AWS EventBridge Scheduler to assume"),
    ):
        plan(cloud, NOON)

    resource_name = "arn:aws:scheduler:us-east-1:123456789012:schedule-group/${Group}"
    schedule_itself["Condition"]["StringEquals"]["aws:SourceArn"] = {"Fn::Sub": resource_name}
    with cloud_of(waking(SchedulerRole=narrow), tmp_path, HANDLERS) as cloud:
        plan(cloud, NOON)


@pytest.mark.parametrize(
    ("changed", "target", "code"),
    [
        (
            {},
            {"Arn": "arn:aws:sqs:us-east-1:123456789012:Gone.fifo"},
            "AWS.SimpleQueueService.NonExistentQueue",
        ),
        ({}, {"SqsParameters": None}, "MissingParameter"),
        (
            {"SchedulerRole": role("scheduler", allow("sqs:SendMessage", on=arn("Dlq")))},
            {},
            "AccessDenied",
        ),
    ],
)
def test_what_the_target_does_not_take_goes_to_the_dead_letter_queue(
    changed: dict[str, Properties], target: dict[str, Any], code: str, tmp_path: Path
) -> None:
    """Configuring a schedule's dead-letter queue."""
    with cloud_of(waking(**changed), tmp_path, HANDLERS) as cloud:
        plan(cloud, NOON, **target)
        cloud.run_until(NOON + seconds(1))

        (dead,) = cloud.dead_letters(cloud.outputs["Dlq"])
        assert (dead.body, dead.attributes["ERROR_CODE"]) == ('{"seller_id": "A1"}', code)
        assert cloud.undelivered == []


def test_a_dead_letter_queue_needs_the_roles_grant_too(tmp_path: Path) -> None:
    """Configuring a schedule's dead-letter queue: set up execution role permissions."""
    powerless = role("scheduler", allow("sqs:ReceiveMessage"))
    with cloud_of(waking(SchedulerRole=powerless), tmp_path, HANDLERS) as cloud:
        plan(cloud, NOON)
        cloud.run_until(NOON + seconds(1))

        assert cloud.queue_depth(cloud.outputs["Dlq"]) == 0
        (lost,) = cloud.undelivered
        assert lost.target.endswith("Wake.fifo")


def test_a_schedule_that_was_deleted_or_moved_does_not_fire_at_its_old_time(
    tmp_path: Path,
) -> None:
    """DeleteSchedule and UpdateSchedule."""
    with cloud_of(waking(), tmp_path, HANDLERS) as cloud:
        group, client = cloud.outputs["Group"], boto3.client("scheduler")
        for name in ("deleted", "moved"):
            plan(cloud, NOON, name, Input=name)
        client.delete_schedule(Name="deleted", GroupName=group)
        moved = client.get_schedule(Name="moved", GroupName=group)
        client.update_schedule(
            Name="moved",
            GroupName=group,
            ScheduleExpression=f"at({NOON + timedelta(hours=1):%Y-%m-%dT%H:%M:%S})",
            FlexibleTimeWindow=moved["FlexibleTimeWindow"],
            Target=moved["Target"],
        )
        cloud.run_until(NOON + timedelta(minutes=59))
        assert said(cloud) == []

        cloud.run_until(NOON + timedelta(minutes=61))
        assert said(cloud) == [[["moved", "A1.na"]]]


def hourly(**changed: Properties) -> Template:
    resources = {
        "Function": function("handlers.events"),
        "Rule": resource(
            "AWS::Events::Rule",
            ScheduleExpression="rate(1 hour)",
            Targets=[{"Arn": arn("Function"), "Id": "T"}],
        ),
        "Permission": resource(
            "AWS::Lambda::Permission",
            Action="lambda:InvokeFunction",
            FunctionName=arn("Function"),
            Principal="events.amazonaws.com",
            SourceArn=arn("Rule"),
        ),
    }
    return stack(**resources | changed)


def test_a_rule_fires_at_its_rate_from_its_creation(tmp_path: Path) -> None:
    """Setting a schedule pattern for scheduled rules: rate expressions."""
    with cloud_of(hourly(), tmp_path, HANDLERS) as cloud:
        cloud.run_until(START + timedelta(hours=3, minutes=59))

        assert [line.at - START for line in cloud.log_lines] == [
            timedelta(hours=1),
            timedelta(hours=2),
            timedelta(hours=3),
        ]
        event = said(cloud)[0]
        assert (event["source"], event["detail-type"]) == ("aws.events", "Scheduled Event")
        assert event["time"] == "2027-03-01T13:00:00Z"


def test_a_disabled_rule_does_not_fire(tmp_path: Path) -> None:
    """Disabling or deleting a rule in Amazon EventBridge."""
    rule = hourly()["Resources"]["Rule"]["Properties"] | {"State": "DISABLED"}
    with cloud_of(hourly(Rule=resource("AWS::Events::Rule", **rule)), tmp_path, HANDLERS) as cloud:
        cloud.run_until(START + timedelta(hours=3))

        assert said(cloud) == []


def test_a_rule_needs_the_functions_permission(tmp_path: Path) -> None:
    """Using resource-based policies for EventBridge: Lambda permissions, for this rule's ARN."""
    other = resource(
        "AWS::Lambda::Permission",
        Action="lambda:InvokeFunction",
        FunctionName=arn("Function"),
        Principal="events.amazonaws.com",
        SourceArn="arn:aws:events:us-east-1:123456789012:rule/other",
    )
    with cloud_of(hourly(Permission=other), tmp_path, HANDLERS) as cloud:
        cloud.run_until(START + timedelta(hours=1))

        assert said(cloud) == []
        (lost,) = cloud.undelivered
        assert lost.reason.startswith("AccessDenied")


def test_an_asynchronous_run_that_fails_is_tried_twice_more(tmp_path: Path) -> None:
    """How Lambda handles errors and retries with asynchronous invocation."""
    with cloud_of(hourly(Function=function("handlers.failing")), tmp_path, HANDLERS) as cloud:
        cloud.run_until(START + timedelta(hours=1, minutes=59))

        tried = [line.at - START for line in cloud.log_lines if line.text == '"tried"']
        assert tried == [
            timedelta(hours=1),
            timedelta(hours=1, minutes=1),
            timedelta(hours=1, minutes=3),
        ]


def test_the_number_of_retries_is_the_functions_own(tmp_path: Path) -> None:
    """PutFunctionEventInvokeConfig: MaximumRetryAttempts."""
    once = resource(
        "AWS::Lambda::EventInvokeConfig",
        FunctionName=ref("Function"),
        Qualifier="$LATEST",
        MaximumRetryAttempts=0,
    )
    template = hourly(Function=function("handlers.failing"), Once=once)
    with cloud_of(template, tmp_path, HANDLERS) as cloud:
        cloud.run_until(START + timedelta(hours=1, minutes=59))

        assert cloud.invocations[cloud.outputs["Function"]].errors == 1


def test_a_recurring_schedule_of_the_template_begins_at_once(tmp_path: Path) -> None:
    """Schedule types in EventBridge Scheduler: a rate without a StartDate starts immediately."""
    recurring = resource(
        "AWS::Scheduler::Schedule",
        GroupName=ref("Group"),
        ScheduleExpression="rate(6 hours)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": arn("Sweeper"), "RoleArn": arn("SchedulerRole"), "Input": '"sweep"'},
    )
    template = waking(
        Sweeper=function("handlers.events"),
        SchedulerRole=role("scheduler", allow("lambda:InvokeFunction", on=arn("Sweeper"))),
        Recurring=recurring,
    )
    with cloud_of(template, tmp_path, HANDLERS) as cloud:
        cloud.run_until(START + timedelta(hours=13))

        assert said(cloud) == ["sweep"] * 3


def _arn_of(cloud: LocalCloud, queue_id: str) -> str:
    return f"arn:aws:sqs:us-east-1:123456789012:{cloud.outputs[queue_id].rsplit('/')[-1]}"


def _role_of(cloud: LocalCloud) -> str:
    return f"arn:aws:iam::123456789012:role/{cloud.outputs['SchedulerRole']}"
