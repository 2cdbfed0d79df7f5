"""A FIFO queue of the local cloud keeps its promises whatever its consumers do."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from moto.sqs.models import Message

from ops.local_cloud.clock import Clock
from ops.local_cloud.queues import LocalQueue, LocalSqs

START = datetime(2027, 3, 1, tzinfo=UTC)
MOST_RECEIVES = 3
FIFO = {"FifoQueue": "true", "ContentBasedDeduplication": "true", "VisibilityTimeout": 30}

steps = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.sampled_from("abc")),
        st.tuples(st.just("wait"), st.integers(1, 40)),
        # One request, of which the consumer settles some: those whose bit is set.
        st.tuples(st.just("receive"), st.tuples(st.integers(1, 10), st.integers(0, 1023))),
    ),
    max_size=60,
)


def queues() -> tuple[LocalSqs, LocalQueue, LocalQueue]:
    backend = LocalSqs("us-east-1", "123456789012")
    backend.chance, backend.duplicate_rate, backend.current_lineage = Random(0), 0.0, dict
    dead = backend.create_queue("Dead.fifo", **FIFO)
    queue = backend.create_queue("Queue.fifo", **FIFO)
    assert isinstance(queue, LocalQueue)
    assert isinstance(dead, LocalQueue)
    queue.redrive_policy = {"maxReceiveCount": MOST_RECEIVES}
    queue.dead_letter_queue = dead
    return backend, queue, dead


class Consumer:
    """Receives and settles, and remembers what it saw."""

    def __init__(self, queue: LocalQueue) -> None:
        self._queue = queue
        self.settled: defaultdict[str, list[int]] = defaultdict(list)
        self.unsettled: set[Message] = set()

    def receive(self, limit: int, settles: int) -> None:
        now_ms = datetime.now(UTC).timestamp() * 1000
        in_flight = {one.group_id for one in self.unsettled if one.visible_at > now_ms}
        received = self._queue.receive(limit)
        assert not in_flight & {message.group_id for message in received}
        for position, message in enumerate(received):
            assert message.approximate_receive_count <= MOST_RECEIVES
            if settles & 1 << position:
                self._queue.delete([message])
                self.unsettled.discard(message)
                self.settled[message.group_id or ""].append(int(message.body))
            else:
                # As a consumer must: nothing of the group is settled behind a failure.
                settles &= ~_positions_of(received, message.group_id)
                self.unsettled.add(message)


def _positions_of(messages: list[Message], group_id: str | None) -> int:
    return sum(1 << at for at, message in enumerate(messages) if message.group_id == group_id)


@settings(max_examples=200, deadline=None)
@given(steps)
def test_groups_stay_in_order_and_every_message_is_somewhere(
    history: list[tuple[str, object]],
) -> None:
    with Clock(START) as clock:
        backend, queue, dead = queues()
        consumer, sent = Consumer(queue), 0
        for step in history:
            match step:
                case "send", str(group):
                    backend.send_message(queue.name, f"{sent}", group_id=group)
                    sent += 1
                case "wait", int(seconds):
                    clock.move_to(clock.now + timedelta(seconds=seconds))
                case "receive", (int(limit), int(settles)):
                    consumer.receive(limit, settles)

        for order in consumer.settled.values():
            assert order == sorted(order)
        settled = sum(map(len, consumer.settled.values()))
        assert settled + len(queue.stored) + len(dead.stored) == sent


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 400), max_size=20))
def test_a_body_is_let_in_once_in_five_minutes(gaps: list[int]) -> None:
    with Clock(START) as clock:
        backend, queue, _ = queues()
        let_in: list[datetime] = []
        for gap in gaps:
            clock.move_to(clock.now + timedelta(seconds=gap))
            before = len(queue.stored)
            backend.send_message(queue.name, "same", group_id="g")
            if len(queue.stored) > before:
                let_in.append(clock.now)
                queue.receive(10)

        expected: list[datetime] = []
        at = START
        for gap in gaps:
            at += timedelta(seconds=gap)
            if not expected or at - expected[-1] >= timedelta(minutes=5):
                expected.append(at)
        assert let_in == expected


def test_an_old_message_may_be_let_go_at_once() -> None:
    with Clock(START) as clock:
        backend, _, _ = queues()
        backend.send_message("Queue.fifo", "old", group_id="a")
        clock.move_to(START + timedelta(days=1))
        [message] = backend.receive_message("Queue.fifo", 1, 0, 30)

        backend.change_message_visibility("Queue.fifo", message.receipt_handle or "", 0)

        assert [each.body for each in backend.receive_message("Queue.fifo", 1, 0, 30)] == ["old"]
