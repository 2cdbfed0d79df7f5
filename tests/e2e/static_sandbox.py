"""Amazon's static sandbox, by the samples of its models; only its login remembers anything."""

import json
from typing import Any

import httpx

QUEUE = "arn:aws:sqs:us-east-2:444455556666:queue1"
SUBSCRIPTION = {
    "subscriptionId": "TEST_CASE_200_SUBSCRIPTION_ID",
    "payloadVersion": "1.0",
    "destinationId": "TEST_CASE_200_DESTINATION_ID",
}
ORDER, MARKETPLACE = "123-1234567-1234567", "ATVPDKIKX0DER"
_SOLICITATION = f"/solicitations/v1/orders/{ORDER}"
_CREATE = f"{_SOLICITATION}/solicitations/productReviewAndSellerFeedback"


class StaticSandbox:
    """Answers each call as x-amzn-api-sandbox has it, and notes which were made."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def handle(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/na")
        self.calls.append(f"{request.method} {path}")
        status, body = self._answer(request, path)
        return httpx.Response(
            status, headers={"content-type": "application/json"}, content=json.dumps(body)
        )

    def _answer(self, request: httpx.Request, path: str) -> tuple[int, Any]:
        match request.method, path:
            case "POST", "/auth/o2/token":
                return 200, {"access_token": "Atza|sandbox", "expires_in": 3600}
            case "GET", "/notifications/v1/destinations":
                return 200, {"payload": [_destination("TEST_CASE_200")]}
            case "POST", "/notifications/v1/destinations":
                return 200, {"payload": _destination("TEST_CASE_200_DESTINATION_ID")}
            case (("GET" | "POST"), "/notifications/v1/subscriptions/ORDER_CHANGE"):
                return 200, {"payload": SUBSCRIPTION}
            case "DELETE", _ if path.startswith("/notifications/v1/"):
                return 200, {}
            case "GET", "/sellers/v1/marketplaceParticipations":
                return 200, {"payload": [_PARTICIPATION]}
            case "GET", _ if path == _SOLICITATION and _names_the_marketplace(request):
                return 200, _OFFERED
            case "POST", _ if path == _CREATE:
                return 201, {}
        return 400, {"errors": [{"code": "InvalidInput", "message": "no sample matches"}]}


def _names_the_marketplace(request: httpx.Request) -> bool:
    return request.url.params.get("marketplaceIds") == MARKETPLACE


def _destination(destination_id: str) -> dict[str, Any]:
    return {
        "destinationId": destination_id,
        "resource": {"sqs": {"arn": QUEUE}},
        "name": "SQSDestination",
    }


_PARTICIPATION = {
    "marketplace": {
        "id": MARKETPLACE,
        "countryCode": "US",
        "name": "Amazon.com",
        "defaultCurrencyCode": "USD",
        "defaultLanguageCode": "en_US",
        "domainName": "www.amazon.com",
    },
    "storeName": "BestSellerStore",
    "participation": {"isParticipating": True, "hasSuspendedListings": False},
}
_OFFERED = {
    "_links": {
        "actions": [
            {
                "href": f"{_CREATE}?marketplaceIds={MARKETPLACE}",
                "name": "productReviewAndSellerFeedback",
            }
        ],
        "self": {"href": f"{_SOLICITATION}?marketplaceIds={MARKETPLACE}"},
    }
}
