"""The Messaging API: what a seller may write to a buyer, and the removal of a feedback."""

import json
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote

from lambdas.core.marketplaces import region_of
from ops.simulator.answers import HAL, Answer
from ops.simulator.calls import Call
from ops.simulator.errors import NOT_FOUND, RefusedError, unauthorized
from ops.simulator.orders import SimulatedOrder

NEGATIVE_FEEDBACK_REMOVAL = "negativeFeedbackRemoval"

# messaging.json has neither this operation nor a refusal of it: both are assumed.
_NOT_OFFERED = unauthorized("M1", "The requested message is not available for this amazonOrderId.")
_ALWAYS_OFFERED = ("confirmDeliveryDetails", "unexpectedProblem")


class Messaging:
    """Amazon offers to ask for the removal only for the orders in `removable`."""

    def __init__(self, orders: Mapping[str, SimulatedOrder]) -> None:
        self.removable: set[str] = set()
        self.disabled: set[str] = set()
        self.removals: dict[str, datetime] = {}
        self._orders = orders

    def get_actions(self, call: Call) -> Answer:
        order = self._order(call)
        names = [*_ALWAYS_OFFERED, *([NEGATIVE_FEEDBACK_REMOVAL] if self._offers(order) else [])]
        path = f"/messaging/v1/orders/{quote(order.amazon_order_id)}"
        query = f"?marketplaceIds={quote(order.marketplace_id)}"
        links = [{"href": f"{path}/messages/{name}{query}", "name": name} for name in names]
        schemas = [
            {
                "_links": {"self": link},
                "_embedded": {"schema": {"name": link["name"], "disabled": self._disables(order)}},
            }
            for link in links
        ]
        document = {
            "_links": {"actions": links, "self": {"href": path + query}},
            "_embedded": {"actions": schemas},
        }
        return Answer(status=200, content=json.dumps(document).encode(), content_type=HAL)

    def create_removal(self, call: Call) -> Answer:
        order = self._order(call)
        if not self._offers(order) or self._disables(order):
            raise RefusedError(_NOT_OFFERED)
        self.removals[order.amazon_order_id] = call.at
        return Answer(status=201, content=b"{}", content_type=HAL)

    def _offers(self, order: SimulatedOrder) -> bool:
        order_id = order.amazon_order_id
        return order_id in self.removable and order_id not in self.removals

    def _disables(self, order: SimulatedOrder) -> bool:
        return order.amazon_order_id in self.disabled

    def _order(self, call: Call) -> SimulatedOrder:
        order = self._orders.get(call.amazon_order_id or "")
        if (
            order is None
            or order.seller_id != call.seller_id
            or [order.marketplace_id] != call.marketplace_ids
            or region_of(order.marketplace_id) is not call.region
        ):
            raise RefusedError(NOT_FOUND)
        return order
