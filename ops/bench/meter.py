"""Counts what AWS would charge for a run: calls, units, waiting, CPU and what is logged."""

import io
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from threading import RLock, local
from typing import Any

from botocore.handlers import BUILTIN_HANDLERS
from moto.core.models import DEFAULT_ACCOUNT_ID, botocore_stubber
from moto.dynamodb.models import dynamodb_backends

from lambdas.aws.items import EXPERIENCE_SORT_KEY
from ops.bench.plant import REGION
from ops.prices import Unit

# "Configure Lambda function memory": 1,769 MB give one vCPU, less memory its share of one.
MB_FOR_A_CPU = 1769
# PutLogEvents, CloudWatch Logs API Reference: each event counts 26 bytes more than its text.
BYTES_BESIDE_A_LINE = 26
# platform.start and platform.report in JSON, as in "Lambda Telemetry API Event schema reference".
PLATFORM_LINES, PLATFORM_BYTES = 2, 620
_WRITES = {"PutItem", "UpdateItem"}
_READ_KB, _WRITE_KB = 4096, 1024
_INDEXED = ("open_key", "due_at", "status", "closes_at", "likely", "regions")
_INDEX_KEY = _INDEXED[:2]

Image = Mapping[str, Any]


@dataclass(slots=True, kw_only=True)
class Meter:
    """What the runs of one function came to; `waited` and `cpu` are in seconds.

    `lessons` are those of the table's writes that count what checks have shown, by kind of order.
    """

    memory_mb: int
    runs: float = 0
    calls: Counter[str] = field(default_factory=Counter)
    table_writes: float = 0
    index_writes: float = 0
    lessons: Counter[str] = field(default_factory=Counter)
    reads: float = 0.0
    log_bytes: float = 0
    waited: float = 0.0
    cpu: float = 0.0

    @property
    def seconds_of_cpu(self) -> float:
        """What its CPU takes at the share of one that its memory gives."""
        return self.cpu * MB_FOR_A_CPU / self.memory_mb

    @property
    def seconds(self) -> float:
        """What is billed."""
        return self.waited + self.seconds_of_cpu

    def add(self, other: "Meter") -> None:
        """Take in the runs of another meter."""
        for each in fields(self):
            if each.name != "memory_mb":
                setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    @property
    def uses(self) -> dict[Unit, float]:
        return {
            Unit.RUNS: self.runs,
            Unit.GB_SECONDS: self.seconds * self.memory_mb / 1024,
            Unit.WRITES: self.table_writes + self.index_writes,
            Unit.READS: self.reads,
            Unit.SECRET_CALLS: self.calls["GetSecretValue"],
            Unit.LOGGED_GB: self.log_bytes / 1e9,
        }


