"""One World for many scenes: swept clean between them, which is far quicker than a new one."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import boto3

from lambdas.core.solicitation import Solicitation
from lambdas.wiring import Environment
from ops.simulator.simulator import Simulator
from tests.integration.conftest import SELLER, US, World
from tests.integration.test_intake import body

ORDER = "903-5550101-0000001"
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


class Scenes:
    """Sets the stage anew for each scene: a live seller with one order, due and eligible now."""

    def __init__(self, world: World, *, senders: int = 1) -> None:
        self.world = world
        self.simulator: Simulator = world.simulator
        self.clock = world.clock
        settings = world.environment.settings
        others = [World(Environment(settings), self.simulator, self.clock) for _ in range(senders)]
        self.senders = others
        self._table = boto3.client("dynamodb")
        self._seller = self._table.get_item(TableName="orders", Key=_key("SELLER"))["Item"]
        self.shipped_at = self.clock.now

    def set(self, *, delivered_after: timedelta = 3 * DAY, **order: object) -> Solicitation:
        """Forget all that was; the order shipped eight days ago and its first check is due."""
        self.clear(ORDER)
        self.clock.move_to(self.clock.now + 10 * MINUTE)
        self.shipped_at = self.clock.now - 8 * DAY
        self.world.sell(
            ORDER,
            **{
                "shipped_at": self.shipped_at,
                "delivered_at": self.shipped_at + delivered_after,
                **order,
            },
        )
        assert self.world.deliver(self.news()) == []
        return self.order

    def clear(self, *orders: str) -> None:
        for order_id in orders:
            self._table.delete_item(TableName="orders", Key=_key(order_id))
        self._table.delete_item(TableName="orders", Key=_key(f"EXPERIENCE#{US}#AFN"))
        self._table.put_item(TableName="orders", Item=self._seller)
        self.simulator.ledger.clear()
        self.simulator.orders.clear()
        self.simulator.solicitations.accepted.clear()
        self.simulator.faults = []

    def news(self, **overrides: object) -> str:
        return body(**{"time_of_order_change": self.shipped_at, **overrides})

    @property
    def order(self) -> Solicitation:
        found = self.world.order(ORDER)
        assert isinstance(found, Solicitation)
        return found

    @property
    def accepted(self) -> int:
        return sum(entry.accepted for entry in self.simulator.ledger)

    def see_it_through(self, *, by: timedelta = 45 * DAY) -> Solicitation:
        """Wake the sender whenever the order is due, until it has ended."""
        for order in self._looks(until=self.clock.now + by):
            self.clock.move_to(max(self.clock.now, order.due_at))
            self.world.wake()
        return self.order

    def _looks(self, *, until: datetime) -> Iterator[Solicitation]:
        while (order := self.order).is_open:
            assert order.due_at <= until, "the order would stay open"
            yield order
            self.clock.move_to(self.clock.now + MINUTE)


def _key(sort_key: str) -> dict[str, object]:
    return {"seller_id": {"S": SELLER}, "amazon_order_id": {"S": sort_key}}
