"""Every answer of Amazon's, to the check and to the create call: what becomes of the order."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import boto3
import httpx
import pytest

from lambdas.core.marketplaces import Region
from lambdas.core.solicitation import Status
from ops.local_cloud.shortcuts import shortcuts
from ops.simulator import errors
from ops.simulator.errors import ErrorText, error_body
from ops.simulator.operations import CREATE_SOLICITATION, GET_ACTIONS
from ops.simulator.simulator import Simulator
from tests.integration.conftest import (
    CLIENT_ID,
    CLIENT_SECRET,
    REFRESH_TOKEN,
    SELLER,
    World,
)
from tests.integration.scenes import DAY, HOUR, MINUTE, ORDER, Scenes

POSTAL_CODE = "D0Q 5U0"
AT_ONCE = timedelta()

Reply = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(autouse=True, scope="module")
def _quickly() -> Iterator[None]:
    with shortcuts():
        yield


class AnsweringSimulator(Simulator):
    """Amazon, with one answer of the test's in place of its own."""

    method = ""
    path = ""
    reply: Reply | None = None

    def __init__(self) -> None:
        super().__init__()
        self.tokens: set[str] = set()
        self.made: list[str] = []

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.tokens.add(request.headers.get("x-amz-access-token", CLIENT_SECRET))
        if self.reply and request.method == self.method and self.path in request.url.path:
            self.made.append(request.method)
            return self.reply(request)
        return super().handle(request)


@pytest.fixture
def simulator() -> AnsweringSimulator:
    simulator = AnsweringSimulator()
    simulator.add_application(CLIENT_ID, CLIENT_SECRET)
    simulator.add_seller(SELLER, Region.NA, REFRESH_TOKEN, application=CLIENT_ID)
    return simulator


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one answer leads to: where the order stands, when it is due, what the seller feels."""

    status: Status
    reason: str
    due: timedelta | None = None
    posts_open: int = 0
    blocked: bool = False
    slowed: bool = False
    calls: int = 1


def of(text: ErrorText) -> Reply:
    return lambda _: httpx.Response(text.status, text=error_body(text))


def status(code: int, body: str = "", **headers: str) -> Reply:
    return lambda _: httpx.Response(code, text=body, headers=headers)


def page(code: int) -> Reply:
    return status(code, "<html><body>Sorry</body></html>")


def cut(text: ErrorText) -> Reply:
    """As in 2020: the length counted in characters, the body in bytes."""
    body = error_body(text)
    return lambda _: httpx.Response(text.status, content=body.encode()[: len(body)])


def mojibake(text: ErrorText) -> Reply:
    return lambda _: httpx.Response(
        text.status, content=error_body(text).encode().decode("cp1252").encode()
    )


def actions(*names: str, disabled: bool = False) -> Reply:
    links = [{"name": name, "href": f"/solicitations/v1/orders/{ORDER}/{name}"} for name in names]
    schemas = [
        {"_links": {"self": link}, "_embedded": {"schema": {"disabled": disabled}}}
        for link in links
    ]
    document = {"_links": {"actions": links, "self": {}}, "_embedded": {"actions": schemas}}
    return status(200, json.dumps(document))


def broken(error: type[httpx.TransportError]) -> Reply:
    def reply(request: httpx.Request) -> httpx.Response:
        raise error("broken", request=request)

    return reply


def echo(request: httpx.Request) -> httpx.Response:
    """A 403 that nobody knows, with the request's own token in its words."""
    token = request.headers["x-amz-access-token"]
    error = {"code": "Unauthorized", "message": f"Not today, {token}.", "details": token}
    return httpx.Response(403, text=json.dumps({"errors": [error]}))


WANTED = "productReviewAndSellerFeedback"
NOVEL = ErrorText(label="new", status=403, code="Unauthorized", message="The moon is not full.")

