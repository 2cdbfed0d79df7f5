"""What a real first day does wrong, and what `dayfive connect` says to each: one line."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import boto3
import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoRegionError,
    UnauthorizedSSOTokenError,
)
from botocore.handlers import BUILTIN_HANDLERS

from lambdas.core.marketplaces import Region
from ops.local_cloud.stack import Stack
from ops.simulator import Fault, FaultKind, Simulator
from ops.simulator.operations import Role
from tests.integration.conftest import (
    CLIENT_ID,
    CLIENT_SECRET,
    EU_TOKEN,
    OTHER_SELLER,
    REFRESH_TOKEN,
    SELLER,
    Run,
)
from tests.integration.test_connect import connect, stored


def aws_error(code: str, operation: str = "DescribeStacks") -> ClientError:
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    return ClientError(answer, operation)


@contextmanager
def raised(operation: str, error: Exception) -> Iterator[None]:
    """Of each call of this operation, by whoever opens a session inside."""

    def fail(**_: object) -> None:
        raise error

    handler = (f"provide-client-params.*.{operation}", fail)
    BUILTIN_HANDLERS.append(handler)
    try:
        yield
    finally:
        BUILTIN_HANDLERS.remove(handler)


def refused(run: Run, *more: str, region: str = "na", seller: str = SELLER) -> str:
    """Connect, and have it end with one line of error; gives the line."""
    status, _, error = connect(run, region, *more, seller=seller)
    assert status == 1
    assert error.count("\n") == 1
    assert error.startswith("dayfive: ")
    return error.removeprefix("dayfive: ").rstrip()


def nothing_is_stored() -> bool:
    return boto3.client("secretsmanager").list_secrets()["SecretList"] == []


def test_a_wrong_client_secret(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAYFIVE_CLIENT_SECRET", "amzn1.oa2-cs.v1.wrong")

    assert refused(run) == (
        "Login with Amazon refuses these credentials (invalid_client): the client id or the client"
        " secret is wrong, or the secret is over 180 days old (then make a new one in the Solution"
        " Provider Portal)"
    )
    assert nothing_is_stored()


def test_a_client_secret_past_its_180_days(run: Run, amazon: Simulator) -> None:
    amazon.add_application(CLIENT_ID, CLIENT_SECRET, secret_life=timedelta())

    assert "or the secret is over 180 days old (then make a new one" in refused(run)


def test_credentials_pasted_into_each_others_places(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAYFIVE_CLIENT_ID", "amzn1.oa2-cs.v1.canary")
    monkeypatch.setenv("DAYFIVE_REFRESH_TOKEN", "Atza|canary")

    error = refused(run)

    assert error.endswith(
        "(the client id does not begin with amzn1.application-oa2-client., and the refresh token"
        " does not begin with Atzr|)"
    )
    assert "canary" not in error


def test_an_authorisation_that_was_withdrawn(run: Run, amazon: Simulator) -> None:
    amazon.accounts.revoke(SELLER, Region.NA)

    error = refused(run)

    assert error.startswith("Login with Amazon refuses these credentials (invalid_grant): the")
    assert "authorise the application again in Seller Central" in error


def test_a_token_of_another_region_takes_no_others_place(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAYFIVE_REFRESH_TOKEN", EU_TOKEN)
    connect(run, "eu")
    monkeypatch.setenv("DAYFIVE_REFRESH_TOKEN", REFRESH_TOKEN)

    assert refused(run, region="eu") == (
        "this refresh token is of region na, not eu: connect it with --region na, or take the"
        " token that Seller Central shows for eu"
    )
    assert stored() == {"eu": EU_TOKEN}


def test_a_token_of_another_seller(
    run: Run, amazon: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(run)

    error = refused(run, seller=OTHER_SELLER)

    assert error.startswith(f"this refresh token is of seller {SELLER}, not of {OTHER_SELLER}:")
    assert len(amazon.notifications.subscriptions) == 1


def test_an_application_without_the_role_for_orders(run: Run, amazon: Simulator) -> None:
    amazon.accounts.revoke(SELLER, Region.NA, Role.INVENTORY_AND_ORDER_TRACKING)

    error = refused(run)

    assert error.startswith("createSubscription: HTTP 403")
    assert "give the application the role Inventory and Order Tracking" in error
    assert "(or Amazon Fulfillment or Direct-to-Consumer Shipping)" in error
    assert "authorise it again" in error
    assert nothing_is_stored()


def test_a_working_seller_stays_as_it_is_when_the_new_token_lacks_the_role(
    run: Run, amazon: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(run)
    amazon.notifications.subscriptions.clear()
    amazon.add_seller(SELLER, Region.NA, "Atzr|less", application=CLIENT_ID)
    grant = amazon.accounts.authorizations["Atzr|less"]
    amazon.accounts.authorize(replace(grant, roles=frozenset()))
    monkeypatch.setenv("DAYFIVE_REFRESH_TOKEN", "Atzr|less")

    refused(run)

    assert stored() == {"na": REFRESH_TOKEN}


def test_amazon_in_trouble(run: Run, amazon: Simulator) -> None:
    amazon.faults = [Fault(kind=FaultKind.ERROR, status=503)]

    assert refused(run).endswith(
        "Amazon is out of reach or has trouble: run the same command again later"
    )


def test_a_refresh_token_for_two_regions(run: Run) -> None:
    assert refused(run, "--region", "eu") == (
        "a refresh token is for one region: run this once for each region"
    )


def test_missing_credentials_name_the_variable(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAYFIVE_REFRESH_TOKEN")

    assert refused(run) == (
        "Refresh token (na) is not known: set DAYFIVE_REFRESH_TOKEN, or run this in a terminal"
    )


def test_a_secret_that_somebody_broke(run: Run) -> None:
    boto3.client("secretsmanager").create_secret(Name="dayfive/app", SecretString="not JSON")

    assert refused(run) == (
        "the secret dayfive/app is not a JSON object: delete it in Secrets Manager and run dayfive"
        " connect again"
    )


def test_no_stack(aws: None, dayfive: Run) -> None:
    assert refused(dayfive) == (
        "there is no stack DayFive in us-east-1: run make deploy, or set AWS_REGION"
    )


def test_no_aws_region(aws: None, dayfive: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")

    assert "no AWS Region is set" in refused(dayfive)


def test_no_aws_credentials(aws: None, dayfive: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN"):
        monkeypatch.delenv(f"AWS_{name}")

    assert refused(dayfive) == "no AWS credentials were found: sign in, or set AWS_PROFILE"


def test_an_aws_profile_that_is_not_there(
    aws: None, dayfive: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "of-last-year")

    assert refused(dayfive) == (
        "the AWS credentials cannot be used (The config profile (of-last-year) could not be"
        " found): sign in, or set AWS_PROFILE"
    )


def test_an_aws_region_that_is_none(
    aws: None, dayfive: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", "Frankfurt (eu-central-1)")

    assert refused(dayfive) == "AWS_REGION is not a Region's name: it looks like us-east-1"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (NoRegionError(), "no AWS Region is set: set AWS_REGION to the Region that DayFive is"),
        (
            EndpointConnectionError(endpoint_url="https://cloudformation.us-east-9.amazonaws.com"),
            "AWS could not be reached (EndpointConnectionError): check the network and AWS_REGION",
        ),
        (
            UnauthorizedSSOTokenError(),
            "the AWS credentials cannot be used (The SSO session associated with this profile has"
            " expired",
        ),
        (aws_error("ExpiredToken"), "the AWS credentials have expired: sign in again"),
        (
            aws_error("InvalidClientTokenId"),
            "the AWS credentials are refused (InvalidClientTokenId): sign in, or set AWS_PROFILE",
        ),
        (
            aws_error("AccessDenied"),
            "the stack DayFive in us-east-1: these AWS credentials may not do that; have them"
            " allowed cloudformation:DescribeStacks, or set AWS_PROFILE to others",
        ),
    ],
    ids=lambda each: "" if isinstance(each, str) else type(each).__name__,
)
def test_aws_that_does_not_let_the_stack_be_found(
    stack: Stack, dayfive: Run, error: Exception, text: str
) -> None:
    with raised("DescribeStacks", error):
        assert refused(dayfive).startswith(text)


@pytest.mark.parametrize(
    ("operation", "text"),
    [
        ("CreateSecret", "have them allowed secretsmanager:CreateSecret, or set AWS_PROFILE"),
        ("UpdateItem", "have them allowed dynamodb:UpdateItem, or set AWS_PROFILE to others"),
        ("PutItem", "have them allowed dynamodb:PutItem, or set AWS_PROFILE to others"),
    ],
)
def test_aws_credentials_that_lack_a_right(run: Run, operation: str, text: str) -> None:
    with raised(operation, aws_error("AccessDeniedException", operation)):
        error = refused(run)

    assert "AccessDeniedException: these AWS credentials may not do that" in error
    assert text in error
    assert connect(run)[0] == 0


def test_an_endpoint_that_is_not_amazons(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SP_API_ENDPOINT", "https://amazon.example")

    assert refused(run) == (
        "SP_API_ENDPOINT is neither Amazon's endpoint of region na nor loopback: unset it, unless"
        " it leads to the sandbox (docs/setup.md)"
    )


def test_a_stack_of_an_older_version(run: Run, stack: Stack) -> None:
    client = boto3.client("cloudformation")
    template = client.get_template(StackName="DayFive")["TemplateBody"]
    template = json.loads(template) if isinstance(template, str) else template
    del template["Outputs"]["OrderChangeQueueArn"]
    client.update_stack(StackName="DayFive", TemplateBody=json.dumps(template))

    assert refused(run) == (
        "the stack DayFive has no output OrderChangeQueueArn: run make deploy to bring it up to"
        " date"
    )
