"""A clock moved by hand, and an Amazon made of one function, for the tests of lambdas.spapi."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
import time_machine

from lambdas.core.marketplaces import Region
from lambdas.spapi.auth import Credentials, LwaTokens, TokenCache
from lambdas.spapi.client import SpApiClient
from lambdas.spapi.endpoints import Endpoints
from lambdas.spapi.errors import SpApiError
from lambdas.spapi.operation import Operation, Reply
from lambdas.spapi.pacing import Pacers

START = datetime(2026, 3, 2, 12, 0, 0, tzinfo=UTC)
ORDER, MARKETPLACE = "903-5550101-0000001", "ATVPDKIKX0DER"
READ = Operation(name="getThing", method="GET", path="/things/{id}")
WRITE = Operation(name="createThing", method="POST", path="/things/{id}", success=201)
CREDENTIALS = Credentials(
    client_id="amzn1.application-oa2-client.CANARY-id",
    client_secret="amzn1.oa2-cs.v1.CANARY-secret",
    refresh_token="Atzr|CANARY-refresh",
)


class MovedClock:
    """`datetime.now`, `time.monotonic` and `time.sleep`, moved together and never by waiting."""

    def __init__(self, traveller: time_machine.Traveller) -> None:
        self._traveller = traveller
        self._monotonic = 1000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self._monotonic

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.slept.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        self._monotonic += seconds
        self._traveller.shift(seconds)

    def set_wall_clock_back(self, seconds: float) -> None:
        self._traveller.shift(-seconds)


@contextmanager
def moved_clock() -> Iterator[MovedClock]:
    with time_machine.travel(START, tick=False) as traveller, pytest.MonkeyPatch.context() as patch:
        clock = MovedClock(traveller)
        patch.setattr(time, "sleep", clock.sleep)
        patch.setattr(time, "monotonic", clock.monotonic)
        yield clock


class Amazon:
    """Answers SP-API by one function and LWA by another, and keeps what was asked."""

    def __init__(
        self,
        answer: Callable[[httpx.Request], httpx.Response],
        lwa: Callable[[httpx.Request], httpx.Response] | None = None,
        *,
        cache: TokenCache | None = None,
    ) -> None:
        self._answer = answer
        self._lwa = lwa or self._issue
        self.calls: list[httpx.Request] = []
        self.grants: list[dict[str, str]] = []
        self.http = httpx.Client(transport=httpx.MockTransport(self._handle), trust_env=False)
        self.endpoints = Endpoints.from_overrides(None, None)
        self.cache = cache or TokenCache()
        self.pacers = Pacers()
        self.tokens = LwaTokens(self.http, self.endpoints, self.cache)

    def client(self) -> SpApiClient:
        return SpApiClient(
            http=self.http,
            endpoints=self.endpoints,
            region=Region.NA,
            token_source=self.tokens.seller_token(CREDENTIALS),
            pacers=self.pacers,
        )

    def _handle(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "api.amazon.com":
            self.grants.append(dict(parse_qsl(request.content.decode())))
            return self._lwa(request)
        self.calls.append(request)
        return self._answer(request)

    def _issue(self, _: httpx.Request) -> httpx.Response:
        token = f"Atza|CANARY-access-{len(self.grants)}"
        return httpx.Response(200, json={"access_token": token, "expires_in": 3600})


def in_turn(
    *answers: httpx.Response | Exception | Callable[[httpx.Request], httpx.Response],
) -> Callable[[httpx.Request], httpx.Response]:
    """The answers one after the other; to ask for one more than there are is an error."""
    left = iter(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        match next(left):
            case Exception() as error:
                raise error
            case httpx.Response() as response:
                return response
            case function:
                return function(request)

    return answer


def error_body(code: str, message: str, details: str = "") -> dict[str, Any]:
    return {"errors": [{"code": code, "message": message, "details": details}]}


OUTSIDE = error_body(
    "Unauthorized",
    "You can\u2019t use this feature to request a review outside the 5-30 day range after the"
    " order delivery date.",
)


def actions_body(*names: str) -> dict[str, Any]:
    path = f"/solicitations/v1/orders/{ORDER}"
    links = [
        {"href": f"{path}/solicitations/{name}?marketplaceIds={MARKETPLACE}", "name": name}
        for name in names
    ]
    return {"_links": {"actions": links, "self": {"href": path}}}


class Streamed(httpx.SyncByteStream):
    """A body in pieces; a number among them moves the clock, an exception breaks the line."""

    def __init__(self, clock: MovedClock, *pieces: bytes | float | Exception) -> None:
        self._clock = clock
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            match piece:
                case bytes():
                    yield piece
                case float():
                    self._clock.advance(piece)
                case Exception():
                    raise piece


# Bodies that no answer should have, each of which has been or could be met.
ODD_BODIES = {
    "html": b"<html><body><h1>Bad Gateway</h1></body></html>",
    "empty": b"",
    "cut short": json.dumps(error_body("Unauthorized", "You can\u2019t")).encode()[:-4],
    "not utf-8": b'{"errors":[{"code":"Unauthorized","message":"can\x92t"}]}',
    "a list": b"[]",
    "null": b"null",
    "deep": b"[" * 100_000,
    "huge number": b'{"errors":' + b"9" * 5000 + b"}",
    "errors is a text": b'{"errors":"no"}',
    "errors has junk": b'{"errors":[null,1,"x",[],{"code":{},"message":[1]}]}',
    "errors is an object": b'{"errors":{"code":"X","message":"Y","details":null}}',
    "half a surrogate": b'{"errors":[{"code":"X","message":"\\ud83d"}]}',
}


def ok(_: httpx.Request | None = None) -> httpx.Response:
    return httpx.Response(200, json={"a": 1})


def ask(amazon: Amazon, operation: Operation = READ, **about: Any) -> Reply:
    return amazon.client().request(operation, ids={"id": "x"}, **about)


def failed(amazon: Amazon, operation: Operation = READ, **about: Any) -> SpApiError:
    with pytest.raises(SpApiError) as caught:
        ask(amazon, operation, **about)
    return caught.value


def always(response: Callable[[], httpx.Response]) -> Amazon:
    return Amazon(lambda _: response())
