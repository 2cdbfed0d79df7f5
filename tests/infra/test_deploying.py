"""`make bootstrap`, `deploy`, `diff` and `destroy`: the real CDK CLI against moto on loopback.

Not tried here: change sets, by which `make deploy` goes about it in AWS and `make diff` tells
replacements. moto's are of no use, so the CLI is told to do without (tests/infra/deploying.py).
What may not be replaced is held by tests/infra/test_upgrades.py.
"""

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from tests.infra.deploying import Project, cdk_cli
from tests.loopback_aws import aws_on_loopback

FUNCTIONS = ("Intake", "Sender", "Sweeper")
ORDER = {"seller_id": {"S": "A1DAYFIVENA001"}, "amazon_order_id": {"S": "903-5550101-0000001"}}
SCHEDULE = "A1DAYFIVENA001.na.20270301T1200"


class Account:
    """What lies in the AWS account, asked by plain boto3."""

    def __init__(self, url: str) -> None:
        self._url = url

    def client(self, service: str) -> Any:
        return boto3.client(service, endpoint_url=self._url)

    def resources(self) -> dict[str, str]:
        """Physical ids by logical ids: one that changes is a replacement."""
        answer = self.client("cloudformation").describe_stack_resources(StackName="DayFive")
        found = answer["StackResources"]
        return {one["LogicalResourceId"]: one.get("PhysicalResourceId", "") for one in found}

    def functions(self) -> dict[str, Any]:
        listed = self.client("lambda").list_functions()["Functions"]
        keep = ("Handler", "Timeout", "MemorySize", "Role", "Environment", "CodeSha256")
        return {one["FunctionName"]: {name: one[name] for name in keep} for one in listed}

    def keep_state(self, outputs: dict[str, str]) -> None:
        """An order, a message in each queue and a schedule: what a deployment may not lose."""
        self.client("dynamodb").put_item(TableName=outputs["OrdersTableName"], Item=ORDER)
        sqs = self.client("sqs")
        for name in ("OrderChangeQueue", "OrderChangeDlq", "WakeUpQueue", "WakeUpDlq"):
            url, fifo = outputs[f"{name}Url"], {}
            if url.endswith(".fifo"):
                fifo = {"MessageGroupId": "group", "MessageDeduplicationId": "id"}
            sqs.send_message(QueueUrl=url, MessageBody="kept", **fifo)
        self.client("scheduler").create_schedule(
            Name=SCHEDULE,
            GroupName=outputs["ScheduleGroupName"],
            ScheduleExpression="at(2027-03-01T12:00:00)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": outputs["OrderChangeQueueArn"], "RoleArn": "arn:aws:iam::1:role/any"},
        )

    def state(self) -> dict[str, Any]:
        """Tables with their items, queues with their depths, and all else by its name."""
        dynamodb, sqs = self.client("dynamodb"), self.client("sqs")
        cloudwatch = self.client("cloudwatch")
        depth = "ApproximateNumberOfMessages"
        return {
            "tables": {
                name: (
                    dynamodb.describe_table(TableName=name)["Table"]["CreationDateTime"],
                    dynamodb.scan(TableName=name)["Items"],
                )
                for name in dynamodb.list_tables()["TableNames"]
            },
            "queues": {
                url: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[depth])["Attributes"][
                    depth
                ]
                for url in sqs.list_queues().get("QueueUrls", [])
            },
            "schedules": [
                (one["GroupName"], one["Name"])
                for one in self.client("scheduler").list_schedules()["Schedules"]
            ],
            "functions": sorted(self.functions()),
            "topics": [one["TopicArn"] for one in self.client("sns").list_topics()["Topics"]],
            "alarms": [one["AlarmName"] for one in cloudwatch.describe_alarms()["MetricAlarms"]],
            "dashboards": [
                one["DashboardName"] for one in cloudwatch.list_dashboards()["DashboardEntries"]
            ],
            "logs": sorted(
                one["logGroupName"]
                for one in self.client("logs").describe_log_groups()["logGroups"]
            ),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was printed, and what lay in the account afterwards."""

    printed: str
    resources: dict[str, str]
    functions: dict[str, Any]
    state: dict[str, Any]


class Story:
    """One account's life, told once for all tests, as each step takes seconds."""

    def __init__(self, project: Project, account: Account) -> None:
        self._account = account
        setting, as_built = "--context=delay_days=7", "--app=cdk.out"
        self.bootstrapped = project.make("bootstrap")
        self.first = self._see(project.deploy())
        self.outputs = project.outputs
        account.keep_state(self.outputs)
        self.again = self._see(project.deploy())
        self.same = project.diff("--fail", as_built)
        self.provisioned = project.diff("--context=table_capacity=provisioned")
        self.difference = project.diff(setting)
        self.set = self._see(project.update(as_built))  # what the diff has just shown
        module = project.folder / "lambdas" / "core" / "window.py"
        module.write_text(f"{module.read_text()}\n# The next version.\n")
        self.upgraded = self._see(project.update(setting))
        self.refused = project.refuse("deploy", "--context=delay_days=4")
        self.destroyed = project.make("destroy", "--force", as_built)
        self.left = account.state()

    def _see(self, printed: str) -> Seen:
        account = self._account
        return Seen(
            printed=printed,
            resources=account.resources(),
            functions=account.functions(),
            state=account.state(),
        )


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    if not cdk_cli().exists():  # .ci/run installs it or fails
        pytest.skip("the CDK CLI is not installed; make synth installs it")
    with aws_on_loopback() as url:
        yield Story(Project(tmp_path_factory.mktemp("project"), url), Account(url))


