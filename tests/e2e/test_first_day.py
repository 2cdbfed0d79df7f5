"""A new seller's first day, mistakes included: from an empty account to the first solicitation."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from moto import mock_aws

from lambdas.core.marketplaces import Region
from ops.local_cloud.clock import Clock
from ops.local_cloud.cloud import LocalCloud
from ops.local_cloud.template import synthesise
from ops.simulator import SimulatedOrder, Simulator, serve
from ops.simulator.operations import Role
from tests.builders import order_change_body
from tests.typed import Run, typed

MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SELLER = "A1DAYFIVENA001"
CLIENT_ID, SECRET = "amzn1.application-oa2-client.first", "amzn1.oa2-cs.v1.first"
NA_TOKEN, EU_TOKEN = "Atzr|first-na", "Atzr|first-eu"
ORDER, NEXT_ORDER = "903-5550101-0000001", "903-5550102-0000002"
US = "ATVPDKIKX0DER"
CONNECT = ("connect", "--seller", SELLER, "--region", "na")
DAY = timedelta(days=1)

Shell = Callable[..., None]


@pytest.fixture
def dayfive(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return typed(monkeypatch, capsys)


@pytest.fixture
def export(monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Sets environment variables, as the seller's shell does; None unsets one."""

    def export(**variables: str | None) -> None:
        for name, value in variables.items():
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value)

    return export


def new_amazon() -> Simulator:
    """An application that was just registered, and authorised before its second role was added."""
    amazon = Simulator()
    amazon.add_application(CLIENT_ID, SECRET)
    for region, token in ((Region.NA, NA_TOKEN), (Region.EU, EU_TOKEN)):
        amazon.add_seller(SELLER, region, token, application=CLIENT_ID)
        grant = amazon.accounts.authorizations[token]
        roles = frozenset({Role.BUYER_SOLICITATION})
        amazon.accounts.authorize(replace(grant, roles=roles))
    return amazon


@contextmanager
def deployed(amazon: Simulator, export: Shell) -> Iterator[LocalCloud]:
    """What `make deploy` makes, with Amazon on a loopback port."""
    with serve(amazon) as server:
        endpoints = {
            "SP_API_ENDPOINT": server.sp_api_endpoint,
            "LWA_ENDPOINT": server.lwa_endpoint,
        }
        export(**endpoints)
        with LocalCloud.create(synthesise(), start=MORNING, environment=endpoints) as cloud:
            yield cloud


def test_from_an_empty_account_to_the_first_solicitation(dayfive: Run, export: Shell) -> None:
    before_the_deployment(dayfive, export)
    amazon = new_amazon()
    with deployed(amazon, export) as cloud:
        the_doctor_before_connecting(dayfive)
        mistakes(dayfive, export, amazon)
        the_seller_connects(dayfive, export, amazon)
        the_first_order(dayfive, cloud, amazon)
        the_doctor_afterwards(dayfive)


def before_the_deployment(dayfive: Run, export: Shell) -> None:
    keys = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "AWS_SESSION_TOKEN": None}
    with Clock(MORNING), mock_aws():
        export(AWS_REGION="us-east-1", **keys)
        assert dayfive(*CONNECT)[2] == (
            "dayfive: no AWS credentials were found: sign in, or set AWS_PROFILE\n"
        )
        export(**dict.fromkeys(keys, "testing"))
        assert dayfive(*CONNECT)[2] == (
            "dayfive: there is no stack DayFive in us-east-1: run make deploy, or set AWS_REGION\n"
        )
        status, printed, _ = dayfive("doctor")
        assert status == 1
        assert "WRONG stack           there is no stack DayFive in us-east-1: run make" in printed


def the_doctor_before_connecting(dayfive: Run) -> None:
    status, printed, _ = dayfive("doctor")
    assert status == 0
    assert "note  sellers         none is connected: run dayfive connect\n" in printed


