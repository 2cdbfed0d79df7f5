from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from lambdas.spapi.errors import RequestRejectedError, UnavailableError
from lambdas.spapi.orders import Orders, OrdersPage, PastOrder
from tests.unit.spapi_support import Amazon, MovedClock, error_body, moved_clock

SINCE, UNTIL = datetime(2026, 1, 16, 12, tzinfo=UTC), datetime(2026, 3, 2, 12, tzinfo=UTC)

# The third sample of orders_2026-01-01.json, without what is not asked for.
OF_AMAZON: dict[str, Any] = {
    "orderId": "250-1234567-8901234",
    "createdTime": "2024-12-25T02:30:00Z",
    "lastUpdatedTime": "2024-12-25T06:45:00Z",
    "programs": ["PRIME"],
    "associatedOrders": [],
    "salesChannel": {"channelName": "AMAZON", "marketplaceId": "A1VC38T7YXB528"},
    "fulfillment": {
        "fulfillmentStatus": "SHIPPED",
        "fulfilledBy": "AMAZON",
        "fulfillmentServiceLevel": "STANDARD",
        "shipByWindow": {
            "earliestDateTime": "2024-12-25T00:00:00Z",
            "latestDateTime": "2024-12-25T23:59:59Z",
        },
    },
    "orderItems": [
        {"orderItemId": "1", "quantityOrdered": 1, "product": {"sellerSku": "ECHO-DOT-4"}},
        {"orderItemId": "2", "quantityOrdered": 1, "product": {"asin": "B07PFFMP9P"}},
    ],
}
PROMISE = {"earliestDateTime": "2024-12-26T00:00:00Z", "latestDateTime": "2024-12-28T23:59:59Z"}


@pytest.fixture(autouse=True)
def clock() -> Iterator[MovedClock]:
    with moved_clock() as clock:
        yield clock


def search(body: object, *, token: str | None = None) -> tuple[OrdersPage, httpx.URL]:
    amazon = Amazon(lambda _: httpx.Response(200, json=body))
    page = Orders(amazon.client()).search_orders(
        created_after=SINCE, created_before=UNTIL, pagination_token=token
    )
    return page, amazon.calls[0].url


def read(**changes: Any) -> PastOrder:
    page, _ = search({"orders": [{**OF_AMAZON, **changes}]})
    assert page.malformed == ()
    return page.orders[0]


def fulfilled(**changes: Any) -> dict[str, Any]:
    return {"fulfillment": {**OF_AMAZON["fulfillment"], **changes}}


def test_shipped_orders_are_asked_for_and_nothing_about_their_buyers() -> None:
    _, url = search({"orders": []}, token="next")

    assert url.path == "/orders/2026-01-01/orders"
    assert dict(url.params) == {
        "createdAfter": "2026-01-16T12:00:00Z",
        "createdBefore": "2026-03-02T12:00:00Z",
        "fulfillmentStatuses": "SHIPPED",
        "includedData": "FULFILLMENT",
        "maxResultsPerPage": "100",
        "paginationToken": "next",
    }


def test_an_order_that_amazon_fulfils_has_no_delivery_dates() -> None:
    assert read() == PastOrder(
        amazon_order_id="250-1234567-8901234",
        marketplace_id="A1VC38T7YXB528",
        sold_on_amazon=True,
        fulfillment_status="SHIPPED",
        fulfilled_by="AMAZON",
        created_time=datetime(2024, 12, 25, 2, 30, tzinfo=UTC),
        last_updated_time=datetime(2024, 12, 25, 6, 45, tzinfo=UTC),
        ship_by=datetime(2024, 12, 25, 23, 59, 59, tzinfo=UTC),
        earliest_delivery_date=None,
        latest_delivery_date=None,
        is_replacement=False,
        skus=("ECHO-DOT-4",),
    )


def test_a_window_with_one_end_has_it_twice() -> None:
    order = read(**fulfilled(deliverByWindow={"latestDateTime": PROMISE["latestDateTime"]}))

    assert order.earliest_delivery_date == order.latest_delivery_date
    assert order.latest_delivery_date == datetime(2024, 12, 28, 23, 59, 59, tzinfo=UTC)


def test_both_windows_may_be_missing() -> None:
    order = read(**fulfilled(shipByWindow=None, deliverByWindow={}))

    assert (order.ship_by, order.earliest_delivery_date) == (None, None)


@pytest.mark.parametrize("kind", ["REPLACEMENT_ORIGINAL_ID", "EXCHANGE_ORIGINAL_ID"])
def test_an_order_for_another_one_is_a_replacement(kind: str) -> None:
    association = {"orderId": "250-0000000-0000000", "associationType": kind}

    assert read(associatedOrders=[association]).is_replacement


def test_an_order_from_elsewhere_has_no_marketplace() -> None:
    order = read(salesChannel={"channelName": "NON_AMAZON"})

    assert (order.sold_on_amazon, order.marketplace_id) == (False, None)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"orderId": None}, "an order without an id: orderId is missing"),
        ({"orderId": "x' OR 1"}, "an order without an id: orderId is not as expected"),
        ({"createdTime": "yesterday"}, "250-1234567-8901234: createdTime is not an ISO-8601 time"),
        ({"lastUpdatedTime": None}, "250-1234567-8901234: lastUpdatedTime is missing"),
        ({"salesChannel": None}, "250-1234567-8901234: salesChannel is missing or no object"),
        ({"fulfillment": "SHIPPED"}, "250-1234567-8901234: fulfillment is missing or no object"),
        (fulfilled(fulfilledBy=None), "250-1234567-8901234: fulfilledBy is missing"),
        (
            fulfilled(deliverByWindow={"earliestDateTime": 5}),
            "250-1234567-8901234: earliestDateTime is not an ISO-8601 time",
        ),
    ],
)
def test_an_order_that_cannot_be_read_fails_alone(changes: dict[str, Any], told: str) -> None:
    page, _ = search({"orders": [{**OF_AMAZON, **changes}, OF_AMAZON]})

    assert page.malformed == (told,)
    assert [order.amazon_order_id for order in page.orders] == ["250-1234567-8901234"]


def test_junk_among_the_orders_fails_alone() -> None:
    page, _ = search({"orders": [None, 5, [], OF_AMAZON]})

    assert (len(page.orders), len(page.malformed)) == (1, 3)


@pytest.mark.parametrize(
    ("pagination", "token"),
    [({"nextToken": "abc"}, "abc"), ({"nextToken": ""}, None), ({}, None), (None, None)],
)
def test_the_last_page_has_no_token(pagination: object, token: str | None) -> None:
    page, _ = search({"orders": [], "pagination": pagination})

    assert page.next_token == token


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"orders": None},
        {"payload": {"orders": []}},
        {"orders": [], "pagination": "abc"},
        {"orders": [], "pagination": {"nextToken": 7}},
    ],
    ids=range(5),
)
def test_a_page_of_another_shape_is_no_last_page(body: object) -> None:
    with pytest.raises(UnavailableError):
        search(body)


def test_a_refusal_of_the_token_is_told_as_one() -> None:
    amazon = Amazon(lambda _: httpx.Response(400, json=error_body("InvalidInput", "Invalid Input")))

    with pytest.raises(RequestRejectedError):
        Orders(amazon.client()).search_orders(
            created_after=SINCE, created_before=UNTIL, pagination_token="old"
        )