WAITING, HELD, SENDING = Status.WAITING, Status.HELD, Status.SENDING
BLOCKED = Row(status=WAITING, reason="shipped", due=AT_ONCE, blocked=True)
TOKEN_RENEWED = Row(status=WAITING, reason="shipped", due=AT_ONCE, blocked=True, calls=2)
OUTAGE = Row(status=WAITING, reason="shipped", due=AT_ONCE, slowed=True, calls=4)
UNREADABLE = replace(OUTAGE, calls=1)

TO_THE_CHECK: dict[str, tuple[Reply, Row]] = {
    "E1": (of(errors.NOT_AVAILABLE), Row(status=WAITING, reason="not_available", due=DAY)),
    "E2": (
        of(errors.ALREADY_REQUESTED),
        Row(status=Status.ALREADY_REQUESTED, reason="already_requested"),
    ),
    "E3": (of(errors.OUTSIDE_RANGE), Row(status=WAITING, reason="outside_window", due=DAY)),
    "E3 cut": (cut(errors.OUTSIDE_RANGE), Row(status=WAITING, reason="outside_window", due=DAY)),
    "E3 mojibake": (
        mojibake(errors.OUTSIDE_RANGE),
        Row(status=WAITING, reason="outside_window", due=DAY),
    ),
    "E4": (of(errors.MISSING_PARAMETERS), Row(status=HELD, reason="marketplaceIds")),
    "E5": (of(errors.TOKEN_EXPIRED), TOKEN_RENEWED),
    "E6": (of(errors.TOKEN_INVALID), TOKEN_RENEWED),
    "E7": (of(errors.TOKEN_MISSING), BLOCKED),
    "E8": (of(errors.SECRET_EXPIRED), BLOCKED),
    "E9": (of(errors.ACCESS_DENIED), BLOCKED),
    "401": (status(401), TOKEN_RENEWED),
    "E10": (
        of(errors.QUOTA_EXCEEDED),
        Row(status=WAITING, reason="shipped", due=AT_ONCE, slowed=True, calls=2),
    ),
    "E11": (of(errors.INTERNAL_FAILURE), OUTAGE),
    "E12": (of(errors.INVALID_INPUT), Row(status=HELD, reason="Invalid Input")),
    "E13": (of(errors.NOT_FOUND), Row(status=HELD, reason="resource doesn't exist")),
    "413": (status(413), Row(status=HELD, reason="HTTP 413")),
    "415": (status(415), Row(status=HELD, reason="HTTP 415")),
    "429 page": (
        page(429),
        Row(status=WAITING, reason="shipped", due=AT_ONCE, slowed=True, calls=2),
    ),
    "500 page": (page(500), OUTAGE),
    "502": (page(502), OUTAGE),
    "503": (page(503), OUTAGE),
    "504": (page(504), OUTAGE),
    "302": (status(302, location="https://example.com/"), OUTAGE),
    "200 page": (page(200), OUTAGE),
    "200 empty": (status(200), UNREADABLE),
    "200 cut": (status(200, '{"_links":{"actions":[{"name":"product'), OUTAGE),
    "200 with errors": (
        status(200, '{"_links":{"actions":[]},"errors":[{"code":"x"}]}'),
        UNREADABLE,
    ),
    "no connection": (broken(httpx.ConnectError), OUTAGE),
    "no answer": (broken(httpx.ReadTimeout), OUTAGE),
    "nothing offered": (actions(), Row(status=WAITING, reason="not_offered", due=DAY)),
    "disabled": (
        actions(WANTED, disabled=True),
        Row(status=WAITING, reason="not_offered", due=DAY),
    ),
    "other actions": (
        actions("productReview", "sellerFeedback", "getOrderDetails"),
        Row(status=WAITING, reason="not_offered", due=DAY),
    ),
    "unknown 403": (of(NOVEL), Row(status=HELD, reason="The moon is not full.")),
    "unknown 403 with the token": (echo, Row(status=HELD, reason="Not today, [hidden].")),
}

