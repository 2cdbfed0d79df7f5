"""One HTTP exchange that ends: httpx limits each phase, but neither the whole nor the size."""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from lambdas.spapi.errors import SpApiErrorDetail, printable

_BODY_LIMIT = 1_000_000
_FIELD_LIMIT = 500
_ERRORS_LIMIT = 10
_PAUSE_IN_BODY = 1.0
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:=+/-]{1,128}")

# https://developer-docs.amazon.com/sp-api/docs/include-a-user-agent-header-in-all-requests
_USER_AGENT = "DayFive/0.1.0 (Language=Python/3.13; Platform=AWS Lambda)"

# Raised before a byte of the request has left: the call certainly did not happen.
NOTHING_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back; `complete` is False where the body was cut by the peer or by our limits."""

    status: int
    request_id: str
    rate_limit: str | None
    body: bytes = field(repr=False)
    complete: bool

    def payload(self) -> dict[str, Any] | None:
        """The JSON object in the body, {} for none at all, None for anything else."""
        if not self.complete:
            return None
        if not self.body.strip():
            return {}
        try:
            return _json_object(self.body.decode())
        except UnicodeDecodeError:
            return None

    def errors(self) -> tuple[SpApiErrorDetail, ...]:
        """What is readable of Amazon's `errors`; for a 403 without any, the text itself."""
        text = self.body.decode(errors="replace")
        listed = (_json_object(text) or {}).get("errors")
        entries = listed if isinstance(listed, list) else [listed]
        read = [_detail(entry) for entry in entries[:_ERRORS_LIMIT] if isinstance(entry, dict)]
        found = tuple(detail for detail in read if detail.code or detail.message or detail.details)
        if found or self.status != 403 or not printable(text):
            return found
        # Amazon has sent 403s with a body cut short (amzn/selling-partner-api-models issue 779).
        return (SpApiErrorDetail(code="", message=printable(text), details=""),)


def exchange(
    http: httpx.Client, request: httpx.Request, *, deadline: float, hide: str = ""
) -> Answer:
    """Send once and read until the deadline of `time.monotonic`; raises httpx.HTTPError.

    Connecting, writing and waiting for the head share the time left; the body is read in pieces,
    and ends with the deadline. `hide` is taken out of the body, should the peer echo it.
    """
    left = max(deadline - time.monotonic(), 0.1)
    timeout = {"connect": left / 4, "pool": left / 4, "write": left / 4, "read": left / 2}
    request.extensions["timeout"] = timeout
    # Compressed bodies would grow past the limit before they could be counted.
    request.headers.update({"user-agent": _USER_AGENT, "accept-encoding": "identity"})
    try:
        response = http.send(request, stream=True, follow_redirects=False)
    except (httpx.InvalidURL, UnicodeError) as error:
        # httpx prepares the request of a redirect, cookies too, even where it must not follow it.
        raise httpx.RemoteProtocolError("unreadable redirect", request=request) from error
    timeout["read"] = _PAUSE_IN_BODY
    try:
        body, complete = _read(response, deadline)
    finally:
        response.close()
    request_id = response.headers.get("x-amzn-RequestId", "")
    return Answer(
        status=response.status_code,
        request_id=request_id if _REQUEST_ID.fullmatch(request_id) else "",
        rate_limit=response.headers.get("x-amzn-RateLimit-Limit"),
        body=body.replace(hide.encode(), b"[hidden]") if len(hide) > 8 else body,
        complete=complete,
    )


def _read(response: httpx.Response, deadline: float) -> tuple[bytes, bool]:
    # A refusal is known by its status, so what was read before a break is still of use.
    body = bytearray()
    try:
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > _BODY_LIMIT or time.monotonic() > deadline:
                return bytes(body[:_BODY_LIMIT]), False
    except httpx.HTTPError:
        return bytes(body), False
    return bytes(body), True


def _json_object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _detail(entry: Mapping[str, Any]) -> SpApiErrorDetail:
    return SpApiErrorDetail(
        code=_text(entry.get("code")),
        message=_text(entry.get("message")),
        details=_text(entry.get("details")),
    )


def _text(value: object) -> str:
    # JSON can spell half a surrogate pair, which nothing downstream could store.
    return value.encode(errors="replace").decode()[:_FIELD_LIMIT] if isinstance(value, str) else ""
