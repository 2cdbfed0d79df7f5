"""Plays orders as close together as in a month through the real functions, and meters each run."""

import heapq
import itertools
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import boto3
import httpx

from lambdas import intake
from lambdas.deadline import Deadline
from lambdas.sender import TIMEOUT_SECONDS, Sender
from ops.bench.intake import environment
from ops.bench.learned import teach
from ops.bench.meter import Meter, Metering, metering
from ops.bench.plant import AMAZON_LATENCY, START, Plant, plant
from ops.bench.sending import seller
from ops.bench.standing import MONTH, POLLERS, batching
from ops.bench.units import item_bytes
from ops.simulator.feed import feed
from ops.simulator.messages import Message, MessageKind
from ops.simulator.notices import SubscriptionIds
from ops.simulator.operations import CREATE_SOLICITATION, GET_ACTIONS
from ops.simulator.population import InventedOrder, Population, population
from ops.simulator.simulator import Simulator

SEED = 6
_FIRST_ORDER = START + timedelta(days=3)

# A guess that is on the dear side: Lambda does not say how long an environment is kept.
_COLD_AFTER = timedelta(minutes=5)
DELETED_AT_ONCE = 10  # DeleteMessageBatch
# They would come forty times and end as dead letters; a month may well have none.
_NEVER_TAKEN = {MessageKind.NOT_JSON, MessageKind.MISSING_FIELD}
_IDLE_RUNS = 10
_AT = re.compile(r"at\((.+)\)")


@dataclass(slots=True, kw_only=True)
class Played:
    """What came of so many orders; each batch of notifications and each wake-up had its run.

    `without_work` are the intake's runs that made no call, `idle` the sender's with nothing due
    (which were made for this and are in no other figure). `sample_checks` are those that one
    check a day would have taken. Sizes are in bytes.
    """

    orders: int
    intake: Meter
    sender: Meter
    without_work: Meter
    idle: Meter
    notifications: int = 0
    deletes: float = 0
    schedules: float = 0
    cold_starts: int = 0
    checks: int = 0
    sent: int = 0
    amazon_calls: int = 0
    sample_checks: int = 0
    shipped: int = 0
    item_bytes: float = 0.0
    days_kept: float = 0.0
    days_open: float = 0.0


def play(
    *,
    orders: int,
    a_month: int,
    sellers: int,
    memory_mb: Mapping[str, int],
    learned_from: int = 0,
) -> Played:
    """`orders` of as many sellers, as close together as `a_month` of them a month would come.

    What `learned_from` earlier orders have shown is on record, as if they had gone before.
    """
    days = orders / a_month * (MONTH / timedelta(days=1))
    of = [seller(number) for number in range(sellers)]
    with metering() as meters, plant() as here, environment(here.variables):
        for each in of:
            here.connect(each)
        if learned_from:
            teach(here, of, orders=learned_from, seed=SEED + 1)
        invented = population(seed=SEED, orders=orders, days=days, start=_FIRST_ORDER, sellers=of)
        for order in invented.orders:
            here.simulator.add_order(order.simulated)
        return _Playing(here, meters, invented, memory_mb).to_the_end()


