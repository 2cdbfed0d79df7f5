"""What the Notifications API accepts in a body, and how it refuses the rest."""

import json
import re
from dataclasses import dataclass
from typing import Any

from ops.simulator.errors import CANNOT_BE_PARSED, RefusedError

ORDER_CHANGE = "ORDER_CHANGE"

_PAYLOAD_VERSIONS = {ORDER_CHANGE: "1.0", "ANY_OFFER_CHANGED": "1.0"}
_ORDER_CHANGE_FILTER = frozenset({"eventFilterType", "orderChangeTypes"})
_ORDER_CHANGE_TYPES = frozenset({"BuyerRequestedChange", "DeliveryTipChange", "OrderStatusChange"})
_SQS_ARN = re.compile(r"arn:aws:sqs:\S+:\S+:\S+")
_STRING_LITERAL = re.compile(r"\"[^\"]*\"|'[^']*'")


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationRequest:
    """The body of createDestination, sound."""

    name: str
    arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionRequest:
    """The body of createSubscription, sound by itself."""

    payload_version: str
    destination_id: str
    processing_directive: dict[str, Any] | None


def invalid(details: str) -> RefusedError:
    return RefusedError(CANNOT_BE_PARSED.with_details(details))


def parse_destination(content: bytes) -> DestinationRequest:
    body = _json_object(content)
    specification = body.get("resourceSpecification")
    sqs = specification.get("sqs") if isinstance(specification, dict) else None
    arn = sqs.get("arn") if isinstance(sqs, dict) else None
    name = body.get("name")
    if not isinstance(name, str) or not 0 < len(name) <= 256:
        raise invalid("name is missing or too long")
    # The queue's kind is not looked at: a FIFO queue was accepted, and then stayed silent
    # (amzn/selling-partner-api-docs issue 845).
    if not isinstance(arn, str) or len(arn) > 1000 or not _SQS_ARN.match(arn):
        raise invalid("resourceSpecification has no SQS arn")
    return DestinationRequest(name=name, arn=arn)


def parse_subscription(notification_type: str, content: bytes) -> SubscriptionRequest:
    body = _json_object(content)
    payload_version = body.get("payloadVersion")
    destination_id = body.get("destinationId")
    if payload_version != _PAYLOAD_VERSIONS.get(notification_type, ""):
        raise invalid(f"No payloadVersion {payload_version} of {notification_type}")
    if not isinstance(destination_id, str):
        raise invalid("destinationId is missing")
    directive = body.get("processingDirective")
    if "processingDirective" in body:
        _check_directive(notification_type, directive)
    return SubscriptionRequest(
        payload_version=payload_version,
        destination_id=destination_id,
        processing_directive=directive,
    )


def _check_directive(notification_type: str, directive: object) -> None:
    if not isinstance(directive, dict) or not any(directive.values()):
        # jlevers/selling-partner-api issue 885
        raise invalid("Processing Directive eventFilter must not be empty")
    if len(directive) > 1:
        raise invalid("eventFilter and filterExpression are mutually exclusive")
    expression = directive.get("filterExpression")
    if expression is None:
        _check_event_filter(notification_type, directive.get("eventFilter"))
    elif not _is_expression(expression):
        raise invalid("filterExpression is not valid")


def _check_event_filter(notification_type: str, event_filter: object) -> None:
    sound = (
        isinstance(event_filter, dict)
        and event_filter.get("eventFilterType") == notification_type
        and (notification_type != ORDER_CHANGE or _is_order_change_filter(event_filter))
    )
    if not sound:
        raise invalid(
            f"EventFilter Payload {json.dumps(event_filter)} failed to validate "
            f"for notification type {notification_type}"
        )


def _is_order_change_filter(event_filter: dict[str, Any]) -> bool:
    # marketplaceIds is refused, although the model has it
    # (amzn/selling-partner-api-models issue 4135).
    types = event_filter.get("orderChangeTypes", [])
    known = isinstance(types, list) and all(t in _ORDER_CHANGE_TYPES for t in types)
    return known and event_filter.keys() <= _ORDER_CHANGE_FILTER


def _is_expression(expression: object) -> bool:
    if not isinstance(expression, str) or not 1 <= len(expression) <= 256:
        return False
    return not re.search(r"[-+*/%\[\]]", _STRING_LITERAL.sub("", expression))


def _json_object(content: bytes) -> dict[str, Any]:
    try:
        body = json.loads(content)
    except ValueError as error:
        raise RefusedError(CANNOT_BE_PARSED) from error
    if not isinstance(body, dict):
        raise RefusedError(CANNOT_BE_PARSED)
    return body
