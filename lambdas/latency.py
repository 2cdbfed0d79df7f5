"""How long Amazon takes to answer, measured for those who ask for it."""

import time
from collections.abc import Callable
from typing import Any

import httpx

from lambdas.observability import Telemetry

_SENT_AT = "dayfive_sent_at"


def latency_hooks(telemetry: Telemetry) -> dict[str, list[Callable[..., Any]]]:
    """httpx's event hooks that time each exchange, from its sending to the head of its answer."""

    def sent(request: httpx.Request) -> None:
        request.extensions[_SENT_AT] = time.monotonic()

    def answered(response: httpx.Response) -> None:
        seconds = time.monotonic() - response.request.extensions[_SENT_AT]
        telemetry.measure("AmazonLatency", seconds * 1000)

    return {"request": [sent], "response": [answered]}
