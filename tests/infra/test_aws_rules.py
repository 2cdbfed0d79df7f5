"""AWS's own rules, which a template can break without any local tool noticing."""

import re
from pathlib import Path

import pytest

from tests.infra.readable import Properties, ReadableStack
from tests.infra.synthesis import app_with

MAPPINGS = ("IntakeFunctionMessages", "SenderFunctionMessages")


@pytest.mark.parametrize("mapping", MAPPINGS)
def test_a_message_stays_hidden_while_its_function_may_still_retry(
    stack: ReadableStack, mapping: str
) -> None:
    """Lambda Developer Guide, "Creating and configuring an Amazon SQS event source mapping":
    six times the function's timeout, plus the batching window.
    """
    source = stack[mapping]
    timeout = _referred(stack, source["FunctionName"])["Timeout"]
    queue = _referred(stack, source["EventSourceArn"])

    assert queue["VisibilityTimeout"] >= 6 * timeout + source.get(
        "MaximumBatchingWindowInSeconds", 0
    )


@pytest.mark.parametrize("mapping", MAPPINGS)
def test_a_message_gets_at_least_five_tries(stack: ReadableStack, mapping: str) -> None:
    """Same page: maxReceiveCount of 5 or more, or throttling alone fills the DLQ."""
    queue = _referred(stack, stack[mapping]["EventSourceArn"])

    assert queue["RedrivePolicy"]["maxReceiveCount"] >= 5


def test_two_hours_of_trouble_fill_no_dlq(stack: ReadableStack) -> None:
    for mapping in MAPPINGS:
        queue = _referred(stack, stack[mapping]["EventSourceArn"])

        assert queue["VisibilityTimeout"] * queue["RedrivePolicy"]["maxReceiveCount"] >= 2 * 3600


def test_batches_have_the_sizes_their_kind_of_queue_allows(stack: ReadableStack) -> None:
    """Lambda API, CreateEventSourceMapping: over 10 needs a window, FIFO takes 10 and none."""
    for mapping in MAPPINGS:
        source = stack[mapping]
        window = source.get("MaximumBatchingWindowInSeconds", 0)
        if _referred(stack, source["EventSourceArn"]).get("FifoQueue"):
            assert source["BatchSize"] <= 10
            assert window == 0
        else:
            assert source["BatchSize"] <= 10 or window >= 1


def test_a_mapping_sets_no_concurrency_that_lambda_refuses(stack: ReadableStack) -> None:
    """Lambda API, ScalingConfig: 2 to 1,000; not beside ProvisionedPollerConfig."""
    for mapping in stack.of_type("AWS::Lambda::EventSourceMapping").values():
        scaling = mapping.get("ScalingConfig", {})

        assert 2 <= scaling.get("MaximumConcurrency", 2) <= 1000
        assert not (scaling and "ProvisionedPollerConfig" in mapping)


def test_no_queue_takes_less_than_sqs_would(stack: ReadableStack) -> None:
    """SQS Developer Guide, "Message quotas": 1 MiB. What Amazon sends is its own affair."""
    for queue in stack.of_type("AWS::SQS::Queue").values():
        assert queue.get("MaximumMessageSize", 1024 * 1024) == 1024 * 1024


def test_one_bad_message_does_not_fail_its_batch(stack: ReadableStack) -> None:
    for mapping in MAPPINGS:
        assert stack[mapping]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert "FilterCriteria" not in stack[mapping]  # a filter deletes what it does not match


def test_intake_and_sender_have_the_times_the_design_counts_on(stack: ReadableStack) -> None:
    assert stack["IntakeFunction"]["Timeout"] == 30
    assert stack["IntakeFunctionMessages"]["BatchSize"] == 100
    assert stack["IntakeFunctionMessages"]["MaximumBatchingWindowInSeconds"] == 60
    assert stack["SenderFunction"]["Timeout"] == 90
    assert stack["SenderFunctionMessages"]["BatchSize"] == 1


def test_no_function_reserves_concurrency(stack: ReadableStack) -> None:
    """Lambda Developer Guide, "Configuring reserved concurrency": 100 must stay unreserved, and a
    new account may have 10 in all.
    """
    for function in stack.of_type("AWS::Lambda::Function").values():
        assert "ReservedConcurrentExecutions" not in function


def test_only_the_sender_may_send_to_the_queue_that_starts_it(stack: ReadableStack) -> None:
    """Lambda Developer Guide, "Use Lambda recursive loop detection": stopped after 16 rounds."""
    assert stack["SenderFunction"]["RecursiveLoop"] == "Allow"
    assert "RecursiveLoop" not in stack["IntakeFunction"]
    assert "RecursiveLoop" not in stack["SweeperFunction"]


@pytest.mark.parametrize("mapping", MAPPINGS)
def test_a_function_may_poll_before_its_mapping_is_made(stack: ReadableStack, mapping: str) -> None:
    """Lambda API, CreateEventSourceMapping: refused while the role may not receive messages."""
    function = stack[mapping]["FunctionName"].strip("${}")
    role = stack[function]["Role"].strip("${}").removesuffix(".Arn")

    assert f"{role}DefaultPolicy" in stack.resources[function]["DependsOn"]


def test_a_dlq_is_of_the_kind_of_its_queue(stack: ReadableStack) -> None:
    """SQS Developer Guide, "Using dead-letter queues": FIFO for FIFO, standard for standard."""
    for queue in stack.of_type("AWS::SQS::Queue").values():
        if redrive := queue.get("RedrivePolicy"):
            dlq = _referred(stack, redrive["deadLetterTargetArn"])
            assert queue.get("FifoQueue") == dlq.get("FifoQueue")


