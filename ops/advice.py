"""What Amazon's refusals mean, and what a seller can do about each, in one line."""

from lambdas.core.refusals import Refusal, read_refusal
from lambdas.spapi.auth import Credentials
from lambdas.spapi.errors import (
    AuthorizationError,
    ForbiddenError,
    OutcomeUnknownError,
    SpApiError,
    ThrottledError,
    UnavailableError,
)

_FOR_ORDER_CHANGE = (
    "Inventory and Order Tracking",
    "Amazon Fulfillment",
    "Direct-to-Consumer Shipping",
)
_TO_SOLICIT = ("Buyer Solicitation", "Product Listing")

# Any one of an operation's is enough: "Role Mappings for SP-API Types" for ORDER_CHANGE, by a third
# party's summary, and "Set up the Solicitations API". The first is the one to ask for.
_ROLES = {
    "getSubscription": _FOR_ORDER_CHANGE,
    "createSubscription": _FOR_ORDER_CHANGE,
    "getSolicitationActionsForOrder": _TO_SOLICIT,
    "createProductReviewAndSellerFeedbackSolicitation": _TO_SOLICIT,
}
NEW_SECRET = (
    "make a new client secret in the Solution Provider Portal and run dayfive connect with it"
)
_SECRET_IS_OVER = "lwa secret token"

# https://developer-docs.amazon.com/sp-api/docs/connecting-to-the-selling-partner-api
_BEGINNINGS = (
    ("client id", "client_id", "amzn1.application-oa2-client."),
    ("client secret", "client_secret", "amzn1.oa2-cs."),
    ("refresh token", "refresh_token", "Atzr|"),
)


def explained(error: SpApiError) -> str:
    """The error and what to do, as one line."""
    return f"{error}: {advice(error)}"


def advice(error: SpApiError) -> str:
    """What to do about an error of any call but the token's own."""
    match error:
        case AuthorizationError(lwa_error=str()):
            return advice_on_token(error)
        case ForbiddenError() if is_secret_over(error):
            return f"the client secret is over 180 days old: {NEW_SECRET}"
        case ForbiddenError() if is_access_denied(error):
            return advice_on_access(error.operation)
        case ThrottledError():
            return "Amazon wants fewer calls: wait a minute, then run the same command again"
        case OutcomeUnknownError():
            return "run the same command again: it looks at what is there first"
        case UnavailableError():
            return "Amazon is out of reach or has trouble: run the same command again later"
        case _:
            return "run the same command again"


def advice_on_token(error: AuthorizationError) -> str:
    """What to do about a refusal of Login with Amazon."""
    return _advice_on_token(error.lwa_error)


def _advice_on_token(lwa_error: str | None) -> str:
    match lwa_error:
        case "invalid_grant":
            return (
                "the refresh token is wrong or of another application, or the authorisation was"
                " withdrawn: authorise the application again in Seller Central, and run dayfive"
                " connect with the new token"
            )
        case "invalid_client":
            return (
                "the client id or the client secret is wrong, or the secret is over 180 days old"
                " (then make a new one in the Solution Provider Portal)"
            )
        case _:
            return "client id, client secret and refresh token must be of one application"


def advice_on_access(operation: str) -> str:
    """What `Access to requested resource is denied` can mean for this operation."""
    roles = _ROLES.get(operation)
    if roles is None:
        return "look whether the application's authorisation was withdrawn or has expired"
    first, *others = roles
    return (
        f"give the application the role {first} (or {' or '.join(others)}), then authorise it"
        " again and run dayfive connect with the new refresh token: a token has the roles of the"
        " day it was made. The same answer comes when the authorisation was withdrawn or has"
        " expired"
    )


def advice_on_block(reason: str) -> str:
    """What to do about a seller that was blocked, by the text of the refusal on its record."""
    operation, _, words = reason.partition(":")
    if _SECRET_IS_OVER in words.lower():
        return f"the client secret is over 180 days old: {NEW_SECRET}"
    if read_refusal(words) is Refusal.ACCESS_DENIED:
        return advice_on_access(operation)
    found = next((code for code in ("invalid_grant", "invalid_client") if code in words), None)
    return _advice_on_token(found) if found else "run dayfive connect"


def is_access_denied(error: ForbiddenError) -> bool:
    return read_refusal(_words(error)) is Refusal.ACCESS_DENIED


def is_secret_over(error: ForbiddenError) -> bool:
    return _SECRET_IS_OVER in _words(error).lower()


def is_in_use(error: ForbiddenError) -> bool:
    """Whether a destination could not be deleted because it has subscriptions."""
    # amzn/selling-partner-api-docs issue 1800
    return "has subscriptions" in _words(error).lower()


def oddities(credentials: Credentials) -> str:
    """Which of the credentials do not begin as Amazon's do, or nothing; it quotes none."""
    odd = [
        f"the {name} does not begin with {beginning}"
        for name, field, beginning in _BEGINNINGS
        if not getattr(credentials, field).startswith(beginning)
    ]
    return f" ({', and '.join(odd)})" if odd else ""


def _words(error: ForbiddenError) -> str:
    return " ".join(f"{each.message} {each.details}" for each in error.errors)
