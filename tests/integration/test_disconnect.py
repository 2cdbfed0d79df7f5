"""`dayfive disconnect` as an operator runs it: what goes, what stays, and what a stop leaves."""

from dataclasses import replace
from datetime import timedelta
from io import StringIO
from typing import Any

import boto3
import pytest

from lambdas.core.marketplaces import Region
from lambdas.core.solicitation import Status
from lambdas.sender import TIMEOUT_SECONDS
from ops.deployment import Deployment
from ops.disconnect import LAST_RUN_ENDS
from ops.local_cloud.clock import Clock
from ops.local_cloud.stack import Stack
from ops.simulator import Fault, FaultKind, Simulator
from tests.integration.conftest import (
    CLIENT_ID,
    EU_TOKEN,
    OTHER_SELLER,
    REFRESH_TOKEN,
    SELLER,
    Run,
)
from tests.integration.test_connect import anonymous, connect, stored
from tests.records import solicitation


def disconnect(run: Run, *more: str, seller: str = SELLER) -> tuple[int, str, str]:
    return run("disconnect", "--seller", seller, "--yes", *more)


def secret_names() -> set[str]:
    listed = boto3.client("secretsmanager").list_secrets()["SecretList"]
    return {each["Name"] for each in listed if "DeletedDate" not in each}


