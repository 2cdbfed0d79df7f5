import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lambdas.core.marketplaces import Region
from lambdas.spapi.client import SpApiClient
from lambdas.spapi.endpoints import Endpoints
from lambdas.spapi.errors import (
    AuthorizationError,
    ConflictError,
    ForbiddenError,
    NotSentError,
    OutcomeUnknownError,
    RequestRejectedError,
    SpApiError,
    ThrottledError,
    UnavailableError,
)
from lambdas.spapi.operation import Operation, Reply
from tests.unit.spapi_support import (
    CREDENTIALS,
    ODD_BODIES,
    Amazon,
    MovedClock,
    Streamed,
    error_body,
    in_turn,
    moved_clock,
)

READ = Operation(name="getThing", method="GET", path="/things/{id}")
WRITE = Operation(name="createThing", method="POST", path="/things/{id}", success=201)
MANAGED = Operation(name="manageThing", method="POST", path="/t/{id}", declares_conflict=True)

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
OUTSIDE = error_body(
    "Unauthorized",
    "You can\u2019t use this feature to request a review outside the 5-30 day range after the"
    " order delivery date.",
)

DEFINITE = {
    400: RequestRejectedError,
    401: AuthorizationError,
    403: ForbiddenError,
    404: RequestRejectedError,
    413: RequestRejectedError,
    415: RequestRejectedError,
    429: ThrottledError,
}
ODD_STATUSES = [*range(202, 210), 226, *range(300, 309), *range(400, 600)]
NOT_SENT = [httpx.ConnectError("x"), httpx.ConnectTimeout("x"), httpx.PoolTimeout("x")]
MAYBE_SENT = [
    httpx.WriteError("x"),
    httpx.WriteTimeout("x"),
    httpx.ReadError("x"),
    httpx.ReadTimeout("x"),
    httpx.RemoteProtocolError("x"),
    httpx.LocalProtocolError("x"),
    httpx.ProxyError("x"),
    httpx.CloseError("x"),
    httpx.DecodingError("x"),
]


def by_type(value: object) -> str:
    return type(value).__name__


@pytest.fixture
def clock() -> Iterator[MovedClock]:
    with moved_clock() as clock:
        yield clock


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


# What goes out


def test_a_read_has_amazons_headers_and_no_body(clock: MovedClock) -> None:
    amazon = Amazon(ok)

    ask(amazon, params={"marketplaceIds": "A&B=C", "x": "d e/f"})

    request = amazon.calls[0]
    assert str(request.url) == (
        "https://sellingpartnerapi-na.amazon.com/things/x?marketplaceIds=A%26B%3DC&x=d+e%2Ff"
    )
    assert dict(request.headers) == {
        "host": "sellingpartnerapi-na.amazon.com",
        "x-amz-access-token": "Atza|CANARY-access-1",
        "x-amz-date": "20260302T120000Z",
        "user-agent": "DayFive/0.1.0 (Language=Python/3.13; Platform=AWS Lambda)",
        "accept-encoding": "identity",
    }
    assert request.content == b""


def test_a_write_without_a_body_has_length_zero_and_no_content_type(clock: MovedClock) -> None:
    amazon = always(lambda: httpx.Response(201))

    ask(amazon, WRITE)

    assert amazon.calls[0].content == b""
    assert amazon.calls[0].headers["content-length"] == "0"
    assert "content-type" not in amazon.calls[0].headers


def test_a_body_goes_out_as_json(clock: MovedClock) -> None:
    amazon = always(lambda: httpx.Response(201))

    ask(amazon, WRITE, body={"a": "\u00e9"})

    assert json.loads(amazon.calls[0].content) == {"a": "\u00e9"}
    assert amazon.calls[0].headers["content-type"] == "application/json"


def test_the_path_prefix_of_a_redirected_endpoint_is_kept(clock: MovedClock) -> None:
    amazon = Amazon(ok)
    amazon.endpoints = Endpoints.from_overrides("http://127.0.0.1:8080/sim/{region}", None)

    ask(amazon)

    assert str(amazon.calls[0].url) == "http://127.0.0.1:8080/sim/na/things/x"