DEFERRED = Row(status=WAITING, reason="credentials_refused", due=AT_ONCE, blocked=True)
DEFERRED_TWICE = Row(
    status=WAITING, reason="credentials_refused", due=AT_ONCE, blocked=True, calls=2
)
UNKNOWN = Row(status=SENDING, reason="claimed", due=5 * MINUTE, posts_open=1)
LATER = Row(status=WAITING, reason="amazon_out_of_reach", due=HOUR)

TO_THE_CREATE_CALL: dict[str, tuple[Reply, Row]] = {
    "201": (status(201, "{}"), Row(status=Status.SENT, reason="sent")),
    "201 empty": (status(201), Row(status=Status.SENT, reason="sent")),
    "E1": (of(errors.NOT_AVAILABLE), Row(status=WAITING, reason="not_available", due=DAY)),
    "E2": (
        of(errors.ALREADY_REQUESTED),
        Row(status=Status.ALREADY_REQUESTED, reason="already_requested"),
    ),
    "E3": (of(errors.OUTSIDE_RANGE), Row(status=WAITING, reason="outside_window", due=DAY)),
    "E3 cut": (cut(errors.OUTSIDE_RANGE), Row(status=WAITING, reason="outside_window", due=DAY)),
    "E3 mojibake": (
        mojibake(errors.OUTSIDE_RANGE),
        Row(status=WAITING, reason="outside_window", due=DAY),
    ),
    "E4": (of(errors.MISSING_PARAMETERS), Row(status=HELD, reason="marketplaceIds")),
    "E5": (of(errors.TOKEN_EXPIRED), DEFERRED_TWICE),
    "E6": (of(errors.TOKEN_INVALID), DEFERRED_TWICE),
    "E7": (of(errors.TOKEN_MISSING), DEFERRED),
    "E8": (of(errors.SECRET_EXPIRED), DEFERRED),
    "E9": (of(errors.ACCESS_DENIED), DEFERRED),
    "401": (status(401), DEFERRED_TWICE),
    "E10": (of(errors.QUOTA_EXCEEDED), Row(status=WAITING, reason="throttled", due=MINUTE)),
    "E11": (of(errors.INTERNAL_FAILURE), UNKNOWN),
    "E12": (of(errors.INVALID_INPUT), Row(status=HELD, reason="Invalid Input")),
    "E13": (of(errors.NOT_FOUND), Row(status=HELD, reason="resource doesn't exist")),
    "413": (status(413), Row(status=HELD, reason="HTTP 413")),
    "415": (status(415), Row(status=HELD, reason="HTTP 415")),
    "500 page": (page(500), UNKNOWN),
    "502": (page(502), UNKNOWN),
    "503": (page(503), UNKNOWN),
    "504": (page(504), UNKNOWN),
    "409": (status(409), UNKNOWN),
    "302": (status(302, location="https://example.com/"), UNKNOWN),
    "200": (status(200, "{}"), UNKNOWN),
    "202": (status(202, "{}"), UNKNOWN),
    "201 cut": (status(201, '{"'), UNKNOWN),
    "201 page": (page(201), UNKNOWN),
    "201 with errors": (status(201, '{"errors":[{"code":"x"}]}'), UNKNOWN),
    "no connection": (broken(httpx.ConnectError), LATER),
    "no answer": (broken(httpx.ReadTimeout), UNKNOWN),
    "unknown 403": (of(NOVEL), Row(status=HELD, reason="The moon is not full.")),
    "unknown 403 with the token": (echo, Row(status=HELD, reason="Not today, [hidden].")),
}

TO_THE_LOGIN: dict[str, tuple[Reply, Row]] = {
    code: (
        status(
            400, json.dumps({"error": code, "error_description": f"{REFRESH_TOKEN} is no good"})
        ),
        Row(status=WAITING, reason="shipped", due=AT_ONCE, blocked=True),
    )
    for code in ("invalid_grant", "invalid_client", "unauthorized_client")
} | {
    "401": (status(401, CLIENT_SECRET), BLOCKED),
    "429": (status(429, REFRESH_TOKEN), OUTAGE),
    "500": (status(500, REFRESH_TOKEN), OUTAGE),
    "no token": (status(200, json.dumps({"access_token": None, "was": REFRESH_TOKEN})), OUTAGE),
    "no connection": (broken(httpx.ConnectError), OUTAGE),
}


