"""Stands beside a local cloud as CloudWatch would: measures it, and judges its alarms."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from ops.alarms.alarm import Alarm, State
from ops.alarms.measured import Measured
from ops.local_cloud.cloud import LocalCloud, QueuedMessage

_EVERY = timedelta(minutes=5)

# "CloudWatch metrics for Amazon SQS": a queue counts as active for up to six hours. That it goes on
# with a message in it is not said, so here it does not: an alarm must not rely on it.
_ACTIVE_FOR = timedelta(hours=6)

# "Available CloudWatch metrics for Amazon SQS": then a standard queue moves a message to its end,
# and the age is of the next one.
_RECEIVED_TOO_OFTEN = 3


@dataclass(slots=True)
class _Queue:
    url: str
    name: str
    is_polled: bool
    is_fifo: bool
    depth: int = 0
    active_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An alarm went into another state."""

    alarm: str
    at: datetime
    state: State


class Watch:
    """Made at once after the cloud; from then on it looks every five minutes."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.measured = Measured()
        self.changes: list[Change] = []
        self._cloud = cloud
        self._made_at = cloud.now
        found = cloud.resources("AWS::CloudWatch::Alarm")
        self._alarms = [Alarm.from_properties(each.properties) for each in found]
        self.states = {alarm.name: State.INSUFFICIENT_DATA for alarm in self._alarms}
        self._queues = list(_queues(cloud))
        self._invocations: dict[str, int] = {}
        self._errors: dict[str, int] = {}
        self._metrics_read = 0
        self._plan()

    def rung(self) -> set[str]:
        """The alarms that have rung, without the stack's name before them."""
        rung = (change for change in self.changes if change.state is State.ALARM)
        return {change.alarm.partition("-")[2] for change in rung}

    def since(self, alarm: str) -> datetime:
        """When it rang for the first time. Raises StopIteration if it never did."""
        return next(
            change.at
            for change in self.changes
            if change.state is State.ALARM and change.alarm.endswith(f"-{alarm}")
        )

    def _plan(self) -> None:
        self._cloud.at(self._cloud.now + _EVERY, self._look)

    def _look(self) -> None:
        self._measure_functions()
        for queue in self._queues:
            self._measure_queue(queue)
        self._read_metrics()
        for alarm in self._alarms:
            self._judge(alarm)
        self._plan()

    def _judge(self, alarm: Alarm) -> None:
        before, now = self.states[alarm.name], self._cloud.now
        state = alarm.judge(self.measured, made_at=self._made_at, now=now, before=before)
        if state is not before:
            self.states[alarm.name] = state
            self.changes.append(Change(alarm=alarm.name, at=now, state=state))

    def _read_metrics(self) -> None:
        """What the functions have printed since the last look, in the embedded metric format."""
        new = self._cloud.metrics[self._metrics_read :]
        self._metrics_read += len(new)
        for each in new:
            self.measured.add(each.namespace, each.name, each.dimensions, each.at, each.value)

    def _measure_functions(self) -> None:
        for name, counts in self._cloud.invocations.items():
            runs = counts.invocations - self._invocations.get(name, 0)
            errors = counts.errors - self._errors.get(name, 0)
            self._invocations[name], self._errors[name] = counts.invocations, counts.errors
            if runs:
                for metric, value in (("Invocations", runs), ("Errors", errors)):
                    self._add("AWS/Lambda", metric, "FunctionName", name, value)

    def _measure_queue(self, queue: _Queue) -> None:
        now, messages = self._cloud.now, self._cloud.dead_letters(queue.url)
        if queue.is_polled or len(messages) != queue.depth:
            queue.active_at = now
        queue.depth = len(messages)
        if queue.active_at is None or now - queue.active_at > _ACTIVE_FOR:
            return
        depth = "ApproximateNumberOfMessagesVisible"
        self._add("AWS/SQS", depth, "QueueName", queue.name, len(messages))
        if waiting := [each for each in messages if _counts(each, queue)]:
            age = (now - min(each.sent_at for each in waiting)).total_seconds()
            self._add("AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", queue.name, age)

    def _add(self, namespace: str, metric: str, dimension: str, of: str, value: float) -> None:
        self.measured.add(namespace, metric, {dimension: of}, self._cloud.now, value)


def _counts(message: QueuedMessage, queue: _Queue) -> bool:
    return queue.is_fifo or message.receive_count < _RECEIVED_TOO_OFTEN


def _queues(cloud: LocalCloud) -> Iterator[_Queue]:
    mappings = cloud.resources("AWS::Lambda::EventSourceMapping")
    polled = {mapping.properties["EventSourceArn"] for mapping in mappings}
    for queue in cloud.resources("AWS::SQS::Queue"):
        name = queue.arn.rpartition(":")[2]
        yield _Queue(
            url=queue.physical_id,
            name=name,
            is_polled=queue.arn in polled,
            is_fifo=name.endswith(".fifo"),
        )
