"""AWS credentials, Region, clock, stack and code, each broken in each way."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

import lambdas
from ops.doctor.examination import examine
from ops.doctor.finding import State
from ops.local_cloud.clock import Clock
from ops.simulator import Simulator
from tests.integration.doctor.conftest import AMAZON, PACKAGE, Office, OnAws, is_wrong, refuse


def test_no_aws_credentials(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN"):
        monkeypatch.delenv(f"AWS_{name}")

    [finding] = office.examine()

    is_wrong(finding, "no AWS credentials were found", "sign in, or set AWS_PROFILE")


def test_no_aws_region(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")

    is_wrong(office.examine()[-1], "no AWS Region is set", "set AWS_REGION")


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("ExpiredToken", "the AWS credentials have expired"),
        ("InvalidClientTokenId", "the AWS credentials are refused (InvalidClientTokenId)"),
    ],
)
def test_aws_credentials_that_are_refused(
    office: Office, on_aws: OnAws, code: str, text: str
) -> None:
    on_aws("before-call.sts.GetCallerIdentity", refuse(code))

    is_wrong(office.found("AWS"), text, "sign in")


def test_a_clock_that_is_wrong_by_aws(office: Office, on_aws: OnAws) -> None:
    behind = {"Date": "Mon, 02 Mar 2026 11:50:00 GMT"}

    def answer(parsed: dict[str, Any], **_: Any) -> None:
        parsed["ResponseMetadata"]["HTTPHeaders"]["date"] = behind["Date"]

    on_aws("after-call.sts.GetCallerIdentity", answer)

    is_wrong(office.found("clock"), "s ahead of AWS's", "set it")


def test_a_clock_that_is_wrong_by_amazon(office: Office) -> None:
    office.amazon_is_ahead = timedelta(minutes=10)

    is_wrong(office.found("clock"), "this machine's is 600 s behind Amazon's", "set it")


def test_no_stack(aws: None, simulator: Simulator, clock: Clock) -> None:
    with httpx.Client(transport=httpx.MockTransport(simulator.handle)) as http:
        finding = [*examine(AMAZON, http)][-1]

    is_wrong(finding, "there is no stack DayFive in us-east-1", "run make deploy")


def test_a_stack_in_another_aws_region(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")

    is_wrong(office.found("stack"), "none in this AWS Region, but in us-east-1", "set AWS_REGION")


def test_a_stack_of_an_older_version(office: Office) -> None:
    client = boto3.client("cloudformation")
    template = client.get_template(StackName="DayFive")["TemplateBody"]
    template = json.loads(template) if isinstance(template, str) else template
    del template["Outputs"]["ScheduleGroupName"]
    client.update_stack(StackName="DayFive", TemplateBody=json.dumps(template))

    is_wrong(office.found("stack"), "an older one, without ScheduleGroupName", "run make deploy")


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("UPDATE_ROLLBACK_COMPLETE", State.NOTE),
        ("UPDATE_IN_PROGRESS", State.NOTE),
        ("UPDATE_ROLLBACK_FAILED", State.WRONG),
        ("ROLLBACK_COMPLETE", State.WRONG),
    ],
)
def test_a_stack_that_is_not_settled(
    office: Office, on_aws: OnAws, status: str, state: State
) -> None:
    def answer(parsed: dict[str, Any], **_: Any) -> None:
        parsed["Stacks"][0]["StackStatus"] = status

    on_aws("after-call.cloudformation.DescribeStacks", answer)

    assert office.found("stack").state is state


def the_code_here() -> dict[str, bytes]:
    folder = Path(str(lambdas.__file__)).parent
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        f"lambdas/{path.relative_to(folder).as_posix()}": path.read_bytes()
        for path in files
        if "__pycache__" not in path.parts
    }


def with_package(on_aws: OnAws) -> None:
    def answer(parsed: dict[str, Any], **_: Any) -> None:
        parsed["Code"]["Location"] = PACKAGE

    on_aws("after-call.lambda.GetFunction", answer)


def test_the_same_code(office: Office, on_aws: OnAws) -> None:
    with_package(on_aws)
    office.package = {
        **the_code_here(),
        "httpx/__init__.py": b"of no concern",
        "lambdas/__pycache__/sender.cpython-313.pyc": b"compiled where it was deployed",
    }

    assert office.found("code").state is State.OK


@pytest.mark.parametrize("changed", [b"older", None])
def test_other_code_than_is_here(office: Office, on_aws: OnAws, changed: bytes | None) -> None:
    with_package(on_aws)
    office.package = the_code_here()
    if changed is None:
        del office.package["lambdas/sender.py"]
    else:
        office.package["lambdas/sender.py"] = changed

    finding = office.found("code")

    is_wrong(finding, "other code than is here (lambdas/sender.py)", "run make deploy")
    assert "canary" not in str(finding)


def test_functions_with_different_code(office: Office, on_aws: OnAws) -> None:
    digests = iter("abcdefg")

    def answer(parsed: dict[str, Any], **_: Any) -> None:
        parsed["Configuration"]["CodeSha256"] = next(digests)

    on_aws("after-call.lambda.GetFunction", answer)

    is_wrong(office.found("code"), "do not all run the same code", "run make deploy")
