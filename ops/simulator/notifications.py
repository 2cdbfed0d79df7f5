"""The Notifications API: destinations and subscriptions, separate in every region."""

from dataclasses import dataclass
from typing import Any

from lambdas.core.marketplaces import Region
from ops.simulator.accounts import Accounts
from ops.simulator.answers import Answer, success
from ops.simulator.calls import Call
from ops.simulator.dice import identifier
from ops.simulator.errors import (
    DESTINATION_EXISTS,
    DESTINATION_IN_USE,
    NOT_FOUND,
    SUBSCRIPTION_EXISTS,
    RefusedError,
)
from ops.simulator.notices import SubscriptionIds
from ops.simulator.subscription_requests import (
    ORDER_CHANGE,
    invalid,
    parse_destination,
    parse_subscription,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A queue that an application has named in one region."""

    destination_id: str
    region: Region | None
    client_id: str | None
    name: str
    arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One seller's notifications of one type, on their way to a destination."""

    subscription_id: str
    region: Region | None
    client_id: str | None
    application_id: str
    seller_id: str | None
    notification_type: str
    payload_version: str
    destination_id: str
    processing_directive: dict[str, Any] | None


class Notifications:
    """All destinations and subscriptions; each call sees its own application's and region's."""

    def __init__(self, seed: int, accounts: Accounts) -> None:
        self.destinations: list[Destination] = []
        self.subscriptions: list[Subscription] = []
        self.one_destination_each = False
        """Answer 409 for a second queue too, as some have met it (docs issue 1850)."""
        self._seed = seed
        self._accounts = accounts

    def ids_by_seller(self) -> dict[tuple[str, Region], SubscriptionIds]:
        """What the ORDER_CHANGE notifications of each subscribed seller are stamped with."""
        return {
            (s.seller_id, s.region): SubscriptionIds(s.application_id, s.subscription_id)
            for s in self.subscriptions
            if s.seller_id and s.region and s.notification_type == ORDER_CHANGE
        }

    def create_destination(self, call: Call) -> Answer:
        request = parse_destination(call.request.content)
        for known in self._own_destinations(call):
            if self.one_destination_each or known.arn == request.arn:
                raise RefusedError(
                    DESTINATION_EXISTS.with_details(
                        f"A destination with arn {request.arn} already exists "
                        f"for the application {self._application_id(call)}"
                    )
                )
        destination = Destination(
            destination_id=self._new_id("destination", call),
            region=call.region,
            client_id=call.client_id,
            name=request.name,
            arn=request.arn,
        )
        self.destinations.append(destination)
        return success({"payload": _destination_payload(destination)})

    def get_destinations(self, call: Call) -> Answer:
        return success({"payload": [_destination_payload(d) for d in self._own_destinations(call)]})

    def get_destination(self, call: Call) -> Answer:
        destination = self._find_destination(call, call.ids["destinationId"])
        if destination is None:
            raise RefusedError(NOT_FOUND)
        return success({"payload": _destination_payload(destination)})

    def delete_destination(self, call: Call) -> Answer:
        destination = self._find_destination(call, call.ids["destinationId"])
        if destination is None:
            raise RefusedError(NOT_FOUND)
        if any(s.destination_id == destination.destination_id for s in self.subscriptions):
            raise RefusedError(DESTINATION_IN_USE)
        self.destinations.remove(destination)
        return success({})

    def create_subscription(self, call: Call) -> Answer:
        notification_type = call.ids["notificationType"]
        request = parse_subscription(notification_type, call.request.content)
        application_id = self._application_id(call)
        if self._find_destination(call, request.destination_id) is None:
            raise invalid(
                f"No destination with id {request.destination_id} "
                f"for applicationId {application_id}"
            )
        if self._own_subscriptions(call, notification_type, request.payload_version):
            raise RefusedError(
                SUBSCRIPTION_EXISTS.with_details(
                    f"Subscription already exist for notification type {notification_type}"
                )
            )
        subscription = Subscription(
            subscription_id=self._new_id("subscription", call),
            region=call.region,
            client_id=call.client_id,
            application_id=application_id,
            seller_id=call.seller_id,
            notification_type=notification_type,
            payload_version=request.payload_version,
            destination_id=request.destination_id,
            processing_directive=request.processing_directive,
        )
        self.subscriptions.append(subscription)
        payload = _subscription_payload(subscription)
        payload.pop("processingDirective", None)
        return success({"payload": payload})

    def get_subscription(self, call: Call) -> Answer:
        version = call.request.url.params.get("payloadVersion")
        found = self._own_subscriptions(call, call.ids["notificationType"], version)
        if not found:
            raise RefusedError(NOT_FOUND)
        return success({"payload": _subscription_payload(found[-1])})

    def get_subscriptions(self, call: Call) -> Answer:
        """All on one page: nobody simulated here has as many as the smallest page holds."""
        types = call.request.url.params.get("notificationTypes")
        if not types:
            raise invalid("notificationTypes is missing")
        version = call.request.url.params.get("payloadVersion")
        found = [
            _subscription_payload(subscription)
            for notification_type in types.split(",")
            for subscription in self._own_subscriptions(call, notification_type, version)
        ]
        return success({"payload": {"subscriptions": found}})

    def get_subscription_by_id(self, call: Call) -> Answer:
        return success({"payload": _subscription_payload(self._subscription_by_id(call))})

    def delete_subscription_by_id(self, call: Call) -> Answer:
        self.subscriptions.remove(self._subscription_by_id(call))
        return success({})

    def _own_destinations(self, call: Call) -> list[Destination]:
        own = (call.region, call.client_id)
        return [d for d in self.destinations if (d.region, d.client_id) == own]

    def _find_destination(self, call: Call, destination_id: str) -> Destination | None:
        found = (d for d in self._own_destinations(call) if d.destination_id == destination_id)
        return next(found, None)

    def _own_subscriptions(
        self, call: Call, notification_type: str, payload_version: str | None
    ) -> list[Subscription]:
        own = (call.region, call.client_id, call.seller_id, notification_type)
        return [
            s
            for s in self.subscriptions
            if (s.region, s.client_id, s.seller_id, s.notification_type) == own
            and payload_version in (None, s.payload_version)
        ]

    def _subscription_by_id(self, call: Call) -> Subscription:
        wanted = (
            call.region,
            call.client_id,
            call.ids["notificationType"],
            call.ids["subscriptionId"],
        )
        for s in self.subscriptions:
            if (s.region, s.client_id, s.notification_type, s.subscription_id) == wanted:
                return s
        raise RefusedError(NOT_FOUND)

    def _application_id(self, call: Call) -> str:
        return self._accounts.applications[call.client_id or ""].application_id

    def _new_id(self, what: str, call: Call) -> str:
        return identifier(self._seed, what, call.region, call.subject, call.number)


def _destination_payload(destination: Destination) -> dict[str, Any]:
    return {
        "destinationId": destination.destination_id,
        "name": destination.name,
        # Amazon's answers name the kinds that are not used, as null.
        "resource": {"sqs": {"arn": destination.arn}, "eventBridge": None},
    }


def _subscription_payload(subscription: Subscription) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "subscriptionId": subscription.subscription_id,
        "payloadVersion": subscription.payload_version,
        "destinationId": subscription.destination_id,
    }
    if subscription.processing_directive:
        payload["processingDirective"] = subscription.processing_directive
    return payload
