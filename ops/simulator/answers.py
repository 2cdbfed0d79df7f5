"""What the simulator answers, before it becomes an HTTP response or a broken connection."""

import json
from dataclasses import dataclass
from typing import Any

from ops.simulator.errors import ErrorText, error_body

JSON = "application/json"
HAL = "application/hal+json"
HTML = "text/html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer and what the ledger should know of it."""

    status: int
    content: bytes
    content_type: str = JSON
    refusal: str | None = None
    offered: bool | None = None
    accepted: bool = False
    dropped: bool = False


def success(body: Any, *, status: int = 200) -> Answer:
    return Answer(status=status, content=json.dumps(body).encode())


def refusal(text: ErrorText) -> Answer:
    return Answer(status=text.status, content=error_body(text).encode(), refusal=text.label)


def html_page(status: int, title: str) -> Answer:
    """A page of the gateway in front of the API, which knows nothing of its envelopes."""
    page = f"<!DOCTYPE html><html><head><title>{title}</title></head><body>{title}</body></html>"
    return Answer(status=status, content=page.encode(), content_type=HTML, refusal="html")


def broken_connection() -> Answer:
    """No answer at all: the connection broke before the call had any effect."""
    return Answer(status=0, content=b"", dropped=True)
