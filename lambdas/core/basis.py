"""What an order's window was computed from: orders of one basis are late or early alike."""

from datetime import timedelta
from enum import StrEnum

from lambdas.core.delivery import DeliveryNews
from lambdas.core.window import CLOSES_AFTER_LATEST, OPENS_AFTER_EARLIEST, SolicitationWindow


class Basis(StrEnum):
    """The values are the names under which counts are stored; promises differ by their span."""

    DELIVERED = "d"
    SHIPPED = "s"
    PROMISE_OF_2_DAYS = "p2"
    PROMISE_OF_5_DAYS = "p5"
    PROMISE_OF_10_DAYS = "p10"
    LONGER_PROMISE = "p"


_PROMISES = (
    (timedelta(days=2), Basis.PROMISE_OF_2_DAYS),
    (timedelta(days=5), Basis.PROMISE_OF_5_DAYS),
    (timedelta(days=10), Basis.PROMISE_OF_10_DAYS),
)


def basis_of(news: DeliveryNews | None, window: SolicitationWindow) -> Basis:
    """The basis of this window, which follows from this news."""
    earliest = window.opens_at - OPENS_AFTER_EARLIEST
    latest = window.closes_at - CLOSES_AFTER_LATEST
    if news and news.delivered_at and news.delivered_at == earliest:
        return Basis.DELIVERED
    if not (news and news.promise and news.promise.latest == latest):
        return Basis.SHIPPED
    span = latest - earliest
    return next((basis for longest, basis in _PROMISES if span <= longest), Basis.LONGER_PROMISE)
