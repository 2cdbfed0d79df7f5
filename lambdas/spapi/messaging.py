"""Messaging API v1: may the buyer be asked to remove a negative feedback, and ask.

The check is that of messaging.json in amzn/selling-partner-api-models. The create operation left
that file in August 2025 (commit 7c93eb1); its form is that of the file before.
"""

from collections.abc import Callable

from lambdas.spapi.actions import actions_in
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
        return actions_in(reply)

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
