import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from lambdas.core.marketplaces import Region
from lambdas.spapi.auth import NOTIFICATIONS_SCOPE
from lambdas.spapi.client import SpApiClient
from lambdas.spapi.errors import (
    ConflictError,
    OutcomeUnknownError,
    RequestRejectedError,
    UnavailableError,
)
from lambdas.spapi.notifications import (
    ORDER_STATUS_CHANGES_ONLY,
    Destination,
    Notifications,
    Subscription,
)
from lambdas.spapi.pacing import Pacers
from tests.unit.spapi_support import Amazon, MovedClock, error_body, moved_clock

ARN = "arn:aws:sqs:us-east-1:123456789012:q"
DESTINATION = {
    "destinationId": "d-1",
    "name": "DayFive",
    "resource": {"sqs": {"arn": ARN}, "eventBridge": None},
}
SUBSCRIPTION = {
    "subscriptionId": "s-1",
    "payloadVersion": "1.0",
    "destinationId": "d-1",
    "processingDirective": ORDER_STATUS_CHANGES_ONLY,
}
BASE = "/notifications/v1"

Call = Callable[[Notifications], object]

OPERATIONS: dict[str, tuple[Call, str, str, str, object]] = {
    "create_destination": (
        lambda api: api.create_destination("DayFive", ARN),
        "POST",
        f"{BASE}/destinations",
        "grantless",
        DESTINATION,
    ),
    "get_destinations": (
        lambda api: api.get_destinations(),
        "GET",
        f"{BASE}/destinations",
        "grantless",
        [DESTINATION],
    ),
    "get_destination": (
        lambda api: api.get_destination("d-1"),
        "GET",
        f"{BASE}/destinations/d-1",
        "grantless",
        DESTINATION,
    ),
    "delete_destination": (
        lambda api: api.delete_destination("d-1"),
        "DELETE",
        f"{BASE}/destinations/d-1",
        "grantless",
        None,
    ),
    "create_subscription": (
        lambda api: api.create_subscription(
            "ORDER_CHANGE",
            destination_id="d-1",
            processing_directive=ORDER_STATUS_CHANGES_ONLY,
        ),
        "POST",
        f"{BASE}/subscriptions/ORDER_CHANGE",
        "seller",
        SUBSCRIPTION,
    ),
    "get_subscription": (
        lambda api: api.get_subscription("ORDER_CHANGE"),
        "GET",
        f"{BASE}/subscriptions/ORDER_CHANGE?payloadVersion=1.0",
        "seller",
        SUBSCRIPTION,
    ),
    "get_subscription_by_id": (
        lambda api: api.get_subscription_by_id("ORDER_CHANGE", "s-1"),
        "GET",
        f"{BASE}/subscriptions/ORDER_CHANGE/s-1",
        "grantless",
        SUBSCRIPTION,
    ),
    "delete_subscription_by_id": (
        lambda api: api.delete_subscription_by_id("ORDER_CHANGE", "s-1"),
        "DELETE",
        f"{BASE}/subscriptions/ORDER_CHANGE/s-1",
        "grantless",
        None,
    ),
}
CASES = pytest.mark.parametrize(
    ("call", "method", "path", "token", "payload"), OPERATIONS.values(), ids=OPERATIONS
)


@pytest.fixture
def clock() -> Iterator[MovedClock]:
    with moved_clock() as clock:
        yield clock


def notifications(amazon: Amazon) -> Notifications:
    grantless = SpApiClient(
        http=amazon.http,
        endpoints=amazon.endpoints,
        region=Region.NA,
        token_source=amazon.tokens.grantless_token("id", "word", NOTIFICATIONS_SCOPE),
        pacers=Pacers(),
    )
    return Notifications(seller=amazon.client(), grantless=grantless)


def answering(payload: object, status: int = 200) -> Amazon:
    body = {} if payload is None else {"payload": payload}
    return Amazon(lambda _: httpx.Response(status, json=body))


@CASES
def test_each_operation_is_called_as_the_model_has_it_and_with_its_kind_of_token(
    clock: MovedClock, call: Call, method: str, path: str, token: str, payload: object
) -> None:
    amazon = answering(payload)

    call(notifications(amazon))

    assert amazon.calls[0].method == method
    assert amazon.calls[0].url.raw_path.decode() == path
    grant = {"seller": "refresh_token", "grantless": "client_credentials"}[token]
    assert [form["grant_type"] for form in amazon.grants] == [grant]


