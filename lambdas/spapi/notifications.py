"""Notifications API v1: where ORDER_CHANGE goes, and who is subscribed to it.

The shapes are those of notifications.json in amzn/selling-partner-api-models. Destinations and
subscriptions exist once per region. Creating and reading a seller's subscription takes the
seller's token, everything else a grantless one (issue 4491 there).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lambdas.spapi.client import SpApiClient
from lambdas.spapi.operation import Operation, Reply

ORDER_STATUS_CHANGES_ONLY: Mapping[str, Any] = {
    "eventFilter": {"eventFilterType": "ORDER_CHANGE", "orderChangeTypes": ["OrderStatusChange"]}
}
"""The processing directive for ORDER_CHANGE; a marketplace filter in it would be refused."""

_DESTINATIONS = "/notifications/v1/destinations"
_DESTINATION = f"{_DESTINATIONS}/{{destinationId}}"
_SUBSCRIPTIONS = "/notifications/v1/subscriptions/{notificationType}"
_SUBSCRIPTION = f"{_SUBSCRIPTIONS}/{{subscriptionId}}"


def _operation(name: str, method: str, path: str, *, conflict: bool = True) -> Operation:
    return Operation(name=name, method=method, path=path, declares_conflict=conflict)


_CREATE_DESTINATION = _operation("createDestination", "POST", _DESTINATIONS)
_GET_DESTINATIONS = _operation("getDestinations", "GET", _DESTINATIONS)
_GET_DESTINATION = _operation("getDestination", "GET", _DESTINATION)
_DELETE_DESTINATION = _operation("deleteDestination", "DELETE", _DESTINATION)
_CREATE_SUBSCRIPTION = _operation("createSubscription", "POST", _SUBSCRIPTIONS)
_GET_SUBSCRIPTION = _operation("getSubscription", "GET", _SUBSCRIPTIONS, conflict=False)
_GET_SUBSCRIPTION_BY_ID = _operation("getSubscriptionById", "GET", _SUBSCRIPTION)
_DELETE_SUBSCRIPTION_BY_ID = _operation("deleteSubscriptionById", "DELETE", _SUBSCRIPTION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A place that notifications go to; `sqs_arn` is None where it is not a queue."""

    destination_id: str
    name: str
    sqs_arn: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A subscription; `processing_directive` is Amazon's own object, {} where it sent none."""

    subscription_id: str
    payload_version: str
    destination_id: str
    processing_directive: Mapping[str, Any]


class Notifications:
    """The operations in one region; `grantless` needs a token of NOTIFICATIONS_SCOPE."""

    def __init__(self, *, seller: SpApiClient, grantless: SpApiClient) -> None:
        self._seller = seller
        self._grantless = grantless

    def create_destination(self, name: str, sqs_arn: str) -> Destination:
        """ConflictError where the application has one already: list them and reuse it."""
        body = {"name": name, "resourceSpecification": {"sqs": {"arn": sqs_arn}}}
        reply = self._grantless.request(_CREATE_DESTINATION, body=body)
        return _destination(reply, reply.payload.get("payload"))

    def get_destinations(self) -> tuple[Destination, ...]:
        reply = self._grantless.request(_GET_DESTINATIONS)
        listed = reply.payload.get("payload")
        if not isinstance(listed, list):
            raise reply.unreadable()
        return tuple(_destination(reply, entry) for entry in listed)

    def get_destination(self, destination_id: str) -> Destination:
        reply = self._grantless.request(_GET_DESTINATION, ids={"destinationId": destination_id})
        return _destination(reply, reply.payload.get("payload"))

    def delete_destination(self, destination_id: str) -> None:
        self._grantless.request(_DELETE_DESTINATION, ids={"destinationId": destination_id})

    def create_subscription(
        self,
        notification_type: str,
        *,
        destination_id: str,
        payload_version: str = "1.0",
        processing_directive: Mapping[str, Any] | None = None,
    ) -> Subscription:
        """ConflictError where the seller is subscribed already: read that one and compare."""
        body: dict[str, Any] = {"payloadVersion": payload_version, "destinationId": destination_id}
        # An empty directive is refused; leaving the key out is the way to have none.
        if processing_directive:
            body["processingDirective"] = processing_directive
        ids = {"notificationType": notification_type}
        reply = self._seller.request(_CREATE_SUBSCRIPTION, ids=ids, body=body)
        return _subscription(reply)

    def get_subscription(
        self, notification_type: str, *, payload_version: str = "1.0"
    ) -> Subscription:
        """The seller's own; RequestRejectedError with status 404 where there is none."""
        reply = self._seller.request(
            _GET_SUBSCRIPTION,
            ids={"notificationType": notification_type},
            params={"payloadVersion": payload_version},
        )
        return _subscription(reply)

    def get_subscription_by_id(self, notification_type: str, subscription_id: str) -> Subscription:
        ids = {"notificationType": notification_type, "subscriptionId": subscription_id}
        return _subscription(self._grantless.request(_GET_SUBSCRIPTION_BY_ID, ids=ids))

    def delete_subscription_by_id(self, notification_type: str, subscription_id: str) -> None:
        ids = {"notificationType": notification_type, "subscriptionId": subscription_id}
        self._grantless.request(_DELETE_SUBSCRIPTION_BY_ID, ids=ids)


def _destination(reply: Reply, entry: object) -> Destination:
    match entry:
        case {"destinationId": str(destination_id), "name": str(name), "resource": dict(resource)}:
            # Amazon spells out the kinds of resource that do not apply, as null.
            sqs = resource.get("sqs") or {}
            arn = sqs.get("arn") if isinstance(sqs, dict) else None
            return Destination(
                destination_id=destination_id,
                name=name,
                sqs_arn=arn if isinstance(arn, str) else None,
            )
        case _:
            raise reply.unreadable()


def _subscription(reply: Reply) -> Subscription:
    match reply.payload.get("payload"):
        case {
            "subscriptionId": str(subscription_id),
            "payloadVersion": str(payload_version),
            "destinationId": str(destination_id),
            **rest,
        }:
            directive = rest.get("processingDirective")
            return Subscription(
                subscription_id=subscription_id,
                payload_version=payload_version,
                destination_id=destination_id,
                processing_directive=directive if isinstance(directive, dict) else {},
            )
        case _:
            raise reply.unreadable()
