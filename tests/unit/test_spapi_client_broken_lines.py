from collections.abc import Iterator

import httpx
import pytest

from lambdas.spapi.errors import (
    AuthorizationError,
    OutcomeUnknownError,
    UnavailableError,
)
from lambdas.spapi.operation import Operation
from tests.unit.spapi_support import (
    OUTSIDE,
    READ,
    WRITE,
    Amazon,
    MovedClock,
    Streamed,
    always,
    ask,
    failed,
    in_turn,
    moved_clock,
    ok,
)

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
