"""`connect` and `disconnect`, stopped after each call they make: the next run sets all right."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import httpx
import pytest

from lambdas.core.marketplaces import Region
from lambdas.spapi.endpoints import Endpoints
from ops.connect import Connection, Connector
from ops.deployment import Deployment
from ops.disconnect import Disconnector
from ops.local_cloud.stack import Stack
from ops.simulator import Simulator
from tests.integration.conftest import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, SELLER

CONNECTION = Connection(
    seller_id=SELLER,
    region=Region.NA,
    client_id=CLIENT_ID,
    client_secret=CLIENT_SECRET,
    refresh_token=REFRESH_TOKEN,
)
AMAZON = Endpoints.from_overrides(None, None)


class StoppedError(BaseException):
    """The machine went off; nothing may catch it."""


class Office:
    """An operator's machine, which goes off after some number of calls to AWS and Amazon."""

    def __init__(self, stack: Stack, simulator: Simulator) -> None:
        self.stack, self.amazon = stack, simulator
        self._calls_left: int | None = None

    def connect(self, *, calls: int | None = None) -> None:
        with self._machine(calls) as (deployment, http):
            connector = Connector(
                deployment, AMAZON, http, say=lambda _: None, confirm=lambda _: False
            )
            connector.connect(CONNECTION)

    def disconnect(self, *, calls: int | None = None) -> None:
        with self._machine(calls) as (deployment, http):
            disconnector = Disconnector(
                deployment, AMAZON, http, say=lambda _: None, confirm=lambda _: False
            )
            for region in disconnector.regions(SELLER):
                disconnector.disconnect(disconnector.look(SELLER, region), keep_secrets=False)

    def is_connected(self) -> bool:
        [subscription] = self.amazon.notifications.subscriptions
        [destination] = self.amazon.notifications.destinations
        deployment = Deployment.find()
        seller = deployment.sellers.get(SELLER)
        assert seller
        state = seller.regions[Region.NA]
        return (
            destination.arn == self.stack.outputs["OrderChangeQueueArn"]
            and subscription.destination_id == destination.destination_id == state.destination_id
            and subscription.subscription_id == state.subscription_id
            and state.connecting_since is None
            and _secrets() == {"dayfive/app", f"dayfive/sellers/{SELLER}"}
        )

    def is_as_new(self) -> bool:
        return (
            self.amazon.notifications.subscriptions == []
            and self.amazon.notifications.destinations == []
            and Deployment.find().sellers.get(SELLER) is None
            and _secrets() == set()
        )

    @contextmanager
    def _machine(self, calls: int | None) -> Iterator[tuple[Deployment, httpx.Client]]:
        time.sleep(60)  # for Amazon's usage plan
        deployment = Deployment.find()
        deployment._session.events.register("after-call.*", self._after_call)
        self._calls_left = calls
        with httpx.Client(transport=httpx.MockTransport(self._answer)) as http:
            yield deployment, http
        self._calls_left = None

    def _answer(self, request: httpx.Request) -> httpx.Response:
        response = self.amazon.handle(request)
        self._after_call()
        return response

    def _after_call(self, **_: Any) -> None:
        if self._calls_left is not None:
            self._calls_left -= 1
            if self._calls_left < 0:
                raise StoppedError


def _secrets() -> set[str]:
    listed = boto3.client("secretsmanager").list_secrets()["SecretList"]
    return {each["Name"] for each in listed if "DeletedDate" not in each}


def stops_everywhere(act: Callable[..., None], check: Callable[[], None]) -> int:
    """Stop the act after its first call, its second and so on; gives how many it has."""
    for calls in range(1000):
        try:
            act(calls=calls)
        except StoppedError:
            check()
        else:
            return calls
    raise AssertionError("it never came to an end")


@pytest.fixture
def office(stack: Stack, simulator: Simulator) -> Office:
    return Office(stack, simulator)


def test_connect_goes_on_from_wherever_it_was_stopped(office: Office) -> None:
    def check() -> None:
        office.connect()
        assert office.is_connected()
        office.disconnect()
        assert office.is_as_new()

    assert stops_everywhere(office.connect, check) > 15


def test_disconnect_goes_on_from_wherever_it_was_stopped(office: Office) -> None:
    def check() -> None:
        office.disconnect()
        assert office.is_as_new()
        office.connect()

    office.connect()
    assert stops_everywhere(office.disconnect, check) > 15
