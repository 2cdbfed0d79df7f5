"""Reads orders and sellers for the operator's screens: page by page, whatever their number."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lambdas.aws.errors import CorruptRecordError, translated
from lambdas.aws.items import Item, from_attributes, solicitation_from, to_attributes
from lambdas.core.marketplaces import Region, country_of
from lambdas.core.seller import Seller
from lambdas.core.solicitation import Solicitation, Status
from ops.deployment import Deployment
from ops.errors import OperatorError
from ops.wording import listed

OnCorrupt = Callable[[CorruptRecordError], None]

# The seller's own items lie beside its orders; an order's id has its dashes.
_IS_ORDER = "-"
_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which orders are meant; what is not given does not matter. Times are aware."""

    states: frozenset[Status] = frozenset()
    region: Region | None = None
    marketplace_id: str | None = None
    sku: str | None = None
    reason: str | None = None
    due_after: datetime | None = None
    due_before: datetime | None = None

    def matches(self, order: Solicitation) -> bool:
        """Whether this order is meant; an order that has ended is not due at any time."""
        if self.due_after or self.due_before:
            if not order.is_open:
                return False
            if self.due_after and order.next_look_at < self.due_after:
                return False
            if self.due_before and order.next_look_at >= self.due_before:
                return False
        return (
            (not self.states or order.status in self.states)
            and self.region in (None, order.region)
            and self.marketplace_id in (None, order.marketplace_id)
            and (self.sku is None or self.sku in order.skus)
            and (self.reason is None or self.reason.casefold() in _words(order.reason))
        )


def all_sellers(
    deployment: Deployment, *, only: str | None = None, on_corrupt: OnCorrupt
) -> list[Seller]:
    """Every seller, or `only` this one, by id. Raises OperatorError if that one is not there."""
    if only is not None:
        seller = deployment.sellers.get(only)
        if seller is None:
            raise not_connected(deployment, only)
        return [seller]
    found = []
    for shown in deployment.sellers.all(on_corrupt=on_corrupt):
        # The index has only part of each record.
        try:
            seller = deployment.sellers.get(shown.seller_id)
        except CorruptRecordError as error:
            on_corrupt(error)
        else:
            found += [seller] if seller else []
    return sorted(found, key=lambda each: each.seller_id)


def not_connected(deployment: Deployment, seller_id: str) -> OperatorError:
    """What to tell the operator, who may have mistyped it."""
    known = sorted(each.seller_id for each in deployment.sellers.all(on_corrupt=lambda _: None))
    shown = known if len(known) <= _NAMED else [*known[:_NAMED], f"{len(known) - _NAMED:,} more"]
    named = f" ({listed(shown)} {'is' if len(known) == 1 else 'are'})" if known else ""
    return OperatorError(
        f"seller {seller_id} is not connected{named}: run dayfive connect --seller {seller_id}"
        " first"
    )


def all_orders(
    deployment: Deployment, seller_id: str, *, on_corrupt: OnCorrupt
) -> Iterator[Solicitation]:
    """Every order of a seller, by its id, read as it is needed (eventually consistent).

    A record that cannot be read is told to `on_corrupt`, and does not stop the others.
    """
    for item in all_items(deployment, seller_id):
        try:
            yield solicitation_from(item)
        except CorruptRecordError as error:
            on_corrupt(error)


def matching_orders(
    deployment: Deployment, sellers: Iterable[Seller], wanted: Filter, *, on_corrupt: OnCorrupt
) -> Iterator[Solicitation]:
    """The orders of these sellers that are meant, read as they are needed."""
    for seller in sellers:
        for order in all_orders(deployment, seller.seller_id, on_corrupt=on_corrupt):
            if wanted.matches(order):
                yield order


def all_items(deployment: Deployment, seller_id: str, *attributes: str) -> Iterator[Item]:
    """The stored items of a seller's orders; with `attributes` no others are sent."""
    query: dict[str, Any] = {
        "TableName": deployment.output("OrdersTableName"),
        "KeyConditionExpression": "seller_id = :seller",
        "ExpressionAttributeValues": to_attributes({":seller": seller_id}),
    }
    if attributes:
        names = {f"#{name}": name for name in ("amazon_order_id", *attributes)}
        query["ExpressionAttributeNames"] = names
        query["ProjectionExpression"] = ", ".join(names)
    while True:
        with translated("dynamodb:Query"):
            page = deployment.dynamodb.query(**query)
        for item in page["Items"]:
            if _IS_ORDER in item["amazon_order_id"]["S"]:
                yield from_attributes(item)
        if "LastEvaluatedKey" not in page:
            return
        query["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def find_order(
    deployment: Deployment, amazon_order_id: str, *, seller_id: str | None, on_corrupt: OnCorrupt
) -> tuple[Seller, Solicitation]:
    """The order and whose it is. Raises OperatorError, saying where it was looked for."""
    sellers = all_sellers(deployment, only=seller_id, on_corrupt=on_corrupt)
    for seller in sellers:
        order = deployment.orders.get(seller.seller_id, amazon_order_id)
        if order is not None:
            return seller, order
    looked = f"seller {seller_id}" if seller_id else f"{len(sellers)} connected sellers"
    raise OperatorError(
        f"order {amazon_order_id} is not on record (looked under {looked}): DayFive knows orders"
        " that shipped since it was connected, and forgets them 60 days after their window"
    )


def as_json(order: Solicitation) -> dict[str, Any]:
    """An order as every `--json` and export shows it; times are aware, absent ones None."""
    news = order.news
    promise = news.promise if news else None
    return {
        "seller_id": order.seller_id,
        "amazon_order_id": order.amazon_order_id,
        "region": str(order.region),
        "marketplace_id": order.marketplace_id,
        "country": country_of(order.marketplace_id),
        "fulfillment_type": order.fulfillment_type,
        "skus": list(order.skus),
        "status": str(order.status),
        "reason": order.reason,
        "due_at": order.next_look_at if order.is_open else None,
        "planned_by": order.plan if order.is_open else None,
        "likely_percent": order.likely if order.is_open else None,
        "opens_at": order.window.opens_at,
        "closes_at": order.window.closes_at,
        "shipped_at": news.shipped_at if news else None,
        "earliest_delivery_date": promise.earliest if promise else None,
        "latest_delivery_date": promise.latest if promise else None,
        "delivered_at": news.delivered_at if news else None,
        "checks": [{"at": check.at, "answer": check.answer} for check in order.checks],
        "would_send_at": order.would_send_at,
        "sent_at": order.sent_at,
        "request_id": order.request_id,
        "unanswered_create_calls": order.posts_open,
        "expires_at": order.expires_at,
    }


def _words(reason: str) -> str:
    return f"{reason} {reason.replace('_', ' ')}".casefold()
