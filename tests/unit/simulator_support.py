"""A simulated Amazon with a clock moved by hand, and the raw calls that its tests make."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from ops.simulator import SimulatedOrder, Simulator

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
CLIENT_ID, CLIENT_SECRET = "amzn1.application-oa2-client.dayfive", "amzn1.oa2-cs.v1.dayfive"
SELLER, REFRESH_TOKEN = "A1DAYFIVENA001", "Atzr|na"
EU_SELLER, EU_REFRESH_TOKEN = "A1DAYFIVEEU001", "Atzr|eu"
US, CA, DE = "ATVPDKIKX0DER", "A2EUQ1WTGCTBG2", "A1PA6795UKMFR9"
ORDER = "903-5550101-0000001"
NA_HOST, EU_HOST = (f"https://sellingpartnerapi-{region}.amazon.com" for region in ("na", "eu"))
LWA_HOST = "https://api.amazon.com"
NOTIFICATIONS_SCOPE = "sellingpartnerapi::notifications"
QUEUE_ARN = "arn:aws:sqs:us-east-1:123456789012:OrderChangeQueue"


class Clock:
    """What the simulator takes for the time."""

    def __init__(self) -> None:
        self.moment = START

    def __call__(self) -> datetime:
        return self.moment

    def move(self, **duration: float) -> None:
        self.moment += timedelta(**duration)


def simulated_order(**overrides: Any) -> SimulatedOrder:
    """An order of the American seller's, delivered six days ago, so open to be solicited."""
    order: dict[str, Any] = {
        "amazon_order_id": ORDER,
        "seller_id": SELLER,
        "marketplace_id": US,
        "shipped_at": START - timedelta(days=9),
        "delivered_at": START - timedelta(days=6),
    }
    return SimulatedOrder(**{**order, **overrides})


class Amazon:
    """A simulator with an application, two sellers and one order, and calls to it."""

    def __init__(self, seed: int = 0) -> None:
        self.clock = Clock()
        self.simulator = Simulator(seed=seed, now=self.clock)
        self.simulator.add_application(CLIENT_ID, CLIENT_SECRET)
        self.simulator.add_seller(SELLER, "na", REFRESH_TOKEN, application=CLIENT_ID)
        self.simulator.add_seller(EU_SELLER, "eu", EU_REFRESH_TOKEN, application=CLIENT_ID)
        self.simulator.add_order(simulated_order())
        self._client = httpx.Client(transport=httpx.MockTransport(self.simulator.handle))

    def token_request(self, **form: str) -> httpx.Response:
        fields = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **form}
        return self._client.post(f"{LWA_HOST}/auth/o2/token", data=fields)

    def seller_token(self, refresh_token: str = REFRESH_TOKEN) -> str:
        response = self.token_request(grant_type="refresh_token", refresh_token=refresh_token)
        return str(response.json()["access_token"])

    def grantless_token(self, scope: str = NOTIFICATIONS_SCOPE) -> str:
        response = self.token_request(grant_type="client_credentials", scope=scope)
        return str(response.json()["access_token"])

    def call(
        self,
        method: str,
        path: str,
        *,
        token: str | None,
        host: str = NA_HOST,
        headers: dict[str, str] | None = None,
        **options: Any,
    ) -> httpx.Response:
        sent = {"x-amz-date": self.clock().strftime("%Y%m%dT%H%M%SZ"), **(headers or {})}
        if token:
            sent["x-amz-access-token"] = token
        return self._client.request(method, host + path, headers=sent, **options)

    def check(self, order: str = ORDER, **options: Any) -> httpx.Response:
        """getSolicitationActionsForOrder, with a new token unless one is given."""
        return self._about_order("GET", f"/solicitations/v1/orders/{order}", options)

    def solicit(self, order: str = ORDER, **options: Any) -> httpx.Response:
        """createProductReviewAndSellerFeedbackSolicitation, likewise."""
        action = "solicitations/productReviewAndSellerFeedback"
        return self._about_order("POST", f"/solicitations/v1/orders/{order}/{action}", options)

    def _about_order(self, method: str, path: str, options: dict[str, Any]) -> httpx.Response:
        sent = {"params": {"marketplaceIds": US}, **options}
        if "token" not in sent:
            sent["token"] = self.seller_token()
        return self.call(method, path, **sent)


def error_of(response: httpx.Response) -> dict[str, Any]:
    """The one error of an answer."""
    (error,) = json.loads(response.content)["errors"]
    return dict(error)


def action_names(response: httpx.Response) -> list[str]:
    return [action["name"] for action in response.json()["_links"]["actions"]]
