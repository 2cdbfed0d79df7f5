"""AWS's limits on what the functions send, to which moto does not hold them."""

import json
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import boto3
import pytest
from moto import mock_aws

from lambdas.aws.items import solicitation_item, to_attributes
from lambdas.aws.schedules import Schedules, message_group, schedule_name
from lambdas.aws.wake_up_queue import WakeUpQueue
from lambdas.core.marketplaces import Region
from lambdas.core.order_change import SELLER_ID
from lambdas.core.seller_settings import SKUS_KEPT
from lambdas.core.solicitation import CHECKS_KEPT, Check
from ops.local_cloud import LocalCloud, synthesise
from ops.local_cloud.constraints import input_shape, validation_message
from tests.infra.all_ways import AllWays, SeenCall
from tests.records import solicitation

SELLER, LONGEST_SELLER = "A1DAYFIVENA001", "A" * 40
NOON = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
KB = 1024


def test_every_call_keeps_the_limits_that_its_services_model_states(all_ways: AllWays) -> None:
    faults = {
        validation_message(
            input_shape(seen.call.service, seen.call.operation), seen.call.parameters
        )
        for seen in all_ways.calls
    }

    assert faults == {None}


def test_every_schedule_is_one_that_scheduler_takes(all_ways: AllWays) -> None:
    """EventBridge Scheduler API Reference, CreateSchedule; User Guide, "One-time schedules"."""
    created = all_ways.calls_of("CreateSchedule")

    assert created
    for seen in created:
        given = seen.call.parameters
        assert re.fullmatch(r"[0-9a-zA-Z-_.]{1,64}", given["Name"])
        assert _fires_at(seen) >= seen.at + MINUTE
        assert "ScheduleExpressionTimezone" not in given  # then it is UTC
        assert given["ActionAfterCompletion"] == "DELETE"  # a completed one counts as one
    # A repeated token would mean the same request, even for another schedule; botocore makes them.
    assert len({seen.call.parameters["ClientToken"] for seen in created}) == len(created)


def test_every_schedule_has_a_group_in_the_fifo_queue_and_a_standard_dlq(
    all_ways: AllWays,
) -> None:
    """EventBridge Scheduler User Guide, "Templated targets" and "Configuring a schedule's
    dead-letter queue".
    """
    for seen in all_ways.calls_of("CreateSchedule"):
        target = seen.call.parameters["Target"]

        assert target["Arn"].endswith(".fifo")
        assert _is_sqs_id(target["SqsParameters"]["MessageGroupId"])
        assert not target["DeadLetterConfig"]["Arn"].endswith(".fifo")


def test_schedules_of_different_names_have_different_bodies(all_ways: AllWays) -> None:
    """The FIFO queue tells their messages apart by the body alone."""
    bodies: dict[str, set[str]] = {}
    for seen in all_ways.calls_of("CreateSchedule"):
        given = seen.call.parameters
        bodies.setdefault(given["Name"], set()).add(given["Target"]["Input"])

    assert all(len(each) == 1 for each in bodies.values())
    assert len(set().union(*bodies.values())) == len(bodies)


def test_the_longest_seller_id_fits_into_names_and_groups() -> None:
    assert SELLER_ID.fullmatch(LONGEST_SELLER)
    assert not SELLER_ID.fullmatch(f"{LONGEST_SELLER}A")
    assert len(schedule_name(LONGEST_SELLER, Region.NA, NOON)) <= 64
    assert _is_sqs_id(message_group(LONGEST_SELLER, Region.NA))


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/Los_Angeles"])
def test_a_schedule_is_in_utc_whatever_the_zone_of_the_due_time(zone: str) -> None:
    with mock_aws():
        client = boto3.client("scheduler")
        client.create_schedule_group(Name="wake-ups")
        schedules = Schedules(
            client,
            group_name="wake-ups",
            target_arn="arn:aws:sqs:us-east-1:123456789012:wake-up.fifo",
            role_arn="arn:aws:iam::123456789012:role/scheduler",
            dlq_arn="arn:aws:sqs:us-east-1:123456789012:schedule-dlq",
        )
        due_at = datetime(2099, 3, 1, 12, 0, tzinfo=UTC).astimezone(ZoneInfo(zone))
        schedules.wake(SELLER, Region.NA, due_at)
        [made] = client.list_schedules()["Schedules"]
        made = client.get_schedule(Name=made["Name"], GroupName="wake-ups")

    assert made["Name"] == f"{SELLER}.na.20990301T1201"
    assert made["ScheduleExpression"] == "at(2099-03-01T12:01:00)"


def test_every_wake_up_has_a_group_and_an_id_that_sqs_takes(all_ways: AllWays) -> None:
    """Amazon SQS API Reference, SendMessage; Developer Guide, "Message quotas": 1 MiB."""
    sent = all_ways.calls_of("SendMessage")

    assert {seen.function for seen in sent} == {"Sender", "Sweeper"}
    for seen in sent:
        given = seen.call.parameters
        assert _is_sqs_id(given["MessageGroupId"])
        assert _is_sqs_id(given["MessageDeduplicationId"])
        assert len(given["MessageBody"].encode()) < KB


