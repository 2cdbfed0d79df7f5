"""The real template comes up on moto, in process and behind a moto server."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from ops.local_cloud import LocalCloud, synthesise
from ops.local_cloud.template import PROJECT, SynthesisError
from tests.loopback_aws import aws_on_loopback

START = datetime(2027, 3, 1, 12, 0, 0, tzinfo=UTC)
OUTPUTS = {
    "OrdersTableName",
    "OrderChangeQueueArn",
    "OrderChangeQueueUrl",
    "OrderChangeDlqUrl",
    "WakeUpQueueUrl",
    "WakeUpDlqUrl",
    "ScheduleDlqUrl",
    "ScheduleGroupName",
    "IntakeFunctionName",
    "SenderFunctionName",
    "SweeperFunctionName",
}


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    return synthesise()


@pytest.fixture
def server() -> Iterator[str]:
    with aws_on_loopback() as url:
        yield url


def test_the_stack_comes_up_with_its_outputs(template: dict[str, Any]) -> None:
    with LocalCloud.create(template, start=START) as cloud:
        assert set(cloud.outputs) == OUTPUTS
        assert cloud.outputs["WakeUpQueueUrl"].endswith(".fifo")
        stacks = boto3.client("cloudformation").describe_stacks(StackName="DayFive")["Stacks"]
        assert {one["OutputKey"]: one["OutputValue"] for one in stacks[0]["Outputs"]} == dict(
            cloud.outputs
        )


def test_every_function_starts_with_what_the_template_gives_it(template: dict[str, Any]) -> None:
    """A missing variable, module or grant shows here and not after a deployment."""
    with LocalCloud.create(template, start=START) as cloud:
        cloud.send(cloud.outputs["OrderChangeQueueUrl"], "not JSON")
        boto3.client("sqs").send_message(
            QueueUrl=cloud.outputs["WakeUpQueueUrl"],
            MessageBody='{"seller_id": "A1NOSUCHSELLER", "region": "na"}',
            MessageGroupId="A1NOSUCHSELLER.na",
        )
        cloud.run_until(START + timedelta(minutes=62))

        for name in ("Intake", "Sender", "Sweeper"):
            counts = cloud.invocations[cloud.outputs[f"{name}FunctionName"]]
            assert counts.invocations > 0, name
            assert counts.errors == 0, cloud.errors
        assert cloud.undelivered == []


def test_what_nobody_can_read_ends_in_the_dead_letter_queue(template: dict[str, Any]) -> None:
    with LocalCloud.create(template, start=START) as cloud:
        cloud.send(cloud.outputs["OrderChangeQueueUrl"], "not JSON")
        cloud.run_until(START + timedelta(hours=3))

        (dead,) = cloud.dead_letters(cloud.outputs["OrderChangeDlqUrl"])
        assert dead.body == "not JSON"


def test_a_changed_template_changes_what_happens(template: dict[str, Any]) -> None:
    """Nothing but the template decides: here its receive count and its batching window."""
    changed = json.loads(json.dumps(template))
    for resource in changed["Resources"].values():
        properties = resource.get("Properties", {})
        if properties.get("RedrivePolicy", {}).get("maxReceiveCount") == 40:
            properties["RedrivePolicy"]["maxReceiveCount"] = 2
        if "MaximumBatchingWindowInSeconds" in properties:
            properties["MaximumBatchingWindowInSeconds"] = 60
    with LocalCloud.create(changed, start=START) as cloud:
        cloud.send(cloud.outputs["OrderChangeQueueUrl"], "not JSON")
        cloud.run_until(START + timedelta(seconds=59))
        assert cloud.invocations[cloud.outputs["IntakeFunctionName"]].invocations == 0

        cloud.run_until(START + timedelta(minutes=15))
        assert cloud.invocations[cloud.outputs["IntakeFunctionName"]].invocations == 2
        assert cloud.queue_depth(cloud.outputs["OrderChangeDlqUrl"]) == 1


def test_the_stack_comes_up_and_goes_behind_a_server(template: dict[str, Any], server: str) -> None:
    parameter = {"Name": "/cdk-bootstrap/hnb659fds/version", "Value": "30", "Type": "String"}
    boto3.client("ssm", endpoint_url=server).put_parameter(**parameter)
    client = boto3.client("cloudformation", endpoint_url=server)
    client.create_stack(StackName="DayFive", TemplateBody=json.dumps(template))
    (stack,) = client.describe_stacks(StackName="DayFive")["Stacks"]
    assert {output["OutputKey"] for output in stack["Outputs"]} == OUTPUTS

    mappings = boto3.client("lambda", endpoint_url=server).list_event_source_mappings()
    assert [one["State"] for one in mappings["EventSourceMappings"]] == ["Enabled"] * 2
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
    sqs = boto3.client("sqs", endpoint_url=server)
    url = sqs.get_queue_url(QueueName=outputs["OrderChangeQueueUrl"].rsplit("/")[-1])["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="moto leaves it alone")
    depth = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    assert depth["Attributes"] == {"ApproximateNumberOfMessages": "1"}

    client.delete_stack(StackName="DayFive")
    assert boto3.client("lambda", endpoint_url=server).list_functions()["Functions"] == []


def test_a_template_is_synthesised_once_while_nothing_changes(tmp_path: Path) -> None:
    project, cache = tmp_path / "project", tmp_path / "cache"
    (project / "infra").mkdir(parents=True)
    (project / "cdk.json").write_text("{}")
    for name in ("app.py", "infra/stack.py"):
        (project / name).touch()
    source = (
        "import os, pathlib\n"
        "folder = pathlib.Path(os.environ['CDK_OUTDIR'])\n"
        "(folder / 'DayFive.template.json').write_text('{\"Resources\": {}}')\n"
        "pathlib.Path('runs').open('a').write('.')\n"
    )
    (project / "app.py").write_text(source)

    for _ in range(2):
        assert synthesise(project, cache) == {"Resources": {}}
    assert (project / "runs").read_text() == "."

    (project / "infra" / "stack.py").write_text("# changed")
    synthesise(project, cache)
    assert (project / "runs").read_text() == ".."


def test_an_app_that_fails_says_why(tmp_path: Path) -> None:
    shutil.copy(PROJECT / "cdk.json", tmp_path)
    (tmp_path / "app.py").write_text("raise SystemExit('transit_days is out of range')")

    with pytest.raises(SynthesisError, match="transit_days is out of range"):
        synthesise(tmp_path, tmp_path / "cache")


def test_a_provisioned_table_comes_up_with_its_units() -> None:
    template = synthesise(table_capacity="provisioned")

    with LocalCloud.create(template, start=START) as cloud:
        table = boto3.client("dynamodb").describe_table(TableName=cloud.outputs["OrdersTableName"])
        [index] = table["Table"]["GlobalSecondaryIndexes"]
        units = [each["ProvisionedThroughput"] for each in (table["Table"], index)]

    assert sum(each["WriteCapacityUnits"] for each in units) == 25
    assert sum(each["ReadCapacityUnits"] for each in units) == 25
