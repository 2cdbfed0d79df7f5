"""SQS as it hands out messages: moto's store and API, with the rules that moto leaves out."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Iterator
from itertools import count, takewhile
from typing import Any

from moto.core.utils import unix_time_millis
from moto.sqs import urls
from moto.sqs.exceptions import InvalidParameterValue, ReceiptHandleIsInvalid
from moto.sqs.models import Message, Queue, SQSBackend

DEDUPLICATION_MS = 5 * 60 * 1000  # "Exactly-once processing", SQS Developer Guide
COMES_BACK_WITHIN_MS = 60_000

Lineage = dict[str, int]  # how often each function has run in the chain of a message


class LocalQueue(Queue):
    """Keeps groups in order, deduplicates for five minutes, ends what retention ends."""

    chance: random.Random
    duplicate_rate: float
    current_lineage: Callable[[], Lineage]

    visibility_timeout: int  # moto sets these by name
    message_retention_period: int
    maximum_message_size: int
    deduplication_scope: str
    redrive_policy: dict[str, Any] | None
    kms_master_key_id: str | None

    def __init__(self, name: str, region: str, account_id: str, **attributes: Any) -> None:
        self.lineages: dict[str, Lineage] = {}
        self._accepted: dict[tuple[str | None, str], Message] = {}
        self._came_back: set[Message] = set()
        self._served: dict[str | None, int] = {}
        self._turns = count(1)
        self._sequence = count(1)
        super().__init__(name, region, account_id, **attributes)

    def is_created(self) -> bool:
        return True

    def add_message(self, message: Message) -> None:
        if message.approximate_receive_count:
            self._take_over(message)
        elif len(message.body.encode()) > self.maximum_message_size:
            raise InvalidParameterValue(
                "One or more parameters are invalid. Reason: Message must be shorter than"
                f" {self.maximum_message_size} bytes."
            )
        elif self.fifo_queue and self._is_duplicate(message):
            return
        else:
            self.lineages[message.id] = self.current_lineage()
        self._messages.append(message)

    def receive(self, limit: int) -> list[Message]:
        """What one request gets: exhausted messages go to the dead-letter queue on the way."""
        now = self._expire()
        taken: list[Message] = []
        for message in self._in_turn(now):
            if self._is_exhausted(message):
                self._bury(message)
                continue
            message.mark_received(self.visibility_timeout)
            self._served[message.group_id] = next(self._turns)
            self.pending_messages.add(message)
            taken.append(message)
            if len(taken) == limit:
                break
        return taken

    def delete(self, messages: Iterable[Message]) -> None:
        now = unix_time_millis()
        self._forget({message for message in messages if self._deletes(message, now)})

    def bury(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self._bury(message)

    @property
    def next_visible_ms(self) -> float | None:
        """When a request would get something, if nothing else happens."""
        heads: dict[object, float] = {}
        for message in self._messages:
            heads.setdefault(message.group_id if self.fifo_queue else message, _visible_ms(message))
        return min(heads.values(), default=None)

    @property
    def stored(self) -> list[Message]:
        self._expire()
        return self._messages

    @property
    def messages(self) -> list[Message]:
        now = self._expire()
        return [message for message in self._messages if _visible_ms(message) <= now]

    @property
    def approximate_number_of_messages_delayed(self) -> int:
        now = unix_time_millis()
        return sum(message.delayed_until > now for message in self._messages)

    @property
    def approximate_number_of_messages_not_visible(self) -> int:
        now = unix_time_millis()
        return sum(message.visible_at > now for message in self._messages)

    def _in_turn(self, now: float) -> Iterator[Message]:
        if not self.fifo_queue:
            visible = [message for message in self._messages if _visible_ms(message) <= now]
            self.chance.shuffle(visible)
            yield from visible
            return
        groups: dict[str | None, list[Message]] = {}
        for message in self._messages:
            groups.setdefault(message.group_id, []).append(message)
        # Groups take turns, as in AWS they are served side by side.
        for group in sorted(groups, key=lambda one: self._served.get(one, 0)):
            yield from takewhile(lambda message: _visible_ms(message) <= now, groups[group])

    def _is_duplicate(self, message: Message) -> bool:
        """An id counts for five minutes from the first, even after the first was consumed."""
        now = unix_time_millis()
        for key, twin in list(self._accepted.items()):
            if now - (twin.sent_timestamp or 0) < DEDUPLICATION_MS:
                break
            del self._accepted[key]
        scope = message.group_id if self.deduplication_scope == "messageGroup" else None
        key = (scope, message.deduplication_id or "")
        if first := self._accepted.get(key):
            message.id, message.sequence_number = first.id, first.sequence_number
            return True
        message.sequence_number = f"{next(self._sequence):020d}"
        self._accepted[key] = message
        return False

    def _is_exhausted(self, message: Message) -> bool:
        policy = self.redrive_policy or {}
        limit: float = policy.get("maxReceiveCount", math.inf)
        return message.approximate_receive_count >= limit

    def _bury(self, message: Message) -> None:
        self._forget({message})
        if self.dead_letter_queue:
            self.dead_letter_queue.add_message(message)

    def _take_over(self, message: Message) -> None:
        """A dead letter keeps its age in a standard queue and starts anew in a FIFO one."""
        message.visible_at = 0.0
        if self.fifo_queue:
            message.mark_sent()

    def _deletes(self, message: Message, now: float) -> bool:
        """A FIFO queue refuses an expired receipt; a standard one now and then keeps a copy."""
        if self.fifo_queue:
            return message.visible_at > now
        if message in self._came_back or self.chance.random() >= self.duplicate_rate:
            return True
        self._came_back.add(message)
        message.visible_at = now + self.chance.uniform(0, COMES_BACK_WITHIN_MS)
        return False

    def _expire(self) -> float:
        now = unix_time_millis()
        oldest = now - self.message_retention_period * 1000
        self._forget({one for one in self._messages if (one.sent_timestamp or 0) <= oldest})
        return now

    def _forget(self, gone: set[Message]) -> None:
        if gone:
            self._messages = [message for message in self._messages if message not in gone]
            self._pending_messages -= gone
            self._came_back -= gone
            for message in gone:
                self.lineages.pop(message.id, None)


def _visible_ms(message: Message) -> float:
    return max(message.visible_at, message.delayed_until, message.sent_timestamp or 0)


class LocalSqs(SQSBackend):
    """Takes the place of moto's own for as long as the mock is on."""

    chance: random.Random
    duplicate_rate: float
    current_lineage: Callable[[], Lineage]

    _url_module = urls  # moto would look for it beside this module

    def create_queue(self, name: str, tags: dict[str, str] | None = None, **given: Any) -> Queue:
        if name not in self.queues:
            attributes = {key: value for key, value in given.items() if key != "region"}
            queue = LocalQueue(name, self.region_name, self.account_id, **attributes)
            queue.chance = self.chance
            queue.duplicate_rate = self.duplicate_rate
            queue.current_lineage = self.current_lineage
            self.queues[name] = queue
        return super().create_queue(name, tags, **given)

    def change_message_visibility(
        self, queue_name: str, receipt_handle: str, visibility_timeout: int
    ) -> None:
        """moto counts the limit of 12 hours from when a message was sent, AWS from its receipt."""
        queue = self.get_queue(queue_name)
        for message in queue._messages:
            if message.had_receipt_handle(receipt_handle):
                message.change_visibility(visibility_timeout)
                if visibility_timeout == 0:
                    message.visible_at = 0.0  # at once, also where the clock stands still
                    queue.pending_messages.discard(message)
                return
        raise ReceiptHandleIsInvalid
