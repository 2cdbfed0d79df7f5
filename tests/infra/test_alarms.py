"""The alarms as CloudWatch takes them, where they go, and that each has its page in the runbook.

What each rings for, and that a usual day rings none, is tried in tests/e2e/test_alarms.py.
"""

import re
from pathlib import Path
from typing import Any, get_args

import aws_cdk as cdk
import pytest

from infra.settings import SettingError, Settings, context_of_cdk_json
from infra.stack import DayFiveStack
from lambdas.observability import NAMESPACE, SERVICE, Counted, Gauge
from ops.alarms.metric_math import evaluate
from ops.dead_letters import Dlq
from tests.infra.readable import Properties, ReadableStack

RUNBOOK = Path(__file__).parents[2] / "docs" / "runbook.md"
CONTEXT = context_of_cdk_json()
HOUR, DAY, WEEK = 3600, 24 * 3600, 7 * 24 * 3600

# Metrics of AWS itself: "Monitoring Amazon SQS queues using CloudWatch", SQS Developer Guide;
# "Types of metrics for Lambda functions", Lambda Developer Guide.
OF_AWS = {
    "AWS/SQS": {"ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"},
    "AWS/Lambda": {"Errors"},
}


def synthesised(**context: Any) -> ReadableStack:
    app = cdk.App(context={**CONTEXT, "aws:cdk:bundling-stacks": [], **context})
    DayFiveStack(app, "DayFive")
    return ReadableStack(app.synth().get_stack_by_name("DayFive").template)


@pytest.fixture(scope="module")
def alarms(stack: ReadableStack) -> list[Properties]:
    return list(stack.of_type("AWS::CloudWatch::Alarm").values())


def watched(alarm: Properties) -> list[Properties]:
    """The metrics that an alarm reads, each with its period."""
    if "Metrics" not in alarm:
        return [alarm]
    read = [each["MetricStat"] for each in alarm["Metrics"] if "MetricStat" in each]
    return [{**each["Metric"], "Period": each["Period"]} for each in read]


def test_alarms_are_few(alarms: list[Properties]) -> None:
    """Each metric that an alarm looks at is charged for ("Amazon CloudWatch Pricing"), so one alarm
    on three queues would cost as much as three.
    """
    assert len(alarms) == 13
    assert sum(len(watched(alarm)) for alarm in alarms) == 20


def test_every_alarm_looks_back_no_further_than_cloudwatch_allows(
    alarms: list[Properties],
) -> None:
    """CloudWatch API, PutMetricAlarm, Period: multiples of a minute; with EvaluationPeriods a week
    at most, and a day at most where the period is under an hour.
    """
    for alarm in alarms:
        [period] = {each["Period"] for each in watched(alarm)}

        assert period % 60 == 0
        assert period * alarm["EvaluationPeriods"] <= (WEEK if period >= HOUR else DAY)
        assert 1 <= alarm["DatapointsToAlarm"] <= alarm["EvaluationPeriods"]


def test_every_expression_is_one_that_an_alarm_may_have(alarms: list[Properties]) -> None:
    """CloudWatch User Guide, "Alarms on math expressions" and "Using math expressions": at most ten
    metrics, one result, and none of the functions that act otherwise on the longer range that an
    alarm reads (AVG, MAX, SUM and their like).
    """
    for alarm in alarms:
        queries = alarm.get("Metrics", [])
        expressions = [each["Expression"] for each in queries if "Expression" in each]
        functions = set(re.findall(r"([A-Z_]+)\(", " ".join(expressions)))

        assert len(queries) - len(expressions) <= 10
        assert sum(each["ReturnData"] for each in queries) == len(expressions) <= 1
        assert functions <= {"IF", "FILL"}


NOTHING_OFFERED = ("NothingOfferedForADay", "NothingOfferedForAWeek")


@pytest.mark.parametrize(
    ("name", "values", "rings"),
    [
        ("OldestMessage", {"order_changes": 4000, "wake_ups": None}, True),
        ("OldestMessage", {"order_changes": None, "wake_ups": 4000}, True),
        ("OldestMessage", {"order_changes": 4000, "wake_ups": 5}, True),
        ("OldestMessage", {"order_changes": 0, "wake_ups": None}, None),
        ("OldestMessage", {"order_changes": None, "wake_ups": None}, None),
        ("FunctionErrors", {"intake": 3, "sender": None, "sweeper": None}, True),
        ("FunctionErrors", {"intake": None, "sender": 1, "sweeper": 2}, True),
        ("FunctionErrors", {"intake": None, "sender": None, "sweeper": 2}, False),
        ("FunctionErrors", {"intake": None, "sender": None, "sweeper": None}, False),
        *(
            (name, {"offered": offered, "checked": checked, "recorded": recorded}, rings)
            for name in NOTHING_OFFERED
            for offered, checked, recorded, rings in (
                (None, 30, 1, True),
                (0, 30, 1, True),
                (1, 30, 1, False),
                (None, 29, 1, False),
                (None, 30, None, False),
                (None, None, 1, False),
                (None, None, None, False),
            )
        ),
    ],
)
def test_every_expression_means_the_same_whichever_metric_is_missing(
    alarms: list[Properties], name: str, values: dict[str, float | None], rings: bool | None
) -> None:
    """True where it is over the alarm's threshold, None where it has no value: an age of messages
    that SQS has not told yet is no age of 0, but what was not counted is a count of 0.
    """
    [alarm] = [each for each in alarms if each["AlarmName"] == f"DayFive-{name}"]
    [expression] = [each["Expression"] for each in alarm["Metrics"] if "Expression" in each]

    value = evaluate(expression, values)

    assert (None if value is None else value > alarm["Threshold"]) is rings