@given(value=st.text(min_size=1, max_size=20))
@example("a/b")
@example("../b")
@example("a%2Fb")
@example("a?b#c")
@example("a\\b")
@example("\ud800")
def test_no_id_can_leave_its_place_in_the_path(value: str) -> None:
    with moved_clock():
        amazon = Amazon(ok)
        try:
            amazon.client().request(READ, ids={"id": value})
        except RequestRejectedError:
            assert value in (".", "..")
            assert not amazon.calls
        else:
            raw = amazon.calls[0].url.raw_path
            assert raw.startswith(b"/things/")
            assert raw.count(b"/") == 2
            assert b"?" not in raw


@pytest.mark.parametrize("value", ["", ".", ".."])
@pytest.mark.parametrize("operation", [READ, WRITE])
def test_an_id_that_a_parser_would_fold_away_is_not_sent(
    clock: MovedClock, operation: Operation, value: str
) -> None:
    amazon = Amazon(ok)

    with pytest.raises(RequestRejectedError, match="not sent"):
        amazon.client().request(operation, ids={"id": value})
    assert (amazon.calls, amazon.grants) == ([], [])


def test_neither_cookies_nor_defaults_of_the_http_client_go_out(clock: MovedClock) -> None:
    amazon = always(lambda: httpx.Response(200, json={}, headers={"set-cookie": "a=b"}))
    amazon.http.headers["x-default"] = "1"

    ask(amazon)
    ask(amazon)

    assert "cookie" not in amazon.calls[1].headers
    assert "x-default" not in amazon.calls[1].headers


# What each answer means


@pytest.mark.parametrize("status", ODD_STATUSES)
@pytest.mark.parametrize("operation", [READ, WRITE], ids=["GET", "POST"])
def test_every_status_is_an_error_whatever_its_body(operation: Operation, status: int) -> None:
    unclear = UnavailableError if operation is READ else OutcomeUnknownError
    bodies = [*ODD_BODIES.values(), json.dumps(OUTSIDE).encode(), b"{}"]
    for body in bodies:
        with moved_clock():
            amazon = Amazon(lambda _, body=body: httpx.Response(status, content=body))
            error = failed(amazon, operation)

        assert type(error) is DEFINITE.get(status, unclear)
        assert (error.operation, error.status) == (operation.name, status)
        retried = operation is READ and status not in DEFINITE
        assert len(amazon.calls) == (4 if retried else 2 if status == 401 else 1)


def test_another_success_than_the_operations_own_is_none(clock: MovedClock) -> None:
    assert isinstance(failed(Amazon(ok), WRITE), OutcomeUnknownError)
    assert isinstance(failed(always(lambda: httpx.Response(201, json={}))), UnavailableError)


@pytest.mark.parametrize(
    "name", ["html", "cut short", "not utf-8", "a list", "null", "deep", "huge number"]
)
def test_a_success_that_cannot_be_read_is_none(clock: MovedClock, name: str) -> None:
    body = ODD_BODIES[name]

    assert isinstance(failed(always(lambda: httpx.Response(200, content=body))), UnavailableError)
    error = failed(always(lambda: httpx.Response(201, content=body)), WRITE)
    assert isinstance(error, OutcomeUnknownError)
    assert str(error) == "createThing: HTTP 201, unreadable answer"


@pytest.mark.parametrize("body", [b"", b" \n", b"{}", b'{"a":1}'])
def test_a_success_is_returned_with_its_request_id(clock: MovedClock, body: bytes) -> None:
    headers = {"x-amzn-RequestId": "r-1", "content-type": "text/html"}
    amazon = always(lambda: httpx.Response(201, content=body, headers=headers))

    reply = ask(amazon, WRITE)

    assert reply.payload == (json.loads(body) if body.strip() else {})
    assert reply.request_id == "r-1"


@given(body=st.binary(max_size=200))
def test_no_body_at_all_gives_more_than_a_reply_or_an_error_of_ours(body: bytes) -> None:
    for operation in (READ, WRITE):
        with moved_clock():
            amazon = Amazon(
                lambda _, status=operation.success: httpx.Response(status, content=body)
            )
            try:
                reply = ask(amazon, operation)
            except (UnavailableError, OutcomeUnknownError):
                pass
            else:
                assert not body.strip() or reply.payload == json.loads(body)


def test_409_is_a_conflict_only_where_amazon_declares_it(clock: MovedClock) -> None:
    conflict = always(lambda: httpx.Response(409, json=error_body("Conflict", "It is there.")))

    assert isinstance(failed(conflict, MANAGED), ConflictError)
    assert isinstance(failed(conflict, WRITE), OutcomeUnknownError)
    assert isinstance(failed(conflict, READ), UnavailableError)


