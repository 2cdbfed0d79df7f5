"""The operations that are simulated: paths, tokens, roles and usage plans."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ops.simulator.buckets import UsagePlan

GET_ACTIONS = "getSolicitationActionsForOrder"
CREATE_SOLICITATION = "createProductReviewAndSellerFeedbackSolicitation"
SEARCH_ORDERS = "searchOrders"
GET_MESSAGING_ACTIONS = "getMessagingActionsForOrder"
CREATE_FEEDBACK_REMOVAL = "createNegativeFeedbackRemoval"
TOKEN = "token"
UNKNOWN = "unknown"


class TokenKind(StrEnum):
    """Whose data an operation serves: a seller's, or the application's own."""

    SELLER = "seller"
    GRANTLESS = "grantless"


class Role(StrEnum):
    """A role of the application; a token carries what the seller has granted."""

    BUYER_SOLICITATION = "Buyer Solicitation"
    BUYER_COMMUNICATION = "Buyer Communication"
    INVENTORY_AND_ORDER_TRACKING = "Inventory and Order Tracking"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation under Amazon's operationId."""

    name: str
    method: str
    path: re.Pattern[str]
    token: TokenKind
    role: Role | None
    plan: UsagePlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The operation that a request asks for, and the ids in its path."""

    operation: Operation
    ids: Mapping[str, str]


def find_route(method: str, path: str) -> Route | None:
    """The route of a request, or None where Amazon's gateway knows none."""
    for operation in OPERATIONS.values():
        if operation.method == method and (match := operation.path.fullmatch(path)):
            return Route(operation=operation, ids=match.groupdict())
    return None


_USUAL_PLAN = UsagePlan(rate=1.0, burst=5)


def _operation(
    name: str,
    call: str,
    token: TokenKind,
    role: Role | None = None,
    plan: UsagePlan = _USUAL_PLAN,
) -> Operation:
    method, template = call.split(" ", maxsplit=1)
    path = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template))
    return Operation(name=name, method=method, path=path, token=token, role=role, plan=plan)


_ORDER = "/solicitations/v1/orders/{amazonOrderId}"
_MESSAGING = "/messaging/v1/orders/{amazonOrderId}"
_SUBSCRIPTIONS = "/notifications/v1/subscriptions"
_TYPE = _SUBSCRIPTIONS + "/{notificationType}"
_DESTINATIONS = "/notifications/v1/destinations"

# solicitations.json, notifications.json, sellers.json, orders_2026-01-01.json and messaging.json
# give paths and usage plans (the removal of feedback was in messaging.json until 2025). Which
# token an operation takes is in the Notifications API's guide; for getSubscriptions it is
# assumed by analogy with getSubscription.
_ALL = (
    _operation(GET_ACTIONS, f"GET {_ORDER}", TokenKind.SELLER, Role.BUYER_SOLICITATION),
    _operation(
        CREATE_SOLICITATION,
        f"POST {_ORDER}/solicitations/productReviewAndSellerFeedback",
        TokenKind.SELLER,
        Role.BUYER_SOLICITATION,
    ),
    _operation("createDestination", f"POST {_DESTINATIONS}", TokenKind.GRANTLESS),
    _operation("getDestinations", f"GET {_DESTINATIONS}", TokenKind.GRANTLESS),
    _operation("getDestination", f"GET {_DESTINATIONS}/{{destinationId}}", TokenKind.GRANTLESS),
    _operation(
        "deleteDestination", f"DELETE {_DESTINATIONS}/{{destinationId}}", TokenKind.GRANTLESS
    ),
    _operation(
        "createSubscription",
        f"POST {_TYPE}",
        TokenKind.SELLER,
        Role.INVENTORY_AND_ORDER_TRACKING,
    ),
    _operation("getSubscriptions", f"GET {_SUBSCRIPTIONS}", TokenKind.SELLER),
    _operation("getSubscription", f"GET {_TYPE}", TokenKind.SELLER),
    _operation("getSubscriptionById", f"GET {_TYPE}/{{subscriptionId}}", TokenKind.GRANTLESS),
    _operation("deleteSubscriptionById", f"DELETE {_TYPE}/{{subscriptionId}}", TokenKind.GRANTLESS),
    _operation(
        "getMarketplaceParticipations",
        "GET /sellers/v1/marketplaceParticipations",
        TokenKind.SELLER,
        plan=UsagePlan(rate=0.016, burst=15),
    ),
    # One of several roles that it accepts.
    _operation(
        SEARCH_ORDERS,
        "GET /orders/2026-01-01/orders",
        TokenKind.SELLER,
        Role.BUYER_SOLICITATION,
        UsagePlan(rate=0.0056, burst=20),
    ),
    _operation(
        GET_MESSAGING_ACTIONS, f"GET {_MESSAGING}", TokenKind.SELLER, Role.BUYER_COMMUNICATION
    ),
    _operation(
        CREATE_FEEDBACK_REMOVAL,
        f"POST {_MESSAGING}/messages/negativeFeedbackRemoval",
        TokenKind.SELLER,
        Role.BUYER_COMMUNICATION,
    ),
)
OPERATIONS = {operation.name: operation for operation in _ALL}