def test_amazon_and_scheduler_write_to_standard_queues(stack: ReadableStack) -> None:
    """SP-API guide, "Set up notifications (Amazon Simple Queue Service workflow)"; EventBridge
    Scheduler User Guide, "Configuring a schedule's dead-letter queue".
    """
    assert "FifoQueue" not in stack["OrderChangeQueue"]
    assert "FifoQueue" not in stack["SchedulesDlq"]


def test_fifo_queues_are_named_as_sqs_demands(stack: ReadableStack) -> None:
    """SQS API, CreateQueue: up to 80 letters, digits, - and _, the suffix included."""
    for name in ("WakeUpQueue", "WakeUpQueueDlq"):
        queue_name = stack[name]["QueueName"]

        assert re.fullmatch(r"DayFive-[\w-]+\.fifo", queue_name)
        assert len(queue_name) <= 80


def test_the_wake_up_queue_is_fit_for_scheduler_and_for_many_sellers(stack: ReadableStack) -> None:
    """Scheduler API, SqsParameters: content-based deduplication on a FIFO target. SQS Developer
    Guide, "High throughput for FIFO queues": both settings, or none.
    """
    queue = stack["WakeUpQueue"]

    assert queue["ContentBasedDeduplication"] is True
    assert queue["DeduplicationScope"] == "messageGroup"
    assert queue["FifoThroughputLimit"] == "perMessageGroupId"


def test_every_queue_keeps_messages_for_fourteen_days(stack: ReadableStack) -> None:
    queues = stack.of_type("AWS::SQS::Queue").values()

    assert {queue["MessageRetentionPeriod"] for queue in queues} == {14 * 24 * 3600}


def test_a_key_of_our_own_protects_postal_codes_and_nothing_else(stack: ReadableStack) -> None:
    """SQS Developer Guide, "Key management": only a customer-managed key opens to others."""
    for name, queue in stack.of_type("AWS::SQS::Queue").items():
        if name.startswith("OrderChangeQueue"):
            assert queue["KmsMasterKeyId"] == "${OrderChangeQueueKey.Arn}"
        else:
            assert queue["SqsManagedSseEnabled"] is True
    assert stack["OrderChangeQueueKey"]["EnableKeyRotation"] is True


def test_the_schedule_groups_name_is_one_scheduler_takes(stack: ReadableStack) -> None:
    """Scheduler API, CreateScheduleGroup, Name."""
    assert re.fullmatch(r"[0-9a-zA-Z-_.]{1,64}", stack["SchedulesGroup"]["Name"])


def test_the_environment_fits(stack: ReadableStack) -> None:
    """Lambda quotas: 4 KB for all variables; ARNs and URLs are taken at twice what is usual."""
    variables = stack.environment("SenderFunction")
    referring = [value for value in variables.values() if "$" in value]

    assert len(str(variables)) + 400 * len(referring) < 4096


@pytest.mark.parametrize("name", ["Intake", "Sender", "Sweeper"])
def test_every_function_logs_json_to_a_group_that_forgets(stack: ReadableStack, name: str) -> None:
    """Lambda Developer Guide: a log group that Lambda makes by itself is kept for ever."""
    assert stack[f"{name}Function"]["LoggingConfig"] == {
        "LogFormat": "JSON",
        "LogGroup": f"${{{name}Logs}}",
    }
    assert stack[f"{name}Logs"]["RetentionInDays"] == 90


def test_log_groups_have_names_that_cloudwatch_takes(stack: ReadableStack) -> None:
    """CloudWatch Logs API, CreateLogGroup: 1 to 512 characters. A name that is left out is made
    by CloudFormation, of the stack's name, the logical id and twelve characters more.
    """
    for name, group in stack.of_type("AWS::Logs::LogGroup").items():
        made = f"DayFive-{name}12345678-123456789012"

        assert re.fullmatch(r"[.\-_/#A-Za-z0-9]{1,512}", group.get("LogGroupName", made))


def test_the_table_survives_the_stack_and_a_mistake(stack: ReadableStack) -> None:
    table = stack.resources["OrdersTable"]

    assert table["Type"] == "AWS::DynamoDB::Table"
    assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == "Retain"
    assert table["Properties"]["DeletionProtectionEnabled"] is True
    assert table["Properties"]["BillingMode"] == "PAY_PER_REQUEST"
    assert table["Properties"]["PointInTimeRecoverySpecification"] == {
        "PointInTimeRecoveryEnabled": True
    }


def test_provisioned_units_are_those_that_are_free_for_ever(tmp_path: Path) -> None:
    """ "Pricing for Provisioned Capacity", Amazon DynamoDB: 25 write and 25 read units."""
    assembly = app_with(tmp_path, table_capacity="provisioned").synth()
    table = ReadableStack(assembly.get_stack_by_name("DayFive").template)["OrdersTable"]
    [index] = table["GlobalSecondaryIndexes"]
    given = [each["ProvisionedThroughput"] for each in (table, index)]

    assert table["BillingMode"] == "PROVISIONED"
    for name in ("ReadCapacityUnits", "WriteCapacityUnits"):
        assert sum(units[name] for units in given) == 25
        assert all(units[name] > 0 for units in given)


def _referred(stack: ReadableStack, reference: str) -> Properties:
    return stack[reference.strip("${}").removesuffix(".Arn")]