def test_a_deletion_without_a_clear_end_is_unknown_and_not_repeated(clock: MovedClock) -> None:
    amazon = always(lambda: httpx.Response(503))
    delete = Operation(name="deleteThing", method="DELETE", path="/things/{id}")

    assert isinstance(failed(amazon, delete), OutcomeUnknownError)
    assert len(amazon.calls) == 1
    assert "content-length" not in amazon.calls[0].headers


def test_amazons_words_come_through_as_they_were_sent(clock: MovedClock) -> None:
    error = failed(always(lambda: httpx.Response(403, json=OUTSIDE)))

    assert error.code == "Unauthorized"
    assert error.message == OUTSIDE["errors"][0]["message"]
    assert error.details == ""


def test_mojibake_comes_through_as_it_was_sent(clock: MovedClock) -> None:
    body = error_body("Unauthorized", "You can\u00e2\u20ac\u2122t use this feature")

    assert failed(always(lambda: httpx.Response(403, json=body))).message.startswith(
        "You can\u00e2\u20ac\u2122t use"
    )


def test_a_403_cut_short_has_its_text_as_the_message(clock: MovedClock) -> None:
    cut = json.dumps(OUTSIDE, ensure_ascii=False).encode()[:-9]

    error = failed(always(lambda: httpx.Response(403, content=cut)), WRITE)

    assert isinstance(error, ForbiddenError)
    assert "outside the 5-30 day range after the order delivery date" in error.message


def test_a_403_whose_line_breaks_is_still_a_refusal(clock: MovedClock) -> None:
    pieces = (json.dumps(OUTSIDE).encode(), httpx.ReadError("x"))
    amazon = always(lambda: httpx.Response(403, stream=Streamed(clock, *pieces)))

    error = failed(amazon, WRITE)

    assert isinstance(error, ForbiddenError)
    assert error.code == "Unauthorized"


def test_the_raw_text_of_a_403_is_cleaned_and_cut(clock: MovedClock) -> None:
    page = "<html>\r\n\x00\x1b" + "x" * 5000

    error = failed(always(lambda: httpx.Response(403, text=page)))

    assert error.message == ("<html> " + "x" * 200)[:200]


def test_other_statuses_do_not_repeat_a_body_that_is_not_amazons(clock: MovedClock) -> None:
    for status in (400, 500):
        error = failed(always(lambda status=status: httpx.Response(status, text="<html>secret")))
        assert error.errors == ()
        assert "html" not in str(error)


def test_entries_of_odd_shape_are_passed_over_and_long_ones_cut(clock: MovedClock) -> None:
    body = {
        "errors": [None, {"code": 1}, {"code": "C", "message": "m" * 9999}] + [{"code": "D"}] * 99
    }

    error = failed(always(lambda: httpx.Response(400, json=body)))

    assert (error.code, len(error.message), len(error.errors)) == ("C", 500, 8)


def test_half_a_surrogate_pair_does_not_come_through(clock: MovedClock) -> None:
    body = b'{"errors":[{"code":"X","message":"cut \\ud83d"}]}'

    assert failed(always(lambda: httpx.Response(403, content=body))).message == "cut ?"


# Broken lines


@pytest.mark.parametrize("trouble", NOT_SENT, ids=by_type)
@pytest.mark.parametrize("operation", [READ, WRITE], ids=["GET", "POST"])
def test_without_a_connection_nothing_was_sent(
    clock: MovedClock, operation: Operation, trouble: Exception
) -> None:
    amazon = Amazon(in_turn(*[trouble] * 4))

    error = failed(amazon, operation)

    assert type(error) is UnavailableError
    assert len(amazon.calls) == (4 if operation is READ else 1)


@pytest.mark.parametrize("trouble", MAYBE_SENT, ids=by_type)
def test_a_line_that_breaks_later_leaves_a_write_unknown_and_a_read_repeated(
    clock: MovedClock, trouble: Exception
) -> None:
    write = Amazon(in_turn(trouble))
    assert type(failed(write, WRITE)) is OutcomeUnknownError
    assert len(write.calls) == 1

    read = Amazon(in_turn(trouble, trouble, trouble, ok))
    assert ask(read).payload == {"a": 1}


