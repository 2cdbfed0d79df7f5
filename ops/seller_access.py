"""How the commands that set up and look after the chain reach Amazon, with given credentials."""

import os
from collections.abc import Iterator

import httpx

from lambdas.core.marketplaces import Region
from lambdas.spapi.auth import NOTIFICATIONS_SCOPE, Credentials, LwaTokens, TokenCache, TokenSource
from lambdas.spapi.client import SpApiClient
from lambdas.spapi.endpoints import Endpoints
from lambdas.spapi.errors import RequestRejectedError, SpApiError
from lambdas.spapi.notifications import Notifications, Subscription
from lambdas.spapi.pacing import Pacers
from lambdas.spapi.sellers import Sellers

ORDER_CHANGE = "ORDER_CHANGE"


def endpoints_in_force() -> Endpoints:
    """Amazon's, unless SP_API_ENDPOINT and LWA_ENDPOINT redirect. Raises EndpointRefusedError."""
    return Endpoints.from_overrides(
        os.environ.get("SP_API_ENDPOINT") or None, os.environ.get("LWA_ENDPOINT") or None
    )


class SellerAccess:
    """Opens the operations that operators use; none of them is of the Solicitations API."""

    def __init__(self, http: httpx.Client, endpoints: Endpoints) -> None:
        self._http = http
        self._endpoints = endpoints
        self._tokens = LwaTokens(http, endpoints, TokenCache())

    def prove(self, credentials: Credentials) -> None:
        """Exchange the refresh token. Raises AuthorizationError or UnavailableError."""
        self._tokens.seller_token(credentials).token()

    def client(self, credentials: Credentials, region: Region) -> SpApiClient:
        """A client with a pace of its own; all of them share the tokens."""
        return self._client(self._tokens.seller_token(credentials), region)

    def notifications(self, credentials: Credentials, region: Region) -> Notifications:
        grantless = self._tokens.grantless_token(
            credentials.client_id, credentials.client_secret, NOTIFICATIONS_SCOPE
        )
        return Notifications(
            seller=self.client(credentials, region),
            grantless=self._client(grantless, region),
        )

    def sellers(self, credentials: Credentials, region: Region) -> Sellers:
        return Sellers(self.client(credentials, region))

    def regions_that_accept(self, credentials: Credentials) -> Iterator[Region]:
        """Where this refresh token opens the seller's subscription, or the lack of one."""
        for region in Region:
            try:
                subscription_of(self.notifications(credentials, region))
            except SpApiError:
                continue
            yield region

    def _client(self, source: TokenSource, region: Region) -> SpApiClient:
        return SpApiClient(
            http=self._http,
            endpoints=self._endpoints,
            region=region,
            token_source=source,
            pacers=Pacers(),
        )


def subscription_of(notifications: Notifications) -> Subscription | None:
    """The seller's ORDER_CHANGE subscription, or None."""
    try:
        return notifications.get_subscription(ORDER_CHANGE)
    except RequestRejectedError as error:
        if error.status == 404:
            return None
        raise
