"""Event source mappings: they poll a queue, run a function, and delete what it has done."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.sqs.models import Message

from ops.local_cloud.clock import Clock
from ops.local_cloud.functions import Function, Outcome
from ops.local_cloud.queues import Lineage, LocalQueue

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PAYLOAD_BYTES = 6 * 1024 * 1024  # "Lambda quotas"
HOPS = 16  # "Use Lambda recursive loop detection to prevent infinite loops", Lambda
MODELLED = {
    "BatchSize",
    "Enabled",
    "EventSourceArn",
    "FunctionName",
    "FunctionResponseTypes",
    "MaximumBatchingWindowInSeconds",
    "ScalingConfig",
}


class MappingRefusedError(ValueError):
    """AWS would refuse to create this event source mapping."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingSettings:
    enabled: bool
    batch_size: int
    window: timedelta
    reports_failures: bool

    @classmethod
    def from_properties(cls, properties: Mapping[str, Any], *, fifo: bool) -> MappingSettings:
        if unknown := set(properties) - MODELLED:
            raise NotImplementedError(f"{sorted(unknown)} of a mapping are not modelled")
        settings = cls(
            enabled=properties.get("Enabled", True) in (True, "true"),
            batch_size=int(properties.get("BatchSize", 10)),
            window=timedelta(seconds=int(properties.get("MaximumBatchingWindowInSeconds", 0))),
            reports_failures="ReportBatchItemFailures"
            in properties.get("FunctionResponseTypes", []),
        )
        settings._check(fifo=fifo, concurrency=properties.get("ScalingConfig", {}))
        return settings

    def _check(self, *, fifo: bool, concurrency: Mapping[str, Any]) -> None:
        """CreateEventSourceMapping, Lambda API Reference, and "Creating a mapping" for SQS."""
        if fifo and self.window:
            raise MappingRefusedError("Batching window is not supported for FIFO queues")
        if not 1 <= self.batch_size <= (10 if fifo else 10_000):
            raise MappingRefusedError(f"Batch size {self.batch_size} is out of range")
        if self.batch_size > 10 and not self.window:
            raise MappingRefusedError(
                "Maximum batch window in seconds must be greater than 0 if maximum batch size is"
                " greater than 10"
            )
        if self.window > timedelta(minutes=5):
            raise MappingRefusedError("Batching window is at most 300 seconds")
        if not 2 <= int(concurrency.get("MaximumConcurrency", 2)) <= 1000:
            raise MappingRefusedError("MaximumConcurrency is from 2 to 1000")


class Chain:
    """Which functions led to the message that is sent now; SDKs hand it on in a trace header."""

    def __init__(self) -> None:
        self.current: Lineage = {}

    def snapshot(self) -> Lineage:
        return dict(self.current)

    @contextmanager
    def of(self, lineage: Lineage) -> Iterator[None]:
        outer, self.current = self.current, lineage
        try:
            yield
        finally:
            self.current = outer