def refused(dayfive: Run, *command: str) -> str:
    status, _, error = dayfive(*command)
    assert status == 1
    assert error.count("\n") == 1
    return error


def mistakes(dayfive: Run, export: Shell, amazon: Simulator) -> None:
    export(DAYFIVE_CLIENT_ID=CLIENT_ID, DAYFIVE_CLIENT_SECRET="amzn1.oa2-cs.v1.of-last-year")
    assert "Refresh token (na) is not known" in refused(dayfive, *CONNECT)
    export(DAYFIVE_REFRESH_TOKEN=EU_TOKEN)
    assert "the secret is over 180 days old" in refused(dayfive, *CONNECT)
    export(DAYFIVE_CLIENT_SECRET=SECRET)
    assert "this refresh token is of region eu, not na" in refused(dayfive, *CONNECT)
    export(DAYFIVE_REFRESH_TOKEN=NA_TOKEN)
    assert "the role Inventory and Order Tracking" in refused(dayfive, *CONNECT)
    assert "is not connected" in refused(dayfive, "live", "on", "--seller", "A1STRANGER", "--yes")
    amazon.accounts.restore(SELLER, Region.NA)


def the_seller_connects(dayfive: Run, export: Shell, amazon: Simulator) -> None:
    status, printed, _ = dayfive(*CONNECT)
    assert status == 0
    assert f"connected: {SELLER} in na\nmarketplaces: CA, MX, US\nnothing is sent yet" in printed
    export(DAYFIVE_CLIENT_SECRET=None, DAYFIVE_REFRESH_TOKEN=None)
    assert len(amazon.notifications.subscriptions) == 1
    status, printed, _ = dayfive("doctor")
    assert status == 0
    assert "note  notifications   none yet: the first comes when an order's status" in printed


def ship(cloud: LocalCloud, amazon: Simulator, amazon_order_id: str) -> datetime:
    """An order goes out and Amazon says so; gives when it will be delivered."""
    [subscription] = amazon.notifications.subscriptions
    delivered = cloud.now + 3 * DAY
    amazon.add_order(
        SimulatedOrder(
            amazon_order_id=amazon_order_id,
            seller_id=SELLER,
            marketplace_id=US,
            shipped_at=cloud.now,
            delivered_at=delivered,
        )
    )
    news = order_change_body(
        seller_id=SELLER,
        amazon_order_id=amazon_order_id,
        subscription_id=subscription.subscription_id,
        time_of_order_change=cloud.now,
        event_time=cloud.now,
        earliest_delivery_date=delivered,
        latest_delivery_date=delivered + DAY,
    )
    cloud.send(cloud.outputs["OrderChangeQueueUrl"], news)
    cloud.run_until(cloud.now + timedelta(minutes=1))
    return delivered


def the_first_order(dayfive: Run, cloud: LocalCloud, amazon: Simulator) -> None:
    """Found offered while nothing may be sent, it is asked about once the seller goes live."""
    delivered = ship(cloud, amazon, ORDER)
    cloud.run_until(delivered + 5 * DAY + timedelta(hours=1))
    assert sent(amazon) == []

    assert dayfive("live", "on", "--seller", SELLER, "--yes")[1] == (
        f"live: {SELLER}; orders planned anew: 1\n"
    )
    cloud.run_until(cloud.now + timedelta(minutes=10))
    assert sent(amazon) == [ORDER]
    items = cloud.table_items(cloud.outputs["OrdersTableName"])
    assert [each["status"] for each in items if each["amazon_order_id"] == ORDER] == ["SENT"]
    ship(cloud, amazon, NEXT_ORDER)


def the_doctor_afterwards(dayfive: Run) -> None:
    status, printed, _ = dayfive("doctor")
    assert status == 0
    assert "ok    connection      whole, and live\n" in printed
    assert "ok    notifications   the last came 2026-03-10 " in printed


def sent(amazon: Simulator) -> list[str | None]:
    return [entry.amazon_order_id for entry in amazon.ledger if entry.accepted]
