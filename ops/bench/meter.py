"""Counts what AWS would charge for a run: calls, units, waiting, CPU and what is logged."""

import io
import json
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

from ops.bench.plant import REGION
from ops.bench.units import (
    Image,
    Units,
    index_write_units,
    item_bytes,
    read_units,
    write_units,
)
from ops.prices import Unit

# "Configure Lambda function memory": 1,769 MB give one vCPU, less memory its share of one.
MB_FOR_A_CPU = 1769
# PutLogEvents, CloudWatch Logs API Reference: each event counts 26 bytes more than its text.
BYTES_BESIDE_A_LINE = 26
# platform.start and platform.report in JSON, as in "Lambda Telemetry API Event schema reference".
PLATFORM_LINES, PLATFORM_BYTES = 2, 620
_USUAL_ENTRY_BYTES = 153  # of an order, in the index
_WRITES = {"PutItem", "UpdateItem"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCall:
    """One read or write of the table or its index; `key` is the item's sort key, or what of the
    index was asked for.
    """

    at: datetime
    operation: str
    key: str
    units: Units


@dataclass(slots=True, kw_only=True)
class Meter:
    """What the runs of one function came to; `waited` and `cpu` are in seconds.

    `units` are DynamoDB's, and `table_calls` what they were used by; `metrics` are the custom
    metrics that were sent, and how often.
    """

    memory_mb: int
    runs: float = 0
    calls: Counter[str] = field(default_factory=Counter)
    units: Units = Units()  # noqa: RUF009 - it is frozen
    table_calls: list[TableCall] = field(default_factory=list)
    log_bytes: float = 0
    metrics: Counter[str] = field(default_factory=Counter)
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
            Unit.WRITES: self.units.table_writes + self.units.index_writes,
            Unit.READS: self.units.table_reads + self.units.index_reads,
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
        self._cpu_began = self._not_ours = 0.0
        self._cpu_told = self._moved = 0.0
        self._lock = RLock()
        self._of_thread = local()  # the intake makes calls side by side

    @contextmanager
    def run(self, meter: Meter) -> Iterator[None]:
        """One run of a function, warm: whatever is called, printed and computed inside."""
        self._meter, self._not_ours, self._cpu_told, self._moved = meter, 0.0, 0.0, 0.0
        began, self._cpu_began = datetime.now(UTC), time.process_time()
        with redirect_stdout(io.StringIO()) as printed:
            yield
        meter.cpu += self._cpu()
        meter.waited += (datetime.now(UTC) - began).total_seconds() - self._moved
        meter.runs += 1
        text = printed.getvalue()
        lines = text.splitlines()
        logged = len(lines) + PLATFORM_LINES
        meter.log_bytes += len(text.encode()) + PLATFORM_BYTES + BYTES_BESIDE_A_LINE * logged
        meter.metrics.update(name for line in lines for name in _metrics_in(line))
        self._meter = None

    def cpu_as_time(self) -> float:
        """Seconds that the run's CPU took since this was last asked, at its share of one.

        Whoever moves the clock by them makes the pauses shorter that the CPU is used in.
        """
        assert self._meter
        cpu = self._cpu()
        seconds = (cpu - self._cpu_told) * MB_FOR_A_CPU / self._meter.memory_mb
        self._cpu_told = cpu
        self._moved += seconds
        return seconds

    def _cpu(self) -> float:
        return time.process_time() - self._cpu_began - self._not_ours

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
                self._of_thread.image = stored_image(params)

    def send(self, *, event_name: str, request: Any, **others: Any) -> Any:
        """botocore's before-send: moto answers."""
        with self.not_ours():
            return botocore_stubber(event_name, request, **others)

    def after(self, *, event_name: str, parsed: Mapping[str, Any], **_: Any) -> None:
        """botocore's after-call, of an answer or of an error."""
        if self._meter:
            with self.not_ours(), self._lock:
                service, operation = event_name.split(".")[1:]
                self._note(self._meter, service, operation, parsed)

    def _note(self, meter: Meter, service: str, operation: str, answer: Mapping[str, Any]) -> None:
        params = self._of_thread.params
        meter.calls[operation] += 1
        if service == "dynamodb":
            units = self._units(operation, params, answer)
            meter.units += units
            now = datetime.now(UTC)
            meter.table_calls.append(
                TableCall(at=now, operation=operation, key=_sort_key(params), units=units)
            )
        elif operation == "CreateSchedule" and "Error" not in answer:
            self.created.append(params)
        elif operation == "SendMessage" and "Error" not in answer:
            self.sent.append(params)

    def _units(self, operation: str, params: Mapping[str, Any], answer: Mapping[str, Any]) -> Units:
        match operation:
            case "PutItem" | "UpdateItem":
                before, after = self._of_thread.image, stored_image(params)
                return Units(
                    table_writes=write_units(before, after),
                    index_writes=index_write_units(before, after),
                )
            case "GetItem":
                size = item_bytes(answer.get("Item", {}))
                consistent = params.get("ConsistentRead", False)
                return Units(table_reads=read_units(size, consistent=consistent))
            case "Query" if "IndexName" in params:
                return Units(index_reads=read_units(_bytes_looked_at(answer), consistent=False))
        raise NotImplementedError(f"no units are known of {operation}")


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


def _metrics_in(line: str) -> list[str]:
    """The metrics that a line of the log sends ("Specification: Embedded metric format")."""
    told = json.loads(line).get("_aws", {}).get("CloudWatchMetrics", [])
    return [metric["Name"] for directive in told for metric in directive["Metrics"]]


def _key(params: Mapping[str, Any]) -> dict[str, Any]:
    key = params.get("Key") or params["Item"]
    return {name: key[name] for name in ("seller_id", "amazon_order_id")}


def stored_image(params: Mapping[str, Any]) -> Image:
    """The item that a write is about, as it lies in the table now."""
    table = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION]
    item = table.get_item(params["TableName"], _key(params))
    image: Image = item.to_json()["Attributes"] if item else {}
    return image


def _sort_key(params: Mapping[str, Any]) -> str:
    if "ExpressionAttributeValues" in params and "IndexName" in params:
        partition: str = next(iter(params["ExpressionAttributeValues"].values()))["S"]
        return partition
    key: str = _key(params)["amazon_order_id"]["S"]
    return key


def _bytes_looked_at(page: Mapping[str, Any]) -> float:
    """Of a page of a Query; what a filter held back is taken to be as large as what it let by."""
    shown = list(map(item_bytes, page.get("Items", ())))
    held_back = int(page.get("ScannedCount", 0)) - len(shown)
    return sum(shown) + held_back * (sum(shown) / len(shown) if shown else _USUAL_ENTRY_BYTES)
