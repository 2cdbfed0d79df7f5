"""The loopback end of Lambda's runtime API, and of the little AWS that a first run asks for."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from ops.bench.first_runs import FirstRun

_AWS_JSON = "application/x-amz-json-1.0"
_TIMEOUT_SECONDS = 90  # the sender's; with less than 40 left it begins no order
_FUNCTION_ARN = "arn:aws:lambda:us-east-1:123456789012:function:bench"


class RuntimeApi:
    """Hands out one invocation and waits for its answer; meanwhile it is AWS too.

    Paths and headers: "Using the Lambda runtime API for custom runtimes", AWS Lambda
    Developer Guide.
    """

    def __init__(self, port: int, first_run: FirstRun) -> None:
        self.first_run = first_run
        self.address = f"127.0.0.1:{port}"
        self.handed_out = False
        self.answer: Any = None
        self.problem: str | None = None
        self.answered = Event()
        self.over = Event()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body in one packet: otherwise the second would wait for the first's receipt.
    wbufsize = -1
    disable_nagle_algorithm = True
    api: RuntimeApi

    def do_GET(self) -> None:
        if self.api.handed_out:
            self.api.over.wait()  # there is no second invocation
            self._answer(410, b"")
            return
        self.api.handed_out = True
        # The native half of the client reads these without looking whether they came.
        head = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": "one",
            "Lambda-Runtime-Deadline-Ms": str(int((time.time() + _TIMEOUT_SECONDS) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": _FUNCTION_ARN,
        }
        self._answer(200, self.api.first_run.event, head)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if "Authorization" in self.headers:  # signed, so it is for AWS
            operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
            answer = self.api.first_run.answer(operation, json.loads(body))
            self._answer(200, json.dumps(answer).encode(), {"Content-Type": _AWS_JSON})
            return
        if self.path.endswith("/response"):
            self.api.answer = json.loads(body)
        else:
            self.api.problem = body.decode(errors="replace")
        self._answer(202, b"")
        self.api.answered.set()

    def _answer(self, status: int, body: bytes, head: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**(head or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: only the figures are printed."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a function that has answered is stopped, and its connection breaks."""


@contextmanager
def runtime_api(first_run: FirstRun) -> Iterator[RuntimeApi]:
    """Serve one start of one function, on a loopback port of its own."""
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {}))
    api = RuntimeApi(server.server_port, first_run)
    server.RequestHandlerClass.api = api  # type: ignore[attr-defined]  # the class made above
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield api
    finally:
        api.over.set()
        server.shutdown()
        server.server_close()
