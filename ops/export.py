"""`dayfive export`: every order on record as lines of CSV or JSON, one at a time."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any

from lambdas.aws.items import to_text
from lambdas.core.solicitation import Solicitation
from ops.orders import as_json

# What a spreadsheet would take for a formula, or what hides one behind a space or a tab
# ("CSV Injection", OWASP).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


COLUMNS = (
    "seller_id",
    "region",
    "country",
    "marketplace_id",
    "amazon_order_id",
    "fulfillment_type",
    "skus",
    "status",
    "reason",
    "shipped_at",
    "earliest_delivery_date",
    "latest_delivery_date",
    "delivered_at",
    "opens_at",
    "closes_at",
    "due_at",
    "checks",
    "last_check_at",
    "last_answer",
    "would_send_at",
    "sent_at",
    "request_id",
    "unanswered_create_calls",
    "expires_at",
)


class Format(StrEnum):
    """How an export is written."""

    CSV = "csv"
    JSONL = "jsonl"


def lines(orders: Iterable[Solicitation], form: Format) -> Iterator[str]:
    """The export line by line, without their ends."""
    match form:
        case Format.CSV:
            yield from _csv_lines(orders)
        case Format.JSONL:
            for order in orders:
                yield json.dumps(as_json(order), default=_text, ensure_ascii=False)


def _csv_lines(orders: Iterable[Solicitation]) -> Iterator[str]:
    yield _csv_line(COLUMNS)
    for order in orders:
        record = _flat(order)
        yield _csv_line([_cell(record[name]) for name in COLUMNS])


def _flat(order: Solicitation) -> dict[str, Any]:
    """A record in cells: of the checks their number and the last one."""
    record = as_json(order)
    checks = record.pop("checks")
    last = checks[-1] if checks else {"at": None, "answer": None}
    return {
        **record,
        "skus": " ".join(record["skus"]),
        "checks": len(checks),
        "last_check_at": last["at"],
        "last_answer": last["answer"],
    }


def _cell(value: object) -> str:
    """A cell that no spreadsheet runs: what looks like a formula gets an apostrophe before it."""
    text = "" if value is None else _text(value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _csv_line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()


def _text(value: object) -> str:
    return to_text(value) if isinstance(value, datetime) else str(value)
