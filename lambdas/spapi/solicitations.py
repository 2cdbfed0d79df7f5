"""Solicitations API v1: may this order be asked about, and ask.

The shapes are those of solicitations.json in amzn/selling-partner-api-models.
"""

from collections.abc import Callable
from dataclasses import dataclass

from lambdas.spapi.actions import actions_in
from lambdas.spapi.client import SpApiClient
from lambdas.spapi.operation import Operation

_GET_ACTIONS = Operation(
    name="getSolicitationActionsForOrder",
    method="GET",
    path="/solicitations/v1/orders/{amazonOrderId}",
)
_CREATE = Operation(
    name="createProductReviewAndSellerFeedbackSolicitation",
    method="POST",
    path="/solicitations/v1/orders/{amazonOrderId}/solicitations/productReviewAndSellerFeedback",
    success=201,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SolicitationActions:
    """What Amazon offers for an order now; an empty set says nothing about later."""

    names: frozenset[str]
    request_id: str


class Solicitations:
    """The two operations, each within its own usage plan."""

    def __init__(self, client: SpApiClient) -> None:
        self._client = client

    def get_solicitation_actions_for_order(
        self,
        amazon_order_id: str,
        marketplace_id: str,
        *,
        before_sending: Callable[[], bool] | None = None,
        seconds: float = 10.0,
    ) -> SolicitationActions:
        """The actions that can be taken; an answer that cannot be read is UnavailableError."""
        reply = self._client.request(
            _GET_ACTIONS,
            ids={"amazonOrderId": amazon_order_id},
            params={"marketplaceIds": marketplace_id},
            seconds=seconds,
            before_sending=before_sending,
        )
        return SolicitationActions(names=actions_in(reply), request_id=reply.request_id)

    def create_product_review_and_seller_feedback_solicitation(
        self,
        amazon_order_id: str,
        marketplace_id: str,
        *,
        before_sending: Callable[[], bool],
        seconds: float = 20.0,
    ) -> str:
        """Send the solicitation and return Amazon's request id, the only receipt there is.

        `before_sending` is asked after every wait, directly before the call goes out; False
        raises NotSentError. After an OutcomeUnknownError the buyer may have been asked.
        """
        reply = self._client.request(
            _CREATE,
            ids={"amazonOrderId": amazon_order_id},
            params={"marketplaceIds": marketplace_id},
            seconds=seconds,
            before_sending=before_sending,
        )
        if reply.payload.get("errors"):
            raise reply.unreadable()
        return reply.request_id
