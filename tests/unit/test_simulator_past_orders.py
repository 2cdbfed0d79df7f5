from datetime import datetime, timedelta
from typing import Any

import pytest

from ops.simulator import Purchase
from ops.simulator.operations import Role
from ops.simulator.past_orders import PRIVATE
from ops.simulator.population import Seller, population
from tests.unit.simulator_support import (
    CA,
    DE,
    EU_SELLER,
    ORDER,
    SELLER,
    START,
    Amazon,
    error_of,
    simulated_order,
)

DAY = timedelta(days=1)


@pytest.fixture
def amazon() -> Amazon:
    amazon = Amazon()
    amazon.simulator.orders.clear()
    return amazon


def sell(amazon: Amazon, number: int, *, created: datetime | None = None, **order: Any) -> str:
    created = created or START - timedelta(days=number)
    order_id = f"903-5550101-{number:07}"
    amazon.simulator.add_order(
        simulated_order(
            **{
                "amazon_order_id": order_id,
                "shipped_at": created + timedelta(hours=5),
                "delivered_at": None,
                "purchase": Purchase(at=created),
                **order,
            }
        )
    )
    return order_id


def text(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"


def search(amazon: Amazon, **params: str) -> Any:
    asked = {"createdAfter": text(START - 60 * DAY), "includedData": "FULFILLMENT", **params}
    return amazon.call(
        "GET",
        "/orders/2026-01-01/orders",
        token=amazon.seller_token(),
        params={name: value for name, value in asked.items() if value},
    )


def ids(response: Any) -> list[str]:
    return [order["orderId"] for order in response.json()["orders"]]


def test_orders_come_in_the_order_of_their_purchase(amazon: Amazon) -> None:
    later, earlier = sell(amazon, 1), sell(amazon, 2)

    response = search(amazon)

    assert ids(response) == [earlier, later]
    assert "pagination" not in response.json()
    assert response.headers["x-amzn-ratelimit-limit"] == "0.0056"


def test_only_the_callers_orders_of_the_region_with_a_purchase_are_listed(amazon: Amazon) -> None:
    own = sell(amazon, 1)
    sell(amazon, 2, seller_id=EU_SELLER)
    sell(amazon, 3, marketplace_id=DE)
    sell(amazon, 4, purchase=None)

    assert ids(search(amazon)) == [own]


def test_the_status_is_that_of_the_moment_in_this_apis_words(amazon: Amazon) -> None:
    shipped = sell(amazon, 1)
    canceled = sell(amazon, 2, canceled_at=START - DAY)
    sell(amazon, 3, shipped_at=START + DAY)

    assert ids(search(amazon, fulfillmentStatuses="SHIPPED")) == [shipped]
    assert ids(search(amazon, fulfillmentStatuses="CANCELLED")) == [canceled]


def test_orders_can_be_told_apart_by_marketplace_and_by_who_fulfils_them(amazon: Amazon) -> None:
    sell(amazon, 1)
    created = START - 2 * DAY
    other = sell(
        amazon,
        2,
        marketplace_id=CA,
        purchase=Purchase(at=created, fulfilled_by="MERCHANT"),
    )

    assert ids(search(amazon, marketplaceIds=f"{CA},{DE}")) == [other]
    assert ids(search(amazon, fulfilledBy="MERCHANT")) == [other]


def test_nothing_comes_that_was_not_asked_for(amazon: Amazon) -> None:
    sell(amazon, 1)

    [plain] = search(amazon).json()["orders"]
    [bare] = search(amazon, includedData="").json()["orders"]
    [private] = search(amazon, includedData="BUYER,FULFILLMENT").json()["orders"]

    assert "buyer" not in plain
    assert "fulfillment" not in bare
    assert private["buyer"] == PRIVATE


def test_windows_are_there_only_where_amazon_has_them(amazon: Amazon) -> None:
    window = (START, START + DAY)
    sell(amazon, 1)
    sell(
        amazon,
        2,
        purchase=Purchase(at=START - 2 * DAY, fulfilled_by="MERCHANT", deliver_by=window),
    )

    merchants, amazons = (order["fulfillment"] for order in search(amazon).json()["orders"])

    assert amazons.keys().isdisjoint({"shipByWindow", "deliverByWindow"})
    assert merchants["deliverByWindow"] == {
        "earliestDateTime": text(START),
        "latestDateTime": text(START + DAY),
    }


def test_pages_follow_each_other_by_their_tokens(amazon: Amazon) -> None:
    sold = [sell(amazon, number) for number in (3, 2, 1)]
    fixed = {"createdBefore": text(START - timedelta(minutes=2)), "maxResultsPerPage": "2"}

    first = search(amazon, **fixed)
    token = first.json()["pagination"]["nextToken"]
    second = search(amazon, **fixed, paginationToken=token)

    assert ids(first) + ids(second) == sold
    assert "pagination" not in second.json()


@pytest.fixture
def token(amazon: Amazon) -> str:
    for number in (1, 2):
        sell(amazon, number)
    return search(amazon, maxResultsPerPage="1").json()["pagination"]["nextToken"]


def test_a_token_is_good_for_a_day(amazon: Amazon, token: str) -> None:
    amazon.clock.move(hours=24)
    assert search(amazon, paginationToken=token).status_code == 200
    amazon.clock.move(seconds=1)
    assert search(amazon, paginationToken=token).status_code == 400


def test_a_token_goes_with_its_own_question_only(amazon: Amazon, token: str) -> None:
    assert search(amazon, paginationToken=token, fulfilledBy="AMAZON").status_code == 400
    assert search(amazon, paginationToken="nonsense").status_code == 400


@pytest.mark.parametrize(
    "params",
    [
        {"createdAfter": ""},
        {"lastUpdatedAfter": text(START - DAY)},
        {"lastUpdatedBefore": text(START - DAY)},
        {"createdBefore": text(START)},
        {"createdAfter": "TEST_CASE_400"},
        {"maxResultsPerPage": "101"},
        {"maxResultsPerPage": "0"},
        {"fulfillmentStatuses": "Shipped"},
        {"fulfillmentStatuses": "CANCELED"},
        {"includedData": "ALL"},
        {"MarketplaceIds": "ATVPDKIKX0DER"},
    ],
    ids=range(11),
)
def test_a_wrong_question_is_refused(amazon: Amazon, params: dict[str, str]) -> None:
    response = search(amazon, **params)

    assert response.status_code == 400
    assert error_of(response)["code"] == "InvalidInput"


def test_twenty_calls_at_once_and_then_one_in_three_minutes(amazon: Amazon) -> None:
    statuses = [search(amazon).status_code for _ in range(21)]
    amazon.clock.move(seconds=179)

    assert statuses == [200] * 20 + [429]
    assert [search(amazon).status_code for _ in range(2)] == [200, 429]


def test_an_invented_population_is_listed_with_its_promises() -> None:
    amazon = Amazon()
    seller = Seller(
        seller_id=SELLER, region=amazon.simulator.accounts.authorizations["Atzr|na"].region
    )
    invented = population(seed=1, orders=30, days=5, start=START - 20 * DAY, sellers=[seller])
    for order in invented.orders:
        amazon.simulator.add_order(order.simulated)

    listed = {each["orderId"]: each for each in search(amazon).json()["orders"]}

    for order in invented.orders:
        found = listed[order.amazon_order_id]
        merchants = order.fulfillment_type == "MFN"
        assert found["fulfillment"]["fulfilledBy"] == ("MERCHANT" if merchants else "AMAZON")
        assert ("deliverByWindow" in found["fulfillment"]) is merchants
        assert ("associatedOrders" in found) is order.is_replacement


def messages(amazon: Amazon, method: str = "GET", path: str = "", **params: str) -> Any:
    return amazon.call(
        method,
        f"/messaging/v1/orders/{ORDER}{path}",
        token=amazon.seller_token(),
        params={"marketplaceIds": "ATVPDKIKX0DER", **params},
    )


REMOVE = "/messages/negativeFeedbackRemoval"


def names(response: Any) -> set[str]:
    return {action["name"] for action in response.json()["_links"]["actions"]}


def test_the_removal_of_feedback_is_offered_once_and_only_where_it_is_set() -> None:
    amazon = Amazon()

    assert names(messages(amazon)) == {"confirmDeliveryDetails", "unexpectedProblem"}
    assert messages(amazon, "POST", REMOVE).status_code == 403
    amazon.simulator.messaging.removable.add(ORDER)
    assert "negativeFeedbackRemoval" in names(messages(amazon))
    assert messages(amazon, "POST", REMOVE).status_code == 201
    assert "negativeFeedbackRemoval" not in names(messages(amazon))
    assert messages(amazon, "POST", REMOVE).status_code == 403
    assert list(amazon.simulator.messaging.removals) == [ORDER]


def test_messages_take_a_role_of_their_own_and_one_marketplace() -> None:
    amazon = Amazon()

    assert messages(amazon, marketplaceIds="").status_code == 400
    assert messages(amazon, marketplaceIds=DE).status_code == 404
    region = amazon.simulator.accounts.authorizations["Atzr|na"].region
    amazon.simulator.accounts.revoke(SELLER, region, Role.BUYER_COMMUNICATION)
    assert messages(amazon).status_code == 403
