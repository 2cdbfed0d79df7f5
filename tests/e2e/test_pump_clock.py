"""The clock that is moved by hand, in a process with a server and its clients."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from ops.local_cloud.clock import Clock, ClockMovedBackwardsError, DeadlineError

START = datetime(2027, 3, 1, 12, 0, 0, tzinfo=UTC)


def test_all_that_reads_time_follows_the_clock() -> None:
    with Clock(START) as clock:
        before = time.monotonic()
        clock.move_to(START + timedelta(days=40))

        assert datetime.now(UTC) == clock.now == START + timedelta(days=40)
        assert time.time() == clock.now.timestamp()
        assert time.monotonic() - before == pytest.approx(timedelta(days=40).total_seconds())
        assert clock.elapsed < 60


def test_a_sleep_moves_the_clock_and_takes_no_time() -> None:
    started = time.perf_counter()
    with Clock(START) as clock:
        time.sleep(3600)

        assert clock.now == START + timedelta(hours=1)
    assert time.perf_counter() - started < 60


def test_the_clock_never_goes_back() -> None:
    with Clock(START) as clock, pytest.raises(ClockMovedBackwardsError):
        clock.move_to(START - timedelta(seconds=1))


def test_a_negative_sleep_is_the_error_it_always_was() -> None:
    with Clock(START), pytest.raises(ValueError, match="non-negative"):
        time.sleep(-1)


def test_everything_is_as_it_was_afterwards() -> None:
    originals = time.sleep, time.monotonic, time.monotonic_ns
    with pytest.raises(LookupError), Clock(START):
        raise LookupError

    assert (time.sleep, time.monotonic, time.monotonic_ns) == originals
    assert datetime.now(UTC).year < 2027 or time.time() != START.timestamp()


def test_a_sleep_past_a_deadline_ends_at_the_deadline() -> None:
    with Clock(START) as clock:
        with pytest.raises(DeadlineError), clock.cut_at(START + timedelta(seconds=10)):
            time.sleep(60)
        assert clock.now == START + timedelta(seconds=10)

        time.sleep(60)
        assert clock.now == START + timedelta(seconds=70)


def test_a_deadline_is_of_one_thread() -> None:
    with Clock(START) as clock, clock.cut_at(START + timedelta(seconds=10)):
        other = threading.Thread(target=time.sleep, args=[60])
        other.start()
        other.join()

        assert clock.now == START + timedelta(seconds=60)


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/slow":
            time.sleep(120)
        body = f"{time.time():.0f}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@contextmanager
def served() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_a_server_and_its_client_notice_no_jump() -> None:
    with Clock(START) as clock, served() as url, httpx.Client(timeout=5) as client:
        for days in (0, 1, 40):
            clock.move_to(START + timedelta(days=days))

            assert client.get(url).text == f"{clock.now.timestamp():.0f}"


def test_a_servers_own_delay_moves_the_clock_and_times_nobody_out() -> None:
    with Clock(START) as clock, served() as url:
        httpx.get(f"{url}/slow", timeout=5)

        assert clock.now == START + timedelta(seconds=120)


def test_a_server_that_does_not_answer_times_out_in_real_time() -> None:
    with Clock(START), socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"

        with pytest.raises(httpx.ReadTimeout):
            httpx.get(url, timeout=0.2)
