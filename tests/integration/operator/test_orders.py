"""`dayfive status`, `orders` and `order`: what a seller is shown."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient

from lambdas.aws.items import solicitation_item
from lambdas.core.marketplaces import Region
from lambdas.core.solicitation import NOT_OFFERED, OFFERED, Check, Status
from tests.integration.conftest import OTHER_SELLER, SELLER, Run
from tests.integration.operator.conftest import CLOSES, OPENS, Shop, order_id
from tests.records import solicitation


def test_without_sellers_status_says_how_to_begin(shop: Shop, dayfive: Run) -> None:
    table = shop.deployment.output("OrdersTableName")
    key = {"seller_id": {"S": SELLER}, "amazon_order_id": {"S": "SELLER"}}
    shop.deployment.dynamodb.delete_item(TableName=table, Key=key)

    assert dayfive("status") == (
        0,
        "No seller is connected yet: dayfive connect --seller SELLER_ID --region na\n",
        "",
    )


def test_status_of_a_seller_without_orders(shop: Shop, dayfive: Run) -> None:
    assert dayfive("status")[1] == (
        f"{SELLER} in na: live\n"
        "  orders             none yet\n"
        "  last notification  none yet; dayfive doctor says where they may be stuck\n"
    )


def test_status_counts_by_state_and_by_when_orders_are_due(shop: Shop, dayfive: Run) -> None:
    now = shop.clock.now
    shop.put(1, due_at=now - timedelta(hours=1))
    shop.put(2, due_at=now + timedelta(days=6))
    shop.put(3, due_at=now + timedelta(days=8))
    shop.put(4, status=Status.HELD, reason="unknown_marketplace", due_at=CLOSES)
    shop.put(5, status=Status.SENT, reason="sent")
    shop.deployment.sellers.saw_notification(
        SELLER, Region.NA, application_id=None, usual_gap=None, now=now
    )

    assert dayfive("status")[1] == (
        f"{SELLER} in na: live\n"
        "  orders             5: 3 WAITING, 1 HELD and 1 SENT\n"
        "  due today          1, 1 of them overdue\n"
        "  due this week      2\n"
        "  held               1 order waits for a person: dayfive orders --state HELD\n"
        f"                     --seller {SELLER}\n"
        f"  last notification  {now:%Y-%m-%d %H:%M} UTC (moments ago)\n"
    )


def test_status_says_what_holds_each_seller_up(shop: Shop, dayfive: Run) -> None:
    sellers, now = shop.deployment.sellers, shop.clock.now
    shop.connect(OTHER_SELLER, live=False)
    sellers.set_paused(SELLER, True)
    until = now + timedelta(hours=6)
    sellers.block(SELLER, Region.NA, until=until, version="1", reason="invalid_grant")

    printed = " ".join(dayfive("status")[1].split())

    assert f"{SELLER} in na: paused " in printed
    assert f"dayfive resume --seller {SELLER}" in printed
    assert "Blocked until 2026-03-11 14:00 UTC" in printed
    assert "(invalid_grant)" in printed
    assert f"{OTHER_SELLER} in na: dry run, nothing is sent " in printed
    assert [
        json.loads(line)["seller_id"] for line in dayfive("status", "--json")[1].splitlines()
    ] == [
        SELLER,
        OTHER_SELLER,
    ]


def test_status_for_a_stranger_says_what_to_do(shop: Shop, dayfive: Run) -> None:
    assert dayfive("status", "--seller", "A1STRANGER0001") == (
        1,
        "",
        f"dayfive: seller A1STRANGER0001 is not connected ({SELLER} is): run dayfive connect"
        " --seller A1STRANGER0001 first\n",
    )


def test_of_thousands_of_orders_the_first_are_shown_after_a_few_reads(
    shop: Shop, dayfive: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, table = shop.clock.now, shop.deployment.output("OrdersTableName")
    items = [
        solicitation_item(
            solicitation(amazon_order_id=order_id(number), due_at=now + timedelta(minutes=number))
        )
        for number in range(5_000, 0, -1)
    ]
    with boto3.resource("dynamodb").Table(table).batch_writer() as batch:
        for item in items:
            batch.put_item(Item=item)
    calls: list[str] = []
    make_call: Any = BaseClient._make_api_call

    def counted(self: Any, operation: str, parameters: Any) -> Any:
        calls.append(operation)
        return make_call(self, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", counted)

    lines = dayfive("orders")[1].splitlines()

    assert [line.split()[0] for line in lines[1:51]] == [order_id(n) for n in range(1, 51)]
    assert lines[51] == "4,950 more orders: --limit 0 shows all, --state and others choose"
    assert len(calls) < 10


def test_orders_come_by_what_is_due_and_then_by_what_has_ended(shop: Shop, dayfive: Run) -> None:
    now = shop.clock.now
    shop.put(1, status=Status.SENT, reason="sent", sent_at=now - timedelta(hours=2))
    shop.put(2, due_at=now + timedelta(days=2))
    shop.put(3, due_at=now + timedelta(days=1), reason="not_offered")
    shop.put(4, status=Status.SENT, reason="sent", sent_at=now - timedelta(hours=1))

    assert dayfive("orders")[1] == (
        "order                state    where  due (UTC)         why\n"
        f"{order_id(3)}  WAITING  US     2026-03-12 08:00  not offered\n"
        f"{order_id(2)}  WAITING  US     2026-03-13 08:00  shipped\n"
        f"{order_id(4)}  SENT     US                       sent\n"
        f"{order_id(1)}  SENT     US                       sent\n"
    )


def test_a_limit_says_how_many_more_there_are(shop: Shop, dayfive: Run) -> None:
    for number in range(1, 4):
        shop.put(number)

    printed = dayfive("orders", "--limit", "1")[1]

    assert printed.splitlines()[2:] == [
        "2 more orders: --limit 0 shows all, --state and others choose"
    ]
    assert len(dayfive("orders", "--limit", "0")[1].splitlines()) == 4


def test_orders_are_chosen_by_every_filter(shop: Shop, dayfive: Run) -> None:
    shop.put(1, skus=("MUG",), due_at=OPENS + timedelta(days=2))
    shop.put(2, status=Status.HELD, reason="unknown_marketplace", due_at=CLOSES)
    shop.put(3, marketplace_id="A2EUQ1WTGCTBG2", due_at=OPENS + timedelta(days=5))
    shop.put(4, status=Status.SENT, reason="sent")

    def chosen(*arguments: str) -> list[str]:
        lines = dayfive("orders", "--json", *arguments)[1].splitlines()
        return [json.loads(line)["amazon_order_id"][-1] for line in lines]

    assert chosen() == ["1", "2", "3", "4"]
    assert chosen("--state", "HELD", "--state", "SENT") == ["2", "4"]
    assert chosen("--sku", "MUG") == ["1"]
    assert chosen("--marketplace", "ca") == ["3"]
    assert chosen("--marketplace", "A2EUQ1WTGCTBG2") == ["3"]
    assert chosen("--reason", "unknown market") == ["2"]
    assert chosen("--due-before", "2026-03-13") == ["1"]
    assert chosen("--due-after", "2026-03-13T00:00") == ["2", "3"]
    assert chosen("--region", "eu") == []
    assert chosen("--limit", "2") == ["1", "2"]
    assert dayfive("orders", "--region", "eu")[1] == "No order matches.\n"


def test_wrong_filters_are_one_line_with_status_2(shop: Shop, dayfive: Run) -> None:
    assert dayfive("orders", "--due-before", "soon")[::2] == (
        2,
        "dayfive: --due-before: soon is not a time: write 2026-04-01 or 2026-04-01T09:00; see:"
        " dayfive orders --help\n",
    )
    assert dayfive("orders", "--state", "ASKED")[::2] == (
        2,
        "dayfive: --state: must be one of WAITING, SENDING, HELD, SENT, SENT_UNCONFIRMED,"
        " ALREADY_REQUESTED, EXPIRED, CANCELED, SKIPPED; see: dayfive orders --help\n",
    )


def test_a_record_that_cannot_be_read_is_said_and_hides_no_other(shop: Shop, dayfive: Run) -> None:
    shop.put(1)
    shop.put(2)
    shop.deployment.dynamodb.update_item(
        TableName=shop.deployment.output("OrdersTableName"),
        Key={"seller_id": {"S": SELLER}, "amazon_order_id": {"S": order_id(1)}},
        UpdateExpression="SET #status = :wrong",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":wrong": {"S": "LOST"}},
    )

    status, printed, error = dayfive("orders")

    assert (status, printed.count("\n")) == (0, 2)
    assert error == (
        f"dayfive: the record of order {SELLER}/{order_id(1)} cannot be read: left out here\n"
    )


def test_orders_of_several_sellers_say_whose_they_are(shop: Shop, dayfive: Run) -> None:
    shop.connect(OTHER_SELLER)
    shop.put(1)
    shop.put(2, seller_id=OTHER_SELLER)

    printed = dayfive("orders")[1]

    assert "seller" in printed.splitlines()[0]
    assert OTHER_SELLER in printed
    assert len(dayfive("orders", "--seller", SELLER)[1].splitlines()) == 2


def test_an_orders_story_is_told_from_shipping_to_what_comes_next(shop: Shop, dayfive: Run) -> None:
    now = shop.clock.now
    first = Check(at=now - timedelta(hours=24), answer=NOT_OFFERED)
    shop.put(1, checks=(first,), reason=NOT_OFFERED, due_at=now + timedelta(hours=1), skus=("MUG",))

    status, printed, _ = dayfive("order", order_id(1))

    assert status == 0
    assert " ".join(printed.split()) == (
        f"Order {order_id(1)}: WAITING of {SELLER} in na, marketplace US (ATVPDKIKX0DER),"
        " fulfilled by the seller (MFN); SKUs: MUG; local times are those of America/Chicago"
        " why Not asked yet. Amazon did not offer the solicitation when it was last checked; an"
        " empty list is often filled a few days later. delivery Shipped 2026-03-02 10:15 UTC, as"
        " far as Amazon told. Amazon promised the buyer delivery from 2026-03-05 08:00 UTC to"
        " 2026-03-09 08:00 UTC (told 2026-03-02 10:15 UTC). That promise is believed; the"
        " notification does not tell the real delivery. window From 2026-03-10 08:00 UTC, 5 days"
        " after the earliest delivery, to 2026-04-08 08:00 UTC, 30 days after the latest. It is"
        " open, and shuts in 28 days. checks 2026-03-10 08:00 UTC (03:00 local) not offered next"
        " 2026-03-11 09:00 UTC (in 1 hour, 04:00 local): the next check, 1 day after the last:"
        " after an empty answer the checks follow 1, 3 and 7 days after the first, then weekly."
    )
    assert all(len(line) <= 80 for line in printed.splitlines())


def test_an_order_without_dates_tells_what_was_taken_instead(shop: Shop, dayfive: Run) -> None:
    order = solicitation()
    assert order.news
    shop.put(1, fulfillment_type="AFN", news=replace(order.news, promise=None))

    printed = " ".join(dayfive("order", order_id(1))[1].split())

    assert "Amazon told no delivery dates (it never does for AFN)" in printed
    assert "3 to 15 days after shipping" in printed


def test_a_story_says_what_is_in_the_way_beside_the_order(shop: Shop, dayfive: Run) -> None:
    shop.put(1, due_at=shop.clock.now)
    shop.deployment.sellers.set_paused(SELLER, True)
    shop.deployment.sellers.set_live(SELLER, False)

    printed = " ".join(dayfive("order", order_id(1))[1].split())

    assert "The seller is paused, so Amazon is not asked about its orders." in printed
    assert f"To go on: dayfive resume --seller {SELLER}." in printed
    assert "The seller is not live: Amazon is asked, and nothing is sent." in printed
    assert "It is due since 2026-03-11 08:00 UTC" in printed


def test_a_story_is_one_object_with_json(shop: Shop, dayfive: Run) -> None:
    check = Check(at=shop.clock.now, answer=OFFERED)
    shop.put(1, status=Status.SENT, reason="sent", checks=(check,), sent_at=shop.clock.now)

    told = json.loads(dayfive("order", order_id(1), "--json")[1])

    assert told["status"] == "SENT"
    assert told["checks"] == [{"at": "2026-03-11T08:00:00.000Z", "answer": "offered"}]
    assert told["story"]["why"].startswith("Asked. Amazon accepted the solicitation.")
    assert told["due_at"] is None


def test_an_order_that_is_not_there_says_where_it_was_looked_for(shop: Shop, dayfive: Run) -> None:
    status, _, error = dayfive("order", "903-0000000-0000000")

    assert status == 1
    assert error.startswith("dayfive: order 903-0000000-0000000 is not on record (looked under 1")
    assert dayfive("order", "903")[::2] == (
        2,
        "dayfive: 903 is not an order id: it looks like 903-5550101-0000001; see: dayfive order"
        " --help\n",
    )
