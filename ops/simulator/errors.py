"""Amazon's error answers, word for word: a client has nothing but these texts to go by."""

import json
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorText:
    """One answer of Amazon's; the ledger files it under its label."""

    label: str
    status: int
    code: str
    message: str
    details: str | None = None

    def with_details(self, details: str) -> "ErrorText":
        return replace(self, details=details)


class RefusedError(Exception):
    """The call is answered with an error text."""

    def __init__(self, text: ErrorText) -> None:
        super().__init__(f"{text.label}: {text.message}")
        self.text = text


def error_body(text: ErrorText) -> str:
    """Amazon's envelope of one error."""
    error = {"code": text.code, "message": text.message}
    if text.details is not None:
        error["details"] = text.details
    body = json.dumps({"errors": [error]}, ensure_ascii=False)
    # A straight apostrophe arrives escaped (amzn/selling-partner-api-docs issue 994).
    return body.replace("'", "\\u0027")


def unauthorized(label: str, message: str, details: str | None = "") -> ErrorText:
    return ErrorText(label=label, status=403, code="Unauthorized", message=message, details=details)


def _denied(label: str, details: str) -> ErrorText:
    return unauthorized(label, "Access to requested resource is denied.", details)


# Refusals and failures of authorisation share a status and a code; sources by label:
# E1 amzn/selling-partner-api-models issue 19, E3 issue 779 (the apostrophe is U+2019),
# E2 jrl84/amazon-sp-api issue 29, E4 issue 772, E13 amzn/selling-partner-api-docs issue 994.
NOT_AVAILABLE = unauthorized(
    "E1", "The requested solicitation is not available for this amazonOrderId."
)
ALREADY_REQUESTED = unauthorized("E2", "You have already requested a review for this order.", None)
OUTSIDE_RANGE = unauthorized(
    "E3",
    "You can\N{RIGHT SINGLE QUOTATION MARK}t use this feature to request a review outside the "
    "5-30 day range after the order delivery date.",
)
MISSING_PARAMETERS = ErrorText(
    label="E4",
    status=400,
    code="InvalidInput",
    message="Missing or invalid request parameters: [marketplaceIds]",
)
TOKEN_EXPIRED = _denied("E5", "The access token you provided has expired.")
TOKEN_INVALID = _denied("E6", "The access token you provided is revoked, malformed or invalid.")
TOKEN_MISSING = _denied("E7", "Access token is missing in the request header.")
SECRET_EXPIRED = _denied("E8", "The LWA secret token you provided has expired.")
ACCESS_DENIED = _denied("E9", "")
QUOTA_EXCEEDED = ErrorText(
    label="E10",
    status=429,
    code="QuotaExceeded",
    message="You exceeded your quota for the requested resource.",
    details="",
)
INTERNAL_FAILURE = ErrorText(
    label="E11",
    status=500,
    code="InternalFailure",
    message="We encountered an internal error. Please try again.",
)
INVALID_INPUT = ErrorText(
    label="E12", status=400, code="InvalidInput", message="Invalid Input", details=""
)
NOT_FOUND = ErrorText(
    label="E13", status=404, code="NotFound", message="The requested resource doesn't exist."
)

# The Notifications API's own, from amzn/selling-partner-api-docs issues 1800 and 1564 and
# amzn/selling-partner-api-models issues 448 and 4135.
CANNOT_BE_PARSED = ErrorText(
    label="InvalidInput",
    status=400,
    code="InvalidInput",
    message="Request has missing or invalid parameters and cannot be parsed.",
)
DESTINATION_EXISTS = ErrorText(
    label="Conflict",
    status=409,
    code="Conflict",
    message="The requested resource conflict with a resource in the server.",
)
SUBSCRIPTION_EXISTS = ErrorText(
    label="StateConflict",
    status=409,
    code="StateConflict",
    message="The resource specified conflicts with the current state.",
)
DESTINATION_IN_USE = unauthorized(
    "Forbidden", "The requested action is forbidden.", "Destination has subscriptions"
)
