"""Chooses whose news goes astray, and how: at most one way for each order."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from ops.simulator.messages import MessageKind
from ops.simulator.news import News
from ops.simulator.population import InventedOrder

Told = tuple[MessageKind, News]

# Shares of all orders; of each kind there is at least one order, if any fits.
_SHARES = {
    MessageKind.ITEM_LEVEL: 0.05,
    MessageKind.DUPLICATE: 0.05,
    MessageKind.REPEATED: 0.03,
    MessageKind.UNSHIPPED_LATE: 0.03,
    MessageKind.STALE: 0.03,
    MessageKind.DELAYED: 0.04,
    MessageKind.WITH_NULLS: 0.04,
    MessageKind.WITH_OFFSETS: 0.03,
    MessageKind.UNKNOWN_VALUES: 0.02,
    MessageKind.BUYER_REQUESTED_CHANGE: 0.02,
    MessageKind.DELIVERY_TIP_CHANGE: 0.01,
}


def choose_treatments(orders: Sequence[InventedOrder], luck: Random) -> dict[str, MessageKind]:
    """A treatment by order id, for the orders that get one."""
    canceled = [o for o in orders if o.simulated.canceled_at]
    chosen = {o.amazon_order_id: MessageKind.CANCELED_FIRST for o in canceled[::3]}
    plain = [o for o in orders if not o.simulated.canceled_at and not o.is_replacement]
    luck.shuffle(plain)
    for kind, share in _SHARES.items():
        fit = (
            order
            for order in plain
            if order.amazon_order_id not in chosen
            and (kind is not MessageKind.ITEM_LEVEL or len(order.items) > 1)
        )
        wanted = max(1, round(share * len(orders)))
        chosen |= {o.amazon_order_id: kind for o in itertools.islice(fit, wanted)}
    return chosen


def treat(kind: MessageKind, news: News, treatment: MessageKind | None) -> list[Told]:
    """The messages that one change of a treated order becomes."""
    plain = (kind, news)
    match kind, treatment:
        case MessageKind.UNSHIPPED, MessageKind.UNSHIPPED_LATE:
            return [(MessageKind.UNSHIPPED_LATE, news)]
        case MessageKind.UNSHIPPED, MessageKind.STALE:
            return [plain, (MessageKind.STALE, replace(news, notification=1))]
        case MessageKind.CANCELED, MessageKind.CANCELED_FIRST:
            return [(MessageKind.CANCELED_FIRST, news)]
        case MessageKind.SHIPPED, MessageKind.DUPLICATE:
            return [plain, (MessageKind.DUPLICATE, news)]
        case MessageKind.SHIPPED, MessageKind.REPEATED:
            return [plain, (MessageKind.REPEATED, replace(news, notification=1))]
        case MessageKind.SHIPPED, MessageKind.ITEM_LEVEL:
            items = news.order.items
            return [(MessageKind.ITEM_LEVEL, replace(news, items=(item,))) for item in items]
        case MessageKind.SHIPPED, MessageKind.BUYER_REQUESTED_CHANGE:
            return [plain, _other_change(news, MessageKind.BUYER_REQUESTED_CHANGE)]
        case MessageKind.SHIPPED, MessageKind.DELIVERY_TIP_CHANGE:
            return [plain, _other_change(news, MessageKind.DELIVERY_TIP_CHANGE)]
        case MessageKind.SHIPPED, _:
            return [_rewritten(news, treatment)]
    return [plain]


def _other_change(news: News, kind: MessageKind) -> Told:
    change_type = "".join(word.capitalize() for word in kind.split("_"))
    later = news.changed_at + timedelta(hours=5)
    return kind, replace(news, change_type=change_type, changed_at=later)


def _rewritten(news: News, treatment: MessageKind | None) -> Told:
    match treatment:
        case MessageKind.DELAYED:
            return treatment, news
        case MessageKind.WITH_OFFSETS:
            return treatment, replace(news, with_offsets=True)
        case MessageKind.WITH_NULLS:
            nulls = ("time_of_order_change", "purchase_date", "destination_postal_code")
            return treatment, replace(news, overrides=dict.fromkeys(nulls))
        case MessageKind.UNKNOWN_VALUES:
            values = {
                "order_type": "TomorrowsOrder",
                "order_programs": ["TomorrowsProgram"],
                "shipping_programs": ["TomorrowsShipping"],
                "electronic_invoice_status": "TomorrowsInvoice",
            }
            return treatment, replace(news, overrides=values)
        case _:
            return MessageKind.SHIPPED, news


def arrival(kind: MessageKind, news: News, treatment: MessageKind | None, luck: Random) -> datetime:
    """When a message lies on the queue: seconds after the change, unless it is held up."""
    order = news.order.simulated
    seconds = 3 + luck.expovariate(1 / 5)
    match kind:
        case MessageKind.DELAYED:
            seconds = 300 * 96 ** luck.random()  # five minutes to eight hours
        case MessageKind.DUPLICATE | MessageKind.REPEATED:
            seconds += luck.uniform(1, 10_000)
        case MessageKind.UNSHIPPED_LATE if order.shipped_at:
            return order.shipped_at + timedelta(seconds=luck.uniform(60, 3600))
        case MessageKind.STALE if order.shipped_at:
            return order.shipped_at + timedelta(days=luck.uniform(0.5, 3))
    usual = news.changed_at + timedelta(seconds=seconds)
    if treatment is MessageKind.CANCELED_FIRST and kind is not treatment and order.canceled_at:
        return order.canceled_at + timedelta(seconds=luck.uniform(120, 7200))
    return usual
