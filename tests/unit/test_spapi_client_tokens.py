import json
from collections.abc import Callable, Iterator

import httpx
import pytest

from lambdas.spapi.errors import (
    AuthorizationError,
    ForbiddenError,
    OutcomeUnknownError,
    SpApiError,
    ThrottledError,
    UnavailableError,
)
from lambdas.spapi.operation import Operation
from tests.unit.spapi_support import (
    OUTSIDE,
    READ,
    WRITE,
    Amazon,
    MovedClock,
    always,
    ask,
    error_body,
    failed,
    in_turn,
    moved_clock,
)

EXPIRED = error_body(
    "Unauthorized",
    "Access to requested resource is denied.",
    "The access token you provided has expired.",
)

INVALID = error_body(
    "Unauthorized",
    "Access to requested resource is denied.",
    "The access token you provided is revoked, malformed or invalid.",
)


@pytest.fixture
def clock() -> Iterator[MovedClock]:
    with moved_clock() as clock:
        yield clock


REFUSED_TOKENS = {
    "401 without a body": lambda: httpx.Response(401),
    "401 in HTML": lambda: httpx.Response(401, text="<html>"),
    "403 expired": lambda: httpx.Response(403, json=EXPIRED),
    "403 invalid": lambda: httpx.Response(403, json=INVALID),
    "403 expired, cut short": lambda: httpx.Response(403, content=json.dumps(EXPIRED)[:-4]),
}


@pytest.mark.parametrize("refusal", REFUSED_TOKENS.values(), ids=REFUSED_TOKENS)
@pytest.mark.parametrize("operation", [READ, WRITE], ids=["GET", "POST"])
def test_a_refused_token_is_renewed_once_and_the_call_repeated(
    clock: MovedClock, operation: Operation, refusal: Callable[[], httpx.Response]
) -> None:
    amazon = Amazon(in_turn(refusal(), httpx.Response(operation.success, json={})))

    ask(amazon, operation)

    tokens = [call.headers["x-amz-access-token"] for call in amazon.calls]
    assert tokens == ["Atza|CANARY-access-1", "Atza|CANARY-access-2"]
    assert len(amazon.grants) == 2


@pytest.mark.parametrize("refusal", REFUSED_TOKENS.values(), ids=REFUSED_TOKENS)
@pytest.mark.parametrize("operation", [READ, WRITE], ids=["GET", "POST"])
def test_refused_again_it_is_an_error_and_not_a_loop(
    clock: MovedClock, operation: Operation, refusal: Callable[[], httpx.Response]
) -> None:
    amazon = always(refusal)

    error = failed(amazon, operation)

    assert type(error) is (AuthorizationError if error.status == 401 else ForbiddenError)
    assert (len(amazon.calls), len(amazon.grants)) == (2, 2)


@pytest.mark.parametrize(
    "details",
    [
        "",
        "The LWA secret token you provided has expired.",
        "Access token is missing in the header.",
    ],
)
def test_access_denied_for_another_reason_renews_nothing(clock: MovedClock, details: str) -> None:
    body = error_body("Unauthorized", "Access to requested resource is denied.", details)
    amazon = always(lambda: httpx.Response(403, json=body))

    error = failed(amazon, WRITE)

    assert isinstance(error, ForbiddenError)
    assert error.details == details
    assert (len(amazon.calls), len(amazon.grants)) == (1, 1)


@pytest.mark.parametrize(
    ("second", "kind"),
    [
        (httpx.Response(500), OutcomeUnknownError),
        (httpx.Response(200, json={}), OutcomeUnknownError),
        (httpx.ReadTimeout("x"), OutcomeUnknownError),
        (httpx.ConnectError("x"), UnavailableError),
        (httpx.Response(429), ThrottledError),
        (httpx.Response(403, json=OUTSIDE), ForbiddenError),
    ],
)
def test_the_repeated_write_is_judged_like_the_first_and_never_sent_a_third_time(
    clock: MovedClock, second: httpx.Response | Exception, kind: type[SpApiError]
) -> None:
    amazon = Amazon(in_turn(httpx.Response(401), second))

    assert type(failed(amazon, WRITE)) is kind
    assert len(amazon.calls) == 2


@pytest.mark.parametrize(
    ("renewal", "kind"),
    [
        (httpx.Response(503), UnavailableError),
        (httpx.Response(400, json={"error": "invalid_grant"}), AuthorizationError),
    ],
)
def test_a_renewal_that_fails_leaves_the_write_refused(
    clock: MovedClock, renewal: httpx.Response, kind: type[SpApiError]
) -> None:
    token = httpx.Response(200, json={"access_token": "Atza|1", "expires_in": 3600})
    amazon = Amazon(in_turn(httpx.Response(401)), in_turn(token, renewal))

    assert type(failed(amazon, WRITE)) is kind
    assert len(amazon.calls) == 1
