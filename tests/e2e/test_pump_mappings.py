"""Event source mappings: each rule with the page of AWS's documentation that states it."""

import json
from pathlib import Path
from typing import Any

import pytest

from ops.local_cloud.mappings import MappingRefusedError
from tests.e2e.pump_stack import (
    START,
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
    resource,
    role,
    said,
    seconds,
    stack,
)

HANDLERS = """
    import json, os, time

    def bodies(event, context):
        print(json.dumps([record["body"] for record in event["Records"]]))

    def records(event, context):
        print(json.dumps(event["Records"]))

    def failing(event, context):
        bodies(event, context)
        raise ValueError("no")

    def slow(event, context):
        bodies(event, context)
        time.sleep(5)

    def answering(event, context):
        bodies(event, context)
        return json.loads(os.environ["ANSWER"])

    def failing_b(event, context):
        bodies(event, context)
        failed = [one["messageId"] for one in event["Records"] if one["body"] == "b"]
        return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}
"""


def polled(handler: str, variables: dict[str, str] | None = None, **properties: Any) -> Template:
    return stack(
        Dlq=queue(),
        Queue=queue(**redriven_to("Dlq", after=3)),
        Function=function(f"handlers.{handler}", variables),
        Mapping=mapping("Queue", **properties),
    )


def test_a_batch_is_no_larger_than_its_size(tmp_path: Path) -> None:
    """Using Lambda with Amazon SQS: BatchSize."""
    with cloud_of(polled("bodies", BatchSize=3), tmp_path, HANDLERS) as cloud:
        put(cloud, "Queue", *"abcdefg")
        cloud.run_until(START + seconds(1))

        assert sorted(map(len, said(cloud))) == [1, 3, 3]
        assert cloud.queue_depth(cloud.outputs["Queue"]) == 0


def test_a_batch_waits_for_its_window_and_no_longer(tmp_path: Path) -> None:
    """Using Lambda with Amazon SQS: MaximumBatchingWindowInSeconds, from the first message."""
    template = polled("bodies", BatchSize=100, MaximumBatchingWindowInSeconds=5)
    with cloud_of(template, tmp_path, HANDLERS) as cloud:
        put(cloud, "Queue", "a")
        cloud.at(START + seconds(4), lambda: put(cloud, "Queue", "b"))
        cloud.at(START + seconds(6), lambda: put(cloud, "Queue", "c"))
        cloud.run_until(START + seconds(4.9))
        assert said(cloud) == []

        cloud.run_until(START + seconds(5))
        assert [sorted(batch) for batch in said(cloud)] == [["a", "b"]]

        cloud.run_until(START + seconds(11))
        assert [line.at - START for line in cloud.log_lines] == [seconds(5), seconds(11)]


def test_a_full_batch_does_not_wait_for_its_window(tmp_path: Path) -> None:
    """Using Lambda with Amazon SQS: the batch size may be met before the window ends."""
    template = polled("bodies", BatchSize=2, MaximumBatchingWindowInSeconds=60)
    with cloud_of(template, tmp_path, HANDLERS) as cloud:
        put(cloud, "Queue", *"abc")
        cloud.run_until(START + seconds(1))

        assert list(map(len, said(cloud))) == [2]


def test_a_batch_is_cut_at_six_megabytes(tmp_path: Path) -> None:
    """Using Lambda with Amazon SQS: a batch's payload is at most 6 MB."""
    with cloud_of(polled("bodies", BatchSize=10), tmp_path, HANDLERS) as cloud:
        put(cloud, "Queue", *["x" * 1_000_000] * 7)
        cloud.run_until(START + seconds(1))

        assert list(map(len, said(cloud))) == [6, 1]


