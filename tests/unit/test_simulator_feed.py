"""The messages that Amazon would put on the queue, with all their ways of going astray."""

import json
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lambdas.core.marketplaces import Region, region_of
from ops.simulator.feed import feed
from ops.simulator.messages import Message, MessageKind
from ops.simulator.notices import SubscriptionIds
from ops.simulator.population import POSTAL_CODE_CANARY, Population, Seller, population

NA, EU = ("A1DAYFIVENA001", Region.NA), ("A1DAYFIVEEU001", Region.EU)
SUBSCRIPTIONS = {
    NA: SubscriptionIds("amzn1.sp.solution.na", "subscription-na"),
    EU: SubscriptionIds("amzn1.sp.solution.eu", "subscription-eu"),
}


def invent(seed: int = 1, orders: int = 1000) -> Population:
    return population(
        seed=seed,
        orders=orders,
        days=30,
        start=datetime(2026, 3, 1, tzinfo=UTC),
        sellers=[Seller(seller_id=seller_id, region=region) for seller_id, region in SUBSCRIPTIONS],
    )


INVENTED = invent()
ORDERS = {order.amazon_order_id: order for order in INVENTED.orders}


@pytest.fixture(scope="module")
def messages() -> list[Message]:
    return feed(INVENTED, SUBSCRIPTIONS)


def of_kind(messages: list[Message], kind: MessageKind) -> list[Message]:
    return [message for message in messages if message.kind is kind]


def news_of(message: Message) -> dict[str, Any]:
    return dict(json.loads(message.body)["Payload"]["OrderChangeNotification"])


def by_order(messages: list[Message]) -> dict[str | None, list[Message]]:
    told: defaultdict[str | None, list[Message]] = defaultdict(list)
    for message in messages:
        told[message.amazon_order_id].append(message)
    return told


def test_every_kind_of_message_is_there(messages: list[Message]) -> None:
    assert {message.kind for message in messages} == set(MessageKind)


def test_even_a_small_population_has_every_treatment() -> None:
    kinds = {message.kind for message in feed(invent(orders=60, seed=2), SUBSCRIPTIONS)}

    rare = {MessageKind.SHIPPED_REPLACEMENT, MessageKind.PROMISE_REVISED, MessageKind.CANCELED}
    assert kinds >= set(MessageKind) - rare - {MessageKind.CANCELED_FIRST}


def test_one_seed_gives_one_feed(messages: list[Message]) -> None:
    assert feed(invent(), SUBSCRIPTIONS) == messages
    assert feed(invent(seed=2), SUBSCRIPTIONS) != messages


def test_messages_come_in_the_order_of_their_arrival(messages: list[Message]) -> None:
    assert [m.at for m in messages] == sorted(m.at for m in messages)


def test_every_shipped_order_is_told_and_no_other(messages: list[Message]) -> None:
    told = {
        message.amazon_order_id
        for message in messages
        if message.amazon_order_id in ORDERS
        and news_of(message)["Summary"]["OrderStatus"] == "Shipped"
    }

    assert told == {i for i, order in ORDERS.items() if order.simulated.shipped_at}


def test_messages_carry_their_sellers_stamp(messages: list[Message]) -> None:
    for message in messages:
        if message.amazon_order_id:
            metadata = json.loads(message.body)["NotificationMetadata"]
            ids = {key[0]: ids for key, ids in SUBSCRIPTIONS.items()}[message.seller_id]
            assert metadata["ApplicationId"] == ids.application_id
            assert metadata["SubscriptionId"] == ids.subscription_id
            assert news_of(message)["SellerId"] == message.seller_id


def test_a_seller_without_a_subscription_hears_nothing() -> None:
    heard = feed(INVENTED, {NA: SUBSCRIPTIONS[NA]})

    assert {message.seller_id for message in heard} == {NA[0]}


def test_dates_come_with_mfn_orders_only(messages: list[Message]) -> None:
    for message in of_kind(messages, MessageKind.SHIPPED):
        summary = news_of(message)["Summary"]
        has_dates = {"EarliestDeliveryDate", "LatestDeliveryDate"} <= summary.keys()
        assert has_dates == (summary["FulfillmentType"] == "MFN")
    for message in of_kind(messages, MessageKind.CANCELED):
        assert "LatestDeliveryDate" not in news_of(message)["Summary"]


def test_times_are_written_in_every_form(messages: list[Message]) -> None:
    written = [news_of(m)["OrderChangeTrigger"] for m in messages if m.amazon_order_id]
    times = [str(trigger["TimeOfOrderChange"]) for trigger in written]
    endings = Counter(time[19:20] for time in times)

    assert endings.keys() == {".", "Z", "-", ""}
    assert times.count("None") == endings[""]


