"""Puts the news of a population on the queue as Amazon would: late, doubled and out of order."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from random import Random

from lambdas.core.marketplaces import Region
from ops.simulator.messages import Message, MessageKind
from ops.simulator.news import News, body
from ops.simulator.notices import SubscriptionIds
from ops.simulator.population import InventedOrder, Population
from ops.simulator.strays import strays
from ops.simulator.treatments import Told, arrival, choose_treatments, treat

_UNSHIPPED_AFTER_PURCHASE = timedelta(minutes=30)
_REVISED_AFTER_SHIPPING = timedelta(hours=12)


def feed(
    population: Population, subscriptions: Mapping[tuple[str, Region], SubscriptionIds]
) -> list[Message]:
    """All messages of the population's subscribed sellers, as they arrive on the queue."""
    orders = [o for o in population.orders if _subscriber(o) in subscriptions]
    treatments = choose_treatments(orders, Random(f"{population.seed}/treatments"))
    messages: list[Message] = []
    for order in orders:
        luck = Random(f"{population.seed}/{order.amazon_order_id}")
        treatment = treatments.get(order.amazon_order_id)
        messages += _messages(order, treatment, subscriptions[_subscriber(order)], luck)
    messages += strays(messages, Random(f"{population.seed}/strays"))
    return sorted(messages, key=lambda message: (message.at, message.body))


def _subscriber(order: InventedOrder) -> tuple[str, Region]:
    return order.seller.seller_id, order.seller.region


def _messages(
    order: InventedOrder, treatment: MessageKind | None, ids: SubscriptionIds, luck: Random
) -> Iterator[Message]:
    for plain_kind, plain_news in _changes(order):
        for kind, news in treat(plain_kind, plain_news, treatment):
            yield Message(
                at=arrival(kind, news, treatment, luck),
                body=body(news, ids),
                kind=kind,
                seller_id=order.seller.seller_id,
                amazon_order_id=order.amazon_order_id,
            )


def _changes(order: InventedOrder) -> Iterator[Told]:
    """What happens to the order, as it would be told if nothing went astray."""
    news = News(
        order=order,
        status="Unshipped",
        changed_at=order.purchased_at + _UNSHIPPED_AFTER_PURCHASE,
        promise=order.promise,
    )
    yield MessageKind.UNSHIPPED, news
    shipped_at, canceled_at = order.simulated.shipped_at, order.simulated.canceled_at
    if shipped_at:
        news = replace(news, status="Shipped", changed_at=shipped_at)
        kind = MessageKind.SHIPPED_REPLACEMENT if order.is_replacement else MessageKind.SHIPPED
        yield kind, news
        if order.revised_promise and not canceled_at:
            revised_at = shipped_at + _REVISED_AFTER_SHIPPING
            news = replace(news, changed_at=revised_at, promise=order.revised_promise)
            yield MessageKind.PROMISE_REVISED, news
    if canceled_at:
        yield MessageKind.CANCELED, replace(news, status="Canceled", changed_at=canceled_at)
