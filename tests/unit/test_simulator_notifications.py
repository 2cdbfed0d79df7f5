"""The simulated Notifications API: destinations, subscriptions and their conflicts."""

from typing import Any

import httpx
import pytest

from lambdas.core.marketplaces import Region
from ops.simulator.operations import Role
from tests.unit.simulator_support import (
    CLIENT_ID,
    EU_HOST,
    EU_REFRESH_TOKEN,
    NA_HOST,
    QUEUE_ARN,
    REFRESH_TOKEN,
    SELLER,
    US,
    Amazon,
    error_of,
)

DESTINATIONS = "/notifications/v1/destinations"
SUBSCRIPTIONS = "/notifications/v1/subscriptions"
ORDER_CHANGE = f"{SUBSCRIPTIONS}/ORDER_CHANGE"
UNPARSED = "Request has missing or invalid parameters and cannot be parsed."
FILTER = {"eventFilterType": "ORDER_CHANGE", "orderChangeTypes": ["OrderStatusChange"]}


def grantless(
    amazon: Amazon, method: str, path: str, host: str = NA_HOST, **options: Any
) -> httpx.Response:
    return amazon.call(method, path, token=amazon.grantless_token(), host=host, **options)


def create_destination(amazon: Amazon, arn: str = QUEUE_ARN, host: str = NA_HOST) -> httpx.Response:
    body = {"name": "DayFive", "resourceSpecification": {"sqs": {"arn": arn}}}
    return grantless(amazon, "POST", DESTINATIONS, host, json=body)


def destination_id(amazon: Amazon, host: str = NA_HOST) -> str:
    return str(create_destination(amazon, host=host).json()["payload"]["destinationId"])


def subscribe(
    amazon: Amazon,
    destination: str,
    *,
    refresh_token: str = REFRESH_TOKEN,
    host: str = NA_HOST,
    **body: Any,
) -> httpx.Response:
    return amazon.call(
        "POST",
        ORDER_CHANGE,
        token=amazon.seller_token(refresh_token),
        host=host,
        json={
            "payloadVersion": "1.0",
            "destinationId": destination,
            "processingDirective": {"eventFilter": FILTER},
            **body,
        },
    )


def test_a_destination_is_made_listed_read_and_deleted() -> None:
    amazon = Amazon()

    made = create_destination(amazon).json()["payload"]

    assert made["name"] == "DayFive"
    assert made["resource"]["sqs"] == {"arn": QUEUE_ARN}
    assert grantless(amazon, "GET", DESTINATIONS).json() == {"payload": [made]}
    path = f"{DESTINATIONS}/{made['destinationId']}"
    assert grantless(amazon, "GET", path).json() == {"payload": made}
    assert grantless(amazon, "DELETE", path).json() == {}
    assert grantless(amazon, "GET", path).status_code == 404
    assert grantless(amazon, "GET", DESTINATIONS).json() == {"payload": []}


def test_a_second_destination_for_the_same_queue_is_a_conflict() -> None:
    amazon = Amazon()
    create_destination(amazon)

    response = create_destination(amazon)

    application_id = amazon.simulator.accounts.applications[CLIENT_ID].application_id
    assert response.status_code == 409
    assert error_of(response) == {
        "code": "Conflict",
        "message": "The requested resource conflict with a resource in the server.",
        "details": f"A destination with arn {QUEUE_ARN} already exists "
        f"for the application {application_id}",
    }


def test_a_second_queue_is_a_conflict_only_when_that_is_asked_for() -> None:
    amazon = Amazon()
    create_destination(amazon)

    assert create_destination(amazon, QUEUE_ARN + "2").status_code == 200
    amazon.simulator.notifications.one_destination_each = True
    assert create_destination(amazon, QUEUE_ARN + "3").status_code == 409


def test_a_fifo_queue_is_accepted_in_silence() -> None:
    assert create_destination(Amazon(), QUEUE_ARN + ".fifo").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "DayFive"},
        {"name": "DayFive", "resourceSpecification": {"sqs": {"arn": "arn:aws-cn:sqs:a:1:q"}}},
        {"name": "", "resourceSpecification": {"sqs": {"arn": QUEUE_ARN}}},
        {"name": "x" * 257, "resourceSpecification": {"sqs": {"arn": QUEUE_ARN}}},
        {"name": "DayFive", "resourceSpecification": {"sqs": {"arn": QUEUE_ARN + "x" * 1000}}},
        [],
    ],
)
def test_an_unsound_destination_is_refused(body: object) -> None:
    response = grantless(Amazon(), "POST", DESTINATIONS, json=body)

    assert response.status_code == 400
    assert error_of(response)["message"] == UNPARSED


