"""Orders API 2026-01-01: the orders of the past, and of each only what no buyer is known by.

The shapes are those of orders_2026-01-01.json in amzn/selling-partner-api-models.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lambdas.spapi.client import SpApiClient
from lambdas.spapi.operation import Operation

_SEARCH_ORDERS = Operation(name="searchOrders", method="GET", path="/orders/2026-01-01/orders")
ORDERS_ON_A_PAGE = 100

# A hundred orders take Amazon longer than the one of the other operations.
_SECONDS = 30.0

ORDER_ID = re.compile(r"[A-Z0-9]{3}-[0-9]{7}-[0-9]{7}", re.ASCII)
_MARKETPLACE_ID = re.compile(r"[A-Za-z0-9]{1,32}", re.ASCII)
_WORD = re.compile(r"[A-Za-z0-9_]{1,40}", re.ASCII)
_REPLACES = frozenset({"REPLACEMENT_ORIGINAL_ID", "EXCHANGE_ORIGINAL_ID"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PastOrder:
    """What DayFive uses of an order; every time is aware, in UTC.

    `ship_by` is the end of shipByWindow, the delivery dates are deliverByWindow: both are
    promises, and nothing in this API tells when an order was shipped or delivered.
    """

    amazon_order_id: str
    marketplace_id: str | None
    sold_on_amazon: bool
    fulfillment_status: str
    fulfilled_by: str
    created_time: datetime
    last_updated_time: datetime
    ship_by: datetime | None
    earliest_delivery_date: datetime | None
    latest_delivery_date: datetime | None
    is_replacement: bool
    skus: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersPage:
    """One page; `malformed` says in words which entries could not be read."""

    orders: tuple[PastOrder, ...]
    malformed: tuple[str, ...]
    next_token: str | None


class Orders:
    """Rated at 0.0056 calls a second with a burst of 20, tries included: the caller keeps to it."""

    def __init__(self, client: SpApiClient) -> None:
        self._client = client

    def search_orders(
        self,
        *,
        created_after: datetime,
        created_before: datetime,
        pagination_token: str | None,
        before_sending: Callable[[], bool] | None = None,
    ) -> OrdersPage:
        """Shipped orders by the time they were placed; `created_before` is two minutes old or more.

        A token is good for 24 hours, and only with the same times. `before_sending` is asked
        before each try; False raises NotSentError.
        """
        params = {
            "createdAfter": _on_the_wire(created_after),
            "createdBefore": _on_the_wire(created_before),
            "fulfillmentStatuses": "SHIPPED",
            # Nothing else is asked for, so nothing about a buyer comes.
            "includedData": "FULFILLMENT",
            "maxResultsPerPage": str(ORDERS_ON_A_PAGE),
        }
        if pagination_token is not None:
            params["paginationToken"] = pagination_token
        reply = self._client.request(
            _SEARCH_ORDERS, params=params, seconds=_SECONDS, before_sending=before_sending
        )
        listed, pagination = reply.payload.get("orders"), reply.payload.get("pagination") or {}
        token = pagination.get("nextToken") if isinstance(pagination, dict) else 0
        if not isinstance(listed, list) or not isinstance(token, str | None):
            raise reply.unreadable()
        orders, malformed = [], []
        for entry in listed:
            try:
                orders.append(_past_order(entry))
            except _MalformedError as error:
                malformed.append(str(error))
        return OrdersPage(
            orders=tuple(orders), malformed=tuple(malformed), next_token=token or None
        )


class _MalformedError(ValueError):
    """An entry that cannot be read; the text has its id, if that can be, and the field."""


def _past_order(entry: object) -> PastOrder:
    order = _Fields(entry if isinstance(entry, dict) else {}, "an order without an id")
    order_id = order.text("orderId", ORDER_ID)
    order = _Fields(order.source, order_id)
    channel, fulfillment = order.object("salesChannel"), order.object("fulfillment")
    ship_by, deliver_by = fulfillment.window("shipByWindow"), fulfillment.window("deliverByWindow")
    return PastOrder(
        amazon_order_id=order_id,
        marketplace_id=channel.optional("marketplaceId", _MARKETPLACE_ID),
        sold_on_amazon=channel.text("channelName", _WORD) == "AMAZON",
        fulfillment_status=fulfillment.text("fulfillmentStatus", _WORD),
        fulfilled_by=fulfillment.text("fulfilledBy", _WORD),
        created_time=order.instant("createdTime"),
        last_updated_time=order.instant("lastUpdatedTime"),
        ship_by=ship_by[1],
        earliest_delivery_date=deliver_by[0],
        latest_delivery_date=deliver_by[1],
        is_replacement=any(
            association.get("associationType") in _REPLACES
            for association in order.objects("associatedOrders")
        ),
        skus=tuple(_skus(order)),
    )


def _skus(order: "_Fields") -> Iterator[str]:
    for item in order.objects("orderItems"):
        product = item.get("product")
        sku = product.get("sellerSku") if isinstance(product, dict) else None
        if isinstance(sku, str) and sku:
            yield sku


@dataclass(frozen=True, slots=True)
class _Fields:
    """Reads fields of one object; what is wrong is told without its value."""

    source: Mapping[str, Any]
    whose: str

    def text(self, field: str, pattern: re.Pattern[str]) -> str:
        value = self.optional(field, pattern)
        if value is None:
            raise self._wrong(field, "is missing")
        return value

    def optional(self, field: str, pattern: re.Pattern[str]) -> str | None:
        value = self.source.get(field)
        if value is None or value == "":
            return None
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise self._wrong(field, "is not as expected")
        return value

    def object(self, field: str) -> "_Fields":
        value = self.source.get(field)
        if not isinstance(value, dict):
            raise self._wrong(field, "is missing or no object")
        return _Fields(value, self.whose)

    def objects(self, field: str) -> list[Mapping[str, Any]]:
        value = self.source.get(field)
        return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []

    def instant(self, field: str) -> datetime:
        instant = self.optional_instant(field)
        if instant is None:
            raise self._wrong(field, "is missing")
        return instant

    def optional_instant(self, field: str) -> datetime | None:
        """An ISO-8601 time, to the millisecond as records keep it; none given means UTC."""
        value = self.source.get(field)
        if value is None or value == "":
            return None
        try:
            instant = datetime.fromisoformat(value)
            instant = instant.replace(microsecond=instant.microsecond // 1000 * 1000)
            return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
        except (TypeError, ValueError, OverflowError):
            raise self._wrong(field, "is not an ISO-8601 time") from None

    def window(self, field: str) -> tuple[datetime | None, datetime | None]:
        """A window's two ends; each of them, and the whole, may be missing."""
        if self.source.get(field) is None:
            return None, None
        window = self.object(field)
        earliest = window.optional_instant("earliestDateTime")
        latest = window.optional_instant("latestDateTime")
        return earliest or latest, latest or earliest

    def _wrong(self, field: str, problem: str) -> _MalformedError:
        return _MalformedError(f"{self.whose}: {field} {problem}")


def _on_the_wire(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
