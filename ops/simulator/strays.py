"""Messages that are no news of an invented order: foreign, broken or from an unknown place."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

from ops.simulator.messages import Message, MessageKind

UNKNOWN_MARKETPLACE_ID = "A0DAYFIVENEW0"

_SHARES = {
    MessageKind.UNKNOWN_MARKETPLACE: 0.0,  # one
    MessageKind.OTHER_TYPE: 0.005,
    MessageKind.NOT_JSON: 0.002,
    MessageKind.MISSING_FIELD: 0.002,
}


def strays(messages: Sequence[Message], luck: Random) -> list[Message]:
    """At least one stray of each kind, each made of a plain message and close to it in time."""
    plain = [m for m in messages if m.kind is MessageKind.SHIPPED]
    return [
        _stray(luck.choice(plain), kind, number)
        for kind, share in _SHARES.items()
        for number in range(max(1, round(share * len(messages))) if plain else 0)
    ]


def _stray(message: Message, kind: MessageKind, number: int) -> Message:
    document = json.loads(message.body)
    document["NotificationMetadata"]["NotificationId"] += f"-{number}"
    change = document["Payload"]["OrderChangeNotification"]
    amazon_order_id = None
    body = None
    match kind:
        case MessageKind.UNKNOWN_MARKETPLACE:
            amazon_order_id = f"999-0000000-{number:07}"
            change["AmazonOrderId"] = amazon_order_id
            change["Summary"]["MarketplaceId"] = UNKNOWN_MARKETPLACE_ID
        case MessageKind.OTHER_TYPE:
            document = _account_status_changed(document)
        case MessageKind.MISSING_FIELD:
            del change["AmazonOrderId"]
        case MessageKind.NOT_JSON:
            body = message.body[: len(message.body) // 2]
    return replace(
        message,
        at=message.at + timedelta(seconds=7),
        body=body or json.dumps(document),
        kind=kind,
        amazon_order_id=amazon_order_id,
    )


def _account_status_changed(document: dict[str, Any]) -> dict[str, Any]:
    """A newer notification type, which writes its names in camelCase."""
    metadata = document["NotificationMetadata"]
    return {
        "notificationVersion": "1.0",
        "notificationType": "ACCOUNT_STATUS_CHANGED",
        "payloadVersion": "2020-09-04",
        "eventTime": document["EventTime"],
        "payload": {"accountStatusChangeNotification": {"currentAccountStatus": "NORMAL"}},
        "notificationMetadata": {key[0].lower() + key[1:]: metadata[key] for key in metadata},
    }
