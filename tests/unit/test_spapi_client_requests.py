import json
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lambdas.core.marketplaces import Region
from lambdas.spapi.client import SpApiClient
from lambdas.spapi.endpoints import Endpoints
from lambdas.spapi.errors import (
    NoSlotError,
    NotSentError,
    RequestRejectedError,
    ThrottledError,
    UnavailableError,
)
from lambdas.spapi.operation import Operation
from tests.unit.spapi_support import (
    CREDENTIALS,
    READ,
    WRITE,
    Amazon,
    MovedClock,
    Streamed,
    always,
    ask,
    error_body,
    failed,
    in_turn,
    moved_clock,
    ok,
)


@pytest.fixture
def clock() -> Iterator[MovedClock]:
    with moved_clock() as clock:
        yield clock


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

    assert type(error) is NoSlotError
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
