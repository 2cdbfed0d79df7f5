"""Messaging API v1: may the buyer be asked to remove a negative feedback, and ask.

The check is that of messaging.json in amzn/selling-partner-api-models. The create operation left
that file in August 2025 (commit 7c93eb1); its form is that of the file before.
"""

from collections.abc import Callable
from typing import Any

from lambdas.spapi.client import SpApiClient
from lambdas.spapi.operation import Operation

NEGATIVE_FEEDBACK_REMOVAL = "negativeFeedbackRemoval"

_GET_ACTIONS = Operation(
    name="getMessagingActionsForOrder",
    method="GET",
    path="/messaging/v1/orders/{amazonOrderId}",
)
_CREATE = Operation(
    name="createNegativeFeedbackRemoval",
    method="POST",
    path=f"/messaging/v1/orders/{{amazonOrderId}}/messages/{NEGATIVE_FEEDBACK_REMOVAL}",
    success=201,
)


class Messaging:
    """The two operations, each within its own usage plan; the role is Buyer Communication."""

    def __init__(self, client: SpApiClient) -> None:
        self._client = client

    def get_messaging_actions_for_order(
        self, amazon_order_id: str, marketplace_id: str
    ) -> frozenset[str]:
        """What may be written to the buyer now; an answer that cannot be read is an error."""
        reply = self._client.request(
            _GET_ACTIONS,
            ids={"amazonOrderId": amazon_order_id},
            params={"marketplaceIds": marketplace_id},
        )
        match reply.payload.get("_links"):
            case {"actions": list(links)}:
                names = [_name(link) for link in links]
            case _:
                raise reply.unreadable()
        if None in names or (not names and reply.payload.get("errors")):
            raise reply.unreadable()
        embedded = reply.payload.get("_embedded")
        schemas = embedded.get("actions") if isinstance(embedded, dict) else None
        disabled = {
            _name(each)
            for each in (schemas if isinstance(schemas, list) else [])
            if _is_disabled(each)
        }
        return frozenset(name for name in names if name and name not in disabled)

    def create_negative_feedback_removal(
        self, amazon_order_id: str, marketplace_id: str, *, before_sending: Callable[[], bool]
    ) -> str:
        """Ask the buyer, and return Amazon's request id, the only receipt there is.

        `before_sending` is asked directly before the call goes out, after every wait. After an
        OutcomeUnknownError the buyer may have been asked.
        """
        reply = self._client.request(
            _CREATE,
            ids={"amazonOrderId": amazon_order_id},
            params={"marketplaceIds": marketplace_id},
            before_sending=before_sending,
        )
        if reply.payload.get("errors"):
            raise reply.unreadable()
        return reply.request_id


def _name(link: Any) -> str | None:
    """The action's name, which an embedded one has on its own link too, or in its schema's."""
    match link:
        case {"name": str(name)} if name:
            return name
        case {"_links": {"self": {"name": str(name)}}} | {
            "_links": {"schema": {"name": str(name)}}
        }:
            return name
        case _:
            return None


def _is_disabled(embedded: Any) -> bool:
    # Amazon's sample answer has listed actions whose schema says that they are disabled.
    match embedded:
        case {"_embedded": {"schema": {"disabled": True}}}:
            return True
        case _:
            return False
