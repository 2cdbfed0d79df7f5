"""Queues: each rule with the page of AWS's documentation that states it."""

from dataclasses import replace
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from ops.local_cloud import CALM
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
    put,
    queue,
    redriven_to,
    ref,
    resource,
    said,
    seconds,
    stack,
)

HANDLERS = """
    import json

    def bodies(event, context):
        print(json.dumps([record["body"] for record in event["Records"]]))

    def failing_b(event, context):
        bodies(event, context)
        failed = [one["messageId"] for one in event["Records"] if one["body"] == "b"]
        return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}
"""


def served(source: Properties, handler: str = "bodies", batch: int = 1) -> Template:
    return stack(
        Dlq=fifo_queue("Dlq"),
        Queue=source,
        Function=function(f"handlers.{handler}"),
        Mapping=mapping("Queue", BatchSize=batch),
    )


def test_a_group_is_blocked_until_its_failed_message_has_come_through(tmp_path: Path) -> None:
    """FIFO queue delivery logic: no more of the group until it is deleted or visible."""
    source = fifo_queue("F", **redriven_to("Dlq", after=2))
    with cloud_of(served(source, "failing_b"), tmp_path, HANDLERS) as cloud:
        put(cloud, "Queue", "a", "b", "c", MessageGroupId="blocked")
        put(cloud, "Queue", "x", "y", MessageGroupId="free")
        cloud.run_until(START + seconds(119))
        assert said(cloud) == [["a"], ["x"], ["b"], ["y"], ["b"]]

        cloud.run_until(START + seconds(120))
        assert said(cloud)[5:] == [["c"]]
        (dead,) = cloud.dead_letters(cloud.outputs["Dlq"])
        assert (dead.body, dead.group_id) == ("b", "blocked")


def test_a_dead_letter_starts_its_age_anew_in_a_fifo_queue(tmp_path: Path) -> None:
    """Using dead-letter queues in Amazon SQS: the enqueue timestamp of FIFO queues is reset."""
    source = fifo_queue("F", **redriven_to("Dlq", after=1))
    with cloud_of(served(source, "failing_b"), tmp_path, HANDLERS) as cloud:
        put(cloud, "Queue", "b", MessageGroupId="g")
        cloud.run_until(START + seconds(70))

        (dead,) = cloud.dead_letters(cloud.outputs["Dlq"])
        assert dead.sent_at == START + seconds(60)


def test_messages_of_a_group_keep_their_order_and_share_a_batch(tmp_path: Path) -> None:
    """FIFO queue delivery logic: as many of the same group as possible, then of others."""
    with cloud_of(served(fifo_queue("F"), batch=10), tmp_path, HANDLERS) as cloud:
        put(cloud, "Queue", "a", "b", MessageGroupId="one")
        put(cloud, "Queue", "x", MessageGroupId="other")
        put(cloud, "Queue", "c", MessageGroupId="one")
        cloud.run_until(START + seconds(1))

        assert said(cloud) == [["a", "b", "c", "x"]]


def test_one_groups_backlog_does_not_make_another_wait(tmp_path: Path) -> None:
    """FIFO queue delivery logic: groups are independent; here they take turns."""
    with cloud_of(served(fifo_queue("F")), tmp_path, HANDLERS) as cloud:
        put(cloud, "Queue", "a", "b", "c", MessageGroupId="busy")
        put(cloud, "Queue", "x", MessageGroupId="quiet")
        cloud.run_until(START + seconds(1))

        assert said(cloud) == [["a"], ["x"], ["b"], ["c"]]


def test_what_was_not_reported_is_gone_even_behind_a_failure_of_its_group(tmp_path: Path) -> None:
    """Handling errors for an SQS event source: a function must report all that follows itself."""
    with cloud_of(served(fifo_queue("F"), "failing_b", batch=10), tmp_path, HANDLERS) as cloud:
        put(cloud, "Queue", "a", "b", "c", MessageGroupId="g")
        cloud.run_until(START + seconds(61))

        assert said(cloud) == [["a", "b", "c"], ["b"]]


def test_a_body_counts_once_in_five_minutes_even_after_it_was_consumed(tmp_path: Path) -> None:
    """Exactly-once processing in Amazon SQS: the deduplication interval is five minutes."""
    with cloud_of(served(fifo_queue("F")), tmp_path, HANDLERS) as cloud:
        for late in (0, 10, 299.9, 300):
            cloud.at(START + seconds(late), lambda: put(cloud, "Queue", "same", MessageGroupId="g"))
        cloud.run_until(START + seconds(299.95))
        assert said(cloud) == [["same"]]

        cloud.run_until(START + seconds(301))
        assert said(cloud) == [["same"], ["same"]]


@pytest.mark.parametrize(("scope", "through"), [("queue", 1), ("messageGroup", 2)])
def test_deduplication_has_the_scope_the_queue_says(
    scope: str, through: int, tmp_path: Path
) -> None:
    """High throughput for FIFO queues: DeduplicationScope."""
    source = fifo_queue("F", DeduplicationScope=scope)
    with cloud_of(served(source), tmp_path, HANDLERS) as cloud:
        put(cloud, "Queue", "same", MessageGroupId="one")
        put(cloud, "Queue", "same", MessageGroupId="other")
        cloud.run_until(START + seconds(1))

        assert len(said(cloud)) == through


def test_an_id_of_its_own_comes_before_the_body(tmp_path: Path) -> None:
    """SendMessage: an explicit MessageDeduplicationId overrides the one made of the body."""
    with cloud_of(served(fifo_queue("F")), tmp_path, HANDLERS) as cloud:
        for each in ("1", "2", "1"):
            put(cloud, "Queue", "same", MessageGroupId="g", MessageDeduplicationId=each)
        cloud.run_until(START + seconds(1))

        assert len(said(cloud)) == 2