@pytest.mark.parametrize(
    "pieces",
    [(b'{"a"', httpx.ReadError("x")), (httpx.RemoteProtocolError("x"),), (httpx.ReadTimeout("x"),)],
    ids=["read", "nothing", "timeout"],
)
def test_a_body_that_breaks_off_is_no_success(
    clock: MovedClock, pieces: tuple[bytes | Exception, ...]
) -> None:
    for operation, kind in ((READ, UnavailableError), (WRITE, OutcomeUnknownError)):
        amazon = Amazon(
            lambda _, status=operation.success: httpx.Response(
                status, stream=Streamed(clock, *pieces)
            )
        )
        assert type(failed(amazon, operation)) is kind


@pytest.mark.parametrize(
    ("operation", "seconds", "limit"), [(READ, None, 10), (WRITE, None, 20), (WRITE, 5.0, 5)]
)
def test_an_answer_that_drips_is_cut_at_the_deadline(
    clock: MovedClock, operation: Operation, seconds: float | None, limit: float
) -> None:
    drip = [piece for _ in range(1000) for piece in (b" ", 0.5)]
    amazon = always(lambda: httpx.Response(operation.success, stream=Streamed(clock, *drip)))
    began = clock.monotonic()

    error = failed(amazon, operation, seconds=seconds)

    assert type(error) is operation.unclear
    assert limit < clock.monotonic() - began <= limit + 1
    assert len(amazon.calls) == 1


# Repeats


def test_a_read_is_repeated_with_growing_pauses_and_then_given_up(clock: MovedClock) -> None:
    amazon = always(lambda: httpx.Response(503))
    began = clock.monotonic()

    error = failed(amazon)

    assert error.status == 503
    assert len(amazon.calls) == 4
    assert len(clock.slept) == 3
    # Never closer than the usage plan, never past the deadline.
    assert all(1 <= pause <= 4 for pause in clock.slept)
    assert clock.monotonic() - began < 10


def test_the_pauses_are_drawn_at_random_and_grow(clock: MovedClock) -> None:
    pauses: list[list[float]] = []
    for _ in range(200):
        clock.slept.clear()
        failed(always(lambda: httpx.Response(503, headers={"x-amzn-RateLimit-Limit": "50"})))
        pauses.append(list(clock.slept))

    for drawn, longest in zip(zip(*pauses, strict=True), (0.5, 1.0, 2.0), strict=True):
        assert min(drawn) < longest * 0.1
        assert longest * 0.9 < max(drawn) <= longest


def test_a_repeat_does_not_start_so_late_that_no_time_is_left_for_its_answer(
    clock: MovedClock,
) -> None:
    def slow(_: httpx.Request) -> httpx.Response:
        clock.advance(4)
        return httpx.Response(500)

    amazon = Amazon(slow)
    began = clock.monotonic()

    failed(amazon)

    assert len(amazon.calls) == 2
    assert clock.monotonic() - began < 10


@pytest.mark.parametrize("status", [400, 403, 404, 413, 415, 429])
def test_a_definite_answer_is_not_asked_for_again(clock: MovedClock, status: int) -> None:
    amazon = always(lambda: httpx.Response(status, json=OUTSIDE))

    failed(amazon)

    assert len(amazon.calls) == 1
    assert clock.slept == []


def test_trouble_of_lwa_is_waited_out_on_a_read_and_not_on_a_write(clock: MovedClock) -> None:
    token = httpx.Response(200, json={"access_token": "Atza|1", "expires_in": 3600})
    read = Amazon(ok, in_turn(httpx.Response(503), token))
    assert ask(read).payload == {"a": 1}

    write = Amazon(ok, in_turn(httpx.Response(503)))
    assert type(failed(write, WRITE)) is UnavailableError
    assert write.calls == []


def test_a_grant_refused_by_lwa_ends_a_read_at_once(clock: MovedClock) -> None:
    amazon = Amazon(ok, in_turn(httpx.Response(400, json={"error": "invalid_grant"})))

    error = failed(amazon)

    assert isinstance(error, AuthorizationError)
    assert error.lwa_error == "invalid_grant"
    assert amazon.calls == []


# Tokens refused


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


# The last look before sending


