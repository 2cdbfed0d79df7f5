"""Everything that holds state survives the next version: none of it may be replaced or renamed.

CloudFormation replaces a resource, and with it all that it holds, when its logical id or one of
the properties changes that its schema calls create-only. `stateful.json` has them as deployed;
it is changed on purpose and by hand, together with the way that the state is to be kept.
"""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from tests.infra.synthesis import app_with

RUNBOOK = Path(__file__).parents[2] / "docs" / "runbook.md"
PINNED: dict[str, Any] = json.loads(Path(__file__).with_name("stateful.json").read_text())

# AWS::DynamoDB::Table, AWS CloudFormation Template Reference: "Update requires" of each.
ALSO_FIXED = {
    "AWS::DynamoDB::Table": {
        "AttributeDefinitions",  # replacement where an existing one is edited
        "GlobalSecondaryIndexes",  # updates of an index are not supported: the deployment fails
        "LocalSecondaryIndexes",  # replacement
    }
}
# Made anew, these do as before: whatever refers to them is in the same template.
STATELESS = {
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::Events::Rule",
    "AWS::IAM::Policy",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Function",
    "AWS::Lambda::Permission",
    "AWS::Logs::QueryDefinition",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
}
FUNCTION_ROLES = {"IntakeRole", "SenderRole", "SweeperRole"}


@pytest.fixture(scope="module")
def resources(assembly: cdk.cx_api.CloudAssembly) -> dict[str, Any]:
    found: dict[str, Any] = assembly.get_stack_by_name("DayFive").template["Resources"]
    return found


def test_what_holds_state_keeps_its_id_and_its_fixed_properties(resources: dict[str, Any]) -> None:
    found = {
        id: {
            "type": resource["Type"],
            "holds": PINNED.get(id, {}).get("holds"),
            "fixed": _fixed(resource),
        }
        for id, resource in resources.items()
        if not _is_stateless(id, resource)
    }

    assert found == PINNED


def test_of_everything_pinned_it_is_said_what_would_be_lost() -> None:
    assert all(len(pinned["holds"]) > 10 for pinned in PINNED.values())


def test_another_capacity_of_the_table_replaces_nothing(tmp_path: Path) -> None:
    """AWS::DynamoDB::Table, AWS CloudFormation Template Reference: of BillingMode and
    ProvisionedThroughput "Update requires: No interruption"; of an index its provisioned
    throughput is one of the two things that may change.
    """
    template = app_with(tmp_path, table_capacity="provisioned").synth()
    resources = template.get_stack_by_name("DayFive").template["Resources"]
    fixed = _fixed(resources["OrdersTableD407578C"])
    [index] = fixed["GlobalSecondaryIndexes"]

    # DynamoDB API, UpdateTable: units are needed for the table and for every index of it.
    assert resources["OrdersTableD407578C"]["Properties"]["ProvisionedThroughput"]
    assert index.pop("ProvisionedThroughput")
    assert fixed == PINNED["OrdersTableD407578C"]["fixed"]


def test_names_that_are_not_free_at_once_after_a_destroy_are_in_the_runbook(
    resources: dict[str, Any],
) -> None:
    """SQS API, CreateQueue: a queue's is free after 60 seconds. EventBridge Scheduler API,
    DeleteScheduleGroup: a group's when all its schedules are deleted.
    """
    held_back = {
        resource["Properties"][name]
        for resource in resources.values()
        for kind, name in (
            ("AWS::SQS::Queue", "QueueName"),
            ("AWS::Scheduler::ScheduleGroup", "Name"),
        )
        if resource["Type"] == kind and name in resource["Properties"]
    }
    runbook = RUNBOOK.read_text()

    assert len(held_back) == 3
    assert {name for name in held_back if f"`{name}`" not in runbook} == set()


def _is_stateless(id: str, resource: dict[str, Any]) -> bool:
    return resource["Type"] in STATELESS or id[:-8] in FUNCTION_ROLES


def _fixed(resource: dict[str, Any]) -> dict[str, Any]:
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", resource["Type"]).schema
    paths = schema.get("createOnlyProperties", []) + schema.get(
        "conditionalCreateOnlyProperties", []
    )
    names = {path.split("/")[2] for path in paths} | ALSO_FIXED.get(resource["Type"], set())
    given = resource.get("Properties", {})
    return {name: given[name] for name in sorted(names) if name in given}