def test_a_fifo_message_without_a_group_is_refused(tmp_path: Path) -> None:
    """SendMessage: MessageGroupId is required for FIFO queues."""
    with (
        cloud_of(served(fifo_queue("F")), tmp_path, HANDLERS) as cloud,
        pytest.raises(ClientError, match="MissingParameter"),
    ):
        put(cloud, "Queue", "a")


def test_a_standard_queue_keeps_no_order(tmp_path: Path) -> None:
    """Amazon SQS standard queues: best-effort ordering."""
    bodies = [f"{number:02}" for number in range(30)]
    with cloud_of(served(queue()), tmp_path, HANDLERS) as cloud:
        put(cloud, "Queue", *bodies)
        cloud.run_until(START + seconds(1))

        order = [body for (body,) in said(cloud)]
        assert sorted(order) == bodies
        assert order != bodies


def test_a_standard_queue_now_and_then_delivers_twice(tmp_path: Path) -> None:
    """Amazon SQS at-least-once delivery: a copy may not be deleted and come again."""
    twice = replace(CALM, duplicate_deliveries=1.0)
    with cloud_of(served(queue()), tmp_path, HANDLERS, twice) as cloud:
        put(cloud, "Queue", "a")
        cloud.run_until(START + seconds(600))

        assert said(cloud) == [["a"], ["a"]]
        assert cloud.queue_depth(cloud.outputs["Queue"]) == 0


def test_a_message_ends_with_its_retention(tmp_path: Path) -> None:
    """SetQueueAttributes: MessageRetentionPeriod."""
    template = stack(Queue=queue(MessageRetentionPeriod=3600))
    with cloud_of(template, tmp_path, "") as cloud:
        put(cloud, "Queue", "a")
        cloud.run_until(START + seconds(3599))
        assert cloud.queue_depth(cloud.outputs["Queue"]) == 1

        cloud.run_until(START + seconds(3600))
        assert cloud.queue_depth(cloud.outputs["Queue"]) == 0


def test_a_message_is_limited_in_bytes_and_not_in_characters(tmp_path: Path) -> None:
    """Amazon SQS message quotas: 1 MiB."""
    with cloud_of(stack(Queue=queue()), tmp_path, "") as cloud:
        put(cloud, "Queue", "x" * 1_048_576)
        with pytest.raises(ClientError, match="must be shorter than 1048576 bytes"):
            put(cloud, "Queue", "é" * 600_000)


def test_what_a_client_receives_the_function_does_not_get(tmp_path: Path) -> None:
    """Amazon SQS visibility timeout: it holds for every consumer."""
    template = stack(
        Queue=queue(),
        Function=function("handlers.bodies"),
        Mapping=mapping("Queue"),
    )
    with cloud_of(template, tmp_path, HANDLERS) as cloud:
        put(cloud, "Queue", "a")
        received = boto3.client("sqs").receive_message(QueueUrl=cloud.outputs["Queue"])
        assert [message["Body"] for message in received["Messages"]] == ["a"]
        cloud.run_until(START + seconds(59))
        assert said(cloud) == []

        cloud.run_until(START + seconds(61))
        assert said(cloud) == [["a"]]


def notified(queue_actions: list[str], key_actions: list[str]) -> Template:
    sp_api = {"AWS": "arn:aws:iam::437568002678:root"}
    insecure = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": arn("Queue"),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = [allow(*queue_actions, on=arn("Queue")) | {"Principal": sp_api}, insecure]
    return stack(
        Key=resource(
            "AWS::KMS::Key",
            KeyPolicy={"Statement": [allow(*key_actions) | {"Principal": sp_api}]},
        ),
        Queue=queue(KmsMasterKeyId=arn("Key")),
        Policy=resource(
            "AWS::SQS::QueuePolicy",
            Queues=[ref("Queue")],
            PolicyDocument={"Statement": policy},
        ),
    )


def test_sp_api_sends_where_the_queue_and_its_key_let_it(tmp_path: Path) -> None:
    """Key management, SQS: a sender needs kms:GenerateDataKey and kms:Decrypt as well."""
    template = notified(["sqs:SendMessage"], ["kms:GenerateDataKey", "kms:Decrypt"])
    with cloud_of(template, tmp_path, "") as cloud:
        cloud.send(cloud.outputs["Queue"], "news")

        assert cloud.queue_depth(cloud.outputs["Queue"]) == 1


@pytest.mark.parametrize(
    ("queue_actions", "key_actions", "missing"),
    [
        (["sqs:GetQueueAttributes"], ["kms:*"], "sqs:SendMessage"),
        (["sqs:*"], ["kms:Decrypt"], "kms:GenerateDataKey"),
        (["sqs:*"], ["kms:GenerateDataKey"], "kms:Decrypt"),
    ],
)
def test_sp_api_does_not_send_without_a_grant(
    queue_actions: list[str], key_actions: list[str], missing: str, tmp_path: Path
) -> None:
    """Key management, SQS, and Notifications API v1: grant permission to the principal."""
    with (
        cloud_of(notified(queue_actions, key_actions), tmp_path, "") as cloud,
        pytest.raises(PermissionError, match=missing),
    ):
        cloud.send(cloud.outputs["Queue"], "news")


def test_sp_api_does_not_send_to_a_fifo_queue(tmp_path: Path) -> None:
    """Notifications API v1: FIFO queues are not supported."""
    with (
        cloud_of(stack(Queue=fifo_queue("F")), tmp_path, "") as cloud,
        pytest.raises(ValueError, match="standard queues only"),
    ):
        cloud.send(cloud.outputs["Queue"], "news")
