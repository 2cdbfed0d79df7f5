"""A backlog of thousands: what shuts soon is seen among it, however late it became due."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import boto3
import pytest

from lambdas.aws.items import solicitation_item, to_attributes
from lambdas.aws.orders_table import READ_AT_MOST
from lambdas.core.marketplaces import Region
from lambdas.core.solicitation import Solicitation
from ops.bench.plant import due_order
from ops.simulator.population import Seller
from tests.integration.conftest import SELLER, START, World

NOW = START + timedelta(days=10)


def due(number: int, *, due_at: datetime, closes_in: timedelta) -> Solicitation:
    seller = Seller(seller_id=SELLER, region=Region.NA)
    return due_order(seller, number, due_at=due_at, closes_at=NOW + closes_in)[0]


def put(orders: Iterable[Solicitation]) -> None:
    items = [{"PutRequest": {"Item": to_attributes(solicitation_item(order))}} for order in orders]
    client = boto3.client("dynamodb")
    for start in range(0, len(items), 25):
        client.batch_write_item(RequestItems={"orders": items[start : start + 25]})


@pytest.mark.parametrize("others_close_in", [timedelta(days=20), timedelta(hours=40)])
def test_what_shuts_first_is_seen_wherever_it_is_among_thousands_that_are_due(
    world: World, others_close_in: timedelta
) -> None:
    backlog = [
        due(
            number,
            due_at=NOW - timedelta(hours=2) + number * timedelta(seconds=1),
            closes_in=others_close_in,
        )
        for number in range(READ_AT_MOST + 10)
    ]
    in_the_midst = due(90_001, due_at=backlog[-5].due_at, closes_in=timedelta(hours=2))
    last_check = due(90_002, due_at=NOW, closes_in=timedelta(hours=3))
    put([*backlog, in_the_midst, last_check])

    found = [order.amazon_order_id for order in world.orders.due(SELLER, Region.NA, until=NOW)]

    assert found[:2] == [in_the_midst.amazon_order_id, last_check.amazon_order_id]
    assert len(set(found)) == len(found) >= READ_AT_MOST