def test_a_destination_in_use_cannot_be_deleted() -> None:
    amazon = Amazon()
    destination = destination_id(amazon)
    subscribe(amazon, destination)

    response = grantless(amazon, "DELETE", f"{DESTINATIONS}/{destination}")

    assert response.status_code == 403
    assert error_of(response) == {
        "code": "Unauthorized",
        "message": "The requested action is forbidden.",
        "details": "Destination has subscriptions",
    }


def test_a_subscription_is_made_read_in_three_ways_and_deleted() -> None:
    amazon = Amazon()
    destination = destination_id(amazon)

    made = subscribe(amazon, destination).json()["payload"]

    seller = amazon.seller_token()
    subscription = made["subscriptionId"]
    by_id = f"{ORDER_CHANGE}/{subscription}"
    known = {**made, "processingDirective": {"eventFilter": FILTER}}
    assert made.keys() == {"subscriptionId", "payloadVersion", "destinationId"}
    assert amazon.call("GET", ORDER_CHANGE, token=seller).json() == {"payload": known}
    listed = amazon.call(
        "GET", SUBSCRIPTIONS, token=seller, params={"notificationTypes": "ORDER_CHANGE"}
    )
    assert listed.json() == {"payload": {"subscriptions": [known]}}
    assert grantless(amazon, "GET", by_id).json() == {"payload": known}
    assert grantless(amazon, "DELETE", by_id).json() == {}
    assert grantless(amazon, "DELETE", by_id).status_code == 404
    missing = amazon.call("GET", ORDER_CHANGE, token=seller)
    assert missing.status_code == 404
    assert error_of(missing)["message"] == "The requested resource doesn't exist."


def test_a_second_subscription_is_a_conflict_of_states() -> None:
    amazon = Amazon()
    destination = destination_id(amazon)
    subscribe(amazon, destination)

    response = subscribe(amazon, destination)

    assert response.status_code == 409
    assert error_of(response) == {
        "code": "StateConflict",
        "message": "The resource specified conflicts with the current state.",
        "details": "Subscription already exist for notification type ORDER_CHANGE",
    }


def test_another_regions_destination_is_unknown() -> None:
    amazon = Amazon()
    elsewhere = destination_id(amazon, host=EU_HOST)
    application_id = amazon.simulator.accounts.applications[CLIENT_ID].application_id

    response = subscribe(amazon, elsewhere)

    assert response.status_code == 400
    assert error_of(response)["details"] == (
        f"No destination with id {elsewhere} for applicationId {application_id}"
    )
    assert grantless(amazon, "GET", f"{DESTINATIONS}/{elsewhere}").status_code == 404


def test_sellers_and_regions_have_subscriptions_of_their_own() -> None:
    amazon = Amazon()
    subscribe(amazon, destination_id(amazon))

    eu_token = amazon.seller_token(EU_REFRESH_TOKEN)
    assert amazon.call("GET", ORDER_CHANGE, token=eu_token, host=EU_HOST).status_code == 404
    eu_destination = destination_id(amazon, host=EU_HOST)
    in_eu = subscribe(amazon, eu_destination, refresh_token=EU_REFRESH_TOKEN, host=EU_HOST)
    assert in_eu.status_code == 200
    assert len(amazon.simulator.notifications.ids_by_seller()) == 2


def test_the_stamp_of_a_sellers_news_can_be_read() -> None:
    amazon = Amazon()
    made = subscribe(amazon, destination_id(amazon)).json()["payload"]

    stamp = amazon.simulator.notifications.ids_by_seller()[SELLER, Region.NA]

    assert stamp.subscription_id == made["subscriptionId"]
    assert stamp.application_id == (
        amazon.simulator.accounts.applications[CLIENT_ID].application_id
    )


