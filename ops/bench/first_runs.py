"""What a new execution environment is given to do, and the little of AWS that it then asks for."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from lambdas.aws.credentials import APP_SECRET, seller_secret
from lambdas.aws.items import solicitation_item, to_attributes
from ops.bench.intake import notice
from ops.bench.plant import due_order
from ops.bench.sending import seller
from ops.demo.stage import CLIENT_ID, CLIENT_SECRET, refresh_token
from ops.simulator.simulator import Simulator

SELLER = seller(0)

Item = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstRun:
    """One event for one function; `items` are the table's, by their sort key."""

    function: str
    what: str
    records: list[Mapping[str, Any]] = field(default_factory=list)
    items: dict[str, Item] = field(default_factory=dict)

    @property
    def event(self) -> bytes:
        return json.dumps({"Records": self.records}).encode()

    def answer(self, operation: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """AWS's answer, of the shape and size that the real one has; conditions always hold."""
        match operation:
            case "GetItem":
                item = self.items.get(request["Key"]["amazon_order_id"]["S"])
                return {"Item": item} if item else {}
            case "Query":
                asked_for = list(request["ExpressionAttributeValues"].values())
                found = [each for each in self.items.values() if each.get("open_key") in asked_for]
                return {"Items": found, "Count": len(found), "ScannedCount": len(found)}
            case "PutItem":
                self.items[request["Item"]["amazon_order_id"]["S"]] = request["Item"]
                return {}
            case "GetSecretValue":
                secret = _SECRETS[request["SecretId"]]
                return {"SecretString": json.dumps(secret), "VersionId": "one"}
            case _:
                return {}


def amazon() -> Simulator:
    """An Amazon that knows the application and the seller."""
    simulator = Simulator()
    simulator.add_application(CLIENT_ID, CLIENT_SECRET)
    simulator.add_seller(
        SELLER.seller_id, SELLER.region, refresh_token(SELLER), application=CLIENT_ID
    )
    return simulator


def nothing_to_do(function: str) -> FirstRun:
    """An empty batch: the start, and no more."""
    return FirstRun(function=function, what="empty batch")


def new_order(number: int) -> FirstRun:
    """The intake takes in its first order."""
    record = _record(notice(number), SentTimestamp=str(int(time.time() * 1000)))
    return FirstRun(
        function="intake", what="new order", records=[record], items={"SELLER": _seller_item()}
    )


def orders_asked(simulator: Simulator, number: int, orders: int = 1) -> FirstRun:
    """The sender checks and asks what is due, one order if nothing else is said."""
    now = datetime.now(UTC)
    items: dict[str, Item] = {"SELLER": _seller_item()}
    for each in range(number, number + orders):
        order, at_amazon = due_order(
            SELLER, each, due_at=now - timedelta(minutes=1), closes_at=now + timedelta(days=20)
        )
        simulator.add_order(at_amazon)
        items[order.amazon_order_id] = to_attributes(solicitation_item(order))
    body = json.dumps({"seller_id": SELLER.seller_id, "region": str(SELLER.region)})
    what = "order asked" if orders == 1 else f"{orders} orders asked"
    return FirstRun(function="sender", what=what, records=[_record(body)], items=items)


def sweep() -> FirstRun:
    """The sweeper looks at one seller, for whom nothing is overdue; it does not read its event."""
    return FirstRun(function="sweeper", what="sweep", items={"SELLER": _seller_item()})


def first_runs(simulator: Simulator) -> tuple[Callable[[int], FirstRun], ...]:
    """What each function may be given first; the number makes each order another."""
    return (
        lambda _: nothing_to_do("intake"),
        new_order,
        lambda _: nothing_to_do("sender"),
        lambda number: orders_asked(simulator, number),
        lambda _: sweep(),
    )


def _record(body: str, **attributes: str) -> Mapping[str, Any]:
    counted = {"ApproximateReceiveCount": "1", **attributes}
    return {"messageId": "message", "body": body, "attributes": counted}


def _seller_item() -> Item:
    item: Item = to_attributes(
        {
            "seller_id": SELLER.seller_id,
            "amazon_order_id": "SELLER",
            "open_key": "SELLERS",
            "due_at": "2026-01-01T00:00:00Z",
            "status": "SELLER",
            "live": True,
            "paused": False,
            "regions": {
                str(SELLER.region): {"subscription_id": f"subscription-{SELLER.seller_id}"}
            },
        }
    )
    return item


_SECRETS = {
    APP_SECRET: {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET},
    seller_secret(SELLER.seller_id): {str(SELLER.region): refresh_token(SELLER)},
}
