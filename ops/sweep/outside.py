"""Counts the calls that leave a function, to AWS and to Amazon, and cuts one of them off."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import httpx
from botocore.exceptions import ReadTimeoutError

from lambdas.core.solicitation import Status
from ops.local_cloud.calls import Call, Phase
from ops.simulator.endpoints import find_endpoint
from ops.simulator.operations import CREATE_SOLICITATION, TOKEN, UNKNOWN, find_route
from ops.simulator.simulator import Simulator


class KilledError(BaseException):
    """The function's process is gone: nothing in it may catch this."""


class Moment(StrEnum):
    """When a call is cut off."""

    BEFORE = "killed before it leaves"
    AFTER = "killed after it took effect"
    LOST = "answer lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideCall:
    """One call of a run, by its number."""

    number: int
    function: str
    name: str

    def __str__(self) -> str:
        return f"call {self.number}, {self.function}: {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Crash:
    """Which call is cut off, and when."""

    call: OutsideCall
    moment: Moment

    def __str__(self) -> str:
        return f"{self.call}, {self.moment}"


class Outside:
    """All calls of one run; with a crash, the one that is cut off.

    `answer_lost` says that Amazon accepted a solicitation and that nobody who knew of it could
    write it down. `before_create` is called once, when a create call is about to leave.
    """

    def __init__(self, functions: Mapping[str, str], crash: Crash | None = None) -> None:
        self.made: list[OutsideCall] = []
        self.answer_lost = False
        self.struck = False
        self.before_create: Callable[[], object] | None = None
        self._functions = functions
        self._crash = crash
        self._known_to_one = False
        self._current: OutsideCall | None = None

    def on_aws(self, call: Call) -> None:
        """A hook of the local cloud."""
        match call.phase:
            case Phase.BEFORE:
                self._current = self._begin(call.function, f"{call.service} {call.operation}")
            case Phase.ANSWER:
                if _writes_sent(call):
                    self._known_to_one = False
                if self._strikes(self._current, Moment.LOST):
                    raise ReadTimeoutError(endpoint_url=call.service)
            case Phase.AFTER:
                self._kill(self._current, Moment.AFTER)

    def to_amazon(self, simulator: Simulator, request: httpx.Request) -> httpx.Response:
        """Hand a request to Amazon; a create call may meet what `before_create` does."""
        name = _operation(request)
        call = self._begin(os.environ["AWS_LAMBDA_FUNCTION_NAME"], name)
        if name == CREATE_SOLICITATION and self.before_create:
            meanwhile, self.before_create = self.before_create, None
            meanwhile()
        try:
            response = simulator.handle(request)
        finally:
            self._note_outcome(simulator)
        self._kill(call, Moment.AFTER)
        if self._strikes(call, Moment.LOST):
            self.answer_lost |= self._known_to_one
            raise httpx.ReadError("Connection reset by peer")
        return response

    def _begin(self, function: str, name: str) -> OutsideCall:
        call = OutsideCall(number=len(self.made), function=self._functions[function], name=name)
        self.made.append(call)
        self._kill(call, Moment.BEFORE)
        return call

    def kill_now(self) -> None:
        """End the function that is running."""
        self.answer_lost |= self._known_to_one
        self._known_to_one = False
        raise KilledError

    def _kill(self, call: OutsideCall | None, moment: Moment) -> None:
        if self._strikes(call, moment):
            self.kill_now()

    def _strikes(self, call: OutsideCall | None, moment: Moment) -> bool:
        crash = self._crash
        if self.struck or crash is None or call != crash.call or moment is not crash.moment:
            return False
        self.struck = True
        return True

    def _note_outcome(self, simulator: Simulator) -> None:
        entry = simulator.ledger[-1]
        if entry.accepted:
            self._known_to_one = entry.status == 201
            self.answer_lost |= not self._known_to_one


@contextmanager
def amazon_at(handle: Callable[[httpx.Request], httpx.Response]) -> Iterator[None]:
    """Every httpx client made meanwhile reaches `handle`, and no socket is opened."""
    original = httpx.HTTPTransport.handle_request

    def handle_request(_transport: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        return handle(request)

    # Nothing else lies below all that the functions do with httpx.
    httpx.HTTPTransport.handle_request = handle_request  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        httpx.HTTPTransport.handle_request = original  # type: ignore[method-assign]


def _operation(request: httpx.Request) -> str:
    endpoint = find_endpoint(request)
    if endpoint.is_token:
        return TOKEN
    route = find_route(request.method, endpoint.path)
    return route.operation.name if route else UNKNOWN


def _writes_sent(call: Call) -> bool:
    item: Mapping[str, Any] = call.parameters.get("Item", {})
    return call.operation == "PutItem" and item.get("status", {}).get("S") == Status.SENT