@CASES
def test_no_answer_of_another_shape_passes(
    clock: MovedClock, call: Call, method: str, path: str, token: str, payload: object
) -> None:
    if payload is None:
        return
    kind = UnavailableError if method == "GET" else OutcomeUnknownError
    odd: object
    for odd in (None, [], {}, "x", [None], [{}], {"destinationId": 1}, {**SUBSCRIPTION, "x": 1}):
        if isinstance(payload, list) and odd == []:
            continue
        if payload is SUBSCRIPTION and isinstance(odd, dict) and "subscriptionId" in odd:
            continue
        with pytest.raises(kind):
            call(notifications(answering(odd)))


@CASES
def test_a_conflict_is_told_apart_wherever_amazon_declares_it(
    clock: MovedClock, call: Call, method: str, path: str, token: str, payload: object
) -> None:
    body = error_body("StateConflict", "The resource conflicts with the current state.")
    amazon = Amazon(lambda _: httpx.Response(409, json=body))
    declared = "payloadVersion" not in path

    with pytest.raises(ConflictError if declared else UnavailableError):
        call(notifications(amazon))


def test_a_destination_is_made_for_a_queue(clock: MovedClock) -> None:
    amazon = answering(DESTINATION)

    made = notifications(amazon).create_destination("DayFive", ARN)

    assert made == Destination(destination_id="d-1", name="DayFive", sqs_arn=ARN)
    assert json.loads(amazon.calls[0].content) == {
        "name": "DayFive",
        "resourceSpecification": {"sqs": {"arn": ARN}},
    }


@pytest.mark.parametrize(
    "resource", [{}, {"sqs": None}, {"sqs": {}}, {"eventBridge": {"name": "x"}}, {"sqs": "x"}]
)
def test_a_destination_that_is_no_queue_has_no_arn(
    clock: MovedClock, resource: dict[str, Any]
) -> None:
    amazon = answering([{**DESTINATION, "resource": resource}, DESTINATION])

    listed = notifications(amazon).get_destinations()

    assert [entry.sqs_arn for entry in listed] == [None, ARN]


def test_a_seller_is_subscribed_to_order_status_changes_only(clock: MovedClock) -> None:
    amazon = answering(SUBSCRIPTION)

    made = notifications(amazon).create_subscription(
        "ORDER_CHANGE", destination_id="d-1", processing_directive=ORDER_STATUS_CHANGES_ONLY
    )

    assert made == Subscription(
        subscription_id="s-1",
        payload_version="1.0",
        destination_id="d-1",
        processing_directive=ORDER_STATUS_CHANGES_ONLY,
    )
    assert json.loads(amazon.calls[0].content) == {
        "payloadVersion": "1.0",
        "destinationId": "d-1",
        "processingDirective": {
            "eventFilter": {
                "eventFilterType": "ORDER_CHANGE",
                "orderChangeTypes": ["OrderStatusChange"],
            }
        },
    }


@pytest.mark.parametrize("directive", [None, {}])
def test_without_a_directive_its_key_is_left_out(
    clock: MovedClock, directive: dict[str, Any] | None
) -> None:
    amazon = answering(SUBSCRIPTION)

    notifications(amazon).create_subscription(
        "ORDER_CHANGE", destination_id="d-1", processing_directive=directive
    )

    assert json.loads(amazon.calls[0].content) == {"payloadVersion": "1.0", "destinationId": "d-1"}


@pytest.mark.parametrize("directive", [None, "x", []])
def test_a_subscription_may_come_without_a_directive(clock: MovedClock, directive: object) -> None:
    found = notifications(
        answering({**SUBSCRIPTION, "processingDirective": directive})
    ).get_subscription("ORDER_CHANGE")

    assert found.processing_directive == {}


def test_no_subscription_is_a_rejection_with_404(clock: MovedClock) -> None:
    body = error_body("NotFound", "The requested resource doesn't exist.")
    amazon = Amazon(lambda _: httpx.Response(404, json=body))

    with pytest.raises(RequestRejectedError) as caught:
        notifications(amazon).get_subscription("ORDER_CHANGE")
    assert caught.value.status == 404
