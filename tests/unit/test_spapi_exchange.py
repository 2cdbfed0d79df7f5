"""The phases of a call on httpx's real transport, over a network made of a script."""

import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import httpcore
import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lambdas.spapi.exchange import NOTHING_SENT, Answer, exchange
from tests.unit.spapi_support import MovedClock, moved_clock

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
SECONDS = 8.0


@pytest.fixture
def clock() -> Iterator[MovedClock]:
    with moved_clock() as clock:
        yield clock


class Line(httpcore.NetworkStream):
    """Reads give the script's pieces one by one; waits beyond a read's timeout time out."""

    def __init__(self, clock: MovedClock, script: Iterable[bytes | float | Exception]) -> None:
        self._clock = clock
        self._script = iter(script)
        self.sent = b""
        self.closed = False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        for piece in self._script:
            match piece:
                case bytes():
                    return piece
                case float() if timeout is not None and piece > timeout:
                    self._clock.advance(timeout)
                    raise httpcore.ReadTimeout
                case float():
                    self._clock.advance(piece)
                case Exception():
                    raise piece
        return b""

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        assert timeout == SECONDS / 4
        self.sent += buffer

    def close(self) -> None:
        self.closed = True

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        raise httpcore.ConnectError("handshake failed")

    def get_extra_info(self, info: str) -> Any:
        return None


class Network(httpcore.NetworkBackend):
    def __init__(self, line: Line, refusal: Exception | None = None) -> None:
        self._line = line
        self._refusal = refusal

    def connect_tcp(self, *_: Any, timeout: float | None = None, **__: Any) -> Line:
        assert timeout == SECONDS / 4
        if self._refusal:
            raise self._refusal
        return self._line


def call(
    clock: MovedClock,
    *script: bytes | float | Exception,
    refusal: Exception | None = None,
    url: str = "http://localhost/x",
    hide: str = "",
) -> tuple[Answer, Line]:
    line = Line(clock, script)
    transport = httpx.HTTPTransport()
    # httpx takes no network backend from outside; httpcore, beneath it, does.
    transport._pool = httpcore.ConnectionPool(network_backend=Network(line, refusal))
    # Not closed, for that would close the line too, which the exchange has to do by itself.
    http = httpx.Client(transport=transport, trust_env=False)
    request = httpx.Request("GET", url, headers={"x-amz-access-token": "Atza|1"})
    answer = exchange(http, request, deadline=clock.monotonic() + SECONDS, hide=hide)
    return answer, line


def test_a_get_goes_out_with_our_headers_and_neither_body_nor_length(clock: MovedClock) -> None:
    answer, line = call(clock, HEAD + b"Content-Length: 2\r\n\r\n{}")

    assert line.sent == (
        b"GET /x HTTP/1.1\r\n"
        b"Host: localhost\r\n"
        b"x-amz-access-token: Atza|1\r\n"
        b"user-agent: DayFive/0.1.0 (Language=Python/3.13; Platform=AWS Lambda)\r\n"
        b"accept-encoding: identity\r\n\r\n"
    )
    assert answer.status == 200
    assert answer.payload() == {}


def test_the_answer_carries_amazons_headers(clock: MovedClock) -> None:
    about = b"x-amzn-RequestId: r-1\r\nx-amzn-RateLimit-Limit: 1.0\r\n"
    answer, _ = call(clock, HEAD + about + b"Content-Length: 0\r\n\r\n")

    assert (answer.request_id, answer.rate_limit) == ("r-1", "1.0")


@pytest.mark.parametrize("request_id", [b"", b"a b", b"\xe9", b"x" * 129, b'"<script>"'], ids=ascii)
def test_a_request_id_of_odd_characters_is_dropped(clock: MovedClock, request_id: bytes) -> None:
    about = b"x-amzn-RequestId: " + request_id + b"\r\n"

    assert call(clock, HEAD + about + b"Content-Length: 0\r\n\r\n")[0].request_id == ""


@pytest.mark.parametrize(
    "refusal", [httpcore.ConnectError("x"), httpcore.ConnectTimeout("x")], ids=repr
)
def test_what_fails_while_connecting_has_sent_nothing(
    clock: MovedClock, refusal: Exception
) -> None:
    with pytest.raises(NOTHING_SENT):
        call(clock, refusal=refusal)


def test_a_failed_tls_handshake_has_sent_nothing(clock: MovedClock) -> None:
    with pytest.raises(NOTHING_SENT):
        call(clock, url="https://localhost/x")