class EventSourceMapping:
    """One poller. Batches follow one another, so MaximumConcurrency is never reached."""

    def __init__(
        self,
        properties: Mapping[str, Any],
        *,
        queue: LocalQueue,
        function: Function,
        clock: Clock,
        chain: Chain,
    ) -> None:
        self._settings = MappingSettings.from_properties(properties, fifo=queue.fifo_queue)
        timeout = function.definition.timeout.total_seconds()
        if queue.visibility_timeout < timeout:
            raise MappingRefusedError(
                f"Queue visibility timeout: {queue.visibility_timeout} seconds is less than"
                f" Function timeout: {timeout:g} seconds"
            )
        self._queue = queue
        self._function = function
        self._clock = clock
        self._chain = chain
        self._batch: list[Message] = []
        self._closes_at: datetime | None = None

    @property
    def next_at(self) -> datetime | None:
        """When there is something to receive or a batch to run; it may lie in the past."""
        if not self._settings.enabled:
            return None
        visible_ms = self._queue.next_visible_ms
        moments = [] if visible_ms is None else [_moment(visible_ms)]
        if self._closes_at:
            moments.append(self._closes_at)
        return min(moments, default=None)

    def poll(self) -> None:
        received = self._queue.receive(self._settings.batch_size - len(self._batch))
        self._batch += [message for message in received if message not in self._batch]
        if self._batch and not self._closes_at:
            self._closes_at = self._clock.now + self._settings.window
        full = len(self._batch) == self._settings.batch_size
        if self._closes_at and (full or self._clock.now >= self._closes_at):
            batch, self._batch = _cut_to_size(self._batch)
            self._closes_at = self._clock.now if self._batch else None
            self._run(self._without_loops(batch))

    def _run(self, batch: Sequence[Message]) -> None:
        if not batch:
            return
        event = {"Records": [sqs_record(message, self._queue) for message in batch]}
        with self._chain.of(self._lineage(batch)):
            outcome = self._function.invoke(event)
        failed = failed_ids(
            outcome,
            {message.id for message in batch},
            reports_failures=self._settings.reports_failures,
        )
        self._queue.delete(message for message in batch if message.id not in failed)

    def _without_loops(self, batch: Sequence[Message]) -> Sequence[Message]:
        definition = self._function.definition
        if definition.recursion_allowed:
            return batch
        lineages = self._queue.lineages
        runs = {one: lineages.get(one.id, {}).get(definition.name, 0) for one in batch}
        self._queue.bury(message for message in batch if runs[message] >= HOPS)
        return [message for message in batch if runs[message] < HOPS]

    def _lineage(self, batch: Sequence[Message]) -> Lineage:
        longest: Lineage = {}
        for message in batch:
            for name, runs in self._queue.lineages.get(message.id, {}).items():
                longest[name] = max(runs, longest.get(name, 0))
        name = self._function.definition.name
        return longest | {name: longest.get(name, 0) + 1}


def failed_ids(outcome: Outcome, ids: set[str], *, reports_failures: bool) -> set[str]:
    """Which messages stay ("Handling errors for an SQS event source in Lambda")."""
    if outcome.error is not None:
        return ids
    if not reports_failures or outcome.response is None:
        return set()
    match outcome.response:
        case {"batchItemFailures": [*items]}:
            named = [
                item.get("itemIdentifier") if isinstance(item, dict) else None for item in items
            ]
            if all(isinstance(name, str) and name in ids for name in named):
                return {str(name) for name in named}
            return ids
        case {"batchItemFailures": None}:
            return set()
        case dict() as answer if "batchItemFailures" not in answer:
            return set()
    return ids


def sqs_record(message: Message, queue: LocalQueue) -> dict[str, Any]:
    """One entry of `Records` ("Using Lambda with Amazon SQS", Lambda)."""
    attributes = {
        "ApproximateReceiveCount": str(message.approximate_receive_count),
        "SentTimestamp": str(message.sent_timestamp),
        "SenderId": message.sender_id,
        "ApproximateFirstReceiveTimestamp": str(message.approximate_first_receive_timestamp),
    }
    optional = {
        "SequenceNumber": message.sequence_number,
        "MessageGroupId": message.group_id,
        "MessageDeduplicationId": message.deduplication_id,
    }
    return {
        "messageId": message.id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": attributes | {name: value for name, value in optional.items() if value},
        "messageAttributes": {
            name: {
                "stringValue": value.get("StringValue"),
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": value["DataType"],
            }
            for name, value in message.message_attributes.items()
        },
        "md5OfBody": message.body_md5,
        "eventSource": "aws:sqs",
        "eventSourceARN": queue.queue_arn,
        "awsRegion": queue.region,
    }


def _cut_to_size(messages: list[Message]) -> tuple[list[Message], list[Message]]:
    total = 0
    for position, message in enumerate(messages):
        total += len(message.body.encode())
        if total > PAYLOAD_BYTES:
            return messages[:position], messages[position:]
    return messages, []


def _moment(milliseconds: float) -> datetime:
    return EPOCH + timedelta(milliseconds=math.ceil(milliseconds))
