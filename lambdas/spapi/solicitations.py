"""Solicitations API v1: may this order be asked about, and ask.

The shapes are those of solicitations.json in amzn/selling-partner-api-models.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

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
        offered = _offered(reply.payload)
        if offered is None or (not offered and reply.payload.get("errors")):
            raise reply.unreadable()
        return SolicitationActions(
            names=offered - _disabled(reply.payload), request_id=reply.request_id
        )

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


def _offered(payload: Mapping[str, Any]) -> frozenset[str] | None:
    """The names among the links, or None: what is unreadable must not look like "not offered"."""
    actions = _at(payload, "_links", "actions")
    if not isinstance(actions, list):
        return None
    names = [_names(action) for action in actions]
    return frozenset(chain.from_iterable(names)) if all(names) else None


def _disabled(payload: Mapping[str, Any]) -> frozenset[str]:
    # Seen in the sister Messaging API: an action is listed, and its schema says it is disabled.
    found: set[str] = set()
    actions = _at(payload, "_embedded", "actions")
    for action in actions if isinstance(actions, list) else []:
        schema = _at(action, "_embedded", "schema")
        if _at(schema, "disabled") is True:
            found |= _names(action) | _names(_at(action, "_links", "self")) | _names(schema)
    return frozenset(found)


def _names(link: object) -> set[str]:
    """A link's name, and what its href ends with; the model's prose has a longer name."""
    name, href = _at(link, "name"), _at(link, "href")
    path = href.partition("?")[0].rstrip("/") if isinstance(href, str) else ""
    names = {name if isinstance(name, str) else "", path.rpartition("/")[2]} - {""}
    return {found.removesuffix("Solicitation") for found in names}


def _at(value: object, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value
