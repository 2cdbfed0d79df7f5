"""`dayfive connect` as a seller runs it: on moto, with Amazon on a loopback port."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest

from lambdas.core.marketplaces import Region
from ops.deployment import Deployment
from ops.local_cloud.stack import Stack
from ops.simulator import Fault, FaultKind, Simulator
from tests.integration.conftest import (
    CLIENT_ID,
    CLIENT_SECRET,
    EU_TOKEN,
    OTHER_SELLER,
    REFRESH_TOKEN,
    SELLER,
    START,
    Run,
)

OWN_CLIENT_ID, OWN_SECRET = "amzn1.application-oa2-client.own", "amzn1.oa2-cs.v1.canary-own"
OWN_TOKEN, OTHER_TOKEN = "Atzr|canary-own", "Atzr|canary-other"


def connect(run: Run, region: str = "na", *more: str, seller: str = SELLER) -> tuple[int, str, str]:
    return run("connect", "--seller", seller, "--region", region, *more)


def anonymous(text: str) -> str:
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "<id>", text)


def stored(seller: str = SELLER) -> dict[str, Any]:
    secrets = boto3.client("secretsmanager")
    text = secrets.get_secret_value(SecretId=f"dayfive/sellers/{seller}")["SecretString"]
    fields: dict[str, Any] = json.loads(text)
    return fields


@pytest.mark.parametrize("seller", ["SELLER1", "A1DAYFIVE"])
def test_an_id_that_does_not_look_like_one_is_connected_with_a_note(
    run: Run, amazon: Simulator, stack: Stack, seller: str
) -> None:
    status, printed, _ = connect(run, "na", "--dry-run", seller=seller)

    assert status == 0
    assert printed.startswith(f"note: {seller} does not look like a Merchant Token")


def test_it_tells_each_step_and_registers_the_subscription(
    run: Run, amazon: Simulator, stack: Stack
) -> None:
    status, printed, _ = connect(run)

    assert status == 0
    assert anonymous(printed) == (
        "credentials: accepted by Amazon\n"
        "destination: created <id>\n"
        "subscription: created <id>\n"
        f"secrets: stored in dayfive/app and dayfive/sellers/{SELLER}\n"
        f"connected: {SELLER} in na\n"
        "marketplaces: CA, MX, US\n"
        f"nothing is sent yet; when you are ready: dayfive live on --seller {SELLER}\n"
    )
    [subscription] = amazon.notifications.subscriptions
    assert subscription.processing_directive == {
        "eventFilter": {
            "eventFilterType": "ORDER_CHANGE",
            "orderChangeTypes": ["OrderStatusChange"],
        }
    }
    [destination] = amazon.notifications.destinations
    assert destination.arn == stack.outputs["OrderChangeQueueArn"]


def test_it_is_safe_to_repeat(run: Run, amazon: Simulator) -> None:
    connect(run)
    status, printed, _ = connect(run)

    assert status == 0
    assert "secrets: already stored" in printed
    assert "destination: found" in printed
    assert "subscription: found" in printed
    assert len(amazon.notifications.subscriptions) == 1


def test_each_region_has_a_subscription_of_its_own(
    run: Run, amazon: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(run)
    monkeypatch.setenv("DAYFIVE_REFRESH_TOKEN", EU_TOKEN)

    status, printed, _ = connect(run, "eu")

    assert status == 0
    assert "marketplaces: DE, ES, FR, IT, UK" in printed
    assert stored() == {"na": REFRESH_TOKEN, "eu": EU_TOKEN}
    assert {each.region for each in amazon.notifications.subscriptions} == {"na", "eu"}


def test_marketplaces_that_may_not_be_listed_are_one_line_and_no_failure(
    run: Run, amazon: Simulator
) -> None:
    operation = "getMarketplaceParticipations"
    amazon.faults = [Fault(kind=FaultKind.HTML_403, operation=operation)]

    status, printed, _ = connect(run)

    assert status == 0
    assert "marketplaces: not listed (that needs a role more, and DayFive does without)" in printed


def test_a_new_client_secret_takes_the_old_ones_place_under_the_same_subscription(
    run: Run, amazon: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(run)
    amazon.accounts.rotate_secret(CLIENT_ID, "amzn1.oa2-cs.v1.newer")
    monkeypatch.delenv("DAYFIVE_CLIENT_ID")
    monkeypatch.delenv("DAYFIVE_REFRESH_TOKEN")
    monkeypatch.setenv("DAYFIVE_CLIENT_SECRET", "amzn1.oa2-cs.v1.newer")
    before = list(amazon.notifications.subscriptions)

    status, printed, _ = connect(run)

    assert status == 0
    assert "secrets: stored in dayfive/app\n" in printed
    assert amazon.notifications.subscriptions == before
    assert stored() == {"na": REFRESH_TOKEN}


def test_a_new_refresh_token_takes_the_old_ones_place_under_the_same_subscription(
    run: Run, amazon: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(run)
    amazon.add_seller(SELLER, Region.NA, "Atzr|newer", application=CLIENT_ID)
    monkeypatch.setenv("DAYFIVE_REFRESH_TOKEN", "Atzr|newer")
    before = list(amazon.notifications.subscriptions)

    status, printed, _ = connect(run)

    assert status == 0
    assert f"secrets: stored in dayfive/sellers/{SELLER}\n" in printed
    assert amazon.notifications.subscriptions == before
    assert stored() == {"na": "Atzr|newer"}


def test_nothing_given_keeps_what_is_stored(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(run)
    for name in ("CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN"):
        monkeypatch.delenv(f"DAYFIVE_{name}")

    status, printed, _ = connect(run)

    assert status == 0
    assert "secrets: already stored" in printed


def own_application(amazon: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    amazon.add_application(OWN_CLIENT_ID, OWN_SECRET)
    amazon.add_seller(OTHER_SELLER, Region.NA, OWN_TOKEN, application=OWN_CLIENT_ID)
    monkeypatch.setenv("DAYFIVE_CLIENT_ID", OWN_CLIENT_ID)
    monkeypatch.setenv("DAYFIVE_CLIENT_SECRET", OWN_SECRET)
    monkeypatch.setenv("DAYFIVE_REFRESH_TOKEN", OWN_TOKEN)


def test_a_seller_with_an_application_of_its_own_keeps_it_beside_its_token(
    run: Run, amazon: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(run)
    own_application(amazon, monkeypatch)

    assert connect(run, seller=OTHER_SELLER)[0] == 0

    assert stored(OTHER_SELLER) == {
        "na": {
            "refresh_token": OWN_TOKEN,
            "client_id": OWN_CLIENT_ID,
            "client_secret": OWN_SECRET,
        }
    }
    assert stored() == {"na": REFRESH_TOKEN}
    for name in ("CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN"):
        monkeypatch.delenv(f"DAYFIVE_{name}")
    assert "secrets: already stored" in connect(run, seller=OTHER_SELLER)[1]


def test_a_change_of_application_ends_the_former_ones_subscription(
    run: Run, amazon: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(run)
    [former] = amazon.notifications.subscriptions
    own_application(amazon, monkeypatch)
    amazon.add_seller(SELLER, Region.NA, "Atzr|by-own", application=OWN_CLIENT_ID)
    monkeypatch.setenv("DAYFIVE_REFRESH_TOKEN", "Atzr|by-own")

    status, printed, _ = connect(run)

    assert status == 0
    ended = f"former application: ended its subscription {former.subscription_id}\n"
    assert ended in printed
    [subscription] = amazon.notifications.subscriptions
    assert subscription.client_id == OWN_CLIENT_ID
    assert [each.client_id for each in amazon.notifications.destinations] == [OWN_CLIENT_ID]
    seller = seller_record()
    assert former.subscription_id in seller["regions"]["M"]["na"]["M"]["replaced"]["M"]


def test_a_former_application_that_is_refused_is_said_and_does_not_stop_the_new_one(
    run: Run, amazon: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(run)
    amazon.accounts.applications[CLIENT_ID] = replace(
        amazon.accounts.applications[CLIENT_ID], secrets={}
    )
    own_application(amazon, monkeypatch)
    amazon.add_seller(SELLER, Region.NA, "Atzr|by-own", application=OWN_CLIENT_ID)
    monkeypatch.setenv("DAYFIVE_REFRESH_TOKEN", "Atzr|by-own")

    status, printed, _ = connect(run)

    assert status == 0
    assert "former application: its subscription could not be ended" in printed
    assert stored()["na"]["client_id"] == OWN_CLIENT_ID


def test_another_region_with_the_same_own_application_is_named_when_its_secret_is_new(
    run: Run, amazon: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(run)
    own_application(amazon, monkeypatch)
    connect(run, seller=OTHER_SELLER)
    amazon.add_seller(OTHER_SELLER, Region.EU, "Atzr|own-eu", application=OWN_CLIENT_ID)
    amazon.accounts.rotate_secret(OWN_CLIENT_ID, "amzn1.oa2-cs.v1.newer")
    monkeypatch.setenv("DAYFIVE_CLIENT_SECRET", "amzn1.oa2-cs.v1.newer")
    monkeypatch.setenv("DAYFIVE_REFRESH_TOKEN", "Atzr|own-eu")

    _, printed, _ = connect(run, "eu", seller=OTHER_SELLER)

    assert f"run dayfive connect --seller {OTHER_SELLER} --region na too" in printed


def test_what_was_heard_of_the_seller_survives_a_new_connection(run: Run) -> None:
    connect(run)
    sellers = Deployment.find().sellers
    sellers.saw_notification(
        SELLER, Region.NA, application_id="app", usual_gap=timedelta(hours=5), now=START
    )

    connect(run)

    seller = sellers.get(SELLER)
    assert seller
    assert seller.regions[Region.NA].last_notification_at == START
    assert seller.regions[Region.NA].usual_gap == timedelta(hours=5)


def test_a_dry_run_changes_nothing(run: Run, amazon: Simulator) -> None:
    status, printed, _ = connect(run, "na", "--dry-run")

    assert status == 0
    assert printed.startswith(f"Would connect {SELLER} in na")
    assert amazon.ledger == []
    assert boto3.client("secretsmanager").list_secrets()["SecretList"] == []


def test_aws_region_alone_is_enough(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")

    assert connect(run, "na", "--dry-run")[0] == 0


def test_no_secret_is_ever_printed(
    run: Run, amazon: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = "".join(str(part) for part in (*connect(run), *connect(run)))
    monkeypatch.setenv("DAYFIVE_CLIENT_SECRET", "amzn1.oa2-cs.v1.canary-wrong")
    printed += "".join(str(part) for part in connect(run))

    for secret in (CLIENT_SECRET, REFRESH_TOKEN, "canary", "Atza|"):
        assert secret not in printed


def seller_record() -> dict[str, Any]:
    [table] = boto3.client("dynamodb").list_tables()["TableNames"]
    key = {"seller_id": {"S": SELLER}, "amazon_order_id": {"S": "SELLER"}}
    item: dict[str, Any] = boto3.client("dynamodb").get_item(TableName=table, Key=key)["Item"]
    return item