@pytest.fixture
def both_regions(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    connect(run)
    monkeypatch.setenv("DAYFIVE_REFRESH_TOKEN", EU_TOKEN)
    connect(run, "eu")
    monkeypatch.setenv("DAYFIVE_REFRESH_TOKEN", REFRESH_TOKEN)
    return run


def test_it_undoes_all_that_connect_did(run: Run, amazon: Simulator) -> None:
    connect(run)

    status, printed, _ = disconnect(run)

    assert status == 0
    assert anonymous(printed) == (
        f"Disconnecting {SELLER} in na:\n"
        "  at Amazon: its subscription ends, and the destination if nobody else uses it\n"
        "  notifications on their way: dropped and counted\n"
        "  its stored credentials: removed\n"
        "subscription: ended <id>\n"
        "destination: ended <id>\n"
        f"secrets: removed from dayfive/app and dayfive/sellers/{SELLER}\n"
        f"disconnected: {SELLER} in na\n"
    )
    assert amazon.notifications.subscriptions == []
    assert amazon.notifications.destinations == []
    assert secret_names() == set()
    assert Deployment.find().sellers.get(SELLER) is None


def test_it_is_safe_to_repeat(run: Run) -> None:
    connect(run)
    disconnect(run)

    assert disconnect(run) == (0, f"nothing to do: {SELLER} is not connected\n", "")


def test_a_seller_comes_back_with_its_removed_secrets_and_its_open_orders(
    run: Run, stack: Stack
) -> None:
    connect(run)
    orders = Deployment.find().orders
    orders.put(solicitation(), known=None)
    orders.put(solicitation(amazon_order_id="903-5550101-0000002", status=Status.HELD), known=None)

    printed = disconnect(run)[1]

    assert "  2 open orders: kept on record, and not asked about;\n" in printed
    assert connect(run)[0] == 0
    assert stored() == {"na": REFRESH_TOKEN}
    assert [each.amazon_order_id for each in orders.waiting(SELLER, Region.NA)] == [
        solicitation().amazon_order_id
    ]
    seller = Deployment.find().sellers.get(SELLER)
    assert seller
    assert not seller.live


def test_what_a_seller_leaves_out_is_left_out_if_it_comes_back_in_time(
    run: Run, clock: Clock
) -> None:
    connect(run)
    run("settings", "--seller", SELLER, "--exclude-sku", "MUG-BLUE")

    assert "settings: kept for 180 days, for when it comes back\n" in disconnect(run)[1]
    assert _settings_item()["expires_at"] == {
        "N": str(int((clock.now + timedelta(days=180)).timestamp()))
    }

    assert connect(run)[0] == 0
    assert "expires_at" not in _settings_item()
    assert Deployment.find().seller_settings.get(SELLER).excluded_skus == {"MUG-BLUE"}


def _settings_item() -> dict[str, Any]:
    [table] = boto3.client("dynamodb").list_tables()["TableNames"]
    key = {"seller_id": {"S": SELLER}, "amazon_order_id": {"S": "SETTINGS"}}
    item: dict[str, Any] = boto3.client("dynamodb").get_item(TableName=table, Key=key)["Item"]
    return item


def test_one_region_goes_and_the_other_stays(both_regions: Run, amazon: Simulator) -> None:
    status, printed, _ = disconnect(both_regions, "--region", "eu")

    assert status == 0
    assert "taken in before the region is forgotten" in printed
    assert [each.region for each in amazon.notifications.subscriptions] == ["na"]
    assert stored() == {"na": REFRESH_TOKEN}
    seller = Deployment.find().sellers.get(SELLER)
    assert seller
    assert set(seller.regions) == {Region.NA}


def test_without_a_region_all_go(both_regions: Run, amazon: Simulator) -> None:
    assert disconnect(both_regions)[0] == 0

    assert amazon.notifications.subscriptions == []
    assert Deployment.find().sellers.get(SELLER) is None


def test_a_region_is_forgotten_only_when_the_queue_has_run_dry(
    both_regions: Run, stack: Stack, clock: Clock
) -> None:
    sqs, queue = boto3.client("sqs"), stack.outputs["OrderChangeQueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="on its way")
    begun = clock.now

    disconnect(both_regions, "--region", "eu")

    assert clock.now - begun >= timedelta(seconds=120)


def test_a_destination_that_another_seller_uses_stays(
    run: Run, amazon: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(run)
    amazon.add_seller(OTHER_SELLER, Region.NA, "Atzr|other", application=CLIENT_ID)
    monkeypatch.setenv("DAYFIVE_REFRESH_TOKEN", "Atzr|other")
    connect(run, seller=OTHER_SELLER)

    printed = disconnect(run)[1]

    assert "destination: kept, other sellers use it" in printed
    assert len(amazon.notifications.destinations) == 1
    assert secret_names() == {"dayfive/app", f"dayfive/sellers/{OTHER_SELLER}"}


def test_a_destination_that_strangers_use_stays(run: Run, amazon: Simulator) -> None:
    connect(run)
    [own] = amazon.notifications.subscriptions
    strangers = replace(own, subscription_id="theirs", notification_type="ANY_OFFER_CHANGED")
    amazon.notifications.subscriptions.append(strangers)

    assert "destination: kept: others still use it" in disconnect(run)[1]


def test_a_subscription_that_another_stack_has_taken_over_stays(
    run: Run, amazon: Simulator
) -> None:
    connect(run)
    [own] = amazon.notifications.subscriptions
    amazon.notifications.subscriptions[0] = replace(own, destination_id="another")

    printed = disconnect(run)[1]

    assert "subscription: goes elsewhere by now, so it stays" in printed
    assert len(amazon.notifications.subscriptions) == 1


@pytest.mark.parametrize("operation", ["deleteSubscriptionById", "deleteDestination"])
@pytest.mark.parametrize("kind", [FaultKind.LOST_ANSWER, FaultKind.LATE_ERROR])
def test_an_answer_that_never_came_is_looked_into(
    run: Run, amazon: Simulator, operation: str, kind: FaultKind
) -> None:
    connect(run)
    amazon.faults = [Fault(kind=kind, operation=operation)]

    assert disconnect(run)[0] == 0
    assert amazon.notifications.destinations == []


@pytest.mark.parametrize("operation", ["deleteSubscriptionById", "deleteDestination"])
def test_stopped_by_amazon_it_goes_on_where_it_was(
    run: Run, amazon: Simulator, operation: str
) -> None:
    connect(run)
    amazon.faults = [Fault(kind=FaultKind.ERROR, operation=operation)]
    status, _, error = disconnect(run)
    assert (status, error.count("\n")) == (1, 1)
    assert Deployment.find().sellers.get(SELLER)
    amazon.faults = []

    assert disconnect(run)[0] == 0
    assert amazon.notifications.destinations == []
    assert secret_names() == set()


def test_killed_before_the_secrets_were_removed_it_removes_them(
    run: Run, amazon: Simulator
) -> None:
    connect(run)
    disconnect(run, "--keep-secrets")
    assert secret_names() == {"dayfive/app", f"dayfive/sellers/{SELLER}"}

    status, printed, _ = disconnect(run)

    assert status == 0
    assert "subscription: was gone already\ndestination: was gone already\n" in printed
    assert secret_names() == set()


def test_an_authorisation_that_was_withdrawn_does_not_stand_in_the_way(
    run: Run, amazon: Simulator
) -> None:
    connect(run)
    amazon.accounts.revoke(SELLER, Region.NA)

    status, printed, _ = disconnect(run)

    assert status == 0
    assert "subscription: ended" in printed
    assert amazon.notifications.subscriptions == []


def test_an_application_that_is_refused_is_asked_about(
    run: Run, amazon: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(run)
    known = amazon.accounts.applications[CLIENT_ID]
    amazon.accounts.applications[CLIENT_ID] = replace(known, secrets={})

    status, printed, error = run("disconnect", "--seller", SELLER, "--yes")

    assert (status, error) == (0, "")
    assert "subscription: left at Amazon; withdraw the application's authorisation" in printed
    assert Deployment.find().sellers.get(SELLER) is None


def test_a_live_seller_is_stopped_and_a_call_on_its_way_waited_for(run: Run, clock: Clock) -> None:
    connect(run)
    run("live", "on", "--seller", SELLER, "--yes")
    begun = clock.now

    printed = disconnect(run)[1]

    assert "a call may be on its way: waiting 45 seconds" in printed
    assert clock.now - begun >= timedelta(seconds=45)


def test_a_region_of_a_live_seller_waits_for_a_run_to_end(both_regions: Run) -> None:
    both_regions("live", "on", "--seller", SELLER, "--yes")

    printed = disconnect(both_regions, "--region", "eu")[1]

    assert "waiting 90 seconds" in printed
    assert timedelta(seconds=TIMEOUT_SECONDS) == LAST_RUN_ENDS
    seller = Deployment.find().sellers.get(SELLER)
    assert seller
    assert seller.live


def test_a_dry_run_changes_nothing(run: Run, amazon: Simulator) -> None:
    connect(run)
    amazon.ledger.clear()

    status, printed, _ = run("disconnect", "--seller", SELLER, "--dry-run")

    assert status == 0
    assert printed.startswith(f"Would disconnect {SELLER} in na:\n")
    assert amazon.ledger == []
    assert len(amazon.notifications.subscriptions) == 1


def answer(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    """What is typed at the questions."""
    monkeypatch.setattr("sys.stdin", StringIO("".join(f"{line}\n" for line in lines)))


def test_a_no_changes_nothing(run: Run, amazon: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(run)
    answer(monkeypatch, "n")

    status, _, error = run("disconnect", "--seller", SELLER)

    assert (status, error) == (1, "dayfive: nothing was changed\n")
    assert len(amazon.notifications.subscriptions) == 1


def test_a_no_to_the_second_question_keeps_the_secrets(
    run: Run, amazon: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(run)
    answer(monkeypatch, "y", "n")

    status, printed, _ = run("disconnect", "--seller", SELLER)

    assert status == 0
    assert "secrets: kept" in printed
    assert secret_names() == {"dayfive/app", f"dayfive/sellers/{SELLER}"}
    assert amazon.notifications.subscriptions == []