class Metering:
    """Tells each call of AWS to the meter of the run that it is made in.

    `created` and `sent` are the schedules and messages that came of it, as they were asked for.
    """

    def __init__(self) -> None:
        self.created: list[Mapping[str, Any]] = []
        self.sent: list[Mapping[str, Any]] = []
        self._meter: Meter | None = None
        self._not_ours = 0.0
        self._lock = RLock()
        self._of_thread = local()  # the intake makes calls side by side

    @contextmanager
    def run(self, meter: Meter) -> Iterator[None]:
        """One run of a function, warm: whatever is called, printed and computed inside."""
        self._meter, self._not_ours = meter, 0.0
        began, cpu_began = datetime.now(UTC), time.process_time()
        with redirect_stdout(io.StringIO()) as printed:
            yield
        meter.cpu += time.process_time() - cpu_began - self._not_ours
        meter.waited += (datetime.now(UTC) - began).total_seconds()
        meter.runs += 1
        text = printed.getvalue()
        lines = len(text.splitlines()) + PLATFORM_LINES
        meter.log_bytes += len(text.encode()) + PLATFORM_BYTES + BYTES_BESIDE_A_LINE * lines
        self._meter = None

    @contextmanager
    def not_ours(self) -> Iterator[None]:
        """CPU that is spent inside is another's: AWS's, Amazon's or the meter's own."""
        began = time.thread_time()
        try:
            yield
        finally:
            with self._lock:
                self._not_ours += time.thread_time() - began

    def before(self, *, event_name: str, params: Mapping[str, Any], **_: Any) -> None:
        """botocore's provide-client-params."""
        self._of_thread.params = params
        if self._meter and event_name.rpartition(".")[2] in _WRITES:
            with self.not_ours():
                self._of_thread.image = _image(params)

    def send(self, *, event_name: str, request: Any, **others: Any) -> Any:
        """botocore's before-send: moto answers."""
        with self.not_ours():
            return botocore_stubber(event_name, request, **others)

    def after(self, *, event_name: str, parsed: Mapping[str, Any], **_: Any) -> None:
        """botocore's after-call, of an answer or of an error."""
        if self._meter:
            with self.not_ours(), self._lock:
                self._note(self._meter, event_name.rpartition(".")[2], parsed)

    def _note(self, meter: Meter, operation: str, answer: Mapping[str, Any]) -> None:
        params = self._of_thread.params
        meter.calls[operation] += 1
        match operation:
            case "PutItem" | "UpdateItem":
                before, after = self._of_thread.image, _image(params)
                units = write_units(before, after)
                meter.table_writes += units
                if (kind := _key(params)["amazon_order_id"]["S"]).startswith(EXPERIENCE_SORT_KEY):
                    meter.lessons[kind] += units
                meter.index_writes += index_write_units(before, after)
            case "GetItem":
                size = item_bytes(answer.get("Item", {}))
                meter.reads += max(1, math.ceil(size / _READ_KB))
            case "Query":
                size = sum(map(item_bytes, answer.get("Items", ())))
                meter.reads += max(1, math.ceil(size / _READ_KB)) / 2  # eventually consistent
            case "CreateSchedule" if "Error" not in answer:
                self.created.append(params)
            case "SendMessage" if "Error" not in answer:
                self.sent.append(params)


@contextmanager
def metering() -> Iterator[Metering]:
    """Hears every client that is made inside, in place of moto's own hook."""
    meters = Metering()
    handlers: list[tuple[str, Callable[..., Any]]] = [
        ("provide-client-params", meters.before),
        ("before-send", meters.send),
        ("after-call", meters.after),
    ]
    BUILTIN_HANDLERS[:0] = handlers
    try:
        yield meters
    finally:
        for handler in handlers:
            BUILTIN_HANDLERS.remove(handler)


def write_units(before: Image, after: Image) -> int:
    """Of the table, refused or not: a started KB each, of the larger of both images."""
    return max(1, math.ceil(max(item_bytes(before), item_bytes(after)) / _WRITE_KB))


def index_write_units(before: Image, after: Image) -> int:
    """Of the index: an entry that comes, goes or changes is a write, one that moves is two."""
    was, is_now = _entry(before), _entry(after)
    if was == is_now:
        return 0
    moved = was and is_now and any(was[name] != is_now[name] for name in _INDEX_KEY)
    images = [was, is_now] if moved else [max(was, is_now, key=item_bytes)]
    return sum(max(1, math.ceil(item_bytes(image) / _WRITE_KB)) for image in images)


def item_bytes(item: Image) -> int:
    """ "DynamoDB item sizes and formats": names and values, of typed attributes."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return len(str(content)) // 2 + 2
        case "L":
            return 3 + sum(1 + _value_bytes(one) for one in content)
        case "M":
            return 3 + sum(len(name.encode()) + 1 + _value_bytes(v) for name, v in content.items())
        case "SS":
            return sum(len(one.encode()) for one in content)
    return 1


def _entry(image: Image) -> Image:
    if "open_key" not in image:
        return {}
    keys = ("seller_id", "amazon_order_id")
    return {name: image[name] for name in (*keys, *_INDEXED) if name in image}


def _key(params: Mapping[str, Any]) -> dict[str, Any]:
    key = params.get("Key") or params["Item"]
    return {name: key[name] for name in ("seller_id", "amazon_order_id")}


def _image(params: Mapping[str, Any]) -> Image:
    """The item that a write is about, as it lies in the table now."""
    table = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION]
    item = table.get_item(params["TableName"], _key(params))
    image: Image = item.to_json()["Attributes"] if item else {}
    return image