Table = dict[str, tuple[Reply, Row]]


@pytest.fixture
def scenes(world: World) -> Scenes:
    return Scenes(world, senders=0)


def ask(scenes: Scenes, method: str, path: str, reply: Reply) -> datetime:
    """Check one order that is due, by new environments, with this answer in place."""
    amazon = scenes.simulator
    assert isinstance(amazon, AnsweringSimulator)
    amazon.reply = None
    amazon.made.clear()
    scenes.world.fresh_environments()
    scenes.set()
    asked_at = scenes.clock.now
    amazon.method, amazon.path, amazon.reply = method, path, reply
    assert scenes.world.wake()
    return asked_at


def assert_row(scenes: Scenes, row: Row, asked_at: datetime) -> None:
    order = scenes.order
    state = scenes.world.sellers.get(SELLER).regions[Region.NA]
    assert (order.status, order.posts_open) == (row.status, row.posts_open)
    assert row.reason in order.reason
    assert bool(state.blocked_until) == row.blocked
    assert bool(state.slowed_until) == row.slowed
    if row.due is not None:
        assert abs(order.next_look_at - asked_at - row.due) < timedelta(seconds=5)
    if order.status is HELD:
        assert order.due_at == order.window.closes_at


def assert_nothing_private(scenes: Scenes, out: str) -> None:
    """Not in the logs, not in the table, not in what the queue and the schedules hold."""
    table = json.dumps(boto3.client("dynamodb").scan(TableName="orders")["Items"])
    for canary in (REFRESH_TOKEN, CLIENT_SECRET, POSTAL_CODE, *scenes.simulator.tokens):
        for text in (out, table, scenes.order.reason):
            assert canary not in text
    assert ORDER in out


def test_every_answer_to_the_check(
    scenes: Scenes, capsys: pytest.CaptureFixture[str], subtests: pytest.Subtests
) -> None:
    for name, (reply, row) in TO_THE_CHECK.items():
        with subtests.test(name):
            asked_at = ask(scenes, "GET", "/solicitations/", reply)
            assert scenes.simulator.made == ["GET"] * row.calls
            assert scenes.world.calls(CREATE_SOLICITATION) == 0
            assert_row(scenes, row, asked_at)
            assert_nothing_private(scenes, capsys.readouterr().out)


def test_every_answer_to_the_create_call(
    scenes: Scenes, capsys: pytest.CaptureFixture[str], subtests: pytest.Subtests
) -> None:
    for name, (reply, row) in TO_THE_CREATE_CALL.items():
        with subtests.test(name):
            asked_at = ask(scenes, "POST", "/solicitations/", reply)
            assert scenes.simulator.made == ["POST"] * row.calls
            assert_row(scenes, row, asked_at)
            assert_nothing_private(scenes, capsys.readouterr().out)


def test_every_answer_to_the_login(
    scenes: Scenes, capsys: pytest.CaptureFixture[str], subtests: pytest.Subtests
) -> None:
    for name, (reply, row) in TO_THE_LOGIN.items():
        with subtests.test(name):
            asked_at = ask(scenes, "POST", "/auth/o2/token", reply)
            assert scenes.simulator.made == ["POST"] * row.calls
            assert scenes.world.calls(GET_ACTIONS) == 0
            assert_row(scenes, row, asked_at)
            assert_nothing_private(scenes, capsys.readouterr().out)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_refusal_is_counted_and_shown(
    scenes: Scenes, method: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ask(scenes, method, "/solicitations/", of(NOVEL))
    scenes.world.sweeper.sweep()

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    served = next(line for line in lines if line.get("message") == "wake_up_served")
    assert served["refusals"] == {"unrecognised": 1}
    assert [line["OrdersHeld"] for line in lines if "OrdersHeld" in line] == [[1.0]]
    assert "The moon is not full." in scenes.order.reason