def test_a_record_has_all_that_lambda_gives_it(tmp_path: Path) -> None:
    """Using Lambda with Amazon SQS: the example events of a standard and of a FIFO queue."""
    template = stack(
        Queue=fifo_queue("F"),
        Function=function("handlers.records"),
        Mapping=mapping("Queue", BatchSize=1),
    )
    with cloud_of(template, tmp_path, HANDLERS) as cloud:
        put(cloud, "Queue", "hello", MessageGroupId="g", MessageDeduplicationId="d")
        cloud.run_until(START + seconds(1))

        ((record,),) = said(cloud)
        now = str(int(START.timestamp() * 1000))
        assert record["attributes"] == {
            "ApproximateReceiveCount": "1",
            "ApproximateFirstReceiveTimestamp": now,
            "SentTimestamp": now,
            "SenderId": record["attributes"]["SenderId"],
            "MessageGroupId": "g",
            "MessageDeduplicationId": "d",
            "SequenceNumber": record["attributes"]["SequenceNumber"],
        }
        assert (record["body"], record["eventSource"]) == ("hello", "aws:sqs")
        assert record["eventSourceARN"] == "arn:aws:sqs:us-east-1:123456789012:F.fifo"
        assert record["awsRegion"] == "us-east-1"
        assert record["messageAttributes"] == {}
        assert {"messageId", "receiptHandle", "md5OfBody"} < set(record)


def test_only_the_reported_message_comes_again(tmp_path: Path) -> None:
    """Handling errors for an SQS event source in Lambda: partial batch responses."""
    with cloud_of(polled("failing_b"), tmp_path, HANDLERS) as cloud:
        put(cloud, "Queue", *"abc")
        cloud.run_until(START + seconds(59))
        assert [sorted(batch) for batch in said(cloud)] == [["a", "b", "c"]]

        cloud.run_until(START + seconds(60))
        assert said(cloud)[1:] == [["b"]]


def test_a_failed_batch_comes_again_after_the_visibility_timeout(tmp_path: Path) -> None:
    """Handling errors for an SQS event source in Lambda: all messages become visible again."""
    with cloud_of(polled("failing"), tmp_path, HANDLERS) as cloud:
        put(cloud, "Queue", *"ab")
        cloud.run_until(START + seconds(61))

        batches = [(line.at - START, line.text) for line in cloud.log_lines if line.text[0] == "["]
        assert [when for when, _ in batches] == [seconds(0), seconds(60)]
        assert cloud.invocations[cloud.outputs["Function"]].errors == 2


@pytest.mark.parametrize(
    "answer",
    [None, {}, {"batchItemFailures": []}, {"batchItemFailures": None}, {"other": 1}],
)
def test_an_answer_without_failures_is_success_of_all(answer: Any, tmp_path: Path) -> None:
    """Handling errors for an SQS event source in Lambda: success and failure conditions."""
    template = polled("answering", {"ANSWER": json.dumps(answer)})
    with cloud_of(template, tmp_path, HANDLERS) as cloud:
        put(cloud, "Queue", *"ab")
        cloud.run_until(START + seconds(1))

        assert cloud.queue_depth(cloud.outputs["Queue"]) == 0


@pytest.mark.parametrize(
    "answer",
    [
        {"batchItemFailures": [{"itemIdentifier": "unknown"}]},
        {"batchItemFailures": [{"itemIdentifier": ""}]},
        {"batchItemFailures": [{"itemIdentifier": None}]},
        {"batchItemFailures": [{"itemIdentifier": []}]},
        {"batchItemFailures": [{"itemIdentifer": "misspelt"}]},
        {"batchItemFailures": [None]},
        {"batchItemFailures": "malformed"},
        "malformed",
        [],
    ],
)
def test_an_answer_that_makes_no_sense_is_failure_of_all(answer: Any, tmp_path: Path) -> None:
    """Handling errors for an SQS event source in Lambda: success and failure conditions."""
    template = polled("answering", {"ANSWER": json.dumps(answer)})
    with cloud_of(template, tmp_path, HANDLERS) as cloud:
        put(cloud, "Queue", *"ab")
        cloud.run_until(START + seconds(1))

        assert cloud.queue_depth(cloud.outputs["Queue"]) == 2


def test_reported_failures_are_deleted_where_reporting_is_off(tmp_path: Path) -> None:
    """Handling errors for an SQS event source in Lambda: FunctionResponseTypes turns it on."""
    with cloud_of(polled("failing_b", FunctionResponseTypes=[]), tmp_path, HANDLERS) as cloud:
        put(cloud, "Queue", *"abc")
        cloud.run_until(START + seconds(1))

        assert cloud.queue_depth(cloud.outputs["Queue"]) == 0