def test_bootstrap_and_deploy_bring_the_stack_up(story: Story) -> None:
    assert "bootstrapped" in story.bootstrapped
    assert "✅  DayFive" in story.first.printed
    assert len(story.first.functions) == len(FUNCTIONS)
    assert all(story.outputs.values())
    assert {story.outputs[f"{name}FunctionName"] for name in FUNCTIONS} == set(
        story.first.functions
    )


def test_a_deployment_of_the_same_changes_nothing(story: Story) -> None:
    assert "(no changes)" in story.again.printed
    assert story.again.resources == story.first.resources
    assert story.again.functions == story.first.functions
    assert "There were no differences" in story.same


def test_diff_shows_what_a_setting_would_change_and_nothing_else(story: Story) -> None:
    changed = re.findall(r"^\[(.)\] (\S+) (\w+)/Function ", story.difference, re.MULTILINE)

    assert changed == [("~", "AWS::Lambda::Function", name) for name in FUNCTIONS]
    assert set(re.findall(r"\[~\] \.?(\w+):?$", story.difference, re.MULTILINE)) == {
        "Environment",
        "Variables",
        "DELAY_DAYS",
    }
    assert set(re.findall(r"\[([-+])\] (\d+)$", story.difference, re.MULTILINE)) == {
        ("-", "5"),
        ("+", "7"),
    }


def test_another_capacity_of_the_table_is_no_other_table(story: Story) -> None:
    changed = re.findall(r"^\[(.)\] (\S+) (\S+) (\S+)(.*)$", story.provisioned, re.MULTILINE)

    assert changed == [
        ("~", "AWS::DynamoDB::Table", "OrdersTable/Table", "OrdersTableD407578C", "")
    ]
    assert "PAY_PER_REQUEST" in story.provisioned
    assert "replace" not in story.provisioned


def test_a_changed_setting_changes_only_what_it_should(story: Story) -> None:
    expected = copy.deepcopy(story.first.functions)
    for function in expected.values():
        function["Environment"]["Variables"]["DELAY_DAYS"] = "7"

    assert story.set.functions == expected
    assert story.set.resources == story.first.resources
    assert story.set.state == story.again.state


def test_the_next_version_finds_every_order_message_and_schedule(story: Story) -> None:
    before, after = story.set, story.upgraded

    assert [one["CodeSha256"] for one in after.functions.values()] != [
        one["CodeSha256"] for one in before.functions.values()
    ]
    assert after.resources == before.resources
    assert after.state == before.state
    [(_, orders)] = after.state["tables"].values()
    assert orders == [ORDER]
    assert after.state["schedules"] == [(story.outputs["ScheduleGroupName"], SCHEDULE)]
    assert sorted(after.state["queues"].values()) == ["0", "1", "1", "1", "1"]


def test_a_wrong_setting_stops_the_deployment_with_its_name(story: Story) -> None:
    assert 'delay_days in cdk.json is "4"; it must be a whole number' in story.refused
    assert "deploying" not in story.refused


def test_destroy_leaves_the_orders_and_the_logs_and_nothing_else(story: Story) -> None:
    assert "✅  DayFive: destroyed" in story.destroyed
    assert story.left == {
        "tables": story.upgraded.state["tables"],
        "logs": story.upgraded.state["logs"],
        **{kind: [] for kind in ("functions", "topics", "alarms", "dashboards", "schedules")},
        "queues": {},
    }
