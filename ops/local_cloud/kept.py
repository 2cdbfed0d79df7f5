"""What a local cloud holds, taken out to be kept, and put into another one made alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moto.dynamodb.models.dynamo_type import Item
from moto.moto_api._internal import mock_random
from moto.scheduler.models import Schedule
from moto.secretsmanager.models import FakeSecret, ReplicaSecret, secretsmanager_backends
from moto.sqs.models import Message

from ops.local_cloud.pump import Pump
from ops.local_cloud.queues import LocalQueue
from ops.local_cloud.stack import ACCOUNT


class KeptElsewhereError(ValueError):
    """The stack that it was taken from had other resources than this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A cloud between two events. What its functions remembered is not in it: they start cold."""

    now: datetime
    outputs: Mapping[str, str]
    items: Mapping[str, Sequence[Item]]
    messages: Mapping[str, Sequence[Message]]
    schedules: Sequence[Schedule]
    secrets: Mapping[str, FakeSecret | ReplicaSecret]


def take_out(pump: Pump, *, now: datetime, region: str) -> Kept:
    """All that the stack holds now."""
    return Kept(
        now=now,
        outputs=dict(pump.stack.outputs),
        items={name: list(table.all_items()) for name, table in pump.dynamodb.tables.items()},
        messages={name: list(_stored(queue)) for name, queue in pump.sqs.queues.items()},
        schedules=[
            schedule
            for group in pump.scheduler.schedule_groups.values()
            for schedule in group.schedules.values()
        ],
        secrets=dict(secretsmanager_backends[ACCOUNT][region].secrets.items()),
    )


def put_back(kept: Kept, pump: Pump, *, region: str) -> None:
    """Fill a new stack with it. Raises KeptElsewhereError if the stack is another."""
    if kept.outputs != pump.stack.outputs:
        raise KeptElsewhereError("the stack's resources have other names")
    for name, items in kept.items.items():
        table = pump.dynamodb.tables[name]
        for item in items:
            table.put_item(item.to_json()["Attributes"], overwrite=True)
    for name, messages in kept.messages.items():
        vars(pump.queue(name))["_messages"] = list(messages)
    for schedule in kept.schedules:
        group = pump.scheduler.schedule_groups[schedule.group_name]
        group.schedules[schedule.name] = schedule
        # One whose minute has passed fires at once, which it was about to do.
        pump.scheduler.on_change(schedule)
    secrets: Any = secretsmanager_backends[ACCOUNT][region].secrets
    secrets.update(kept.secrets)
    # The ids that were drawn before must not be drawn again.
    mock_random.seed()


def _stored(queue: object) -> Sequence[Message]:
    assert isinstance(queue, LocalQueue)
    return queue.stored