def test_a_filter_by_marketplace_is_refused_with_the_filter_in_the_details() -> None:
    amazon = Amazon()
    with_marketplaces = {**FILTER, "marketplaceIds": [US]}

    response = subscribe(
        amazon,
        destination_id(amazon),
        processingDirective={"eventFilter": with_marketplaces},
    )

    assert response.status_code == 400
    details = error_of(response)["details"]
    assert details.startswith("EventFilter Payload {")
    assert details.endswith("} failed to validate for notification type ORDER_CHANGE")


@pytest.mark.parametrize(
    ("directive", "details"),
    [
        (None, "Processing Directive eventFilter must not be empty"),
        ({}, "Processing Directive eventFilter must not be empty"),
        ({"eventFilter": None}, "Processing Directive eventFilter must not be empty"),
        ({"eventFilter": {"orderChangeTypes": ["OrderStatusChange"]}}, "EventFilter Payload"),
        ({"eventFilter": {"eventFilterType": "ANY_OFFER_CHANGED"}}, "EventFilter Payload"),
        ({"eventFilter": {**FILTER, "orderChangeTypes": ["Shipped"]}}, "EventFilter Payload"),
        ({"eventFilter": FILTER, "filterExpression": "a == `b`"}, "mutually exclusive"),
        ({"filterExpression": "a[0] == 'b'"}, "filterExpression"),
        ({"filterExpression": "x" * 257}, "filterExpression"),
        ({"eventFilters": FILTER}, "EventFilter Payload"),
    ],
)
def test_an_unsound_directive_is_refused(directive: object, details: str) -> None:
    amazon = Amazon()

    response = subscribe(amazon, destination_id(amazon), processingDirective=directive)

    assert response.status_code == 400
    assert error_of(response)["message"] == UNPARSED
    assert details in error_of(response)["details"]


@pytest.mark.parametrize(
    "directive",
    [
        {"eventFilter": FILTER},
        {"eventFilter": {"eventFilterType": "ORDER_CHANGE"}},
        {"filterExpression": "OrderChangeNotification.Summary.OrderStatus == 'In-Transit'"},
    ],
)
def test_a_sound_directive_is_kept(directive: dict[str, Any]) -> None:
    amazon = Amazon()

    subscribe(amazon, destination_id(amazon), processingDirective=directive)

    (subscription,) = amazon.simulator.notifications.subscriptions
    assert subscription.processing_directive == directive


def test_a_subscription_needs_a_version_a_destination_and_no_directive() -> None:
    amazon = Amazon()
    destination = destination_id(amazon)

    def create(body: dict[str, str], kind: str = "ORDER_CHANGE") -> int:
        path = f"{SUBSCRIPTIONS}/{kind}"
        return amazon.call("POST", path, token=amazon.seller_token(), json=body).status_code

    assert create({"destinationId": destination}) == 400
    assert create({"payloadVersion": "2.0", "destinationId": destination}) == 400
    assert create({"payloadVersion": "1.0"}) == 400
    amazon.clock.move(seconds=10)
    sound = {"payloadVersion": "1.0", "destinationId": destination}
    assert create(sound, "NO_SUCH_TYPE") == 400
    assert create(sound) == 200


def test_subscribing_takes_a_sellers_token_with_the_role() -> None:
    amazon = Amazon()
    destination = destination_id(amazon)
    body = {"payloadVersion": "1.0", "destinationId": destination}

    assert grantless(amazon, "POST", ORDER_CHANGE, json=body).status_code == 403
    amazon.simulator.accounts.revoke(SELLER, Region.NA, Role.INVENTORY_AND_ORDER_TRACKING)
    assert subscribe(amazon, destination).status_code == 403


def test_deleting_a_subscription_takes_a_grantless_token() -> None:
    amazon = Amazon()
    made = subscribe(amazon, destination_id(amazon)).json()["payload"]

    path = f"{ORDER_CHANGE}/{made['subscriptionId']}"

    assert amazon.call("DELETE", path, token=amazon.seller_token()).status_code == 403


def test_a_body_that_is_no_json_is_refused() -> None:
    response = grantless(Amazon(), "POST", DESTINATIONS, content=b"{")

    assert response.status_code == 400
    assert error_of(response) == {"code": "InvalidInput", "message": UNPARSED}
