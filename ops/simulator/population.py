"""Invents the orders of several sellers, as a month of ordinary trade would bring them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from random import Random

from lambdas.core.marketplaces import Region
from ops.simulator.errors import ALREADY_REQUESTED, NOT_AVAILABLE
from ops.simulator.orders import Listing, Purchase, SimulatedOrder

POSTAL_CODE_CANARY = "D0Q 5U0"
"""Every invented buyer's postal code: well formed, and none, since Canada uses no D, Q or U.

Wherever it turns up behind the parser, something private was kept.
"""

_AFN_SHARE = 0.6
_CANCELED_UNSHIPPED_SHARE = 0.02
_CANCELED_SHIPPED_SHARE = 0.01
_NEVER_DELIVERED_SHARE = 0.02
_REPLACEMENT_SHARE = 0.01
_FLAPPING_SHARE = 0.03
_BY_HAND_SHARE = 0.005
_PROMISE_REVISED_SHARE = 0.03
_MARKETPLACES = {
    Region.NA: (("ATVPDKIKX0DER", 80), ("A2EUQ1WTGCTBG2", 13), ("A1AM78C64UM0Y8", 7)),
    Region.EU: (
        ("A1PA6795UKMFR9", 40),
        ("A1F83G8C2ARO7P", 30),
        ("A13V1IB3VIYZZH", 12),
        ("APJ6JRA9NG5V4", 10),
        ("A1RKKUPIHCS9HS", 8),
    ),
    Region.FE: (("A1VC38T7YXB528", 80), ("A39IBJ37TRP1C6", 15), ("A19VAU5U5O7RUS", 5)),
}
TIME_TO_SHIP = timedelta(days=2)
"""Until when a seller has promised to have shipped; parcels go out within these days."""

_SKUS = ("MUG-BLUE", "MUG-SAND", "LAMP-OAK", "SOAP-3PK", "RUG-SMALL", "TRAY-ASH", "VASE-TALL")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seller:
    """A seller in one region; a seller in two regions is listed twice."""

    seller_id: str
    region: Region


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """The delivery window that a seller-fulfilled order's buyer was given."""

    earliest: datetime
    latest: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    order_item_id: str
    seller_sku: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InventedOrder:
    """An order with its whole life; Amazon's part of it is `simulated`, the rest is news."""

    seller: Seller
    fulfillment_type: str
    is_replacement: bool
    items: tuple[Item, ...]
    purchased_at: datetime
    promise: Promise | None
    revised_promise: Promise | None
    simulated: SimulatedOrder

    @property
    def amazon_order_id(self) -> str:
        return self.simulated.amazon_order_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """All invented orders, in the order of their purchase."""

    seed: int
    orders: tuple[InventedOrder, ...]


def population(
    *, seed: int, orders: int, days: float, start: datetime, sellers: Sequence[Seller]
) -> Population:
    """Invent this many orders, which ship (or are cancelled) over `days` from `start`."""
    invented = [
        _invent(Random(f"{seed}/{number}"), number, sellers, start, days)
        for number in range(orders)
    ]
    invented.sort(key=lambda order: (order.purchased_at, order.amazon_order_id))
    return Population(seed=seed, orders=tuple(invented))


def _invent(
    luck: Random, number: int, sellers: Sequence[Seller], start: datetime, days: float
) -> InventedOrder:
    seller = luck.choice(sellers)
    handled_at = start + timedelta(days=luck.random() * days)
    fulfillment_type = "AFN" if luck.random() < _AFN_SHARE else "MFN"
    promise = _promise(luck, handled_at) if fulfillment_type == "MFN" else None
    revised = _revised(luck, promise) if promise else None
    is_replacement = luck.random() < _REPLACEMENT_SHARE
    simulated = SimulatedOrder(
        amazon_order_id=_amazon_order_id(luck, number),
        seller_id=seller.seller_id,
        marketplace_id=_marketplace_id(luck, seller.region),
        shipped_at=handled_at,
        delivered_at=_delivered_at(luck, handled_at, revised or promise),
        flapping=0.3 if luck.random() < _FLAPPING_SHARE else 0.0,
        second_answer=luck.choice((NOT_AVAILABLE, ALREADY_REQUESTED)),
        # Amazon says nothing of replacements; tools have found that they are not offered.
        listing=Listing.NOTHING if is_replacement else Listing.OFFERED,
    )
    order = InventedOrder(
        seller=seller,
        fulfillment_type=fulfillment_type,
        is_replacement=is_replacement,
        items=_items(luck),
        purchased_at=handled_at - timedelta(hours=luck.uniform(2, 48)),
        promise=promise,
        revised_promise=revised,
        simulated=_with_fate(luck, simulated, handled_at),
    )
    return replace(order, simulated=replace(order.simulated, purchase=_purchase(order)))


