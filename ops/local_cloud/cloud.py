"""The local cloud: a template on moto, on a clock moved by hand, with nothing kinder than AWS."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import boto3
from moto import mock_aws
from moto.moto_api._internal import mock_random
from moto.sqs.models import Message

from ops.local_cloud.agenda import Agenda
from ops.local_cloud.behaviour import USUAL, Behaviour
from ops.local_cloud.calls import Call, Calls, Hook
from ops.local_cloud.clock import Clock
from ops.local_cloud.console import LogLine, MetricValue
from ops.local_cloud.functions import Counts, Function, InvocationError, Outcome
from ops.local_cloud.kept import Kept, put_back, take_out
from ops.local_cloud.permissions import Need, sending_needs
from ops.local_cloud.pump import Pump
from ops.local_cloud.shortcuts import shortcuts
from ops.local_cloud.stack import Resource, Template
from ops.local_cloud.targets import Undelivered
from ops.local_cloud.world import World

REGION = "AWS_DEFAULT_REGION"
CODE = Path(__file__).parents[2]
# "Grant Selling Partner API permission to write to your SQS queue", Notifications API v1
SP_API_ACCOUNT = "437568002678"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedMessage:
    message_id: str
    body: str
    group_id: str | None
    receive_count: int
    sent_at: datetime
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSchedule:
    name: str
    group: str
    expression: str
    target: Mapping[str, Any]


class LocalCloud:
    """Functions run one after another in this process. While one sleeps the clock moves on, and
    what became due meanwhile is handled when it has ended: queues and message groups take turns.
    A hook may call `run_until` to have something happen in the middle of a run.
    """

    def __init__(self, world: World, calls: Calls, pump: Pump) -> None:
        self.clock = world.clock
        self._agenda = world.agenda
        self._calls = calls
        self._pump = pump

    @classmethod
    @contextmanager
    def create(
        cls,
        template: Template,
        *,
        start: datetime,
        environment: Mapping[str, str] | None = None,
        seed: int = 0,
        behaviour: Behaviour = USUAL,
        code: Path = CODE,
        region: str = "us-east-1",
    ) -> Iterator[Self]:
        """`environment` is added to every function's variables; `code` is where handlers lie."""
        clock = Clock(start)
        calls = Calls(clock, behaviour.call_latency)
        world = World(clock=clock, agenda=Agenda(clock), behaviour=behaviour, seed=seed)
        with clock, calls, account(seed, region):
            variables = environment or {}
            pump = Pump(template, world, calls, region=region, code=code, environment=variables)
            yield cls(world, calls, pump)

    # The feed, and time

    @property
    def now(self) -> datetime:
        return self.clock.now

    def send(self, queue_url: str, body: str) -> None:
        """As Amazon puts a notification on the queue, now."""
        queue = self._pump.queue(queue_url)
        if queue.fifo_queue:
            raise ValueError("SP-API sends to standard queues only")
        for action, resource in sending_needs(queue):
            if not self._pump.permissions.account_may(SP_API_ACCOUNT, action, resource):
                raise PermissionError(f"SP-API is not allowed {action} on {resource}")
        self._pump.sqs.send_message(queue.name, body)

    def at(self, when: datetime, event: Callable[[], object]) -> None:
        """Call something when the clock gets there."""
        self._agenda.at(when, event)

    def next_event_at(self) -> datetime | None:
        due = self._pump.next_at
        return None if due is None else max(due, self.now)

    def run_until(
        self, when: datetime, on_advance: Callable[[datetime], object] | None = None
    ) -> None:
        """From event to event; the last run may end after `when`."""
        while (due := self.next_event_at()) is not None and due <= when:
            self.clock.move_to(due)
            self._pump.run_next()
            if on_advance:
                on_advance(self.now)
        if self.now < when:
            self.clock.move_to(when)

    # Kept for another time

    def take_out(self) -> Kept:
        """All that the stack holds; what is on the agenda beside it is the caller's to keep."""
        return take_out(self._pump, now=self.now, region=os.environ[REGION])

    def put_back(self, kept: Kept) -> None:
        """Go on from there: for a cloud that was made of the same template and seed, at its
        time. Raises KeptElsewhereError."""
        put_back(kept, self._pump, region=os.environ[REGION])

    # Faults

    def on_call(self, hook: Hook) -> None:
        """Called around every AWS call of a function; what it raises, the function meets."""
        self._calls.hooks.insert(-1, hook)  # the last one is AWS's own: it refuses what has left

    def needs(self, call: Call) -> Iterable[Need]:
        """The actions, and what they are done to, that the function's role must allow for it."""
        return self._pump.permissions.needs(call)

    def kill(self, function: str) -> None:
        """Its next run is a cold start."""
        self._function(function).kill()

    def invoke(self, function: str, event: Any) -> Outcome:
        return self._function(function).invoke(event)

    # What there is to see

    @property
    def outputs(self) -> Mapping[str, str]:
        return self._pump.stack.outputs

    def resources(self, kind: str) -> list[Resource]:
        """Those of one CloudFormation type, with every reference resolved."""
        return list(self._pump.stack.of_type(kind))

    @property
    def invocations(self) -> Mapping[str, Counts]:
        return {one.definition.name: one.counts for one in self._pump.functions.values()}

    @property
    def errors(self) -> list[InvocationError]:
        return self._pump.record.errors

    @property
    def log_lines(self) -> list[LogLine]:
        return self._pump.record.log_lines

    @property
    def metrics(self) -> list[MetricValue]:
        return self._pump.record.metrics

    @property
    def undelivered(self) -> list[Undelivered]:
        return self._pump.targets.undelivered

    def queue_depth(self, queue: str) -> int:
        """All that lies in it, in flight or not."""
        return len(self._pump.queue(queue).stored)

    def dead_letters(self, queue: str) -> list[QueuedMessage]:
        return [_queued(message) for message in self._pump.queue(queue).stored]

    def table_items(self, table: str | None = None) -> list[dict[str, Any]]:
        """Of the table named, or of all."""
        return [
            item.to_regular_json()
            for name, one in self._pump.dynamodb.tables.items()
            if table in (None, name)
            for item in one.all_items()
        ]

    def schedules(self) -> list[PlannedSchedule]:
        return [
            PlannedSchedule(
                name=one.name,
                group=one.group_name,
                expression=one.schedule_expression,
                target=one.target,
            )
            for group in self._pump.scheduler.schedule_groups.values()
            for one in group.schedules.values()
        ]

    def _function(self, name: str) -> Function:
        functions = self._pump.functions.values()
        return next(one for one in functions if one.definition.name == name)


