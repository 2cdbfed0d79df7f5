"""Serves a simulator on a loopback port, with the answers it gives in process."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

import httpx

from ops.simulator.simulator import Simulator


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where a simulator listens; both addresses fit DayFive's redirecting variables."""

    port: int

    @property
    def sp_api_endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}/{{region}}"

    @property
    def lwa_endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def serve(simulator: Simulator, port: int = 0) -> Iterator[Server]:
    """Listen until the block is left; connections still open are closed then."""
    listener = _Listener(simulator, port)
    thread = Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield Server(port=listener.server_address[1])
    finally:
        listener.shutdown()
        thread.join()
        listener.hang_up()
        listener.server_close()


class _Listener(ThreadingTCPServer):
    daemon_threads = False  # so that server_close waits for them
    request_queue_size = 128
    allow_reuse_address = True

    def __init__(self, simulator: Simulator, port: int) -> None:
        self.simulator = simulator
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def hang_up(self) -> None:
        for connection in list(self._open):
            with suppress(OSError):  # the other side was quicker
                connection.shutdown(socket.SHUT_RDWR)

    def get_request(self) -> tuple[socket.socket, str]:
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def close_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        super().close_request(request)
        self._open.discard(request)


class _Handler(StreamRequestHandler):
    """A plain reading of HTTP/1.1: the stdlib's own takes longer than the whole simulator."""

    server: _Listener
    disable_nagle_algorithm = True

    def handle(self) -> None:
        with suppress(ConnectionError):  # the client hung up
            while request := self._read():
                try:
                    response = self.server.simulator.handle(request)
                except httpx.TransportError:
                    return
                self.wfile.write(_wire(response))

    def _read(self) -> httpx.Request | None:
        words = self.rfile.readline().decode("latin-1").split()
        if len(words) != 3:
            return None
        headers: dict[str, str] = {}
        while line := self.rfile.readline().decode("latin-1").strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        method, target, _ = words
        return httpx.Request(
            method,
            f"http://127.0.0.1:{self.server.server_address[1]}{target}",
            headers=headers,
            content=self.rfile.read(int(headers.get("content-length", 0))) or None,
        )


def _wire(response: httpx.Response) -> bytes:
    lines = [f"HTTP/1.1 {response.status_code} {response.reason_phrase}".encode()]
    lines += [name + b": " + value for name, value in response.headers.raw]
    return b"\r\n".join([*lines, b"", response.content])
