"""`dayfive live`: the second gate, without which nothing is ever sent."""

import time
from collections.abc import Callable, Iterable
from datetime import timedelta

from lambdas.aws.orders_table import OpenOrder, StaleRecordError
from lambdas.core.decisions import on_live
from lambdas.core.marketplaces import Region
from lambdas.core.seller import Seller
from lambdas.core.timing import LAST_CHECKS_BEFORE_CLOSE
from ops.deployment import Deployment
from ops.orders import not_connected

# A create call starts within 20 seconds of the check that it follows, and ends within 20 more.
LAST_CREATE_CALL_ENDS = timedelta(seconds=45)

_ATTEMPTS = 5

Track = Callable[[list[OpenOrder]], Iterable[OpenOrder]]


def connected_seller(deployment: Deployment, seller_id: str) -> Seller:
    """The seller. Raises OperatorError if it was never connected, or is not any more."""
    seller = deployment.sellers.get(seller_id)
    if seller is None or not seller.regions:
        raise not_connected(deployment, seller_id)
    return seller


def waiting_for_live(deployment: Deployment, seller_id: str, region: Region) -> list[OpenOrder]:
    """Open orders that a dry run may have found offered, soonest to close first."""
    waiting = [
        order
        for order in deployment.orders.waiting(seller_id, region)
        # Sending hours may move the last check forward by a day.
        if order.due_at >= order.closes_at - LAST_CHECKS_BEFORE_CLOSE[0]
    ]
    return sorted(waiting, key=lambda order: order.closes_at)


def go_live(deployment: Deployment, seller_id: str, *, track: Track) -> int:
    """Open the gate, and make due what the dry run would have sent; gives how many that are."""
    deployment.sellers.set_live(seller_id, True)
    planned = 0
    for region in Region:
        waiting = waiting_for_live(deployment, seller_id, region)
        made_due = sum(_make_due(deployment, seller_id, order) for order in track(waiting))
        if made_due:
            deployment.wake_up_queue.wake(seller_id, region)
        planned += made_due
    return planned


def end_live(deployment: Deployment, seller_id: str) -> None:
    """Shut the gate; returns when no running sender can still post."""
    deployment.sellers.set_live(seller_id, False)
    time.sleep(LAST_CREATE_CALL_ENDS.total_seconds())


def _make_due(deployment: Deployment, seller_id: str, found: OpenOrder) -> bool:
    order = deployment.orders.get(seller_id, found.amazon_order_id)
    for _ in range(_ATTEMPTS):
        planned = on_live(order) if order else None
        if order is None or planned is None:
            return False
        try:
            deployment.orders.put(planned, known=order)
        except StaleRecordError as stale:
            # News may have been taken in just now, which leaves the order dry.
            order = stale.current
        else:
            return True
    return False
