"""What earlier orders have taught, put on record as the sender would have: a month's beginning."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime

import boto3

from lambdas.aws.experience_table import ExperienceTable, Kind
from lambdas.core.delivery import DeliveryNews, Promise, estimate_delivery
from lambdas.core.experience import Lesson
from lambdas.core.planning import lesson_of
from lambdas.core.solicitation import Solicitation
from lambdas.core.window import solicitation_window
from ops.bench.plant import START, Plant
from ops.bench.timing.parcels import POLICY, Parcel
from ops.bench.timing.populations import NO_TROUBLE
from ops.bench.timing.replay import replay
from ops.bench.timing.strategies import Planner
from ops.simulator.population import InventedOrder, Seller, population

_DAYS = 30.0
_COUNTED_AT_ONCE = 100


class _Teacher(Planner):
    """Checks as the planner does, and keeps every lesson."""

    def __init__(self, marketplaces: dict[str, str]) -> None:
        super().__init__()
        self._marketplaces = marketplaces
        self.lessons: dict[tuple[str, str], list[Lesson]] = defaultdict(list)

    def answered(self, order: Solicitation, *, offered: bool, now: datetime) -> None:
        super().answered(order, offered=offered, now=now)
        if lesson := lesson_of(order, offered=offered, now=now):
            marketplace = self._marketplaces[order.amazon_order_id]
            self.lessons[marketplace, order.fulfillment_type].append(lesson)


def teach(here: Plant, sellers: Sequence[Seller], *, orders: int, seed: int) -> None:
    """Write what the checks of so many orders of each seller have shown."""
    table = ExperienceTable(boto3.client("dynamodb"), here.outputs["OrdersTableName"])
    for seller in sellers:
        invented = population(seed=seed, orders=orders, days=_DAYS, start=START, sellers=[seller])
        shipped = [order for order in invented.orders if order.simulated.shipped_at]
        parcels = [_parcel(number, order) for number, order in enumerate(shipped)]
        teacher = _Teacher(
            {
                parcel.amazon_order_id: order.simulated.marketplace_id
                for parcel, order in zip(parcels, shipped, strict=True)
            }
        )
        replay(parcels, teacher, NO_TROUBLE, seed=seed)
        for (marketplace_id, fulfillment_type), lessons in teacher.lessons.items():
            kind = Kind(seller.seller_id, marketplace_id, fulfillment_type)
            for start in range(0, len(lessons), _COUNTED_AT_ONCE):
                counted = lessons[start : start + _COUNTED_AT_ONCE]
                table.add(kind, counted, now=datetime.now(UTC))


def _parcel(number: int, order: InventedOrder) -> Parcel:
    """The order as the timing benchmark sees it."""
    simulated, promise = order.simulated, order.revised_promise or order.promise
    assert simulated.shipped_at
    news = DeliveryNews(shipped_at=simulated.shipped_at)
    if promise:
        told = Promise(
            news_at=simulated.shipped_at, earliest=promise.earliest, latest=promise.latest
        )
        news = DeliveryNews(shipped_at=simulated.shipped_at, promise=told)
    return Parcel(
        number=number,
        regime=0,
        shipped_at=simulated.shipped_at,
        news=news,
        window=solicitation_window(
            estimate_delivery(news, now=simulated.shipped_at, policy=POLICY)
        ),
        fulfillment_type=order.fulfillment_type,
        eligible_from=simulated.eligible_from,
        eligible_until=simulated.eligible_until,
    )
