"""Counts the calls that leave a function, to AWS and to Amazon, and lets a disturbance at them."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import get_ident
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

    `answers_lost` has the orders whose solicitation Amazon accepted while nobody who knew of it
    lived to write it down, `unwritten` those for which that is not written down yet. `before`
    is called once for an operation of Amazon's, when its first call is about to leave; `takes`
    is how many seconds Amazon needs for one. `dry_creates` are create calls of a seller who was
    not live, which `is_live` tells.
    """

    def __init__(
        self, functions: Mapping[str, str], disturbance: Disturbance | None = None
    ) -> None:
        self.made: list[OutsideCall] = []
        self.moments: list[tuple[OutsideCall, Moment]] = []
        self.answers_lost: set[str] = set()
        self.unwritten: set[str] = set()
        self.before: dict[str, Callable[[], object]] = {}
        self.takes: dict[str, float] = {}
        self.is_live: Callable[[], bool] = lambda: True
        self.dry_creates: list[OutsideCall] = []
        self._functions = functions
        self._disturbance = disturbance or Calm()
        self._at_aws: dict[int, OutsideCall] = {}  # by thread
        self._is_unseen = False

    @contextmanager
    def unseen(self) -> Iterator[None]:
        """Inside, calls to AWS are the operator's own, even in the middle of a function's run."""
        self._is_unseen = True
        try:
            yield
        finally:
            self._is_unseen = False

    def on_aws(self, call: Call) -> None:
        """A hook of the local cloud."""
        if self._is_unseen:
            return
        if call.phase is Phase.BEFORE:
            begun = self._begin(call.function, call.service, call.operation)
            self._at_aws[get_ident()] = begun
            return
        begun = self._at_aws[get_ident()]
        if call.phase is Phase.ANSWER:
            self.unwritten.discard(_written_as_sent(call))
            self._disturb(begun, Moment.LOST)
        else:
            self._disturb(begun, Moment.AFTER)

    def to_amazon(self, simulator: Simulator, request: httpx.Request) -> httpx.Response:
        """Hand a request to Amazon; it may meet what `before` does."""
        operation = _operation(request)
        call = self._begin(os.environ["AWS_LAMBDA_FUNCTION_NAME"], AMAZON, operation)
        if operation == CREATE_SOLICITATION and not self.is_live():
            self.dry_creates.append(call)
        if meanwhile := self.before.pop(operation, None):
            meanwhile()
        time.sleep(self.takes.get(operation, 0))
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
        kind = (self._functions[function], service, operation)
        number = 1 + sum(
            (each.function, each.service, each.operation) == kind for each in self.made
        )
        call = OutsideCall(number=number, function=kind[0], service=service, operation=operation)
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
            self.answers_lost |= self.unwritten
            self.unwritten.clear()
        raise error

    def _note_outcome(self, simulator: Simulator) -> None:
        entry = simulator.ledger[-1]
        if entry.accepted and entry.amazon_order_id:
            known = self.unwritten if entry.status == 201 else self.answers_lost
            known.add(entry.amazon_order_id)


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


def _written_as_sent(call: Call) -> str:
    """The order that this call of AWS records as sent, or no order's id."""
    item: Mapping[str, Any] = call.parameters.get("Item", {})
    is_sent = call.operation == "PutItem" and item.get("status", {}).get("S") == Status.SENT
    return str(item["amazon_order_id"]["S"]) if is_sent else ""
