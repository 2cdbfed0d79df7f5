"""Canary values in every credential and token, looked for in all that could be printed."""

import json
import logging
import traceback
from collections.abc import Callable, Iterator

import httpx
import pytest

from lambdas.spapi.errors import SpApiError
from lambdas.spapi.operation import Operation
from tests.unit.spapi_support import CREDENTIALS, Amazon, MovedClock, moved_clock

READ = Operation(name="getThing", method="GET", path="/things")
WRITE = Operation(name="createThing", method="POST", path="/things", success=201)

QUERY = {"marketplaceIds": "CANARY-query"}


@pytest.fixture
def clock() -> Iterator[MovedClock]:
    with moved_clock() as clock:
        yield clock


def echo(status: int) -> Callable[[httpx.Request], httpx.Response]:
    """Answers with everything it was asked with, as a debugging proxy would."""

    def answer(request: httpx.Request) -> httpx.Response:
        said = f"{request.headers.get('x-amz-access-token')} {request.content.decode()}"
        body = {"errors": [{"code": said, "message": said, "details": said}], "error": said}
        return httpx.Response(status, json=body, headers={"x-amzn-RequestId": said})

    return answer


def echo_text(status: int) -> Callable[[httpx.Request], httpx.Response]:
    return lambda request: httpx.Response(
        status, text=f"<pre>{request.headers} {request.headers.get('x-amz-access-token')}"
    )


def broken(_: httpx.Request) -> httpx.Response:
    raise httpx.ReadError("the line broke")


def printed(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)) + repr(error) + str(vars(error))


ANSWERS = {
    **{f"echo {status}": echo(status) for status in (200, 201, 400, 401, 403, 404, 429, 500)},
    **{f"text {status}": echo_text(status) for status in (200, 201, 400, 401, 403, 500)},
    "broken": broken,
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("operation", [READ, WRITE], ids=["GET", "POST"])
def test_no_error_of_sp_api_shows_a_token_or_the_query(
    clock: MovedClock, operation: Operation, answer: Callable[[httpx.Request], httpx.Response]
) -> None:
    amazon = Amazon(answer)
    shown = ""
    try:
        amazon.client().request(operation, params=QUERY)
    except SpApiError as error:
        shown = printed(error)

    assert "CANARY" in str(amazon.calls[0].url)
    assert "CANARY" not in shown


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_no_error_of_lwa_shows_a_credential(
    clock: MovedClock, answer: Callable[[httpx.Request], httpx.Response]
) -> None:
    amazon = Amazon(lambda _: httpx.Response(200, json={}), answer)

    with pytest.raises(SpApiError) as caught:
        amazon.client().request(READ)
    assert "CANARY" not in printed(caught.value)


@pytest.mark.parametrize("token", ["Atza|CANARY\r\nx: y", "Atza|CANARY\u00e9", "Atza|CANARY x"])
def test_a_token_that_cannot_be_sent_is_not_shown_either(clock: MovedClock, token: str) -> None:
    body = json.dumps({"access_token": token, "expires_in": 3600})
    amazon = Amazon(lambda _: httpx.Response(200), lambda _: httpx.Response(200, text=body))

    with pytest.raises(SpApiError) as caught:
        amazon.client().request(READ)
    assert "CANARY" not in printed(caught.value)


def test_nothing_that_holds_a_secret_shows_it(clock: MovedClock) -> None:
    amazon = Amazon(lambda _: httpx.Response(200, json={}))
    client = amazon.client()
    source = amazon.tokens.seller_token(CREDENTIALS)
    client.request(READ)
    source.token()

    assert repr(CREDENTIALS) == f"{CREDENTIALS}" == "Credentials()"
    for holder in (client, source, amazon.tokens, amazon.cache, amazon.http, amazon.calls[0]):
        assert "CANARY" not in f"{holder!r} {holder}"


def test_the_cache_knows_a_grant_by_its_hash_only(clock: MovedClock) -> None:
    amazon = Amazon(lambda _: httpx.Response(200, json={}))
    amazon.client().request(READ)

    keys = str(list(vars(amazon.cache)["_entries"]))
    for word in (CREDENTIALS.client_id, CREDENTIALS.client_secret, CREDENTIALS.refresh_token):
        assert word not in keys
    assert "CANARY" not in keys


def test_nothing_secret_is_logged_at_any_level(
    clock: MovedClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    amazon = Amazon(echo(403))

    with pytest.raises(SpApiError):
        amazon.client().request(READ)
    assert "CANARY" not in caplog.text
