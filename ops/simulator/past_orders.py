"""The Orders API 2026-01-01: searchOrders, page by page, and nothing that was not asked for."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from lambdas.core.marketplaces import region_of
from ops.simulator.answers import Answer, success
from ops.simulator.calls import Call
from ops.simulator.errors import INVALID_INPUT, RefusedError
from ops.simulator.orders import Purchase, SimulatedOrder

PRIVATE = {"buyerName": "D. Canary", "buyerEmail": "d.canary@marketplace.example"}
"""What comes with the data set BUYER, which DayFive must never ask for."""

TOKEN_LIFE = timedelta(hours=24)

_NEWEST = timedelta(minutes=2)
_PARAMETERS = frozenset(
    {
        "createdAfter",
        "createdBefore",
        "lastUpdatedAfter",
        "lastUpdatedBefore",
        "fulfillmentStatuses",
        "marketplaceIds",
        "fulfilledBy",
        "maxResultsPerPage",
        "paginationToken",
        "includedData",
    }
)
# orders_2026-01-01.json, Pagination: all others must be those that the token was given for.
_MAY_CHANGE = frozenset({"paginationToken", "maxResultsPerPage", "includedData"})
_STATUSES = frozenset(
    {
        "PENDING_AVAILABILITY",
        "PENDING",
        "UNSHIPPED",
        "PARTIALLY_SHIPPED",
        "SHIPPED",
        "CANCELLED",
        "UNFULFILLABLE",
    }
)
_FULFILLERS = frozenset({"AMAZON", "MERCHANT"})
_DATA = frozenset(
    {
        "BUYER",
        "RECIPIENT",
        "PROCEEDS",
        "EXPENSE",
        "PROMOTION",
        "CANCELLATION",
        "FULFILLMENT",
        "PACKAGES",
        "TAX",
        "PAYMENT",
        "FULFILLMENT_ORDERS",
    }
)


@dataclass(slots=True)
class PastOrders:
    """The orders that have a purchase; `overrides` spoils what is said of single ones."""

    orders: Mapping[str, SimulatedOrder]
    overrides: dict[str, dict[str, Any]] = field(default_factory=dict)

    def search(self, call: Call) -> Answer:
        query = dict(call.request.url.params.multi_items())
        if not query.keys() <= _PARAMETERS:
            raise _invalid("unknown parameter")
        by, since, until = _span(query, call.at)
        size = _page_size(query.get("maxResultsPerPage", "100"))
        statuses = _choice(query, "fulfillmentStatuses", _STATUSES) or _STATUSES
        data = _choice(query, "includedData", _DATA)
        fulfilled_by = _choice(query, "fulfilledBy", _FULFILLERS) or _FULFILLERS
        found = sorted(
            (by(order, call.at), order.amazon_order_id)
            for order in self.orders.values()
            if order.seller_id == call.seller_id
            and region_of(order.marketplace_id) in (None, call.region)
            and order.marketplace_id in (call.marketplace_ids or [order.marketplace_id])
            and order.purchase
            and order.purchase.fulfilled_by in fulfilled_by
            and since <= by(order, call.at) <= until
            and _status(order, call.at) in statuses
        )
        start = _place(query, call.at)
        page = [order_id for _, order_id in found[start : start + size]]
        body: dict[str, Any] = {
            "orders": [self._document(self.orders[each], data, call.at) for each in page],
            "createdBefore": _text(until),
        }
        if start + size < len(found):
            body["pagination"] = {"nextToken": _token(query, start + size, call.at)}
        return success(body)

    def _document(
        self, order: SimulatedOrder, data: frozenset[str], at: datetime
    ) -> dict[str, Any]:
        purchase = order.purchase
        assert purchase is not None
        document: dict[str, Any] = {
            "orderId": order.amazon_order_id,
            "createdTime": _text(purchase.at),
            "lastUpdatedTime": _text(_updated(order, at)),
            "programs": [],
            "salesChannel": {
                "channelName": "AMAZON" if purchase.on_amazon else "NON_AMAZON",
                "marketplaceId": order.marketplace_id,
            },
            "orderItems": [
                {
                    "orderItemId": f"{number:014}",
                    "quantityOrdered": 1,
                    "product": {"asin": "B0DAYFIVE00", "sellerSku": sku},
                }
                for number, sku in enumerate(purchase.skus, start=1)
            ],
        }
        if purchase.replaces:
            association = {
                "orderId": purchase.replaces,
                "associationType": "REPLACEMENT_ORIGINAL_ID",
            }
            document["associatedOrders"] = [association]
        if "FULFILLMENT" in data:
            document["fulfillment"] = _fulfillment(order, purchase, at)
        if "BUYER" in data:
            document["buyer"] = PRIVATE
        return {**document, **self.overrides.get(order.amazon_order_id, {})}


def _fulfillment(order: SimulatedOrder, purchase: Purchase, at: datetime) -> dict[str, Any]:
    fulfillment: dict[str, Any] = {
        "fulfillmentStatus": _status(order, at),
        "fulfilledBy": purchase.fulfilled_by,
        "fulfillmentServiceLevel": "STANDARD",
    }
    # Amazon's samples have no deliverByWindow for an order that it fulfils, nor for each other.
    windows = {"shipByWindow": purchase.ship_by, "deliverByWindow": purchase.deliver_by}
    for name, window in windows.items():
        if window:
            earliest, latest = window
            fulfillment[name] = {
                "earliestDateTime": _text(earliest),
                "latestDateTime": _text(latest),
            }
    return fulfillment


def _status(order: SimulatedOrder, at: datetime) -> str:
    if order.canceled_at and order.canceled_at <= at:
        return "CANCELLED"
    return "SHIPPED" if order.is_shipped(at) else "UNSHIPPED"


def _created(order: SimulatedOrder, _: datetime) -> datetime:
    assert order.purchase is not None
    return order.purchase.at


def _updated(order: SimulatedOrder, at: datetime) -> datetime:
    changes = (order.shipped_at, order.delivered_at, order.canceled_at, order.solicited_at)
    return max([_created(order, at), *(change for change in changes if change and change <= at)])


def _span(query: Mapping[str, str], at: datetime) -> tuple[Any, datetime, datetime]:
    """By which time the orders are asked for, and between which two."""
    created, updated = "createdAfter" in query, "lastUpdatedAfter" in query
    if created == updated:
        raise _invalid("exactly one of createdAfter and lastUpdatedAfter")
    which, other = ("created", "lastUpdated") if created else ("lastUpdated", "created")
    if f"{other}Before" in query:
        raise _invalid(f"{other}Before does not go with {which}After")
    since = _instant(query[f"{which}After"])
    until = _instant(query[f"{which}Before"]) if f"{which}Before" in query else at - _NEWEST
    if not since <= until <= at - _NEWEST:
        raise _invalid(f"{which}Before is too late")
    return (_created if created else _updated), since, until


def _choice(query: Mapping[str, str], name: str, allowed: frozenset[str]) -> frozenset[str]:
    chosen = frozenset(filter(None, query.get(name, "").split(",")))
    if not chosen <= allowed:
        raise _invalid(name)
    return chosen


def _page_size(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 100:
        raise _invalid("maxResultsPerPage")
    return int(text)


def _fixed(query: Mapping[str, str]) -> list[list[str]]:
    return sorted([name, value] for name, value in query.items() if name not in _MAY_CHANGE)


def _token(query: Mapping[str, str], start: int, at: datetime) -> str:
    content = {"start": start, "until": (at + TOKEN_LIFE).timestamp(), "query": _fixed(query)}
    return urlsafe_b64encode(json.dumps(content).encode()).decode()


def _place(query: Mapping[str, str], at: datetime) -> int:
    if "paginationToken" not in query:
        return 0
    try:
        content = json.loads(urlsafe_b64decode(query["paginationToken"]))
    except ValueError:
        raise _invalid("paginationToken") from None
    # How Amazon words it is not known; that a token lives for 24 hours is in the model.
    if content["query"] != _fixed(query) or at.timestamp() > content["until"]:
        raise _invalid("paginationToken")
    return int(content["start"])


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise _invalid("a time") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _text(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _invalid(details: str) -> RefusedError:
    return RefusedError(INVALID_INPUT.with_details(details))
