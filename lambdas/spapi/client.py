"""The one place where SP-API is called: tokens, pace, repeats, and what each answer means."""

import json
import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from lambdas.core.marketplaces import Region
from lambdas.spapi.auth import TokenSource
from lambdas.spapi.endpoints import Endpoints
from lambdas.spapi.errors import (
    NoSlotError,
    NotSentError,
    RequestRejectedError,
    SpApiError,
    ThrottledError,
    UnavailableError,
)
from lambdas.spapi.exchange import NOTHING_SENT, Answer, exchange
from lambdas.spapi.operation import Operation, Reply
from lambdas.spapi.pacing import Pacer, Pacers

_READ_SECONDS = 10.0
_WRITE_SECONDS = 20.0
_READ_ATTEMPTS = 4
_SHORTEST_BACKOFF, _LONGEST_BACKOFF = 0.5, 4.0
_TOKEN_REFUSED = r"(?i)access token\b.*\b(?:expired|revoked|malformed|invalid)"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    operation: Operation
    url: str
    content: bytes | None
    before_sending: Callable[[], bool] | None
    deadline: float
    latest_start: float


class SpApiClient:
    """Calls SP-API in one region with the tokens of one grant, one call at a time."""

    def __init__(
        self,
        *,
        http: httpx.Client,
        endpoints: Endpoints,
        region: Region,
        token_source: TokenSource,
        pacers: Pacers,
    ) -> None:
        self._http = http
        self._base_url = endpoints.sp_api(region)
        self._token_source = token_source
        self._pacers = pacers

    def request(
        self,
        operation: Operation,
        *,
        ids: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        seconds: float | None = None,
        before_sending: Callable[[], bool] | None = None,
    ) -> Reply:
        """Call, and return only on the operation's own success status with a readable body.

        Everything else is an SpApiError. A read is repeated while it finds Amazon unavailable; a
        write never is. A refused token is renewed once, for both: that refusal is definite.
        `before_sending` is asked directly before each send, after every wait; False ends the call.
        """
        total = seconds or (_READ_SECONDS if operation.reads else _WRITE_SECONDS)
        now = time.monotonic()
        call = _Call(
            operation=operation,
            url=self._url(operation, ids or {}, params or {}),
            content=None if body is None else json.dumps(body).encode(),
            before_sending=before_sending,
            deadline=now + total,
            # A write sent with its last second would be sure of an unknown outcome.
            latest_start=now + total * 0.75,
        )
        return self._persist(call) if operation.reads else self._attempt(call)

    def _url(self, operation: Operation, ids: Mapping[str, str], params: Mapping[str, str]) -> str:
        if not {"", ".", ".."}.isdisjoint(ids.values()):
            # URL parsers fold these away, and the call would go to another path.
            raise RequestRejectedError(operation.name, "not sent: an id is empty or only dots")
        quoted = {name: quote(value, safe="", errors="replace") for name, value in ids.items()}
        query = f"?{urlencode(params, errors='replace')}" if params else ""
        return self._base_url + operation.path.format_map(quoted) + query

    def _persist(self, call: _Call) -> Reply:
        for attempt in range(_READ_ATTEMPTS - 1):
            try:
                return self._attempt(call)
            except UnavailableError:
                backoff = min(_LONGEST_BACKOFF, _SHORTEST_BACKOFF * 2**attempt)
                pause = max(random.uniform(0, backoff), self._pacer(call).remaining_pause())
                if time.monotonic() + pause > call.latest_start:
                    raise
                time.sleep(pause)
        return self._attempt(call)

    def _attempt(self, call: _Call) -> Reply:
        answer = self._send(call)
        if _token_refused(answer):
            self._token_source.forget()
            answer = self._send(call)
        if answer.status != call.operation.success:
            raise self._error(call, answer)
        payload = answer.payload()
        if payload is None:
            raise call.operation.unclear(
                call.operation.name,
                "unreadable answer",
                status=answer.status,
                request_id=answer.request_id,
            )
        return Reply(operation=call.operation, payload=payload, request_id=answer.request_id)

    def _send(self, call: _Call) -> Answer:
        token = self._token_source.token(call.latest_start)
        pacer = self._pacer(call)
        if not pacer.wait(call.latest_start):
            raise NoSlotError(call.operation.name, "not sent: no slot before the deadline")
        request = _request(call, token)
        if call.before_sending and not call.before_sending():
            raise NotSentError(call.operation.name, "not sent: held back by the caller")
        try:
            answer = exchange(self._http, request, deadline=call.deadline, hide=token)
        except NOTHING_SENT as error:
            raise UnavailableError(call.operation.name, type(error).__name__) from error
        except httpx.HTTPError as error:
            raise call.operation.unclear(call.operation.name, type(error).__name__) from error
        pacer.observe(answer.rate_limit)
        return answer

    def _pacer(self, call: _Call) -> Pacer:
        return self._pacers.of(call.operation.name)

    def _error(self, call: _Call, answer: Answer) -> SpApiError:
        kind = call.operation.error_for(answer.status)
        if kind is ThrottledError:
            self._pacer(call).throttled()
        return kind(
            call.operation.name,
            status=answer.status,
            request_id=answer.request_id,
            errors=answer.errors(),
        )


def _request(call: _Call, token: str) -> httpx.Request:
    # Built directly: the client's own defaults, cookies included, stay out.
    headers = {
        "x-amz-access-token": token,
        "x-amz-date": datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"),
    }
    if call.content is not None:
        headers["content-type"] = "application/json"
    return httpx.Request(call.operation.method, call.url, headers=headers, content=call.content)


def _token_refused(answer: Answer) -> bool:
    if answer.status != 403:
        return answer.status == 401
    words = (f"{error.message}\n{error.details}" for error in answer.errors())
    return any(re.search(_TOKEN_REFUSED, text) for text in words)