def test_the_hook_is_asked_after_every_wait_and_directly_before_each_send(
    clock: MovedClock,
) -> None:
    events: list[str] = []

    def answer(_: httpx.Request) -> httpx.Response:
        events.append(f"sent {clock.monotonic():.0f}")
        return httpx.Response(201 if len(events) == 4 else 401)

    def before_sending() -> bool:
        events.append(f"asked {clock.monotonic():.0f}")
        return True

    amazon = Amazon(answer)
    amazon.pacers.of("createThing").wait(clock.monotonic())
    ask(amazon, WRITE, before_sending=before_sending)

    assert events == ["asked 1001", "sent 1001", "asked 1002", "sent 1002"]


@pytest.mark.parametrize("operation", [READ, WRITE], ids=["GET", "POST"])
def test_nothing_goes_out_if_the_hook_says_no(clock: MovedClock, operation: Operation) -> None:
    amazon = Amazon(ok)

    error = failed(amazon, operation, before_sending=lambda: False)

    assert type(error) is NotSentError
    assert amazon.calls == []


def test_the_hook_can_stop_the_repeat_after_a_renewed_token(clock: MovedClock) -> None:
    says = iter([True, False])
    amazon = Amazon(in_turn(httpx.Response(401)))

    error = failed(amazon, WRITE, before_sending=lambda: next(says))

    assert type(error) is NotSentError
    assert len(amazon.calls) == 1


# The pace


def test_calls_keep_the_pace_of_their_own_operation(clock: MovedClock) -> None:
    amazon = Amazon(lambda request: httpx.Response(200 if request.method == "GET" else 201))
    client = amazon.client()

    for _ in range(3):
        client.request(READ, ids={"id": "x"})
        client.request(WRITE, ids={"id": "x"})

    assert clock.slept == [1.0, 1.0]


def test_the_pace_follows_the_rate_that_amazon_names(clock: MovedClock) -> None:
    amazon = always(lambda: httpx.Response(200, headers={"x-amzn-RateLimit-Limit": "0.5"}))

    ask(amazon)
    ask(amazon)

    assert clock.slept == [2.0]


def test_a_429_is_raised_at_once_and_doubles_the_interval(clock: MovedClock) -> None:
    amazon = always(lambda: httpx.Response(429, json=error_body("QuotaExceeded", "Too many.")))

    error = failed(amazon)

    assert type(error) is ThrottledError
    assert len(amazon.calls) == 1
    assert amazon.pacers.remaining_pause() == pytest.approx(2.0)


@pytest.mark.parametrize(("operation", "throttled"), [(READ, 3), (WRITE, 4)], ids=["GET", "POST"])
def test_without_a_slot_in_time_nothing_is_sent(
    clock: MovedClock, operation: Operation, throttled: int
) -> None:
    amazon = Amazon(ok)
    pacer = amazon.pacers.of(operation.name)
    pacer.wait(clock.monotonic())
    for _ in range(throttled):
        pacer.throttled()

    error = failed(amazon, operation)

    assert type(error) is UnavailableError
    assert "not sent" in str(error)
    assert (amazon.calls, clock.slept) == ([], [])


def test_a_write_is_not_begun_with_its_last_seconds(clock: MovedClock) -> None:
    def slow_lwa(_: httpx.Request) -> httpx.Response:
        clock.advance(4)
        return httpx.Response(200, json={"access_token": "Atza|1", "expires_in": 3600})

    amazon = Amazon(ok, slow_lwa)

    assert type(failed(amazon, WRITE, seconds=5.0)) is UnavailableError
    assert amazon.calls == []


def test_fetching_a_token_ends_with_the_call_it_is_for(clock: MovedClock) -> None:
    drip = [piece for _ in range(100) for piece in (b" ", 0.5)]
    amazon = Amazon(ok, lambda _: httpx.Response(200, stream=Streamed(clock, *drip)))
    began = clock.monotonic()

    assert type(failed(amazon, WRITE, seconds=4.0)) is UnavailableError
    assert clock.monotonic() - began <= 4


def test_each_region_is_called_at_its_own_host(clock: MovedClock) -> None:
    amazon = Amazon(ok)
    for region in Region:
        SpApiClient(
            http=amazon.http,
            endpoints=amazon.endpoints,
            region=region,
            token_source=amazon.tokens.seller_token(CREDENTIALS),
            pacers=amazon.pacers,
        ).request(READ, ids={"id": "x"})

    assert [call.url.host for call in amazon.calls] == [
        f"sellingpartnerapi-{region}.amazon.com" for region in Region
    ]
