"""Invented orders: plausible, in the wanted shares, and always the same for one seed."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from lambdas.core.marketplaces import Region, region_of
from ops.simulator.orders import Listing
from ops.simulator.population import InventedOrder, Population, Seller, population

START = datetime(2026, 3, 1, tzinfo=UTC)
SELLERS = (
    Seller(seller_id="A1DAYFIVENA001", region=Region.NA),
    Seller(seller_id="A1DAYFIVEEU001", region=Region.EU),
)
COUNT = 4000


def invent(seed: int = 1, orders: int = COUNT) -> Population:
    return population(seed=seed, orders=orders, days=30, start=START, sellers=SELLERS)


@pytest.fixture(scope="module")
def orders() -> tuple[InventedOrder, ...]:
    return invent().orders


def share(orders: tuple[InventedOrder, ...], count: int) -> float:
    return count / len(orders)


def test_one_seed_gives_one_population() -> None:
    assert invent(seed=3, orders=200) == invent(seed=3, orders=200)
    assert invent(seed=3, orders=200) != invent(seed=4, orders=200)


def test_order_ids_are_amazons_and_unique(orders: tuple[InventedOrder, ...]) -> None:
    ids = {order.amazon_order_id for order in orders}

    assert len(ids) == COUNT
    assert all(re.fullmatch(r"\d{3}-\d{7}-\d{7}", amazon_order_id) for amazon_order_id in ids)


def test_every_seller_sells_in_marketplaces_of_its_region(
    orders: tuple[InventedOrder, ...],
) -> None:
    assert all(region_of(o.simulated.marketplace_id) is o.seller.region for o in orders)
    assert all(o.simulated.seller_id == o.seller.seller_id for o in orders)
    assert len({o.simulated.marketplace_id for o in orders}) == 8


def test_orders_ship_within_the_days_asked_for(orders: tuple[InventedOrder, ...]) -> None:
    shipped = [o.simulated.shipped_at for o in orders if o.simulated.shipped_at]

    assert min(shipped) >= START
    assert max(shipped) < START + timedelta(days=30)
    assert all(one.purchased_at <= next_one.purchased_at for one, next_one in pairwise(orders))


def test_six_in_ten_orders_are_afn_and_those_have_no_promise(
    orders: tuple[InventedOrder, ...],
) -> None:
    afn = [o for o in orders if o.fulfillment_type == "AFN"]

    assert 0.57 < share(orders, len(afn)) < 0.63
    assert all(o.promise is None and o.revised_promise is None for o in afn)
    assert all(o.promise for o in orders if o.fulfillment_type == "MFN")


def test_cancellations_lost_parcels_and_rarities_have_their_shares(
    orders: tuple[InventedOrder, ...],
) -> None:
    fates = Counter(
        "canceled unshipped"
        if o.simulated.canceled_at and not o.simulated.shipped_at
        else "canceled shipped"
        if o.simulated.canceled_at
        else "delivered"
        if o.simulated.delivered_at
        else "lost"
        for o in orders
    )

    assert 0.013 < share(orders, fates["canceled unshipped"]) < 0.027
    assert 0.005 < share(orders, fates["canceled shipped"]) < 0.015
    assert 0.013 < share(orders, fates["lost"]) < 0.027
    assert 0.02 < share(orders, sum(o.simulated.flapping > 0 for o in orders)) < 0.04
    assert any(o.simulated.solicited_at for o in orders)
    replacements = [o for o in orders if o.is_replacement]
    assert 0.005 < share(orders, len(replacements)) < 0.015
    assert {o.simulated.listing for o in replacements} == {Listing.NOTHING}


def test_parcels_of_afn_orders_take_a_few_days_and_some_long(
    orders: tuple[InventedOrder, ...],
) -> None:
    days = sorted(transit_days(o) for o in orders if o.fulfillment_type == "AFN" and delivered(o))

    assert days[0] > 0.5
    assert 2.5 < days[len(days) // 2] < 3.5
    assert days[int(len(days) * 0.9)] < 7
    assert 12 < days[-1] <= 25


def test_parcels_of_mfn_orders_come_early_on_time_and_late(
    orders: tuple[InventedOrder, ...],
) -> None:
    punctuality = Counter(punctuality_of(o) for o in orders if o.promise and delivered(o))

    total = punctuality.total()
    assert 0.12 < punctuality["early"] / total < 0.18
    assert 0.65 < punctuality["on time"] / total < 0.75
    assert 0.12 < punctuality["late"] / total < 0.18


def delivered(order: InventedOrder) -> bool:
    return order.simulated.delivered_at is not None


def transit_days(order: InventedOrder) -> float:
    shipped_at, delivered_at = order.simulated.shipped_at, order.simulated.delivered_at
    assert shipped_at is not None
    assert delivered_at is not None
    return (delivered_at - shipped_at) / timedelta(days=1)


def punctuality_of(order: InventedOrder) -> str:
    promise = order.revised_promise or order.promise
    delivered_at = order.simulated.delivered_at
    assert promise is not None
    assert delivered_at is not None
    if delivered_at < promise.earliest:
        return "early"
    return "on time" if delivered_at <= promise.latest else "late"
