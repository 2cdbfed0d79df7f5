"""The requests that Amazon refuses for their form, before it looks at what they ask."""

import re
from dataclasses import replace

import httpx

from ops.simulator.calls import Call
from ops.simulator.errors import INVALID_INPUT, MISSING_PARAMETERS, RefusedError

_AMAZON_ORDER_ID = re.compile(r"[0-9A-Z]{3}-\d{7}-\d{7}", re.ASCII)
_AMZ_DATE = re.compile(r"\d{8}T\d{6}Z", re.ASCII)
_USER_AGENT_LENGTH = 500


def is_get_with_body(request: httpx.Request) -> bool:
    # Amazon CloudFront refuses these (its developer guide, "GET requests that include a body").
    return request.method == "GET" and bool(request.content)


def check_parameters(call: Call) -> None:
    """Refuse a call that lacks a header or a parameter, or has one of a wrong form."""
    headers = call.request.headers
    if not _AMZ_DATE.fullmatch(headers.get("x-amz-date", "")):
        raise _missing("x-amz-date")
    if not 0 < len(headers.get("user-agent", "")) <= _USER_AGENT_LENGTH:
        raise _missing("user-agent")
    if call.amazon_order_id is not None:
        if len(call.marketplace_ids) != 1 or not call.marketplace_ids[0]:
            raise RefusedError(MISSING_PARAMETERS)
        if not _AMAZON_ORDER_ID.fullmatch(call.amazon_order_id):
            raise RefusedError(INVALID_INPUT)


def _missing(header: str) -> RefusedError:
    # That these headers are due is documented, how their lack is answered is not.
    message = f"Missing or invalid request parameters: [{header}]"
    return RefusedError(replace(MISSING_PARAMETERS, message=message))
