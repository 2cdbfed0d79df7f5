"""The Solicitations API: which actions an order offers, and what becomes of a solicitation."""

import json
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from lambdas.core.marketplaces import region_of
from ops.simulator.answers import HAL, Answer, refusal
from ops.simulator.calls import Call
from ops.simulator.dice import roll
from ops.simulator.errors import NOT_AVAILABLE, NOT_FOUND, OUTSIDE_RANGE, ErrorText, RefusedError
from ops.simulator.hal import (
    PRODUCT_REVIEW_AND_SELLER_FEEDBACK,
    Action,
    Embedding,
    actions_document,
)
from ops.simulator.orders import Listing, SimulatedOrder

_ACTIONS = {
    Listing.OFFERED: [Action(name=PRODUCT_REVIEW_AND_SELLER_FEEDBACK)],
    Listing.DISABLED: [Action(name=PRODUCT_REVIEW_AND_SELLER_FEEDBACK, disabled=True)],
    # Parts of the wanted name: a client must match the whole.
    Listing.OTHER_ACTIONS: [Action(name="productReview"), Action(name="sellerFeedback")],
    Listing.NOTHING: [],
}


class Garbling(StrEnum):
    """The two ways in which the apostrophe of E3 spoilt its body in 2020 (models issue 779)."""

    CUT_SHORT = "cut_short"
    MOJIBAKE = "mojibake"


class Solicitations:
    """Amazon's orders, and which of them have been solicited."""

    def __init__(self, seed: int) -> None:
        self.orders: dict[str, SimulatedOrder] = {}
        self.accepted: dict[str, datetime] = {}
        self.garbling: Garbling | None = None
        self.unknown_order: ErrorText = NOT_FOUND
        self._seed = seed

    def get_actions(self, call: Call, *, empty: bool) -> Answer:
        order = self._order(call)
        listing = self._listing(order, call)
        if empty or self._roll("flapping", call) < order.flapping:
            listing = Listing.NOTHING
        document = actions_document(
            order.amazon_order_id,
            order.marketplace_id,
            _ACTIONS[listing],
            self._embedding(listing, call),
        )
        return Answer(
            status=200,
            content=json.dumps(document).encode(),
            content_type=HAL,
            offered=listing is Listing.OFFERED,
        )

    def create(self, call: Call) -> Answer:
        order = self._order(call)
        if self._is_solicited(order, call.at):
            raise RefusedError(order.second_answer)
        if not order.is_shipped(call.at) or order.listing is not Listing.OFFERED:
            raise RefusedError(NOT_AVAILABLE)
        if not order.is_open(call.at):
            return _garbled(refusal(OUTSIDE_RANGE), self.garbling)
        self.accepted[order.amazon_order_id] = call.at
        return Answer(status=201, content=b"{}", content_type=HAL, accepted=True)

    def _order(self, call: Call) -> SimulatedOrder:
        order = self.orders.get(call.amazon_order_id or "")
        if (
            order is None
            or order.seller_id != call.seller_id
            or [order.marketplace_id] != call.marketplace_ids
            or region_of(order.marketplace_id) is not call.region
        ):
            raise RefusedError(self.unknown_order)
        return order

    def _is_solicited(self, order: SimulatedOrder, at: datetime) -> bool:
        return order.is_solicited(at) or order.amazon_order_id in self.accepted

    def _listing(self, order: SimulatedOrder, call: Call) -> Listing:
        if self._is_solicited(order, call.at) or not order.is_open(call.at):
            return Listing.NOTHING
        return order.listing

    def _embedding(self, listing: Listing, call: Call) -> Embedding:
        luck = self._roll("embedding", call)
        match listing:
            case Listing.DISABLED:
                return Embedding.FULL
            case Listing.NOTHING:
                return Embedding.FULL if luck < 0.5 else Embedding.NONE
            case _:
                choices = (Embedding.FULL, Embedding.WITHOUT_SELF, Embedding.NONE)
                return choices[int(luck * 3)]

    def _roll(self, what: str, call: Call) -> float:
        return roll(self._seed, what, call.subject, call.number)


def _garbled(answer: Answer, garbling: Garbling | None) -> Answer:
    body = answer.content.decode()
    match garbling:
        case None:
            return answer
        case Garbling.CUT_SHORT:
            # The length was counted in characters and applied to bytes.
            return replace(answer, content=answer.content[: len(body)])
        case Garbling.MOJIBAKE:
            return replace(answer, content=answer.content.decode("cp1252").encode())
