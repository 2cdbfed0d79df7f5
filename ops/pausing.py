"""`dayfive pause` and `resume`: of all sellers, of one, or of one marketplace of theirs."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from lambdas.aws.orders_table import OpenOrder, StaleRecordError
from lambdas.core.marketplaces import region_of
from lambdas.core.operator_acts import Changed, on_resume
from lambdas.core.placing import MARKETPLACE_PAUSED
from lambdas.core.seller import Seller
from lambdas.core.solicitation import Solicitation, Status
from ops.deployment import Deployment
from ops.errors import OperatorError
from ops.orders import OnCorrupt, all_orders, all_sellers

Track = Callable[[list[OpenOrder]], Iterable[OpenOrder]]

# An order that was set aside is due when its window shuts, and hardly any other is.
_SAME = timedelta(seconds=1)

_ATTEMPTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """A seller, or what it sells in one marketplace; `is_paused` tells how it is now."""

    seller: Seller
    marketplace_id: str | None

    @property
    def is_paused(self) -> bool:
        if self.marketplace_id is None:
            return self.seller.paused
        return self.marketplace_id in self.seller.paused_marketplaces

    def covers(self, order: Solicitation) -> bool:
        return self.marketplace_id in (None, order.marketplace_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """What a pause means for the orders that are open now."""

    waiting: int
    shutting_this_week: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What a pause has left: orders that are due or planned anew, and windows that shut."""

    planned: int
    shut: int


def scopes(
    deployment: Deployment,
    *,
    seller_id: str | None,
    marketplace_id: str | None,
    on_corrupt: OnCorrupt,
) -> list[Scope]:
    """What is meant. Raises OperatorError if no connected seller sells there."""
    sellers = all_sellers(deployment, only=seller_id, on_corrupt=on_corrupt)
    if marketplace_id:
        region = region_of(marketplace_id)
        sellers = [seller for seller in sellers if region in seller.regions]
        if not sellers:
            raise OperatorError(f"no seller is connected in region {region}: nothing to do")
    return [Scope(seller=seller, marketplace_id=marketplace_id) for seller in sellers]


def look_ahead(
    deployment: Deployment, scope: Scope, *, now: datetime, on_corrupt: OnCorrupt
) -> Stopped:
    """How many orders a pause would stop, and how many of their windows shut within a week."""
    orders = [
        order
        for order in all_orders(deployment, scope.seller.seller_id, on_corrupt=on_corrupt)
        if order.status in {Status.WAITING, Status.SENDING} and scope.covers(order)
    ]
    soon = now + timedelta(days=7)
    return Stopped(
        waiting=len(orders),
        shutting_this_week=sum(order.window.closes_at < soon for order in orders),
    )


def pause(deployment: Deployment, scope: Scope, *, now: datetime) -> None:
    """Stop all calls; a call that is on its way ends within seconds."""
    if scope.marketplace_id is None:
        deployment.sellers.set_paused(scope.seller.seller_id, True, now=now)
    else:
        deployment.sellers.pause_marketplace(scope.seller.seller_id, scope.marketplace_id)


def is_half_resumed(deployment: Deployment, scope: Scope, *, now: datetime) -> bool:
    """Whether orders are still set aside for a marketplace that is not paused: a resume broke off.

    Nothing but another resume would look at them before their windows shut.
    """
    if scope.marketplace_id is None or scope.is_paused:
        return False
    return any(True for _ in _set_aside(deployment, scope, track=list, now=now))


def resume(deployment: Deployment, scope: Scope, *, track: Track, now: datetime) -> None:
    """Allow calls again, plan anew what was set aside, and wake the senders."""
    seller_id = scope.seller.seller_id
    if scope.marketplace_id is None:
        deployment.sellers.set_paused(seller_id, False)
    else:
        # Before its orders are planned anew, or the sender would set them aside again.
        deployment.sellers.resume_marketplace(seller_id, scope.marketplace_id)
        for order in _set_aside(deployment, scope, track=track, now=now):
            _plan_anew(deployment, order)
    for region in scope.seller.regions:
        deployment.wake_up_queue.wake(seller_id, region)


def what_is_left(
    deployment: Deployment, scope: Scope, *, now: datetime, on_corrupt: OnCorrupt
) -> Left:
    """How many orders have come to be due, and how many windows have shut, since the pause."""
    planned = shut = 0
    is_marketplace = scope.marketplace_id is not None
    for order in all_orders(deployment, scope.seller.seller_id, on_corrupt=on_corrupt):
        if not scope.covers(order):
            continue
        if order.status in {Status.WAITING, Status.SENDING} and not order.window.has_shut(now):
            planned += order.due_at <= now or (is_marketplace and _was_set_aside(order))
        elif order.is_open or order.status is Status.EXPIRED:
            shut += _shut_meanwhile(order, scope, now)
    return Left(planned=planned, shut=shut)


def _shut_meanwhile(order: Solicitation, scope: Scope, now: datetime) -> bool:
    if scope.marketplace_id is not None:
        return _was_set_aside(order)
    since = scope.seller.paused_since
    return since is not None and since <= order.window.closes_at <= now


def _was_set_aside(order: Solicitation) -> bool:
    return order.reason == MARKETPLACE_PAUSED


def _set_aside(
    deployment: Deployment, scope: Scope, *, track: Track, now: datetime
) -> Iterator[Solicitation]:
    """The orders that wait for the scope's marketplace, soonest to close first."""
    seller_id, region = scope.seller.seller_id, region_of(scope.marketplace_id or "")
    if region is None:
        return
    # One that was set aside a moment ago may still be in the index as it was then: due.
    listed = [
        each
        for each in deployment.orders.waiting(seller_id, region)
        if each.due_at <= now or abs(each.due_at - each.closes_at) <= _SAME
    ]
    for each in track(sorted(listed, key=lambda order: order.closes_at)):
        order = deployment.orders.get(seller_id, each.amazon_order_id)
        if order and scope.covers(order) and _was_set_aside(order) and order.is_open:
            yield order


def _plan_anew(deployment: Deployment, order: Solicitation) -> None:
    for _ in range(_ATTEMPTS):
        resumed = on_resume(order, policy=deployment.policy_of(order))
        if not isinstance(resumed, Changed):
            return
        try:
            deployment.orders.put(resumed.solicitation, known=order)
        except StaleRecordError as stale:
            # News may have been taken in just now, which leaves the order set aside.
            if stale.current is None:
                return
            order = stale.current
        else:
            return
