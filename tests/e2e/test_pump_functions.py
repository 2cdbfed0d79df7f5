"""Functions: each rule with the page of AWS's documentation that states it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError

from ops.local_cloud import CALM, Call, LocalCloud, Phase
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
    role,
    said,
    seconds,
    stack,
)

HANDLERS = """
    import json, os, sys, time
    import boto3

    runs = 0

    def count(event, context):
        global runs
        runs += 1
        print(json.dumps([context.function_name, runs]))

    def environment(event, context):
        print(json.dumps(dict(os.environ)))

    def describe(event, context):
        before = context.get_remaining_time_in_millis()
        time.sleep(3)
        print(json.dumps({
            "name": context.function_name, "memory": context.memory_limit_in_mb,
            "arn": context.invoked_function_arn, "id": context.aws_request_id,
            "remaining": [before, context.get_remaining_time_in_millis()],
        }))

    def sleepy(event, context):
        try:
            time.sleep(event)
        except Exception:
            print('"caught"')
        print('"awake"')

    def hopping(event, context):
        print('"hop"')
        queue = boto3.client("sqs")
        group = {"MessageGroupId": "g", "MessageDeduplicationId": context.aws_request_id}
        queue.send_message(QueueUrl=os.environ["QUEUE"], MessageBody="on", **group)

    def writing(event, context):
        table = boto3.client("dynamodb")
        item = {"id": {"S": "1"}}
        condition = "attribute_not_exists(id)"
        table.put_item(TableName=os.environ["TABLE"], Item=item, ConditionExpression=condition)
        print('"written"')

    def unserialisable(event, context):
        return {1, 2}

    def leaving(event, context):
        sys.exit(3)

    def metrics(event, context):
        print("hello")
        print(json.dumps({
            "_aws": {"Timestamp": 0, "CloudWatchMetrics": [{
                "Namespace": "DayFive", "Dimensions": [["service"]],
                "Metrics": [{"Name": "Sent", "Unit": "Count"}]}]},
            "service": "dayfive", "Sent": [1.0, 2.0]}))
