"""Turns an answer into what the caller meets: an HTTP response or a broken connection."""

from datetime import UTC
from email.utils import format_datetime

import httpx

from ops.simulator.answers import Answer
from ops.simulator.buckets import UsagePlan
from ops.simulator.calls import Call
from ops.simulator.dice import roll
from ops.simulator.operations import TOKEN

# https://developer-docs.amazon.com/sp-api/docs/usage-plans-and-rate-limits-in-the-sp-api
_STATUSES_WITH_RATE = frozenset({200, 201, 400, 404})


def to_response(call: Call, answer: Answer, plan: UsagePlan | None, seed: int) -> httpx.Response:
    headers = {
        "Date": format_datetime(call.at.astimezone(UTC), usegmt=True),
        "Content-Type": answer.content_type,
        "x-amzn-RequestId": call.request_id(seed),
    }
    if call.operation == TOKEN:
        headers |= {"Cache-Control": "no-store", "Pragma": "no-cache"}
    elif answer.status == 400:
        headers["x-amzn-ErrorType"] = "BadRequestException"
    if plan and answer.status in _STATUSES_WITH_RATE:
        headers["x-amzn-RateLimit-Limit"] = str(plan.rate)
    return httpx.Response(answer.status, headers=headers, content=answer.content)


def to_error(call: Call, *, took_effect: bool, seed: int) -> httpx.TransportError:
    """A connection that broke; only one that was never made tells that nothing happened."""
    if roll(seed, "broken", call.operation, call.subject, call.number) < 0.5:
        return httpx.RemoteProtocolError("Server disconnected without sending a response.")
    if took_effect:
        return httpx.ReadError("Connection reset by peer")
    return httpx.ConnectError("Connection refused")