@contextmanager
def account(seed: int, region: str) -> Iterator[None]:
    """An empty account of moto's, in which functions are known but not run."""
    without_docker = mock_aws(config={"lambda": {"use_docker": False}})
    with without_docker, shortcuts(), _own_session(seed, region):
        yield


@contextmanager
def _own_session(seed: int, region: str) -> Iterator[None]:
    """A session made before has none of the hooks, and moto draws its ids at random."""
    outer, boto3.DEFAULT_SESSION = boto3.DEFAULT_SESSION, None
    outer_region = os.environ.get(REGION)
    os.environ[REGION] = region
    mock_random.seed(seed)
    try:
        yield
    finally:
        mock_random.seed()
        del os.environ[REGION]
        if outer_region is not None:
            os.environ[REGION] = outer_region
        boto3.DEFAULT_SESSION = outer


def _queued(message: Message) -> QueuedMessage:
    return QueuedMessage(
        message_id=message.id,
        body=message.body,
        group_id=message.group_id,
        receive_count=message.approximate_receive_count,
        sent_at=datetime.fromtimestamp(0, UTC)
        + timedelta(milliseconds=message.sent_timestamp or 0),
        attributes={
            name: str(value.get("StringValue"))
            for name, value in message.message_attributes.items()
        },
    )