@pytest.mark.parametrize(
    "script",
    [
        (httpcore.ReadError("x"),),
        (httpcore.ReadTimeout("x"),),
        (b"",),
        (SECONDS / 2 + 0.1, HEAD + b"Content-Length: 0\r\n\r\n"),
        (b"HTTP/1.1 2",),
        (HEAD,),
        (HEAD, httpcore.ReadError("x")),
        (b"not http at all\r\n\r\n",),
        (b"HTTP/1.1 999999 X\r\n\r\n",),
        (HEAD + b"a b: c\r\n\r\n",),
        (HEAD + b"Content-Length: many\r\n\r\n",),
        (HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",),
        (HEAD + b"x: " + b"x" * 200_000,),
    ],
    ids=range(13),
)
def test_what_fails_after_connecting_may_have_been_sent(
    clock: MovedClock, script: tuple[bytes | float | Exception, ...]
) -> None:
    with pytest.raises(httpx.HTTPError) as caught:
        call(clock, *script)

    assert not isinstance(caught.value, NOTHING_SENT)


@pytest.mark.parametrize(
    "script",
    [
        (HEAD + b"Content-Length: 9\r\n\r\n", b'{"a"'),
        (HEAD + b"Content-Length: 9\r\n\r\n", b'{"a"', httpcore.ReadError("x")),
        (HEAD + b"Content-Length: 8\r\n\r\n", b'{"a"', 1.1, b":12}"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n4\r\n", b'{"a"', b"\r\nzz\r\n"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n4\r\n", b'{"a"', b"\r\n4\r\n"),
    ],
    ids=range(5),
)
def test_what_was_read_before_a_break_is_kept_but_incomplete(
    clock: MovedClock, script: tuple[bytes | float | Exception, ...]
) -> None:
    answer, line = call(clock, *script)

    assert (answer.status, answer.body, answer.complete) == (200, b'{"a"', False)
    assert answer.payload() is None
    assert line.closed


def test_a_compressed_body_nobody_asked_for_is_unreadable(clock: MovedClock) -> None:
    answer, _ = call(clock, HEAD + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc")

    assert answer.payload() is None


def test_a_body_that_drips_ends_with_the_deadline(clock: MovedClock) -> None:
    began = clock.monotonic()
    drip = [piece for _ in range(1000) for piece in (0.9, b" ")]

    answer, line = call(clock, HEAD + b"Content-Length: 5000\r\n\r\n", *drip)

    assert not answer.complete
    assert clock.monotonic() - began < SECONDS + 1
    assert line.closed


def test_a_slow_head_leaves_time_for_its_body(clock: MovedClock) -> None:
    answer, _ = call(clock, SECONDS / 2 - 0.1, HEAD + b"Content-Length: 2\r\n\r\n", 0.5, b"{}")

    assert answer.payload() == {}


def test_a_body_beyond_a_megabyte_is_cut(clock: MovedClock) -> None:
    flood = [b"x" * 60_000] * 1000
    answer, _ = call(clock, HEAD + b"Content-Length: 60000000\r\n\r\n", *flood)

    assert (len(answer.body), answer.complete) == (1_000_000, False)


@pytest.mark.parametrize(
    "location", [b"https://evil.com/", b"/", b"//evil.com", b"\xff"], ids=ascii
)
def test_no_redirect_is_followed(clock: MovedClock, location: bytes) -> None:
    script = b"HTTP/1.1 307 X\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n"

    answer, line = call(clock, script)

    assert answer.status == 307
    assert line.sent.count(b"HTTP/1.1") == 1


odd_header = st.binary(max_size=60) | st.text("htps:/[]@?#.%x-;=\u00e9\u0130 ", max_size=30).map(
    str.encode
)


@given(location=odd_header, cookie=odd_header, kind=odd_header)
@example(location=b"javascript:x", cookie=b"", kind=b"")
@example(location=b"", cookie=b"\x80", kind=b"")
def test_odd_headers_end_in_an_answer_or_in_an_error_of_http(
    location: bytes, cookie: bytes, kind: bytes
) -> None:
    headers = [(b"Location", location), (b"Set-Cookie", cookie), (b"Content-Type", kind)]
    transport = httpx.MockTransport(lambda _: httpx.Response(302, headers=headers))
    request = httpx.Request("POST", "https://sellingpartnerapi-na.amazon.com/x")

    with httpx.Client(transport=transport, trust_env=False) as http, suppress(httpx.HTTPError):
        assert exchange(http, request, deadline=time.monotonic() + 9).status == 302


def test_what_is_to_be_hidden_is_taken_out_of_the_body(clock: MovedClock) -> None:
    body = b'{"message":"Atza|CANARY is bad"}'
    script = HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body

    answer, _ = call(clock, script, hide="Atza|CANARY")

    assert answer.payload() == {"message": "[hidden] is bad"}
    assert "CANARY" not in repr(answer)
