"""`dayfive forecast`: days, plan, money, and what was assumed."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest

from lambdas.core.solicitation import NOT_OFFERED, OFFERED, Check, Solicitation, Status
from lambdas.core.window import SolicitationWindow
from tests.integration.conftest import SELLER, Run
from tests.integration.operator.conftest import CLOSES, Shop
from tests.records import solicitation


def of_json(dayfive: Run) -> tuple[dict[str, Any], dict[str, Any]]:
    status, printed, error = dayfive("forecast", "--json")
    assert (status, error) == (0, "")
    seller, charged = map(json.loads, printed.splitlines())
    return seller, charged


def sum_of(seller: dict[str, Any], name: str) -> float:
    return sum(day[name] for day in seller["days"])


def long_ago(order: Solicitation) -> dict[str, Any]:
    """So that nothing is taken to follow in its steps."""
    assert order.news
    return {"news": replace(order.news, shipped_at=order.news.shipped_at - timedelta(days=20))}


def test_without_orders_there_is_nothing_to_send_and_the_stack_has_its_price(
    shop: Shop, dayfive: Run
) -> None:
    seller, charged = of_json(dayfive)

    assert len(seller["days"]) == 30
    assert sum_of(seller, "checks") == 0
    assert charged["aws_usd_standing"]["KMS keys a month"] == 1.0
    assert charged["aws_usd_standing"]["secrets a month"] == 0.8
    assert sum(charged["aws_usd_for_orders"].values()) == 0
    assert dayfive("forecast")[1].startswith("Nothing is to be sent in the next 30 days")


def test_a_provisioned_table_has_its_price_by_the_hour(shop: Shop, dayfive: Run) -> None:
    table = {"TableName": shop.deployment.output("OrdersTableName")}
    units = {"ReadCapacityUnits": 15, "WriteCapacityUnits": 14}
    boto3.client("dynamodb").update_table(
        **table, BillingMode="PROVISIONED", ProvisionedThroughput=units
    )

    _, charged = of_json(dayfive)

    assert "DynamoDB writes" not in charged["aws_usd_for_orders"]
    hours = charged["aws_usd_standing"]["DynamoDB hours of a provisioned write unit"]
    assert hours == pytest.approx(14 * 720 * 0.00065, abs=1e-4)


def test_a_waiting_order_is_spread_over_the_ladder(shop: Shop, dayfive: Run) -> None:
    shop.put(1, due_at=shop.clock.now + timedelta(days=1), **long_ago(solicitation()))

    seller, _ = of_json(dayfive)

    days = {day["day"]: day for day in seller["days"]}
    assert days["2026-03-12"] == {
        "day": "2026-03-12",
        "sent": 0.4,
        "sent_of_new_orders": 0,
        "checks": 1.0,
        "new_orders": 0,
    }
    assert days["2026-03-13"]["checks"] == 0.6
    assert days["2026-03-15"]["checks"] == 0.36
    assert 0.9 < sum_of(seller, "sent") < 1


def test_a_sellers_own_history_outweighs_what_is_assumed(shop: Shop, dayfive: Run) -> None:
    at = shop.clock.now - timedelta(days=1)
    for number in range(2, 42):
        checks = (Check(at=at, answer=NOT_OFFERED), Check(at=at, answer=OFFERED))
        shop.put(
            number, status=Status.SENT, reason="sent", checks=checks, **long_ago(solicitation())
        )
    shop.put(1, due_at=shop.clock.now + timedelta(hours=1), **long_ago(solicitation()))

    seller, _ = of_json(dayfive)

    assert seller["checks_per_solicitation"] == 2.0
    assert seller["days"][0]["sent"] < 0.1
    assert seller["days"][1]["sent"] > 0.8


def test_what_is_to_come_follows_the_last_fortnight(shop: Shop, dayfive: Run) -> None:
    shop.put(1, status=Status.SENT, reason="sent")

    seller, _ = of_json(dayfive)

    # Shipped on 2 March, it is taken to come again on the 16th and the 30th.
    new = [day["day"] for day in seller["days"] if day["new_orders"]]
    assert new == ["2026-03-16", "2026-03-30"]
    assert sum_of(seller, "sent") == 0
    assert sum_of(seller, "sent_of_new_orders") > 0.9


def test_held_excluded_and_ended_orders_are_not_counted(shop: Shop, dayfive: Run) -> None:
    past = long_ago(solicitation())
    shop.put(1, status=Status.HELD, reason="unknown_marketplace", due_at=CLOSES, **past)
    shop.put(2, skus=("MUG",), **past)
    shop.put(3, status=Status.EXPIRED, reason="never_offered", **past)
    dayfive("settings", "--seller", SELLER, "--exclude-sku", "MUG")

    seller, _ = of_json(dayfive)

    assert (seller["orders_on_record"], seller["orders_held"]) == (0, 1)
    assert sum_of(seller, "checks") == 0


def test_nothing_is_expected_after_a_window_has_shut(shop: Shop, dayfive: Run) -> None:
    window = SolicitationWindow(
        opens_at=shop.clock.now - timedelta(days=9), closes_at=shop.clock.now + timedelta(days=2)
    )
    shop.put(1, due_at=shop.clock.now, window=window, **long_ago(solicitation()))

    seller, _ = of_json(dayfive)

    assert all(day["checks"] == 0 for day in seller["days"][3:])


def test_the_screen_has_every_day_the_plan_the_price_and_the_assumptions(
    shop: Shop, dayfive: Run
) -> None:
    shop.put(1, due_at=shop.clock.now + timedelta(days=1))
    shop.deployment.sellers.set_live(SELLER, False)

    status, printed, _ = dayfive("forecast")

    lines = printed.splitlines()
    assert status == 0
    assert lines[0] == "day (UTC)   to be sent  of new orders  checks"
    assert lines[1] == "2026-03-11           0              0       0"
    assert lines[2] == "2026-03-12         0.4              0     1.0"
    assert lines[31].startswith("in all")
    text = " ".join(printed.split())
    assert "of the 86,400 that Amazon allows" in text
    assert "in these 30 days: $0.00 for the orders" in text
    assert "1 order on record may still be asked." in text
    assert f"{SELLER} has no history yet: each check is taken to find an offer in 40%" in text
    assert f"{SELLER} is not live, so nothing is sent: counted as if it were." in text
    assert "AWS's list prices of us-east-1 as of 2026-11" in text
    assert all(len(line) <= 80 for line in lines)


def test_the_chance_that_an_order_was_planned_with_is_taken_for_its_next_check(
    shop: Shop, dayfive: Run
) -> None:
    due_at = shop.clock.now + timedelta(days=1)
    shop.put(1, due_at=due_at, plan="learned", likely=90, **long_ago(solicitation()))

    seller, _ = of_json(dayfive)

    assert seller["days"][1]["sent"] == 0.9
    assert seller["orders_with_learned_chance"] == 1
    assert (
        "The next check of 1 order finds an offer with the chance that was learned of orders alike"
        in " ".join(dayfive("forecast")[1].split())
    )