def _purchase(order: InventedOrder) -> Purchase:
    """What the Orders API says of the order: the last promise, none where Amazon fulfils it."""
    promise = order.revised_promise or order.promise
    return Purchase(
        at=order.purchased_at,
        fulfilled_by="AMAZON" if order.fulfillment_type == "AFN" else "MERCHANT",
        ship_by=(order.purchased_at, order.purchased_at + TIME_TO_SHIP),
        deliver_by=(promise.earliest, promise.latest) if promise else None,
        # It is an invented original: nothing looks it up.
        replaces="900-0000000-0000000" if order.is_replacement else None,
        skus=tuple(item.seller_sku for item in order.items),
    )


def _with_fate(luck: Random, order: SimulatedOrder, handled_at: datetime) -> SimulatedOrder:
    """Cancel the order, lose its parcel or have it solicited by hand, each in a few cases."""
    fate = luck.random()
    if fate < _CANCELED_UNSHIPPED_SHARE:
        return replace(order, shipped_at=None, delivered_at=None, canceled_at=handled_at)
    fate -= _CANCELED_UNSHIPPED_SHARE
    if fate < _CANCELED_SHIPPED_SHARE:
        canceled_at = handled_at + timedelta(days=luck.uniform(0.1, 4))
        return replace(order, delivered_at=None, canceled_at=canceled_at)
    fate -= _CANCELED_SHIPPED_SHARE
    if fate < _NEVER_DELIVERED_SHARE:
        return replace(order, delivered_at=None)
    fate -= _NEVER_DELIVERED_SHARE
    if fate < _BY_HAND_SHARE and order.delivered_at:
        by_hand = order.delivered_at + timedelta(days=luck.uniform(5, 20))
        return replace(order, solicited_at=by_hand)
    return order


def _promise(luck: Random, handled_at: datetime) -> Promise:
    """Whole days, as Amazon promises them: from a midnight to the last second of a day."""
    midnight = datetime.combine(handled_at.date(), time(8), tzinfo=UTC)
    earliest = midnight + timedelta(days=luck.randint(2, 5))
    latest = earliest + timedelta(days=luck.randint(1, 6)) - timedelta(seconds=1)
    return Promise(earliest=earliest, latest=latest)


def _revised(luck: Random, promise: Promise) -> Promise | None:
    if luck.random() >= _PROMISE_REVISED_SHARE:
        return None
    later = timedelta(days=luck.randint(2, 5))
    return Promise(earliest=promise.earliest + later, latest=promise.latest + later)


def _delivered_at(luck: Random, shipped_at: datetime, promise: Promise | None) -> datetime:
    if promise is None:
        # Half arrive within three days, nine in ten within six, a few after twelve.
        days = luck.lognormvariate(math.log(3), 0.55)
        return shipped_at + timedelta(days=min(max(days, 0.6), 25))
    punctuality = luck.random()
    if punctuality < 0.15:
        soonest = shipped_at + timedelta(hours=20)
        return soonest + (promise.earliest - soonest) * luck.random()
    if punctuality < 0.85:
        return promise.earliest + (promise.latest - promise.earliest) * luck.random()
    return promise.latest + timedelta(days=min(luck.expovariate(1 / 2.5), 20))


def _amazon_order_id(luck: Random, number: int) -> str:
    # The last part is a permutation of the number, so that no two orders share an id.
    return f"9{luck.randint(0, 99):02}-{luck.randint(0, 9999999):07}-{number * 7919 % 10**7:07}"


def _marketplace_id(luck: Random, region: Region) -> str:
    ids, weights = zip(*_MARKETPLACES[region], strict=True)
    return str(luck.choices(ids, weights)[0])


def _items(luck: Random) -> tuple[Item, ...]:
    skus = luck.sample(_SKUS, k=luck.choices((1, 2, 3), (80, 15, 5))[0])
    return tuple(
        Item(
            order_item_id=f"55{luck.randint(0, 10**12 - 1):012}",
            seller_sku=f"DAYFIVE-{sku}",
            quantity=luck.choices((1, 2, 3), (85, 10, 5))[0],
        )
        for sku in skus
    )
