"""All that the functions ask of AWS while orders go every way of the crash sweep, undisturbed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import boto3

from ops.local_cloud.calls import Call, Phase
from ops.local_cloud.console import LogLine
from ops.local_cloud.permissions import Need
from ops.sweep.outside import Outside
from ops.sweep.scene import Scene
from ops.sweep.stage import stage
from ops.sweep.ways import WAYS

ROLES = ("Intake", "Sender", "Sweeper", "Schedules")


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenCall:
    """One call; `function` is Intake, Sender or Sweeper, `needs` what its role must allow."""

    function: str
    at: datetime
    call: Call
    needs: frozenset[Need]


@dataclass(frozen=True, slots=True, kw_only=True)
class AllWays:
    """`statements` are of all policies of a role, as deployed; `arns` by names of the template."""

    calls: tuple[SeenCall, ...]
    log_lines: tuple[LogLine, ...]
    statements: Mapping[str, list[Any]]
    arns: Mapping[str, str]

    def calls_of(self, operation: str) -> list[SeenCall]:
        return [seen for seen in self.calls if seen.call.operation == operation]


def go_all_ways() -> AllWays:
    calls: list[SeenCall] = []
    log_lines: list[LogLine] = []
    with stage() as set_stage:
        cloud, names = set_stage.cloud, set_stage.functions

        def record(call: Call) -> None:
            if call.phase is Phase.BEFORE:
                seen = SeenCall(
                    function=names[call.function].title(),
                    at=cloud.now,
                    call=call,
                    needs=frozenset(cloud.needs(call)),
                )
                calls.append(seen)

        cloud.on_call(record)
        ways = [*(way.prepare for way in WAYS), _block_that_only_the_sweeper_sees_end]
        for number, prepare in enumerate(ways):
            set_stage.begin(Outside(names))
            prepare(Scene(set_stage, number))
            assert set_stage.run_to_the_end(), prepare
            log_lines += cloud.log_lines
        return AllWays(
            calls=tuple(calls),
            log_lines=tuple(log_lines),
            statements={name: _statements(name) for name in ROLES},
            arns=_arns(),
        )


def _block_that_only_the_sweeper_sees_end(scene: Scene) -> None:
    scene.order_of_amazons(eligible_from=1)
    scene.shipped(0, opens=1)
    scene.revoke()
    scene.at(2.5, scene.restore)
    scene.at(2.6, scene.lose_schedules)


def _statements(name: str) -> list[Any]:
    client = boto3.client("iam")
    [role] = [
        role["RoleName"]
        for role in client.list_roles()["Roles"]
        if role["RoleName"].startswith(f"DayFive-{name}Role")
    ]
    assert client.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []
    return [
        statement
        for policy in client.list_role_policies(RoleName=role)["PolicyNames"]
        for statement in client.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"][
            "Statement"
        ]
    ]


def _arns() -> dict[str, str]:
    """Of queues, keys and log groups; of a log group, one of its streams."""
    resources = boto3.client("cloudformation").describe_stack_resources(StackName="DayFive")
    arns = {}
    for resource in resources["StackResources"]:
        name, id = resource["LogicalResourceId"][:-8], resource.get("PhysicalResourceId", "")
        here = "us-east-1:123456789012"
        match resource["ResourceType"]:
            case "AWS::SQS::Queue":
                arns[name] = f"arn:aws:sqs:{here}:{id.rsplit('/', 1)[-1]}"
            case "AWS::KMS::Key":
                arns[name] = f"arn:aws:kms:{here}:key/{id}"
            case "AWS::Logs::LogGroup":
                arns[name] = f"arn:aws:logs:{here}:log-group:{id}:log-stream:any"
    return arns