def test_a_duplicate_is_the_same_message_and_a_repetition_has_another_id(
    messages: list[Message],
) -> None:
    told = by_order(messages)
    for duplicate in of_kind(messages, MessageKind.DUPLICATE):
        assert [m.body for m in told[duplicate.amazon_order_id]].count(duplicate.body) == 2
    for repeated in of_kind(messages, MessageKind.REPEATED):
        (shipped,) = of_kind(told[repeated.amazon_order_id], MessageKind.SHIPPED)
        one, other = json.loads(shipped.body), json.loads(repeated.body)
        ids = [n["NotificationMetadata"].pop("NotificationId") for n in (one, other)]
        assert one == other
        assert ids[0] != ids[1]


def test_news_goes_out_of_order(messages: list[Message]) -> None:
    told = by_order(messages)
    for kind in (MessageKind.UNSHIPPED_LATE, MessageKind.STALE):
        for late in of_kind(messages, kind):
            (shipped,) = of_kind(told[late.amazon_order_id], MessageKind.SHIPPED)
            assert late.at > shipped.at
            assert news_of(late)["Summary"]["OrderStatus"] == "Unshipped"
    for canceled in of_kind(messages, MessageKind.CANCELED_FIRST):
        assert told[canceled.amazon_order_id][0] == canceled


def test_some_news_is_minutes_to_hours_late(messages: list[Message]) -> None:
    shipped_at = {i: order.simulated.shipped_at for i, order in ORDERS.items()}
    delays = [
        message.at - shipped
        for message in of_kind(messages, MessageKind.DELAYED)
        if (shipped := shipped_at[str(message.amazon_order_id)])
    ]

    assert timedelta(minutes=5) <= min(delays) < timedelta(hours=1) < max(delays)


def test_item_level_news_comes_once_for_each_item(messages: list[Message]) -> None:
    told = by_order(messages)
    for message in of_kind(messages, MessageKind.ITEM_LEVEL):
        order = ORDERS[str(message.amazon_order_id)]
        items = of_kind(told[message.amazon_order_id], MessageKind.ITEM_LEVEL)
        named = [news_of(m)["Summary"]["OrderItems"] for m in items]
        assert news_of(message)["NotificationLevel"] == "OrderItemLevel"
        assert sorted(item["OrderItemId"] for (item,) in named) == sorted(
            item.order_item_id for item in order.items
        )


def test_nulls_and_unknown_values_stand_where_they_must_not_matter(
    messages: list[Message],
) -> None:
    for message in of_kind(messages, MessageKind.WITH_NULLS):
        news = news_of(message)
        assert news["OrderChangeTrigger"]["TimeOfOrderChange"] is None
        assert news["Summary"]["PurchaseDate"] is None
        assert news["Summary"]["DestinationPostalCode"] is None
    for message in of_kind(messages, MessageKind.UNKNOWN_VALUES):
        assert news_of(message)["Summary"]["OrderType"] == "TomorrowsOrder"


def test_other_changes_name_their_type(messages: list[Message]) -> None:
    for kind, name in (
        (MessageKind.BUYER_REQUESTED_CHANGE, "BuyerRequestedChange"),
        (MessageKind.DELIVERY_TIP_CHANGE, "DeliveryTipChange"),
    ):
        assert {news_of(m)["OrderChangeType"] for m in of_kind(messages, kind)} == {name}


def test_replacements_and_revised_promises_say_so(messages: list[Message]) -> None:
    for message in of_kind(messages, MessageKind.SHIPPED_REPLACEMENT):
        assert news_of(message)["Summary"]["OrderPrograms"] == ["Replacement"]
    told = by_order(messages)
    for message in of_kind(messages, MessageKind.PROMISE_REVISED):
        dates = {
            news_of(m)["Summary"]["LatestDeliveryDate"][:10] for m in told[message.amazon_order_id]
        }
        assert len(dates) == 2


def test_strays_are_foreign_broken_or_from_nowhere(messages: list[Message]) -> None:
    (unknown,) = of_kind(messages, MessageKind.UNKNOWN_MARKETPLACE)
    assert region_of(news_of(unknown)["Summary"]["MarketplaceId"]) is None
    assert unknown.amazon_order_id not in ORDERS
    for message in of_kind(messages, MessageKind.OTHER_TYPE):
        assert json.loads(message.body)["notificationType"] == "ACCOUNT_STATUS_CHANGED"
    for message in of_kind(messages, MessageKind.MISSING_FIELD):
        assert "AmazonOrderId" not in news_of(message)
    for message in of_kind(messages, MessageKind.NOT_JSON):
        with pytest.raises(json.JSONDecodeError):
            json.loads(message.body)


def test_every_known_postal_code_is_the_canary(messages: list[Message]) -> None:
    codes = Counter(
        news_of(m)["Summary"]["DestinationPostalCode"] for m in messages if m.amazon_order_id
    )

    assert codes.keys() == {POSTAL_CODE_CANARY, None}


def test_notification_ids_are_shared_by_duplicates_alone(messages: list[Message]) -> None:
    ids = Counter(
        json.loads(m.body)["NotificationMetadata"]["NotificationId"]
        for m in messages
        if m.amazon_order_id
    )

    assert set(ids.values()) == {1, 2}
    assert list(ids.values()).count(2) == len(of_kind(messages, MessageKind.DUPLICATE))
