from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from lambdas.spapi.auth import TokenSource
from lambdas.spapi.errors import AuthorizationError, SpApiError, UnavailableError
from tests.unit.spapi_support import (
    CREDENTIALS,
    ODD_BODIES,
    Amazon,
    MovedClock,
    Streamed,
    in_turn,
    moved_clock,
)

Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def clock() -> Iterator[MovedClock]:
    with moved_clock() as clock:
        yield clock


def no_call(_: httpx.Request) -> httpx.Response:
    raise AssertionError("SP-API is not called here")


def token_answer(**fields: Any) -> Answer:
    return lambda _: httpx.Response(200, json=fields)


def source_of(amazon: Amazon) -> TokenSource:
    return amazon.tokens.seller_token(CREDENTIALS)


def failed(answer: Answer) -> SpApiError:
    with pytest.raises(SpApiError) as caught:
        source_of(Amazon(no_call, answer)).token()
    return caught.value


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "invalid_grant"),
        (401, "invalid_client"),
        (400, "unauthorized_client"),
        (400, "unsupported_grant_type"),
        (400, "invalid_scope"),
        (400, "invalid_request"),
        (403, "access_denied"),
    ],
)
def test_a_refused_grant_is_an_authorization_error(
    clock: MovedClock, status: int, code: str
) -> None:
    answer = {"error": code, "error_description": "Atzr|CANARY-refresh is no good"}

    error = failed(lambda _: httpx.Response(status, json=answer))

    assert isinstance(error, AuthorizationError)
    assert (error.status, error.lwa_error, error.code) == (status, code, code)
    assert str(error) == f"LWA refresh_token: HTTP {status}, {code}"


@pytest.mark.parametrize("body", ODD_BODIES.values(), ids=ODD_BODIES)
def test_401_is_a_refusal_whatever_its_body(clock: MovedClock, body: bytes) -> None:
    error = failed(lambda _: httpx.Response(401, content=body))

    assert isinstance(error, AuthorizationError)
    assert error.lwa_error is None


@pytest.mark.parametrize("status", [*range(300, 400), *range(402, 600), 201, 204, 400])
def test_anything_else_without_a_code_of_lwas_is_trouble_and_blocks_no_one(
    clock: MovedClock, status: int
) -> None:
    for body in ODD_BODIES.values():
        error = failed(lambda _, body=body: httpx.Response(status, content=body))
        assert isinstance(error, UnavailableError)
        assert error.status == status


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_throttling_and_faults_of_lwa_are_trouble_even_if_they_name_a_refusal(
    clock: MovedClock, status: int
) -> None:
    error = failed(lambda _: httpx.Response(status, json={"error": "invalid_grant"}))

    assert isinstance(error, UnavailableError)


@pytest.mark.parametrize("code", ["server_error", "temporarily_unavailable"])
def test_a_400_that_speaks_of_the_servers_own_trouble_is_trouble(
    clock: MovedClock, code: str
) -> None:
    error = failed(lambda _: httpx.Response(400, json={"error": code}))

    assert isinstance(error, UnavailableError)


@pytest.mark.parametrize("code", [None, 1, {}, "", "x" * 41, "Bad Code", "a\nb", "\u00e9"])
def test_a_code_that_is_none_is_not_repeated(clock: MovedClock, code: object) -> None:
    error = failed(lambda _: httpx.Response(400, json={"error": code}))

    assert isinstance(error, UnavailableError)
    assert str(error) == "LWA refresh_token: HTTP 400"


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.ConnectError("x"),
        httpx.ConnectTimeout("x"),
        httpx.PoolTimeout("x"),
        httpx.WriteError("x"),
        httpx.ReadTimeout("x"),
        httpx.ReadError("x"),
        httpx.RemoteProtocolError("x"),
        httpx.ProxyError("x"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_broken_line_is_trouble(clock: MovedClock, trouble: Exception) -> None:
    error = failed(in_turn(trouble))

    assert isinstance(error, UnavailableError)
    assert str(error) == f"LWA refresh_token: {type(trouble).__name__}"


@pytest.mark.parametrize(
    "token",
    [None, 1, "", " ", "a b", "a\nb", "a\r\nx: y", "\u00e9", "a\x00", [], "x" * 4097],
    ids=ascii,
)
def test_a_token_that_cannot_be_a_header_is_no_token(clock: MovedClock, token: object) -> None:
    error = failed(token_answer(access_token=token, expires_in=3600))

    assert isinstance(error, UnavailableError)


@pytest.mark.parametrize("body", ODD_BODIES.values(), ids=ODD_BODIES)
def test_a_200_without_a_token_is_trouble(clock: MovedClock, body: bytes) -> None:
    assert isinstance(failed(lambda _: httpx.Response(200, content=body)), UnavailableError)


def test_an_answer_that_drips_is_cut_after_six_seconds(clock: MovedClock) -> None:
    began = clock.monotonic()
    pieces = [piece for _ in range(100) for piece in (b" ", 1.0)]

    error = failed(lambda _: httpx.Response(200, stream=Streamed(clock, *pieces)))

    assert isinstance(error, UnavailableError)
    assert clock.monotonic() - began < 8


def test_an_answer_that_drips_is_cut_at_the_callers_deadline(clock: MovedClock) -> None:
    began = clock.monotonic()
    pieces = [piece for _ in range(100) for piece in (b" ", 1.0)]
    amazon = Amazon(no_call, lambda _: httpx.Response(200, stream=Streamed(clock, *pieces)))

    with pytest.raises(UnavailableError):
        source_of(amazon).token(began + 2)
    assert clock.monotonic() - began < 4


def test_nothing_is_kept_of_a_failure(clock: MovedClock) -> None:
    good = httpx.Response(200, json={"access_token": "Atza|1", "expires_in": 3600})
    amazon = Amazon(no_call, in_turn(httpx.Response(503), httpx.ReadTimeout("x"), good))
    for _ in range(2):
        with pytest.raises(UnavailableError):
            source_of(amazon).token()

    assert source_of(amazon).token() == "Atza|1"
    assert source_of(amazon).token() == "Atza|1"