class _Playing:
    def __init__(
        self,
        here: Plant,
        meters: Metering,
        invented: Population,
        memory_mb: Mapping[str, int],
    ) -> None:
        self._here = here
        self._meters = meters
        self._invented = invented
        self._order = itertools.count()
        self._agenda: list[tuple[datetime, int, list[Message] | str]] = []
        self._last_run: dict[str, datetime] = {}
        self._sender = Sender(here.environment(), endpoints=here.endpoints, open_http=self._http)
        self.played = Played(
            orders=len(invented.orders),
            intake=Meter(memory_mb=memory_mb["intake"]),
            sender=Meter(memory_mb=memory_mb["sender"]),
            without_work=Meter(memory_mb=memory_mb["intake"]),
            idle=Meter(memory_mb=memory_mb["sender"]),
        )

    def to_the_end(self) -> Played:
        """Until nothing is planned any more."""
        window, size = batching("intake")
        for batch in _batches(self._messages(), window, size):
            self._plan(batch[0].at + window, batch)
        body = ""
        while self._agenda:
            at, _, work = heapq.heappop(self._agenda)
            assert self._here.clock
            self._here.clock.move_to(max(at, self._here.clock.now))
            if isinstance(work, str):
                self._wake(work, self.played.sender)
                self._note_start("sender")
                body = work
            else:
                self._take_in(work)
            self._plan_what_came_of_it()
        for _ in range(_IDLE_RUNS):
            self._wake(body, self.played.idle)
        self._conclude()
        return self.played

    def _plan(self, at: datetime, work: list[Message] | str) -> None:
        heapq.heappush(self._agenda, (at, next(self._order), work))

    def _messages(self) -> list[Message]:
        ids = {
            (one.seller.seller_id, one.seller.region): SubscriptionIds(
                "amzn1.sp.solution.bench", f"subscription-{one.seller.seller_id}"
            )
            for one in self._invented.orders
        }
        told = feed(self._invented, ids)
        return [message for message in told if message.kind not in _NEVER_TAKEN]

    def _take_in(self, batch: Sequence[Message]) -> None:
        records = [
            {
                "messageId": f"message-{next(self._order)}",
                "body": message.body,
                "attributes": {"SentTimestamp": str(int(message.at.timestamp() * 1000))},
            }
            for message in batch
        ]
        run = Meter(memory_mb=self.played.intake.memory_mb)
        with self._meters.run(run):
            answer = intake.lambda_handler({"Records": records}, None)
        assert not answer["batchItemFailures"], answer
        self._note_start("intake")
        self.played.intake.add(run)
        self.played.notifications += len(batch)
        self.played.deletes += -(-len(batch) // DELETED_AT_ONCE)
        if not run.calls:
            self.played.without_work.add(run)

    def _wake(self, body: str, meter: Meter) -> None:
        record = {
            "messageId": f"wake-up-{next(self._order)}",
            "body": body,
            "attributes": {"ApproximateReceiveCount": "1"},
        }
        with self._meters.run(meter):
            served = self._sender.handle(record, Deadline(None, timeout_seconds=TIMEOUT_SECONDS))
        assert served

    def _note_start(self, function: str) -> None:
        now = datetime.now(UTC)
        self.played.cold_starts += now - self._last_run.get(function, START) > _COLD_AFTER
        self._last_run[function] = now

    def _plan_what_came_of_it(self) -> None:
        for schedule in self._meters.created:
            found = _AT.fullmatch(schedule["ScheduleExpression"])
            assert found
            self._plan(
                datetime.fromisoformat(found[1]).replace(tzinfo=UTC), schedule["Target"]["Input"]
            )
            self.played.schedules += 1
        for message in self._meters.sent:
            self._plan(datetime.now(UTC), message["MessageBody"])
        self._meters.created.clear()
        self._meters.sent.clear()

    def _http(self) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(self._amazon), trust_env=False)

    def _amazon(self, request: httpx.Request) -> httpx.Response:
        time.sleep(AMAZON_LATENCY.total_seconds() + self._meters.cpu_as_time())
        with self._meters.not_ours():
            return self._here.simulator.handle(request)

    def _conclude(self) -> None:
        played, simulator = self.played, self._here.simulator
        made = Counter(each.operation for each in simulator.ledger)
        played.checks, played.sent = made[GET_ACTIONS], made[CREATE_SOLICITATION]
        played.amazon_calls = made.total()
        table = self._here.outputs["OrdersTableName"]
        pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=table)
        items = [item for page in pages for item in page["Items"] if "closes_at" in item]
        played.item_bytes = sum(map(item_bytes, items)) / len(items)
        played.days_kept = sum(map(_kept_for, items), timedelta()) / len(items) / timedelta(days=1)
        open_for = [_open_for(item) for item in items if "shipped_at" in item]
        played.days_open = sum(open_for, timedelta()) / len(open_for) / timedelta(days=1)
        shipped = [one for one in self._invented.orders if one.simulated.shipped_at]
        played.shipped = len(shipped)
        played.sample_checks = sum(daily_checks(order, simulator) for order in shipped)


def _batches(messages: Sequence[Message], window: timedelta, size: int) -> Iterator[list[Message]]:
    """What each run of the intake is given: every poller gathers its own, one after the other."""
    gathered: dict[int, list[Message]] = {}
    for number, message in enumerate(sorted(messages, key=lambda each: each.at)):
        poller = number % POLLERS
        batch = gathered.setdefault(poller, [])
        if batch and (len(batch) == size or message.at >= batch[0].at + window):
            yield gathered.pop(poller)
            batch = gathered.setdefault(poller, [])
        batch.append(message)
    yield from gathered.values()


def _kept_for(item: Mapping[str, Mapping[str, str]]) -> timedelta:
    """From its shipping until it may be deleted; of a tombstone, from the first order on."""
    since = (
        datetime.fromisoformat(item["shipped_at"]["S"]) if "shipped_at" in item else _FIRST_ORDER
    )
    return datetime.fromtimestamp(int(item["expires_at"]["N"]), UTC) - since


def _open_for(item: Mapping[str, Mapping[str, str]]) -> timedelta:
    """From its shipping until it was asked for, or until its window shut."""
    ended = item.get("sent_at", item["closes_at"])["S"]
    return datetime.fromisoformat(ended) - datetime.fromisoformat(item["shipped_at"]["S"])


def daily_checks(order: InventedOrder, simulator: Simulator) -> int:
    """How often one check a day from five days after the earliest delivery on asks for it.

    As Amazon's sample does, until 30 days after the latest. For orders without dates, on which
    the sample fails, our own estimate stands in.
    """
    ships = order.simulated.shipped_at
    assert ships
    promise = order.revised_promise or order.promise
    earliest = promise.earliest if promise else ships + timedelta(days=3)
    latest = promise.latest if promise else ships + timedelta(days=15)
    first, last = earliest + timedelta(days=5), latest + timedelta(days=30)
    offered = simulator.eligible_from(order.simulated)
    until = min(offered or last, last)
    return 1 + max(0, -(-(until - first) // timedelta(days=1)))
