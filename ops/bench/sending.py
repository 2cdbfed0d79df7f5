"""How much of Amazon's usage plan the sender uses: one seller, fifty, and in real time."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from rich.console import Console
from rich.table import Table

from lambdas.aws.items import solicitation_item, to_attributes
from lambdas.core.marketplaces import Region
from lambdas.deadline import Deadline
from lambdas.sender import TIMEOUT_SECONDS
from ops.bench.plant import Plant, due_order, plant
from ops.simulator.operations import CREATE_SOLICITATION, GET_ACTIONS
from ops.simulator.population import Seller

PLAN_PER_SECOND = 1.0  # "Usage Plans", Solicitations API v1: both operations
_ITEMS_A_WRITE = 25
_WINDOWS_SHUT_FROM = timedelta(minutes=90)

Backlog = Mapping[Seller, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What became of a backlog: the plan's use, and who was asked when, in seconds."""

    sellers: int
    orders: int
    asked: int
    seconds: float
    calls: int
    refused: int
    deepest_queue: int
    done_after: Mapping[str, float]

    @property
    def share_of_plan(self) -> float:
        """Orders a second, over what the plans of all sellers allow."""
        return self.asked / self.seconds / (PLAN_PER_SECOND * self.sellers)


def run(console: Console) -> Mapping[str, Any]:
    """Print the share of the plan for one seller and for fifty, in moved and in real time."""
    served = {
        "1 seller, 200 orders": serve({seller(0): 200}),
        "50 sellers, 40 orders each": serve({seller(number): 40 for number in range(50)}),
        "1 seller, 60 orders, real time": serve({seller(0): 60}, moved=False),
    }
    console.print("The usage plan: one order a second for each seller and region")
    console.print(table_of(served))
    return figures_of(served)


def table_of(served: Mapping[str, Served]) -> Table:
    """A row for each backlog."""
    table = Table("backlog", "asked", "of the plan", "refused calls", "queue at most", box=None)
    for name, each in served.items():
        table.add_row(
            name,
            f"{each.asked:,} of {each.orders:,}",
            f"{each.share_of_plan:.3f}",
            f"{each.refused} of {each.calls:,}",
            str(each.deepest_queue),
        )
    return table


def figures_of(served: Mapping[str, Served]) -> dict[str, Any]:
    """The same as plain figures."""
    return {
        name: {
            "share_of_plan": round(each.share_of_plan, 4),
            "asked": each.asked,
            "calls": each.calls,
            "refused": each.refused,
            "deepest_queue": each.deepest_queue,
        }
        for name, each in served.items()
    }


def seller(number: int) -> Seller:
    """An invented seller."""
    return Seller(seller_id=f"A1DAYFIVE{number:05d}", region=Region.NA)


def serve(
    backlog: Backlog,
    *,
    moved: bool = True,
    shuts_every: timedelta | None = None,
    until_done: Iterable[Seller] = (),
) -> Served:
    """Serve so many due orders of each seller; one environment polls for each of them.

    With `shuts_every` the windows shut one after the other from an hour and a half on, in
    another order than that of the due times. With `until_done` it ends when these sellers
    have no order left, whatever the others have.
    """
    with plant(moved=moved) as here:
        for each in backlog:
            here.connect(each)
        fill(here, backlog, shuts_every)
        polling = _Polling(here, backlog, set(until_done) or set(backlog))
        for each in backlog:
            here.environment().wake_up_queue.wake(each.seller_id, each.region)
        began = datetime.now(UTC)
        here.play([polling.run] * len(backlog))
        return _served(here, backlog, began, polling.deepest)


def fill(here: Plant, backlog: Backlog, shuts_every: timedelta | None = None) -> None:
    """Put so many due orders of each seller on record, and at Amazon."""
    now, number, items = datetime.now(UTC), 0, []
    for each, orders in backlog.items():
        for place in range(orders):
            number += 1
            later = place * 7919 % orders  # 7919 is prime: each place once, and well mixed
            shuts_at = now + _WINDOWS_SHUT_FROM + later * shuts_every if shuts_every else None
            order, at_amazon = due_order(
                each,
                number,
                due_at=now - timedelta(seconds=orders - place),
                closes_at=shuts_at or now + timedelta(days=20),
            )
            here.simulator.add_order(at_amazon)
            items.append({"PutRequest": {"Item": to_attributes(solicitation_item(order))}})
    client, table = boto3.client("dynamodb"), here.outputs["OrdersTableName"]
    for first in range(0, len(items), _ITEMS_A_WRITE):
        client.batch_write_item(RequestItems={table: items[first : first + _ITEMS_A_WRITE]})


class _Polling:
    """What the pollers and execution environments do: one wake-up after the other."""

    def __init__(self, here: Plant, backlog: Backlog, until_done: set[Seller]) -> None:
        self._here = here
        self._orders = {each.seller_id: backlog[each] for each in until_done}
        self._client = boto3.client("sqs")
        self._queue_url = here.outputs["WakeUpQueueUrl"]
        self.deepest = 0

    def run(self) -> None:
        sender = self._here.sender()
        while self._is_going_on() and (message := self._receive()):
            record = {
                "messageId": message["MessageId"],
                "body": message["Body"],
                "attributes": message["Attributes"],
            }
            if sender.handle(record, Deadline(None, timeout_seconds=TIMEOUT_SECONDS)):
                self._client.delete_message(
                    QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"]
                )

    def _receive(self) -> Mapping[str, Any] | None:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        depth = self._client.get_queue_attributes(QueueUrl=self._queue_url, AttributeNames=names)
        self.deepest = max(self.deepest, sum(map(int, depth["Attributes"].values())))
        received = self._client.receive_message(
            QueueUrl=self._queue_url, AttributeNames=["All"], VisibilityTimeout=540
        )
        messages = received.get("Messages", [])
        return messages[0] if messages else None

    def _is_going_on(self) -> bool:
        asked = Counter(each.seller_id for each in self._here.simulator.ledger if each.accepted)
        return any(asked[seller_id] < orders for seller_id, orders in self._orders.items())


def _served(here: Plant, backlog: Backlog, began: datetime, deepest_queue: int) -> Served:
    solicitations = {GET_ACTIONS, CREATE_SOLICITATION}
    calls = [each for each in here.simulator.ledger if each.operation in solicitations]
    asked = [each for each in calls if each.accepted]
    return Served(
        sellers=len(backlog),
        orders=sum(backlog.values()),
        asked=len(asked),
        # From the first order's slot to the end of the last one's.
        seconds=(calls[-1].at - calls[0].at).total_seconds() + 1 / PLAN_PER_SECOND,
        calls=len(calls),
        refused=sum(each.throttled for each in calls),
        deepest_queue=deepest_queue,
        done_after={each.seller_id or "": (each.at - began).total_seconds() for each in asked},
    )