def test_no_wake_up_swallows_another_of_the_same_five_minutes(all_ways: AllWays) -> None:
    """SQS Developer Guide, "Exactly-once processing": what repeats an id within five minutes is
    accepted and never delivered, also after the first was consumed.
    """
    with LocalCloud.create(synthesise(), start=NOON) as cloud:
        url = cloud.outputs["WakeUpQueueUrl"]
        client = boto3.client("sqs")
        queue = WakeUpQueue(client, url)
        for body in _bodies_of_schedules(all_ways):
            client.send_message(  # as Scheduler does: the body alone tells two apart
                QueueUrl=url, MessageBody=body, MessageGroupId=message_group(SELLER, Region.NA)
            )
        for _ in range(2):  # two sweeps, or a sweep and an operator
            queue.wake(SELLER, Region.NA)
        for message_id, receive_count in (("one", "1"), ("one", "2"), ("other", "1")):
            queue.go_on(SELLER, Region.NA, message_id=message_id, receive_count=receive_count)

        assert cloud.queue_depth(url) == 2 + 2 + 3


def test_a_schedule_that_fires_twice_wakes_once_and_a_run_that_repeats_goes_on_once(
    all_ways: AllWays,
) -> None:
    """Same page: here the repetition is to be swallowed."""
    with LocalCloud.create(synthesise(), start=NOON) as cloud:
        url = cloud.outputs["WakeUpQueueUrl"]
        client = boto3.client("sqs")
        body, _ = _bodies_of_schedules(all_ways)
        for _ in range(2):
            client.send_message(
                QueueUrl=url, MessageBody=body, MessageGroupId=message_group(SELLER, Region.NA)
            )
            WakeUpQueue(client, url).go_on(SELLER, Region.NA, message_id="one", receive_count="1")

        assert cloud.queue_depth(url) == 1 + 1


def test_the_largest_record_is_far_below_dynamodbs_limit() -> None:
    """DynamoDB Developer Guide, "Quotas": 400 KB for an item, names included."""
    wide = "\N{SMILING FACE WITH SUNGLASSES}"  # four bytes in UTF-8
    largest = solicitation(
        seller_id=LONGEST_SELLER,
        skus=tuple(f"{number:03}{wide * 97}" for number in range(SKUS_KEPT)),
        reason=wide * 300,
        checks=tuple(Check(at=NOON, answer=wide * 50) for _ in range(CHECKS_KEPT)),
        request_id="r" * 200,
        claim="c" * 36,
        claim_until=NOON,
        would_send_at=NOON,
    )

    assert _item_bytes(solicitation_item(largest)) < 100 * KB


def test_a_usual_record_is_small(all_ways: AllWays) -> None:
    """DynamoDB Developer Guide, "Read and write operations": a write unit is 1 KB."""
    orders = [
        seen.call.parameters["Item"]
        for seen in all_ways.calls_of("PutItem")
        if "marketplace_id" in seen.call.parameters["Item"]
    ]

    assert orders
    assert max(len(json.dumps(item)) for item in orders) < 1.5 * KB  # the types' marks included


def test_every_line_of_metrics_keeps_the_formats_limits(all_ways: AllWays) -> None:
    """CloudWatch User Guide, "Specification: Embedded metric format": 100 metrics, 100 values of
    each and 30 dimensions in a document of at most 1 MB.
    """
    lines = [line for line in all_ways.log_lines if "_aws" in line.fields]

    assert len({line.function for line in lines}) == 3
    for line in lines:
        fields = line.fields
        for directive in fields["_aws"]["CloudWatchMetrics"]:
            assert len(directive["Metrics"]) <= 100
            assert all(len(together) <= 30 for together in directive["Dimensions"])
            for metric in directive["Metrics"]:
                values = fields[metric["Name"]]
                assert not isinstance(values, list) or len(values) <= 100


def test_every_line_fits_into_an_event_of_cloudwatch_logs(all_ways: AllWays) -> None:
    """CloudWatch Logs API Reference, PutLogEvents; 256 KB was the limit until 2025."""
    assert max(len(line.text.encode()) for line in all_ways.log_lines) < 256 * KB


def _fires_at(seen: SeenCall) -> datetime:
    expression = seen.call.parameters["ScheduleExpression"]
    found = re.fullmatch(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)", expression)
    assert found, expression
    return datetime.fromisoformat(found[1]).replace(tzinfo=UTC)


def _is_sqs_id(text: str) -> bool:
    """SendMessage, MessageGroupId and MessageDeduplicationId."""
    return bool(re.fullmatch(r"[a-zA-Z0-9!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]{1,128}", text))


def _bodies_of_schedules(all_ways: AllWays) -> list[str]:
    """Of two schedules of one seller."""
    targets = [seen.call.parameters["Target"] for seen in all_ways.calls_of("CreateSchedule")]
    return sorted({target["Input"] for target in targets})[:2]


def _item_bytes(item: dict[str, object]) -> int:
    """No less than DynamoDB counts: the types' marks are in it too."""
    return len(json.dumps(to_attributes(item), ensure_ascii=False).encode())