"""


def lone(handler: str, **properties: Any) -> Template:
    return stack(Function=function(f"handlers.{handler}", **properties))


def name(cloud: LocalCloud) -> str:
    return cloud.outputs["Function"]


def test_a_function_sees_its_own_variables_and_lambdas_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Working with Lambda environment variables: defined runtime environment variables."""
    monkeypatch.setenv("OF_THE_LAPTOP", "x")
    template = stack(
        Queue=queue(),
        Function=function("handlers.environment", {"QUEUE": ref("Queue")}, MemorySize=512),
    )
    with cloud_of(template, tmp_path, HANDLERS) as cloud:
        cloud.invoke(name(cloud), {})

        (seen,) = said(cloud)
        assert seen["QUEUE"] == cloud.outputs["Queue"]
        assert seen["AWS_LAMBDA_FUNCTION_NAME"] == name(cloud)
        assert seen["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "512"
        assert seen["AWS_REGION"] == seen["AWS_DEFAULT_REGION"] == "us-east-1"
        assert "OF_THE_LAPTOP" not in seen
        assert not any(variable.startswith("PYTEST") for variable in seen)


def test_given_variables_override_the_templates(tmp_path: Path) -> None:
    """Of the local cloud: so SP_API_ENDPOINT leads a function to the simulator."""
    (tmp_path / "handlers.py").write_text("import json, os\ndef run(e, c): return os.environ['A']")
    template = stack(Function=function("handlers.run", {"A": "template"}))
    given = {"A": "given"}
    with LocalCloud.create(template, start=START, environment=given, code=tmp_path) as cloud:
        assert cloud.invoke(name(cloud), {}).response == "given"


def test_the_context_says_what_lambdas_says_on_the_moved_clock(tmp_path: Path) -> None:
    """Using the Lambda context object to retrieve Python function information."""
    with cloud_of(lone("describe", Timeout=10), tmp_path, HANDLERS) as cloud:
        cloud.invoke(name(cloud), {})

        (seen,) = said(cloud)
        assert seen["name"] == name(cloud)
        assert seen["memory"] == "128"
        assert seen["arn"] == f"arn:aws:lambda:us-east-1:123456789012:function:{name(cloud)}"
        assert len(seen["id"]) == 36
        assert seen["remaining"] == [10_000, 7_000]


def test_globals_live_as_long_as_their_environment_and_no_further(tmp_path: Path) -> None:
    """Understanding the Lambda execution environment lifecycle: global variables stay."""
    template = stack(
        Function=function("handlers.count"),
        Other=function("handlers.count"),
    )
    with cloud_of(template, tmp_path, HANDLERS) as cloud:
        for each in ("Function", "Function", "Other"):
            cloud.invoke(cloud.outputs[each], {})
        cloud.kill(name(cloud))
        cloud.invoke(name(cloud), {})

        assert [runs for _, runs in said(cloud)] == [1, 2, 1, 1]
        assert cloud.invocations[name(cloud)].cold_starts == 2


@pytest.mark.parametrize(
    ("gap", "runs"), [(timedelta(minutes=20), [1, 2, 3]), (timedelta(minutes=31), [1, 1, 1])]
)
def test_an_idle_environment_is_gone(gap: timedelta, runs: list[int], tmp_path: Path) -> None:
    """Understanding the Lambda execution environment lifecycle: the shutdown phase."""
    behaviour = replace(CALM, idle_lifetime=timedelta(minutes=30))
    with cloud_of(lone("count"), tmp_path, HANDLERS, behaviour) as cloud:
        for turn in range(3):
            cloud.run_until(START + turn * gap)
            cloud.invoke(name(cloud), {})

        assert [count for _, count in said(cloud)] == runs


def test_a_busy_environment_is_replaced_after_its_longest_life(tmp_path: Path) -> None:
    """Understanding the Lambda execution environment lifecycle: terminated every few hours."""
    behaviour = replace(CALM, longest_lifetime=timedelta(hours=2))
    with cloud_of(lone("count"), tmp_path, HANDLERS, behaviour) as cloud:
        for turn in range(4):
            cloud.run_until(START + turn * timedelta(hours=1))
            cloud.invoke(name(cloud), {})

        assert [count for _, count in said(cloud)] == [1, 2, 3, 1]


def test_a_sleep_past_the_timeout_is_cut_at_the_timeout(tmp_path: Path) -> None:
    """Configure Lambda function timeout: the run ends there, and the environment with it."""
    with cloud_of(lone("sleepy", Timeout=10), tmp_path, HANDLERS) as cloud:
        cloud.invoke(name(cloud), 60)

        assert said(cloud) == []
        assert cloud.now == START + seconds(10)
        counts = cloud.invocations[name(cloud)]
        assert (counts.errors, counts.timeouts) == (1, 1)

        cloud.invoke(name(cloud), 10)
        assert said(cloud) == ["awake"]
        assert counts.cold_starts == 2


def test_no_call_leaves_a_function_after_its_timeout(tmp_path: Path) -> None:
    """Configure Lambda function timeout; what moved time meanwhile is no excuse."""
    template = stack(
        Table=_table(), Function=function("handlers.writing", {"TABLE": ref("Table")}, Timeout=10)
    )
    with cloud_of(template, tmp_path, HANDLERS) as cloud:

        def late(call: Call) -> None:
            if call.phase is Phase.ANSWER:
                cloud.run_until(cloud.now + seconds(11))

        cloud.on_call(late)
        cloud.invoke(name(cloud), {})

        assert said(cloud) == []
        assert cloud.invocations[name(cloud)].timeouts == 1


@pytest.mark.parametrize("handler", ["unserialisable", "missing"])
def test_what_the_runtime_cannot_run_or_return_is_an_error(handler: str, tmp_path: Path) -> None:
    """Building Lambda functions with Python: the handler returns what JSON can carry."""
    with cloud_of(lone(handler), tmp_path, HANDLERS) as cloud:
        assert cloud.invoke(name(cloud), {}).error is not None
        assert cloud.invocations[name(cloud)].errors == 1


def test_a_process_that_ends_takes_its_environment_with_it(tmp_path: Path) -> None:
    """Understanding the Lambda execution environment lifecycle: failures during invoke."""
    with cloud_of(lone("leaving"), tmp_path, HANDLERS) as cloud:
        for _ in range(2):
            assert isinstance(cloud.invoke(name(cloud), {}).error, SystemExit)

        assert cloud.invocations[name(cloud)].cold_starts == 2


def test_what_a_function_prints_is_kept_and_its_metrics_are_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Specification: Embedded metric format."""
    with cloud_of(lone("metrics"), tmp_path, HANDLERS) as cloud:
        cloud.invoke(name(cloud), {})

        assert capsys.readouterr().out == ""
        assert cloud.log_lines[0].text == "hello"
        assert [metric.value for metric in cloud.metrics] == [1.0, 2.0]
        assert {metric.name for metric in cloud.metrics} == {"Sent"}
        assert cloud.metrics[0].dimensions == {"service": "dayfive"}


@pytest.mark.parametrize(("setting", "hops"), [({}, 16), ({"RecursiveLoop": "Allow"}, 30)])
def test_a_function_that_calls_itself_through_its_queue_is_stopped_after_sixteen_runs(
    setting: Properties, hops: int, tmp_path: Path
) -> None:
    """Use Lambda recursive loop detection to prevent infinite loops."""
    template = stack(
        Dlq=fifo_queue("Dlq"),
        Queue=fifo_queue("Queue", **redriven_to("Dlq", after=5)),
        Function=function("handlers.hopping", {"QUEUE": ref("Queue")}, **setting),
        Mapping=mapping("Queue", BatchSize=1),
    )
    a_second_each = replace(CALM, call_latency=timedelta(seconds=1))
    with cloud_of(template, tmp_path, HANDLERS, a_second_each) as cloud:
        put(cloud, "Queue", "on", MessageGroupId="g")
        cloud.run_until(START + seconds(29))

        assert len(said(cloud)) == hops
        assert cloud.queue_depth(cloud.outputs["Dlq"]) == (hops == 16)


def test_a_call_without_a_grant_is_refused(tmp_path: Path) -> None:
    """Policy evaluation logic, IAM: without an allow it is denied."""
    reader = role("lambda", allow("dynamodb:GetItem"))
    template = stack(
        Table=_table(),
        Reader=reader,
        Function=function("handlers.writing", {"TABLE": ref("Table")}, Role=arn("Reader")),
    )
    with cloud_of(template, tmp_path, HANDLERS) as cloud:
        cloud.invoke(name(cloud), {})

        (failed,) = cloud.errors
        assert "not authorized to perform: dynamodb:PutItem" in str(failed.error)


@pytest.mark.parametrize(("phase", "written"), [(Phase.BEFORE, 0), (Phase.AFTER, 1)])
def test_a_hook_kills_a_function_before_or_after_a_call_took_effect(
    phase: Phase, written: int, tmp_path: Path
) -> None:
    """Of the local cloud: where a crash sweep puts its crashes."""
    template = stack(Table=_table(), Function=function("handlers.writing", {"TABLE": ref("Table")}))

    class KilledError(BaseException):
        pass

    def kill(call: Call) -> None:
        if (call.service, call.operation, call.phase) == ("dynamodb", "PutItem", phase):
            assert call.function == name(cloud)
            assert call.parameters["Item"] == {"id": {"S": "1"}}
            raise KilledError

    with cloud_of(template, tmp_path, HANDLERS) as cloud:
        cloud.on_call(kill)
        cloud.invoke(name(cloud), {})

        assert isinstance(cloud.errors[0].error, KilledError)
        assert len(cloud.table_items()) == written


def test_a_lost_answer_makes_botocore_repeat_the_call(tmp_path: Path) -> None:
    """Retries, boto3: so a conditional write may meet its own first attempt."""
    template = stack(Table=_table(), Function=function("handlers.writing", {"TABLE": ref("Table")}))
    answers: list[Call] = []

    def lose_the_first(call: Call) -> None:
        if call.phase is Phase.ANSWER:
            answers.append(call)
            if len(answers) == 1:
                raise ReadTimeoutError(endpoint_url="dynamodb")

    with cloud_of(template, tmp_path, HANDLERS) as cloud:
        cloud.on_call(lose_the_first)
        cloud.invoke(name(cloud), {})

        assert len(answers) == 2
        assert "ConditionalCheckFailed" in str(cloud.errors[0].error)
        assert len(cloud.table_items()) == 1


def test_a_hook_can_let_another_function_run_in_the_middle(tmp_path: Path) -> None:
    """Of the local cloud: how two functions are made to race."""
    template = stack(
        Table=_table(),
        Queue=queue(),
        Function=function("handlers.writing", {"TABLE": ref("Table")}),
        Other=function("handlers.count"),
        Mapping=mapping("Queue", "Other"),
    )
    with cloud_of(template, tmp_path, HANDLERS) as cloud:

        def meanwhile(call: Call) -> None:
            if call.phase is Phase.BEFORE and call.operation == "PutItem":
                put(cloud, "Queue", "x")
                cloud.run_until(cloud.now + seconds(1))

        cloud.on_call(meanwhile)
        cloud.invoke(name(cloud), {})

        assert said(cloud) == [[cloud.outputs["Other"], 1], "written"]


def test_each_answer_of_aws_takes_its_time(tmp_path: Path) -> None:
    """Of the local cloud: a run that waits for nothing would hide a timeout set too short."""
    slow = replace(CALM, call_latency=timedelta(seconds=1))
    template = stack(Table=_table(), Function=function("handlers.writing", {"TABLE": ref("Table")}))
    with cloud_of(template, tmp_path, HANDLERS, slow) as cloud:
        cloud.invoke(name(cloud), {})

        assert cloud.now == START + seconds(1)


def test_nothing_of_the_cloud_stays_behind(tmp_path: Path) -> None:
    """Of the local cloud: environment, modules, session and handlers are as they were."""
    import os
    import sys

    from botocore.handlers import BUILTIN_HANDLERS

    before = dict(os.environ), set(sys.path), list(BUILTIN_HANDLERS), boto3.DEFAULT_SESSION
    with cloud_of(lone("count"), tmp_path, HANDLERS) as cloud:
        cloud.invoke(name(cloud), {})

    assert (
        dict(os.environ),
        set(sys.path),
        list(BUILTIN_HANDLERS),
        boto3.DEFAULT_SESSION,
    ) == before
    assert "handlers" not in sys.modules


def _table() -> Properties:
    return resource(
        "AWS::DynamoDB::Table",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
