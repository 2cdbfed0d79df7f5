"""Counts the calls that leave a function, to AWS and to Amazon, and lets a disturbance at them."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from lambdas.core.solicitation import Status
from ops.local_cloud.calls import Call, Phase
from ops.simulator.endpoints import find_endpoint
from ops.simulator.operations import CREATE_SOLICITATION, TOKEN, UNKNOWN, find_route
from ops.simulator.simulator import Simulator
from ops.sweep.disturbances import (
    AMAZON,
    Calm,
    Disturbance,
    KilledError,
    Moment,
    OutsideCall,
)


class Outside:
    """All calls of one run, made by the functions of these full names, and what they meet.

    `answer_lost` says that Amazon accepted a solicitation and that nobody who knew of it lived
    to write it down, `unwritten` that it is not written down yet. `before_create` is called
    once, when a create call is about to leave.
    """

    def __init__(
        self, functions: Mapping[str, str], disturbance: Disturbance | None = None
    ) -> None:
        self.made: list[OutsideCall] = []
        self.moments: list[tuple[OutsideCall, Moment]] = []
        self.answer_lost = False
        self.unwritten = False
        self.before_create: Callable[[], object] | None = None
        self._functions = functions
        self._disturbance = disturbance or Calm()
        self._at_aws: OutsideCall | None = None

    def on_aws(self, call: Call) -> None:
        """A hook of the local cloud."""
        if call.phase is Phase.BEFORE:
            self._at_aws = self._begin(call.function, call.service, call.operation)
            return
        assert self._at_aws
        if call.phase is Phase.ANSWER:
            self.unwritten = self.unwritten and not _writes_sent(call)
            self._disturb(self._at_aws, Moment.LOST)
        else:
            self._disturb(self._at_aws, Moment.AFTER)

    def to_amazon(self, simulator: Simulator, request: httpx.Request) -> httpx.Response:
        """Hand a request to Amazon; a create call may meet what `before_create` does."""
        operation = _operation(request)
        call = self._begin(os.environ["AWS_LAMBDA_FUNCTION_NAME"], AMAZON, operation)
        if operation == CREATE_SOLICITATION and self.before_create:
            meanwhile, self.before_create = self.before_create, None
            meanwhile()
        try:
            return simulator.handle(request)
        finally:
            self._note_outcome(simulator)
            self._disturb(call, Moment.LOST)
            self._disturb(call, Moment.AFTER)

    def explains(self, error: BaseException) -> bool:
        """Whether a run of a function may have ended with this error."""
        return self._disturbance.explains(error)

    def _begin(self, function: str, service: str, operation: str) -> OutsideCall:
        call = OutsideCall(
            number=len(self.made),
            function=self._functions[function],
            service=service,
            operation=operation,
        )
        self.made.append(call)
        self._disturb(call, Moment.BEFORE)
        return call

    def _disturb(self, call: OutsideCall, moment: Moment) -> None:
        self.moments.append((call, moment))
        error = self._disturbance.meet(call, moment)
        if error is None:
            return
        # AWS's lost answers are asked for again, and all other errors leave the function alive.
        if isinstance(error, KilledError) or (call.service, moment) == (AMAZON, Moment.LOST):
            self.answer_lost |= self.unwritten
            self.unwritten = False
        raise error

    def _note_outcome(self, simulator: Simulator) -> None:
        entry = simulator.ledger[-1]
        if entry.accepted:
            self.unwritten = entry.status == 201
            self.answer_lost |= not self.unwritten


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