def test_every_metric_is_sent_by_the_functions_or_by_aws(alarms: list[Properties]) -> None:
    ours = {*get_args(Counted), *get_args(Gauge)}
    for metric in (each for alarm in alarms for each in watched(alarm)):
        dimensions = {each["Name"]: each["Value"] for each in metric["Dimensions"]}
        if metric["Namespace"] == NAMESPACE:
            assert metric["MetricName"] in ours
            assert dimensions == {"service": SERVICE}
        else:
            assert metric["MetricName"] in OF_AWS[metric["Namespace"]]
            assert len(dimensions) == 1


def test_every_dead_letter_queue_has_an_alarm_of_its_own(stack: ReadableStack) -> None:
    """By the queue's name, as `dayfive redrive` and the runbook have it."""
    dlqs = {
        "OrderChangeDlq": "${OrderChangeQueueDlq.QueueName}",
        "WakeUpDlq": "${WakeUpQueueDlq.QueueName}",
        "ScheduleDlq": "${SchedulesDlq.QueueName}",
    }

    assert {dlq.shown for dlq in Dlq} == set(dlqs)
    for name, queue in dlqs.items():
        [dimension] = stack[f"Alarms{name}"]["Dimensions"]
        assert dimension == {"Name": "QueueName", "Value": queue}


def test_every_alarm_says_what_missing_data_means(alarms: list[Properties]) -> None:
    """CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing data"."""
    treatments = {alarm["AlarmName"]: alarm["TreatMissingData"] for alarm in alarms}

    # An idle queue stops reporting: whoever has a dead letter keeps the alarm.
    for name in ("OrderChangeDlq", "WakeUpDlq", "ScheduleDlq"):
        assert treatments.pop(f"DayFive-{name}") == "ignore"
    # No news of the sweep is the news.
    assert treatments.pop("DayFive-SweepMissing") == "breaching"
    # Nothing counted, nothing wrong; and where a gauge is missing, so is the sweep.
    assert set(treatments.values()) == {"notBreaching"}


def test_the_heartbeat_is_not_missed_before_the_first_sweep(stack: ReadableStack) -> None:
    """CloudWatch User Guide, "Alarm warm-up periods": 1 to 2,880 minutes."""
    warm_up = stack["AlarmsSweepMissing"]["WarmUpConfiguration"]

    assert warm_up == {"WarmUpPeriodDurationInMinutes": 180}


def test_every_alarm_has_its_heading_in_the_runbook_and_the_other_way_round(
    alarms: list[Properties],
) -> None:
    text = RUNBOOK.read_text()
    section = text[text.index("\n## Alarms\n") : text.index("\n## Dashboards")]
    headings = re.findall(r"^### (\w+)$", section, re.MULTILINE)

    assert sorted(headings) == sorted(alarm["AlarmName"].partition("-")[2] for alarm in alarms)
    for alarm in alarms:
        name = alarm["AlarmName"].partition("-")[2]
        assert alarm["AlarmDescription"].endswith(f' What to do: docs/runbook.md, "{name}".')


def test_under_each_heading_stands_what_it_means_what_to_look_at_and_what_to_do() -> None:
    text = RUNBOOK.read_text()
    section = text[text.index("\n## Alarms\n") : text.index("\n## Dashboards")]

    for page in section.split("\n### ")[1:]:
        for question in ("Means:", "Look at:", "Do:"):
            assert f"\n{question} " in page, page.partition("\n")[0]


def test_every_alarm_goes_to_the_topic(alarms: list[Properties]) -> None:
    assert all(alarm["AlarmActions"] == ["${AlarmsTopic}"] for alarm in alarms)
    assert not any("OKActions" in alarm for alarm in alarms)


def test_our_alarms_may_publish_to_the_topic_and_nobody_else(
    stack: ReadableStack, alarms: list[Properties]
) -> None:
    """SNS Developer Guide, "Example cases for Amazon SNS access control", CloudWatch alarms.
    CloudWatch cannot use the key that SNS has of its own (AWS re:Post, "How do I configure a
    CloudWatch alarm with an encrypted SNS topic?"), so the topic has none.
    """
    assert "KmsMasterKeyId" not in stack["AlarmsTopic"]
    deny, allow = stack["AlarmsTopicPolicy"]["PolicyDocument"]["Statement"]
    assert allow["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allow["Action"] == "sns:Publish"
    arn = "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:DayFive-*"
    assert allow["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "${AWS::AccountId}"},
        "ArnLike": {"aws:SourceArn": arn},
    }
    assert all(alarm["AlarmName"].startswith("DayFive-") for alarm in alarms)
    assert deny["Effect"] == "Deny"
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_an_address_in_the_settings_is_told_of_alarms(stack: ReadableStack) -> None:
    assert stack.of_type("AWS::SNS::Subscription") == {}

    with_address = synthesised(alarm_email="shop@example.com")

    [subscription] = with_address.of_type("AWS::SNS::Subscription").values()
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "shop@example.com")
    assert subscription["TopicArn"] == "${AlarmsTopic}"


@pytest.mark.parametrize("value", [None, ""])
def test_no_address_is_a_choice_too(value: object) -> None:
    assert Settings.from_context(cdk.App(context={**CONTEXT, "alarm_email": value}).node)


@pytest.mark.parametrize("value", ["shop", "shop@example", "a@b.c d@e.f", 5, ["a@b.c"]])
def test_what_is_no_address_is_refused(value: object) -> None:
    with pytest.raises(SettingError, match=r"alarm_email .* null for none, or one e-mail address"):
        Settings.from_context(cdk.App(context={**CONTEXT, "alarm_email": value}).node)
