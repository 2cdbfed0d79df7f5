"""What each role is granted equals what its function was seen to do, and the few things implied.

Seen: every AWS call of the functions while orders go all the ways of the crash sweep. The local
cloud refuses each call that the function's own role does not allow.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name

from ops.local_cloud import LocalCloud, synthesise
from ops.local_cloud.permissions import Need
from ops.local_cloud.policies import is_allowed
from tests.infra.all_ways import ROLES, AllWays
from tests.infra.readable import as_list

PROJECT = Path(__file__).parents[2]
START = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)

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

    granted: Mapping[str, set[Need]]
    seen: Mapping[str, set[Need]]
    implied: Mapping[str, set[Need]]
    statements: Mapping[str, list[Any]]


@pytest.fixture(scope="module")
def proof(all_ways: AllWays) -> Proof:
    seen: dict[str, set[Need]] = {name: set() for name in ROLES}
    for one in all_ways.calls:
        seen[one.function] |= one.needs
    return Proof(
        granted={name: _grants(all_ways.statements[name]) for name in ROLES},
        seen=seen,
        implied={
            name: {(action, all_ways.arns[resource]) for action, resource in IMPLIED[name]}
            for name in ROLES
        },
        statements=all_ways.statements,
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


def test_every_kind_of_call_in_the_functions_code_was_seen(all_ways: AllWays) -> None:
    """What no way leads to would look like nothing that needs a grant."""
    written = {
        found
        for path in (PROJECT / "lambdas" / "aws").glob("*.py")
        for found in re.findall(r"\b_client\.([a-z_]+)\(", path.read_text())
    }

    assert written == {xform_name(seen.call.operation) for seen in all_ways.calls}


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


def _grants(statements: list[Any]) -> set[Need]:
    assert {statement["Effect"] for statement in statements} == {"Allow"}
    return {
        (action, resource)
        for statement in statements
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }


def _allowing(grants: set[Need]) -> list[Any]:
    return [
        {"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in grants
    ]