def test_a_message_received_too_often_goes_to_the_dead_letter_queue(tmp_path: Path) -> None:
    """Using dead-letter queues in Amazon SQS: maxReceiveCount, and the age is kept."""
    with cloud_of(polled("failing"), tmp_path, HANDLERS) as cloud:
        put(cloud, "Queue", "a")
        cloud.run_until(START + seconds(179))
        assert cloud.queue_depth(cloud.outputs["Queue"]) == 1

        cloud.run_until(START + seconds(180))
        assert cloud.queue_depth(cloud.outputs["Queue"]) == 0
        (dead,) = cloud.dead_letters(cloud.outputs["Dlq"])
        assert (dead.body, dead.sent_at, dead.receive_count) == ("a", START, 3)
        assert cloud.invocations[cloud.outputs["Function"]].invocations == 3


def test_a_disabled_mapping_leaves_the_queue_alone(tmp_path: Path) -> None:
    """CreateEventSourceMapping: Enabled."""
    with cloud_of(polled("bodies", Enabled=False), tmp_path, HANDLERS) as cloud:
        put(cloud, "Queue", "a")
        cloud.run_until(START + seconds(600))

        assert cloud.queue_depth(cloud.outputs["Queue"]) == 1


def test_a_message_does_not_wait_behind_the_backlog_of_another_queue(tmp_path: Path) -> None:
    """In AWS the pollers run side by side; here they take turns."""
    template = stack(
        Slow=queue(),
        Quick=queue(),
        SlowFunction=function("handlers.slow"),
        QuickFunction=function("handlers.bodies"),
        SlowMapping=mapping("Slow", "SlowFunction", BatchSize=1),
        QuickMapping=mapping("Quick", "QuickFunction"),
    )
    with cloud_of(template, tmp_path, HANDLERS) as cloud:
        put(cloud, "Slow", "slow", "slow", "slow")
        cloud.at(START + seconds(1), lambda: put(cloud, "Quick", "quick"))
        cloud.run_until(START + seconds(60))

        assert said(cloud)[:2] == [["slow"], ["quick"]]


@pytest.mark.parametrize(
    ("source", "properties", "refusal"),
    [
        (queue(), {"BatchSize": 11}, "batch window"),
        (queue(), {"BatchSize": 10_001, "MaximumBatchingWindowInSeconds": 1}, "10001"),
        (queue(), {"MaximumBatchingWindowInSeconds": 301}, "300 seconds"),
        (queue(), {"ScalingConfig": {"MaximumConcurrency": 1}}, "MaximumConcurrency"),
        (queue(VisibilityTimeout=9), {}, "visibility timeout: 9 seconds is less"),
        (fifo_queue("F"), {"MaximumBatchingWindowInSeconds": 1}, "FIFO"),
    ],
)
def test_a_mapping_that_lambda_would_refuse_is_refused(
    source: Template, properties: dict[str, Any], refusal: str, tmp_path: Path
) -> None:
    """CreateEventSourceMapping, and Configuring an SQS queue to use with Lambda."""
    template = stack(
        Queue=source,
        Function=function("handlers.bodies", Timeout=10),
        Mapping=mapping("Queue", **properties),
    )
    with pytest.raises(ValueError, match=refusal), cloud_of(template, tmp_path, HANDLERS):
        pass


@pytest.mark.parametrize("missing", ["sqs:DeleteMessage", "kms:Decrypt"])
def test_a_mapping_needs_the_functions_role_to_allow_polling(missing: str, tmp_path: Path) -> None:
    """Configuring an SQS queue to use with Lambda: execution role permissions."""
    needed = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "kms:Decrypt"}
    template = stack(
        Key=resource("AWS::KMS::Key", KeyPolicy={}),
        Queue=queue(KmsMasterKeyId=arn("Key")),
        Poller=role("lambda", allow(*needed - {missing})),
        Function=function("handlers.bodies", Role=arn("Poller")),
        Mapping=mapping("Queue"),
    )
    with pytest.raises(MappingRefusedError, match=missing), cloud_of(template, tmp_path, HANDLERS):
        pass


def test_what_is_not_modelled_is_not_ignored(tmp_path: Path) -> None:
    """A filter deletes what it does not match: to pass over one would be kinder than AWS."""
    template = polled("bodies", FilterCriteria={"Filters": [{"Pattern": "{}"}]})
    with pytest.raises(NotImplementedError), cloud_of(template, tmp_path, HANDLERS):
        pass
