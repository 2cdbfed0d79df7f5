"""What each role is granted equals what its function was seen to do, and the few things implied.

Seen: every AWS call of the functions while orders go all the ways of the crash sweep. The local
cloud refuses each call that the function's own role does not allow.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from ops.local_cloud import LocalCloud, synthesise
from ops.local_cloud.calls import Call, Phase
from ops.local_cloud.policies import is_allowed
from ops.sweep.outside import Outside
from ops.sweep.scene import Scene
from ops.sweep.stage import Stage, stage
from ops.sweep.ways import WAYS
from tests.infra.readable import as_list

ROLES = ("Intake", "Sender", "Sweeper", "Schedules")
START = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)

Grant = tuple[str, str]  # an action and the resource, or the pattern of resources

# Done in a role's name by AWS itself, so that no call of ours shows it.
POLLING = "Lambda Developer Guide, Configuring an SQS queue to use with Lambda, Execution role"
LOGGING = "Lambda Developer Guide, Defining permissions with an execution role, Logs"
FIRING = "EventBridge Scheduler User Guide, Setting up the execution role"
BURYING = "EventBridge Scheduler User Guide, Configuring a schedule's dead-letter queue"
DECRYPTING = "SQS Developer Guide, Key management, Configure KMS permissions"
IMPLIED = {
    "Intake": {
        ("sqs:ReceiveMessage", "OrderChangeQueue"): POLLING,
        ("sqs:DeleteMessage", "OrderChangeQueue"): POLLING,
        ("sqs:GetQueueAttributes", "OrderChangeQueue"): POLLING,
        ("kms:Decrypt", "OrderChangeQueueKey"): DECRYPTING,
        ("logs:CreateLogStream", "IntakeLogs"): LOGGING,
        ("logs:PutLogEvents", "IntakeLogs"): LOGGING,
    },
    "Sender": {
        ("sqs:ReceiveMessage", "WakeUpQueue"): POLLING,
        ("sqs:DeleteMessage", "WakeUpQueue"): POLLING,
        ("sqs:GetQueueAttributes", "WakeUpQueue"): POLLING,
        ("logs:CreateLogStream", "SenderLogs"): LOGGING,
        ("logs:PutLogEvents", "SenderLogs"): LOGGING,
    },
    "Sweeper": {
        ("logs:CreateLogStream", "SweeperLogs"): LOGGING,
        ("logs:PutLogEvents", "SweeperLogs"): LOGGING,
    },
    "Schedules": {
        ("sqs:SendMessage", "WakeUpQueue"): FIRING,
        ("sqs:SendMessage", "SchedulesDlq"): BURYING,
    },
}
# A wildcard only for what gets its name at run time, and for the streams of a log group.
PATTERNS = {
    "secret:dayfive/app-??????": "Secrets Manager ends each ARN with six characters of its own",
    "secret:dayfive/sellers/*": "a secret for each seller that is connected",
    "schedule/DayFive-Schedules-Group-92844083/*": "schedules are named after seller and minute",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """By the name of the role: what was granted, what was seen, what is implied."""

    granted: Mapping[str, set[Grant]]
    seen: Mapping[str, set[Grant]]
    implied: Mapping[str, set[Grant]]
    statements: Mapping[str, list[Any]]


@pytest.fixture(scope="module")
def proof() -> Proof:
    seen: dict[str, set[Grant]] = {name: set() for name in ROLES}
    with stage() as set_stage:
        cloud = set_stage.cloud

        def record(call: Call) -> None:
            if call.phase is Phase.BEFORE:
                seen[set_stage.functions[call.function].title()] |= set(cloud.needs(call))

        cloud.on_call(record)
        _go_all_ways(set_stage)
        statements = {name: _statements(name) for name in ROLES}
        arns = _arns()
        return Proof(
            granted={name: _grants(statements[name]) for name in ROLES},
            seen=seen,
            implied={
                name: {(action, arns[resource]) for action, resource in IMPLIED[name]}
                for name in ROLES
            },
            statements=statements,
        )


@pytest.mark.parametrize("name", ROLES)
def test_nothing_is_missing(proof: Proof, name: str) -> None:
    needed = proof.seen[name] | proof.implied[name]
    missing = {need for need in needed if not is_allowed(proof.statements[name], *need)}

    assert missing == set()


@pytest.mark.parametrize("name", ROLES)
def test_nothing_is_spare(proof: Proof, name: str) -> None:
    """Without any one grant, something needed is refused: then a run of the local cloud is red."""
    needed, granted = proof.seen[name] | proof.implied[name], proof.granted[name]
    spare = {
        grant
        for grant in granted
        if all(is_allowed(_allowing(granted - {grant}), *need) for need in needed)
    }

    assert spare == set()


@pytest.mark.parametrize("name", ROLES)
def test_what_is_implied_is_nothing_that_was_seen(proof: Proof, name: str) -> None:
    assert proof.seen[name] & proof.implied[name] == set()


def test_all_three_functions_were_seen_at_work(proof: Proof) -> None:
    assert all(proof.seen[name] for name in ("Intake", "Sender", "Sweeper"))


def test_a_wildcard_stands_only_for_names_made_at_run_time(proof: Proof) -> None:
    granted = set().union(*proof.granted.values())
    wild = {resource.split(":", 5)[-1] for _, resource in granted if {"*", "?"} & set(resource)}

    assert not any("*" in action for action, _ in granted)
    assert {it for it in wild if not it.startswith("log-group:")} == set(PATTERNS)


def test_a_grant_that_is_taken_away_stops_the_function_that_used_it() -> None:
    template = synthesise()
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::IAM::Policy":
            statements = resource["Properties"]["PolicyDocument"]["Statement"]
            statements[:] = [one for one in statements if one["Action"] != "dynamodb:Query"]

    with LocalCloud.create(template, start=START) as cloud:
        outcome = cloud.invoke(cloud.outputs["SweeperFunctionName"], {})

    assert str(outcome.error) == "dynamodb:Query: AccessDeniedException"


def _go_all_ways(set_stage: Stage) -> None:
    ways = [*(way.prepare for way in WAYS), _block_that_only_the_sweeper_sees_end]
    for number, prepare in enumerate(ways):
        set_stage.begin(Outside(set_stage.functions))
        prepare(Scene(set_stage, number))
        assert set_stage.run_to_the_end(), prepare


def _block_that_only_the_sweeper_sees_end(scene: Scene) -> None:
    scene.order_of_amazons(eligible_from=1)
    scene.shipped(0, opens=1)
    scene.revoke()
    scene.at(2.5, scene.restore)
    scene.at(2.6, scene.lose_schedules)


def _statements(name: str) -> list[Any]:
    """Of all policies of the role, as they were deployed."""
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


def _grants(statements: list[Any]) -> set[Grant]:
    assert {statement["Effect"] for statement in statements} == {"Allow"}
    return {
        (action, resource)
        for statement in statements
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }


def _allowing(grants: set[Grant]) -> list[Any]:
    return [
        {"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in grants
    ]


def _arns() -> dict[str, str]:
    """Of what the table of implied grants names, by its name in the template."""
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
