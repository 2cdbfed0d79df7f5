"""The HAL documents of getSolicitationActionsForOrder, in the forms that have been seen."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import quote

PRODUCT_REVIEW_AND_SELLER_FEEDBACK = "productReviewAndSellerFeedback"


class Embedding(StrEnum):
    """How much of `_embedded` is there: the schema makes it optional."""

    FULL = "full"
    WITHOUT_SELF = "without_self"  # as in solicitations.json's own example
    NONE = "none"  # as in its sandbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    name: str
    disabled: bool = False


def actions_document(
    amazon_order_id: str, marketplace_id: str, actions: list[Action], embedding: Embedding
) -> dict[str, Any]:
    """The document of one order; an order that is not eligible has the same, without actions."""
    order = f"/solicitations/v1/orders/{quote(amazon_order_id)}"
    query = f"?marketplaceIds={quote(marketplace_id)}"
    links = [{"href": f"{order}/solicitations/{a.name}{query}", "name": a.name} for a in actions]
    document: dict[str, Any] = {"_links": {"actions": links, "self": {"href": order + query}}}
    if embedding is not Embedding.NONE:
        elements = [_embedded(order, query, action, embedding) for action in actions]
        document["_embedded"] = {"actions": elements}
    return document


def _embedded(order: str, query: str, action: Action, embedding: Embedding) -> dict[str, Any]:
    path = f"{order}/solicitations/{action.name}"
    links = {"schema": {"href": f"{path}/schema", "name": action.name}}
    if embedding is Embedding.FULL:
        links["self"] = {"href": path + query, "name": action.name}
    return {
        "_links": links,
        "_embedded": {"schema": _schema(action)},
        "name": action.name,
        "title": "Request a review",
    }


def _schema(action: Action) -> dict[str, Any]:
    return {
        "type": "object",
        "name": action.name,
        "title": "Request a review",
        "disabled": action.disabled,
        "disabledReason": "Not available for this order." if action.disabled else None,
        "properties": {},
        "required": [],
        "$schema": "http://json-schema.org/draft-04/schema",
        "x-ui-hidden": False,
    }
