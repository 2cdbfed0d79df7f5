"""A seller's credentials, Amazon's side, notifications and calls, each broken in each way."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from lambdas.aws.items import to_text
from lambdas.core.marketplaces import Region
from ops.deployment import Deployment
from ops.doctor.finding import State
from ops.local_cloud.clock import Clock
from ops.local_cloud.stack import Stack
from ops.simulator import Fault, FaultKind, Simulator
from tests.integration.conftest import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, SELLER
from tests.integration.doctor.conftest import Office, is_wrong


def test_no_seller(stack: Stack, simulator: Simulator, clock: Clock) -> None:
    finding = Office(stack, simulator, clock).found("sellers")

    assert finding.state is State.NOTE
    assert finding.next_step == "run dayfive connect"


def test_a_record_that_cannot_be_read(office: Office) -> None:
    boto3.client("dynamodb").update_item(
        TableName=office.output("OrdersTableName"),
        Key={"seller_id": {"S": SELLER}, "amazon_order_id": {"S": "SELLER"}},
        UpdateExpression="SET regions = :odd",
        ExpressionAttributeValues={":odd": {"M": {"mars": {"M": {}}}}},
    )

    is_wrong(office.found("sellers"), f"the seller {SELLER} cannot be read", "mend or delete")


def test_a_connection_that_is_half_done(office: Office) -> None:
    office.remember(connecting_since=to_text(office.clock.now))

    is_wrong(
        office.found("connection"), "half done since 2026-03-02 12:00 UTC", "run dayfive connect"
    )


def test_a_live_seller_is_ok_and_a_dry_one_is_noted(office: Office) -> None:
    assert office.found("connection").state is State.NOTE
    Deployment.find().sellers.set_live(SELLER, True)

    assert office.found("connection").state is State.OK


@pytest.mark.parametrize("name", ["dayfive/app", f"dayfive/sellers/{SELLER}"])
def test_secrets_that_are_not_there(office: Office, name: str) -> None:
    boto3.client("secretsmanager").delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)

    is_wrong(
        office.found("secrets"),
        "not all is stored",
        f"run dayfive connect --seller {SELLER} --region na",
    )


def test_a_secret_that_somebody_broke(office: Office) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId="dayfive/app", SecretString="{")

    is_wrong(office.found("secrets"), "dayfive/app is not a JSON object", "then run")


def test_a_client_secret_that_amazon_no_longer_accepts(office: Office) -> None:
    office.amazon.accounts.applications[CLIENT_ID] = replace(
        office.amazon.accounts.applications[CLIENT_ID], secrets={}
    )

    is_wrong(office.found("token"), "refuses (invalid_client)", "over 180 days old")


def test_an_authorisation_that_was_withdrawn(office: Office) -> None:
    office.amazon.accounts.revoke(SELLER, Region.NA)

    is_wrong(office.found("token"), "refuses (invalid_grant)", "authorise the application again")
    assert office.found("subscription").state is State.UNKNOWN


def test_amazons_login_in_trouble_is_not_the_sellers_fault(office: Office) -> None:
    office.amazon.faults = [Fault(kind=FaultKind.ERROR, operation="token")]

    assert office.found("token").state is State.UNKNOWN


def of_region(office: Office, region: object) -> None:
    """The stored token turns out to be of this region, and is refused everywhere else."""
    grant = office.amazon.accounts.authorizations[REFRESH_TOKEN]
    office.amazon.accounts.authorize(replace(grant, region=region))


def test_a_token_of_another_region(office: Office) -> None:
    of_region(office, Region.EU)

    is_wrong(
        office.found("access"), "the stored refresh token is of region eu", "with the token of na"
    )


def test_a_refusal_of_access_names_the_roles_and_what_else_it_can_mean(office: Office) -> None:
    of_region(office, "none")

    finding = office.found("access")

    is_wrong(finding, "getSubscription: HTTP 403", "Inventory and Order Tracking")
    assert "Amazon Fulfillment or Direct-to-Consumer Shipping" in finding.next_step
    assert "withdrawn or has expired" in finding.next_step
    assert office.found("subscription").state is State.UNKNOWN


def test_amazon_in_trouble_is_not_the_sellers_fault(office: Office) -> None:
    office.amazon.faults = [Fault(kind=FaultKind.ERROR, status=503)]

    for link in ("access", "destination", "subscription"):
        assert office.found(link).state is State.UNKNOWN


def test_no_destination(office: Office) -> None:
    office.amazon.notifications.destinations.clear()

    is_wrong(office.found("destination"), "Amazon has none for this queue", "dayfive connect")


def test_a_destination_that_is_not_the_one_on_record(office: Office) -> None:
    office.remember(destination_id="another")

    is_wrong(office.found("destination"), "another than the one on record", "dayfive connect")


def test_no_subscription(office: Office) -> None:
    office.amazon.notifications.subscriptions.clear()

    is_wrong(office.found("subscription"), "Amazon has none", "dayfive connect")


def test_a_subscription_that_is_not_the_one_on_record(office: Office) -> None:
    office.remember(subscription_id="another")

    is_wrong(office.found("subscription"), "another than the one on record", "dayfive connect")


def test_a_subscription_that_leads_to_a_queue_in_another_aws_region(office: Office) -> None:
    [ours] = office.amazon.notifications.destinations
    arn = "arn:aws:sqs:eu-west-1:123456789012:DayFive-OrderChangeQueue"
    office.amazon.notifications.destinations[0] = replace(ours, arn=arn)

    is_wrong(office.found("destination"), "Amazon has none for this queue", "dayfive connect")
    is_wrong(office.found("subscription"), f"it leads to {arn}", "set AWS_REGION")


def test_a_subscription_that_leads_nowhere(office: Office) -> None:
    [own] = office.amazon.notifications.subscriptions
    office.amazon.notifications.subscriptions[0] = replace(own, destination_id="gone")

    is_wrong(office.found("subscription"), "a queue that is not listed", "dayfive connect")


def test_a_subscription_with_another_filter(office: Office) -> None:
    [own] = office.amazon.notifications.subscriptions
    office.amazon.notifications.subscriptions[0] = replace(own, processing_directive=None)

    is_wrong(office.found("filter"), "its processing directive is another", "dayfive connect")


@pytest.mark.parametrize(("days", "state"), [(149, "ok"), (151, "WRONG"), (181, "WRONG")])
def test_the_age_of_the_client_secret(office: Office, days: int, state: str) -> None:
    office.amazon.add_application(CLIENT_ID, CLIENT_SECRET, timedelta(days=999))
    office.clock.move_to(office.clock.now + timedelta(days=days))

    finding = office.found("secret age")

    assert finding.state == state
    assert finding.text == f"stored {days} days ago of the 180 that Amazon allows"
    if state == "WRONG":
        assert "make a new client secret" in finding.next_step


def test_an_unknown_age_of_an_own_secret(office: Office) -> None:
    office.remember(shares_application=False, secret_stored_at=None)

    assert office.found("secret age").state is State.NOTE


def test_a_seller_that_fell_silent(office: Office) -> None:
    office.remember(last_notification_at=to_text(office.clock.now))
    assert office.found("notifications").state is State.OK
    office.clock.move_to(office.clock.now + timedelta(days=8))

    is_wrong(office.found("notifications"), "the last came 2026-03-02", "mend the links above")


def test_a_seller_of_whom_nothing_was_ever_heard(office: Office) -> None:
    assert office.found("notifications").state is State.NOTE
    office.clock.move_to(office.clock.now + timedelta(days=8))

    is_wrong(office.found("notifications"), "none has come yet, 7 days after", "mend the links")


def test_an_application_that_changed(office: Office) -> None:
    logs = boto3.client("logs")
    [group] = [
        each["logGroupName"]
        for each in logs.describe_log_groups()["logGroups"]
        if "IntakeLogs" in each["logGroupName"]
    ]
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    line = {"level": "WARNING", "message": "application_id_changed", "seller_id": SELLER}
    at = int(datetime(2026, 3, 1, 9, tzinfo=UTC).timestamp() * 1000)
    logs.put_log_events(
        logGroupName=group,
        logStreamName="s",
        logEvents=[{"timestamp": at, "message": json.dumps(line)}],
    )

    assert office.found("application").state is State.OK
    Deployment.find().sellers.saw_notification(
        SELLER, Region.NA, application_id="newer", usual_gap=None, now=office.clock.now
    )

    finding = office.found("application")

    assert finding.state is State.NOTE
    assert finding.text.endswith("; now newer")
    assert "under another id until 2026-03-01 09:00 UTC" in finding.text


@pytest.mark.parametrize(
    ("reason", "next_step"),
    [
        (
            "getSolicitationActionsForOrder: HTTP 403, Unauthorized: Access to requested resource"
            " is denied. (request 1)",
            "give the application the role Buyer Solicitation (or Product Listing), then",
        ),
        (
            "getSolicitationActionsForOrder: HTTP 403, Unauthorized: Access to requested resource"
            " is denied.: The LWA secret token you provided has expired.",
            "the client secret is over 180 days old: make a new",
        ),
        ("LWA refresh_token: HTTP 400, invalid_grant", "authorise the application again"),
        ("LWA refresh_token: HTTP 401, invalid_client", "the client secret is wrong"),
        ("there is no secret dayfive/app: run dayfive connect", "run dayfive connect"),
    ],
)
def test_a_blocked_seller(office: Office, reason: str, next_step: str) -> None:
    until = office.clock.now + timedelta(hours=6)
    Deployment.find().sellers.block(SELLER, Region.NA, until=until, version="1", reason=reason)

    is_wrong(office.found("calls"), f"blocked until 2026-03-02 18:00 UTC ({reason})", next_step)


def test_a_slowed_and_a_paused_seller_are_notes(office: Office) -> None:
    sellers = Deployment.find().sellers
    sellers.slow(SELLER, Region.NA, until=office.clock.now + timedelta(minutes=15), steps=1)
    assert "slowed until 2026-03-02 12:15 UTC" in office.found("calls").text
    sellers.set_paused(SELLER, True)

    finding = office.found("calls")

    assert finding.state is State.NOTE
    assert f"dayfive resume --seller {SELLER}" in finding.next_step
