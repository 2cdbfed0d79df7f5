"""A deployed stack with one seller connected, and a doctor to call."""

from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError

from lambdas.core.marketplaces import Region
from lambdas.spapi.endpoints import Endpoints
from ops.connect import Connection, Connector
from ops.deployment import Deployment
from ops.doctor.examination import examine
from ops.doctor.finding import Finding, State
from ops.local_cloud.clock import Clock
from ops.local_cloud.stack import Stack
from ops.simulator import Simulator
from tests.integration.conftest import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, SELLER

PACKAGE = "https://awslambda.example/package?X-Amz-Signature=canary"
AMAZON = Endpoints.from_overrides(None, None)
Hook = Callable[..., Any]
OnAws = Callable[[str, Hook], None]


class Office:
    """A deployed stack with one seller connected, and a doctor to call."""

    def __init__(self, stack: Stack, simulator: Simulator, clock: Clock) -> None:
        self.stack, self.amazon, self.clock = stack, simulator, clock
        self.package: dict[str, bytes] = {}
        self.amazon_is_ahead = timedelta()

    def connect(self) -> None:
        with self._http() as http:
            connector = Connector(
                Deployment.find(), AMAZON, http, say=lambda _: None, confirm=lambda _: True
            )
            connector.connect(
                Connection(
                    seller_id=SELLER,
                    region=Region.NA,
                    client_id=CLIENT_ID,
                    client_secret=CLIENT_SECRET,
                    refresh_token=REFRESH_TOKEN,
                )
            )

    def output(self, name: str) -> str:
        return self.stack.outputs[name]

    def remember(self, **fields: Any) -> None:
        """Write fields of the region on the seller's record; None takes one away."""
        seller = Deployment.find().sellers
        table = boto3.resource("dynamodb").Table(self.output("OrdersTableName"))
        key = {"seller_id": SELLER, "amazon_order_id": "SELLER"}
        known = table.get_item(Key=key)["Item"]["regions"]["na"]
        state = {**known, **fields}
        seller.set_region(
            SELLER, Region.NA, {name: value for name, value in state.items() if value is not None}
        )

    def examine(self) -> list[Finding]:
        with self._http() as http:
            return [*examine(AMAZON, http)]

    def found(self, link: str) -> Finding:
        """The one finding about this link, or the worst of several."""
        findings = [each for each in self.examine() if each.link == link]
        assert findings, f"nothing was said about {link}"
        order = [State.WRONG, State.NOTE, State.UNKNOWN, State.OK]
        return min(findings, key=lambda each: order.index(each.state))

    def _http(self) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.host != "awslambda.example":
            answer = self.amazon.handle(request)
            answer.headers["Date"] = format_datetime(self.clock.now + self.amazon_is_ahead)
            return answer
        packed = BytesIO()
        with ZipFile(packed, "w") as archive:
            for name, content in self.package.items():
                archive.writestr(name, content)
        return httpx.Response(200, content=packed.getvalue())


@pytest.fixture
def office(stack: Stack, simulator: Simulator, clock: Clock) -> Office:
    office = Office(stack, simulator, clock)
    office.connect()
    return office


@pytest.fixture
def on_aws(monkeypatch: pytest.MonkeyPatch) -> OnAws:
    """Have a hook of botocore's called around every call of this name."""
    made = boto3.session.Session
    hooks: list[tuple[str, Hook]] = []

    def session(**given: Any) -> Any:
        new = made(**given)
        for event, hook in hooks:
            new.events.register(event, hook)
        return new

    monkeypatch.setattr(boto3.session, "Session", session)
    return lambda event, hook: hooks.append((event, hook))


def is_wrong(finding: Finding, text: str, next_step: str) -> None:
    assert finding.state is State.WRONG, finding
    assert text in finding.text
    assert next_step in finding.next_step


def refuse(code: str) -> Hook:
    def hook(model: Any, **_: Any) -> None:
        raise ClientError({"Error": {"Code": code}, "ResponseMetadata": {}}, model.name)

    return hook
