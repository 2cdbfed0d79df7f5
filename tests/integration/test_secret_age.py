"""Since when a client secret is stored, which `connect` notes: Amazon ends it after 180 days."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import httpx
import pytest

from lambdas.core.marketplaces import Region
from lambdas.core.seller import RegionState
from lambdas.spapi.endpoints import Endpoints
from ops.connect import Connection, Connector
from ops.deployment import Deployment
from ops.local_cloud.clock import Clock
from ops.local_cloud.stack import Stack
from ops.local_cloud.template import synthesise
from ops.simulator.simulator import Simulator
from tests.integration.conftest import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, SELLER, START

OWN_CLIENT_ID, OWN_SECRET = "amzn1.application-oa2-client.own", "amzn1.oa2-cs.v1.own"
NEWER_SECRET = "amzn1.oa2-cs.v1.newer"
OWN_TOKEN = "Atzr|own"
DAYS = timedelta(days=100)


class Office:
    """An operator who connects one seller, again and again."""

    def __init__(self, simulator: Simulator, http: httpx.Client, clock: Clock) -> None:
        Stack(synthesise(), "us-east-1")
        self.simulator, self.clock = simulator, clock
        self._deployment = Deployment.find()
        self._connector = Connector(
            self._deployment,
            Endpoints.from_overrides(None, None),
            http,
            say=lambda _: None,
            confirm=lambda _: True,
        )

    def connect(self, client_id: str, client_secret: str, token: str) -> RegionState:
        """Connect, and move the clock on; what is on record of the region then."""
        self._connector.connect(
            Connection(
                seller_id=SELLER,
                region=Region.NA,
                client_id=client_id,
                client_secret=client_secret,
                refresh_token=token,
            )
        )
        self.clock.move_to(self.clock.now + DAYS)
        seller = self._deployment.sellers.get(SELLER)
        assert seller
        return seller.regions[Region.NA]


def visit(instant: datetime | None) -> int:
    """At which connection this was, counted from 0; each takes some seconds."""
    assert instant
    return (instant - START) // DAYS


@pytest.fixture
def office(aws: None, simulator: Simulator, clock: Clock) -> Iterator[Office]:
    with httpx.Client(transport=httpx.MockTransport(simulator.handle)) as http:
        yield Office(simulator, http, clock)


def test_connecting_again_with_the_same_secret_keeps_its_date(office: Office) -> None:
    first = office.connect(CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN)
    again = office.connect(CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN)

    assert first.shares_application
    assert first.secret_stored_at == again.secret_stored_at
    assert visit(first.secret_stored_at) == 0
    assert (visit(first.connected_at), visit(again.connected_at)) == (0, 1)


def test_a_new_secret_has_a_new_date(office: Office) -> None:
    office.connect(CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN)
    office.simulator.accounts.rotate_secret(CLIENT_ID, NEWER_SECRET)

    newer = office.connect(CLIENT_ID, NEWER_SECRET, REFRESH_TOKEN)

    assert visit(newer.secret_stored_at) == 1


def test_the_secret_of_a_sellers_own_application_has_a_date_of_its_own(office: Office) -> None:
    office.connect(CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN)
    office.simulator.add_application(OWN_CLIENT_ID, OWN_SECRET)
    office.simulator.add_seller(SELLER, Region.NA, OWN_TOKEN, application=OWN_CLIENT_ID)

    own = office.connect(OWN_CLIENT_ID, OWN_SECRET, OWN_TOKEN)
    again = office.connect(OWN_CLIENT_ID, OWN_SECRET, OWN_TOKEN)

    assert not own.shares_application
    assert own.secret_stored_at == again.secret_stored_at
    assert visit(own.secret_stored_at) == 1
