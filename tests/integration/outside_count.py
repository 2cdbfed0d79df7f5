"""Counts what the functions ask of AWS in another way than the meter: by the requests as sent.

Who asks is told by the call stack, what is asked by the request itself, and DynamoDB's units by
the items that lie in the table before and after it ("DynamoDB read and write operations").
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import local
from typing import Any

from botocore.handlers import BUILTIN_HANDLERS
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

FUNCTIONS = {f"lambdas/{name}.py": name for name in ("intake", "sender", "sweeper")}
KEYS = ("seller_id", "amazon_order_id")
# infra/orders_table.py
SORTED_BY = ("open_key", "due_at")
SHOWN = (*KEYS, *SORTED_BY, "closes_at", "likely", "regions")

Attributes = Mapping[str, Any]


class OutsideCount:
    """By function: its requests by operation, and the units of the table and of the index."""

    def __init__(self) -> None:
        self.requests: dict[str, Counter[str]] = {name: Counter() for name in FUNCTIONS.values()}
        self.units: dict[str, Counter[str]] = {name: Counter() for name in FUNCTIONS.values()}
        self._of_thread = local()

    def created(self, *, request: Any, event_name: str, **_: Any) -> None:
        """botocore's request-created, once for each attempt."""
        service, operation = event_name.split(".")[1:]
        self._of_thread.body = None
        if function := _who_asks():
            self.requests[function][operation] += 1
            if service == "dynamodb":
                self._of_thread.body = json.loads(request.data)
                self._of_thread.before = _item(self._of_thread.body)

    def received(self, *, event_name: str, **_: Any) -> None:
        """botocore's response-received."""
        if body := getattr(self._of_thread, "body", None):
            operation = event_name.split(".")[2]
            counted = _units(operation, body, self._of_thread.before, _item(body))
            self.units[_who_asks()].update(counted)


@contextmanager
def counted_outside() -> Iterator[OutsideCount]:
    """Of all clients that are made inside."""
    outside = OutsideCount()
    handlers = [("request-created", outside.created), ("response-received", outside.received)]
    BUILTIN_HANDLERS.extend(handlers)
    try:
        yield outside
    finally:
        for handler in handlers:
            BUILTIN_HANDLERS.remove(handler)


def _who_asks() -> str:
    frame = sys._getframe()
    while frame := frame.f_back:  # type: ignore[assignment]  # it ends with None
        if found := FUNCTIONS.get("/".join(Path(frame.f_code.co_filename).parts[-2:])):
            return found
    return ""


def _units(
    operation: str, body: Attributes, before: Attributes, after: Attributes
) -> dict[str, float]:
    if operation == "GetItem":
        blocks = _blocks(before, 4096)
        return {"table_reads": blocks if body.get("ConsistentRead") else blocks / 2}
    if operation == "Query":
        looked_at = [_shown(each) for each in _entries(body)]
        return {"index_reads": max(1, -(-sum(map(_size, looked_at)) // 4096)) / 2}
    assert operation in {"PutItem", "UpdateItem"}, operation
    was, becomes = _shown(before), _shown(after)
    written = []
    if was != becomes:
        stays = (
            was
            and becomes
            and [was[key] for key in SORTED_BY] == [becomes[key] for key in SORTED_BY]
        )
        written = (
            [max(was, becomes, key=_size)] if stays else [each for each in (was, becomes) if each]
        )
    return {
        "table_writes": max(_blocks(before, 1024), _blocks(after, 1024)),
        "index_writes": sum(_blocks(each, 1024) for each in written),
    }


def _item(body: Attributes) -> Attributes:
    """What lies in the table where this request reads or writes."""
    names = body.get("Key") or body.get("Item")
    found = [
        each for each in _table(body) if names and all(each[key] == names[key] for key in KEYS)
    ]
    return found[0] if found else {}


def _entries(body: Attributes) -> list[Attributes]:
    """Of the index, in so far as a Query looks at them; all of them on one page."""
    values = body["ExpressionAttributeValues"]
    until = values.get(":until", {"S": "~"})["S"]
    partition = next(value for name, value in values.items() if name not in {":until", ":shuts_by"})
    found = [
        each
        for each in _table(body)
        if each.get("open_key") == partition and each["due_at"]["S"] <= until
    ]
    return found[: body.get("Limit")]


def _table(body: Attributes) -> list[Attributes]:
    backend = dynamodb_backends[DEFAULT_ACCOUNT_ID]["us-east-1"]
    items = backend.get_table(body["TableName"]).all_items()
    return [item.to_json()["Attributes"] for item in items]


def _shown(item: Attributes) -> Attributes:
    return {name: item[name] for name in SHOWN if name in item} if "open_key" in item else {}


def _blocks(item: Attributes, size: int) -> int:
    return max(1, -(-_size(item) // size))


def _size(value: Any) -> int:
    """ "DynamoDB item sizes and formats"; an item is what a map is, without its overhead."""
    match value:
        case {"S": str(text)} if len(value) == 1:
            return len(text.encode())
        case {"N": str(number)} if len(value) == 1:
            return len(number.strip("-").replace(".", "").strip("0")) // 2 + 2  # or one less
        case {"L": list(members)} if len(value) == 1:
            return 3 + sum(1 + _size(each) for each in members)
        case {"M": dict(members)} if len(value) == 1:
            return 3 + len(members) + _size(members)
        case {"SS": list(texts)} if len(value) == 1:
            return sum(len(each.encode()) for each in texts)
        case {"BOOL": bool()} if len(value) == 1:
            return 1
    assert isinstance(value, Mapping)
    return sum(len(name.encode()) + _size(each) for name, each in value.items())
