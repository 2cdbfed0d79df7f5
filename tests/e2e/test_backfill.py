"""A new seller's past orders, from Amazon's list to the buyers, on the deployed template."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from ops.commands.backfill import backfill
from ops.commands.connect import connect
from ops.commands.live import live_on
from ops.demo.stage import credentials_of
from ops.demo.story import NEWCOMER, START, demo_stage
from ops.simulator.operations import CREATE_SOLICITATION, GET_ACTIONS
from ops.simulator.population import population
from tests.builders import order_change_body

DAY = timedelta(days=1)
PLACED = START - 45 * DAY


def test_past_orders_are_asked_about_once_in_time_and_at_the_usual_pace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    past = population(seed=3, orders=25, days=40, start=PLACED, sellers=[NEWCOMER]).orders
    with demo_stage(0) as stage:
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
        for order in past:
            stage.simulator.add_order(order.simulated)
        with credentials_of(NEWCOMER):
            connect(NEWCOMER.seller_id, [NEWCOMER.region])
        live_on(NEWCOMER.seller_id, yes=True)
        backfill(days=60, yes=True)
        records = {order_id: dict(record) for order_id, record in stage.records().items()}
        stage.run_days(2, lambda _: None)
        asked_by_then = Counter(e.amazon_order_id for e in stage.simulator.ledger if e.accepted)
        [again, *_] = asked_by_then
        news = order_change_body(
            seller_id=NEWCOMER.seller_id,
            amazon_order_id=again,
            marketplace_id=records[again]["marketplace_id"],
            time_of_order_change=stage.cloud.now,
            subscription_id=stage.simulator.notifications.subscriptions[0].subscription_id,
        )
        stage.deliver(stage.cloud.now, news)
        stage.run_days(35, lambda _: None)

    ledger = stage.simulator.ledger
    asked = Counter(entry.amazon_order_id for entry in ledger if entry.accepted)
    assert len(asked_by_then) > 5
    assert set(asked.values()) == {1}
    assert not any(e.throttled for e in ledger if e.operation in {GET_ACTIONS, CREATE_SOLICITATION})
    for entry in ledger:
        if entry.operation in {GET_ACTIONS, CREATE_SOLICITATION}:
            record = records[str(entry.amazon_order_id)]
            assert str(record["opens_at"]) <= entry.at.isoformat() < str(record["closes_at"])
    could_be_asked = {
        order.amazon_order_id
        for order in past
        if order.amazon_order_id in records
        and records[order.amazon_order_id]["status"] == "WAITING"
        and (until := order.simulated.eligible_until)
        and until > START + 2 * DAY
    }
    assert could_be_asked <= set(asked)
    backfilled = [r for r in records.values() if str(r["reason"]).startswith("backfilled: ")]
    assert len(backfilled) >= len(asked)
