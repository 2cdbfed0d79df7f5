"""`dayfive backfill` as it is typed: Amazon simulated on a port, the stack on moto."""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from moto.core.exceptions import JsonRESTError
from moto.scheduler.models import EventBridgeSchedulerBackend

from lambdas.core.marketplaces import Region
from lambdas.core.solicitation import Solicitation, Status
from lambdas.spapi import orders as orders_api
from ops.simulator import Fault, FaultKind, Purchase, SimulatedOrder, Simulator
from ops.simulator.operations import SEARCH_ORDERS, Role
from tests.integration.conftest import CLIENT_SECRET, REFRESH_TOKEN, SELLER, US, Run
from tests.integration.operator.conftest import Shop, order_id

DAY = timedelta(days=1)
BACKFILL = ("backfill", "--days", "60")
Sell = Callable[..., str]


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def now(shop: Shop, run: Run) -> datetime:
    """The seller is connected, live, and nothing was taken in yet."""
    assert run("connect", "--seller", SELLER, "--region", "na", "--yes")[0] == 0
    return shop.clock.now


@pytest.fixture
def sell(amazon: Simulator, now: datetime) -> Sell:
    """An order at Amazon, placed so many days ago and shipped five hours later."""

    def sell(number: int, days: float, *, shipped: bool = True, **about: Any) -> str:
        placed = now - days * DAY
        purchase = Purchase(
            at=placed,
            **{
                name: about.pop(name)
                for name in ("fulfilled_by", "ship_by", "deliver_by", "replaces", "on_amazon")
                if name in about
            },
            skus=("MUG-BLUE",),
        )
        amazon.add_order(
            SimulatedOrder(
                amazon_order_id=order_id(number),
                seller_id=SELLER,
                marketplace_id=about.pop("marketplace_id", US),
                shipped_at=placed + timedelta(hours=5) if shipped else None,
                purchase=purchase,
                **about,
            )
        )
        return order_id(number)

    return sell


def stock(sell: Sell, shop: Shop, now: datetime) -> None:
    """One order of each kind."""
    merchant = {"fulfilled_by": "MERCHANT", "ship_by": (now - 12 * DAY, now - 11 * DAY)}
    sell(1, 12, **merchant, deliver_by=(now - 9 * DAY, now - 6 * DAY))
    sell(2, 20, ship_by=(now - 20 * DAY, now - 19.9 * DAY))
    sell(3, 4, ship_by=(now - 4 * DAY, now - 2 * DAY))
    sell(4, 1, **{**merchant, "ship_by": None}, deliver_by=(now + 9 * DAY, now + 12 * DAY))
    sell(5, 52, ship_by=(now - 52 * DAY, now - 51 * DAY))
    sell(6, 9, replaces=order_id(1))
    sell(7, 9, marketplace_id="A0DAYFIVENEW0")
    sell(8, 9, on_amazon=False)
    sell(9, 9, shipped=False)
    sell(10, 9, canceled_at=now - DAY)
    sell(11, 12)
    shop.put(11)


def searches(amazon: Simulator) -> int:
    return sum(entry.operation == SEARCH_ORDERS for entry in amazon.ledger)


def recorded(shop: Shop, *numbers: int) -> list[Solicitation | None]:
    return [shop.deployment.orders.get(SELLER, order_id(number)) for number in numbers]


def queued(shop: Shop) -> int:
    """How many wake-ups lie in their queue."""
    answer = shop.deployment.client("sqs").get_queue_attributes(
        QueueUrl=shop.deployment.output("WakeUpQueueUrl"),
        AttributeNames=["ApproximateNumberOfMessages"],
    )
    return int(answer["Attributes"]["ApproximateNumberOfMessages"])


def state_files(state: Path) -> list[str]:
    return [path.name for path in state.rglob("*") if path.is_file()]


def test_the_preview_says_what_becomes_of_each_order_and_records_nothing(
    run: Run, shop: Shop, sell: Sell, now: datetime, amazon: Simulator
) -> None:
    stock(sell, shop, now)

    status, printed, error = run(*BACKFILL, "--preview")

    assert (status, error) == (0, "")
    assert printed == (
        f"{SELLER} in na: 9 shipped orders, placed from 2026-01-10 07:57 UTC to"
        " 2026-03-11 07:57 UTC\n"
        "  what becomes of them           orders\n"
        "  checked at once                     2\n"
        "  checked within 7 days               1\n"
        "  checked later                       1\n"
        "  HELD (unknown marketplace)          1\n"
        "  SKIPPED (replacement order)         1\n"
        "  too late: the window has shut       1\n"
        "  not sold on Amazon                  1\n"
        "  on record already                   1\n"
        "  2 windows from deliverByWindow, the delivery that Amazon promised\n"
        "  1 window from shipByWindow, an estimate: shipped by the end of it\n"
        "  3 windows from lastUpdatedTime, an estimate: shipped at that time\n"
        "  first to close:\n"
        "    order                opens       first check  shuts       computed from\n"
        "    903-5550101-0000001  2026-03-07  2026-03-07   2026-04-04  deliverByWindow\n"
        "    903-5550101-0000002  2026-02-27  2026-02-27   2026-04-05  shipByWindow\n"
        "    903-5550101-0000007  2026-03-10  2026-04-16   2026-04-16  lastUpdatedTime\n"
        "    903-5550101-0000003  2026-03-15  2026-03-15   2026-04-21  lastUpdatedTime\n"
        "    903-5550101-0000004  2026-03-25  2026-03-25   2026-04-22  deliverByWindow\n"
        "  too late:\n"
        "    order                opens       first check  shuts       computed from\n"
        "    903-5550101-0000005  2026-01-26  2026-01-26   2026-03-04  lastUpdatedTime\n"
        "Nothing was recorded; what was read is kept for 24 hours.\n"
    )
    assert recorded(shop, 1, 2, 3, 4, 5, 6, 7) == [None] * 7


def test_orders_are_recorded_planned_and_looked_at_without_a_call_of_ours(
    run: Run, shop: Shop, sell: Sell, now: datetime, amazon: Simulator, state: Path
) -> None:
    stock(sell, shop, now)
    before = queued(shop)

    status, printed, error = run(*BACKFILL, "--yes")

    assert (status, error) == (0, "")
    assert printed.endswith(
        f"{SELLER} in na: 6 orders recorded; the sender is woken for those that are due\n"
    )
    promised, estimated, later, _, too_late, replacement, unknown = recorded(shop, *range(1, 8))
    assert promised is not None
    assert (promised.status, promised.reason) == (Status.WAITING, "backfilled: deliverByWindow")
    assert (promised.fulfillment_type, promised.skus) == ("MFN", ("MUG-BLUE",))
    assert estimated is not None
    assert estimated.reason == "backfilled: shipByWindow"
    assert later is not None
    assert replacement is not None
    assert (replacement.status, replacement.reason) == (Status.SKIPPED, "replacement_order")
    assert unknown is not None
    assert unknown.status is Status.HELD
    assert too_late is None
    assert recorded(shop, 8, 9, 10) == [None] * 3
    assert queued(shop) == before + 1
    assert shop.schedules() == {
        f"{SELLER}.na.20260315T1301",
        f"{SELLER}.na.20260325T0801",
        f"{SELLER}.na.20260416T1301",
    }
    assert {entry.operation for entry in amazon.ledger if entry.at == shop.clock.now} >= {
        SEARCH_ORDERS
    }
    assert not [entry for entry in amazon.ledger if "olicitation" in entry.operation]
    assert state_files(state) == []


def test_the_end_of_the_ship_by_window_stands_in_where_it_is_earlier(
    run: Run, shop: Shop, sell: Sell, now: datetime
) -> None:
    # Delivered later, so last updated later than it was promised to ship.
    sell(1, 20, ship_by=(now - 20 * DAY, now - 19 * DAY), delivered_at=now - 15 * DAY)

    run(*BACKFILL, "--yes")

    [order] = recorded(shop, 1)
    assert order is not None
    assert order.news is not None
    assert order.news.shipped_at == now - 19 * DAY
    assert order.reason == "backfilled: shipByWindow"


def test_what_is_on_record_stays_as_it_is(run: Run, shop: Shop, sell: Sell, now: datetime) -> None:
    sell(1, 12)
    sent = shop.put(1, status=Status.SENT, reason="sent", sent_at=now)
    before = queued(shop)

    status, printed, _ = run(*BACKFILL, "--yes")

    assert status == 0
    assert re.search(r"on record already +1\n", printed)
    assert recorded(shop, 1) == [sent]
    assert queued(shop) == before


def test_a_preview_spares_the_run_after_it_every_call(
    run: Run, sell: Sell, amazon: Simulator
) -> None:
    sell(1, 12)
    run(*BACKFILL, "--preview")
    before = searches(amazon)

    status, printed, error = run(*BACKFILL, "--yes")

    assert status == 0
    assert searches(amazon) == before
    assert error == (
        f"dayfive: {SELLER} in na: 1 page of an earlier run used again (read until"
        " 2026-03-11 08:00 UTC; --anew reads anew)\n"
    )
    assert "1 order recorded" in printed


def test_what_was_read_is_not_used_for_another_question_nor_when_it_is_old(
    run: Run, shop: Shop, sell: Sell, amazon: Simulator
) -> None:
    sell(1, 12)
    run(*BACKFILL, "--preview")
    for more in ([*BACKFILL[:-1], "30", "--preview"], [*BACKFILL, "--preview", "--anew"]):
        before = searches(amazon)
        run(*more)
        assert searches(amazon) == before + 1
    shop.clock.move_to(shop.clock.now + timedelta(hours=25))

    run(*BACKFILL, "--preview")

    assert searches(amazon) == 4


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders_api, "ORDERS_ON_A_PAGE", 1)


@pytest.mark.usefixtures("small_pages")
def test_pages_are_read_at_the_pace_of_the_usage_plan(
    run: Run, shop: Shop, sell: Sell, now: datetime, amazon: Simulator
) -> None:
    for number in range(1, 24):
        sell(number, 30 - number)

    status, printed, error = run(*BACKFILL, "--preview")

    assert status == 0
    assert f"{SELLER} in na: 23 shipped orders" in printed
    assert searches(amazon) == 23
    assert not any(entry.throttled for entry in amazon.ledger)
    assert timedelta(minutes=11) < shop.clock.now - now < timedelta(minutes=13)
    assert error.splitlines()[0] == (
        f"dayfive: {SELLER} in na: 19 pages, 19 orders; Amazon allows the next page in 3:00; about"
        " 35 minutes left"
    )


@pytest.mark.usefixtures("small_pages")
def test_a_stopped_run_goes_on_with_the_page_it_had_come_to(
    run: Run, shop: Shop, sell: Sell, amazon: Simulator, state: Path
) -> None:
    for number in (1, 2, 3):
        sell(number, 30 - number)
    amazon.faults = [Fault(kind=FaultKind.ERROR, operation=SEARCH_ORDERS)]
    status, _, error = run(*BACKFILL, "--yes")
    assert status == 1
    assert error.endswith(
        "run the same command again later; it goes on after the 0 pages that were read\n"
    )
    amazon.faults = []
    shop.clock.move_to(shop.clock.now + timedelta(hours=2))
    run(*BACKFILL, "--preview")
    [file] = list(state.rglob("*.jsonl"))
    *lines, last = file.read_text().splitlines()
    file.write_text("\n".join([*lines, last[: len(last) // 2]]))
    before = searches(amazon)

    status, printed, error = run(*BACKFILL, "--yes")

    assert status == 0
    assert "2 pages of an earlier run" in error
    assert searches(amazon) == before + 1
    assert "3 orders recorded" in printed


@pytest.mark.usefixtures("small_pages")
def test_a_token_that_amazon_no_longer_knows_begins_the_list_anew(
    run: Run, sell: Sell, state: Path
) -> None:
    for number in (1, 2, 3):
        sell(number, 30 - number)
    run(*BACKFILL, "--preview")
    [file] = list(state.rglob("*.jsonl"))
    lines = file.read_text().splitlines()[:2]
    page = {**json.loads(lines[1]), "next_token": "forgotten"}
    file.write_text("\n".join([lines[0], json.dumps(page)]))

    status, printed, _ = run(*BACKFILL, "--yes")

    assert status == 0
    assert "3 orders recorded" in printed


def test_a_throttled_page_is_waited_for(
    run: Run, shop: Shop, sell: Sell, now: datetime, amazon: Simulator
) -> None:
    sell(1, 12)
    amazon.faults = [
        Fault(kind=FaultKind.THROTTLE, operation=SEARCH_ORDERS, end=now + timedelta(minutes=2))
    ]

    status, printed, _ = run(*BACKFILL, "--yes")

    assert status == 0
    assert "1 order recorded" in printed
    assert shop.clock.now - now >= timedelta(minutes=3)


def test_orders_that_cannot_be_read_fail_alone_and_are_named(
    run: Run, sell: Sell, amazon: Simulator
) -> None:
    for number in range(1, 9):
        sell(number, 12)
        if number > 1:
            amazon.past_orders.overrides[order_id(number)] = {"lastUpdatedTime": "soon"}

    status, printed, error = run(*BACKFILL, "--yes")

    assert status == 0
    assert "1 order recorded" in printed
    assert re.search(r"cannot be read +7\n", printed)
    assert error.splitlines()[0] == (
        f"dayfive: {SELLER} in na: left out, for it cannot be read: 903-5550101-0000002:"
        " lastUpdatedTime is not an ISO-8601 time"
    )
    assert error.splitlines()[-1] == f"dayfive: {SELLER} in na: 2 more cannot be read"


def test_a_missing_role_is_named(run: Run, amazon: Simulator, now: datetime) -> None:
    amazon.accounts.revoke(SELLER, Region.NA, Role.BUYER_SOLICITATION)

    status, _, error = run(*BACKFILL, "--preview")

    assert status == 1
    assert "give the application the role Buyer Solicitation" in error
    assert error.count("\n") == 1


def test_json_has_a_line_for_each_order_and_one_for_the_whole(
    run: Run, shop: Shop, sell: Sell, now: datetime
) -> None:
    stock(sell, shop, now)

    status, printed, _ = run(*BACKFILL, "--preview", "--json")

    assert status == 0
    *orders, whole = [json.loads(line) for line in printed.splitlines()]
    numbers = [int(order["amazon_order_id"][-7:]) for order in orders]
    assert numbers == [1, 2, 6, 7, 3, 4, 5]
    assert [order["plan"] for order in orders] == ["record"] * 6 + ["too_late"]
    assert {order["source"] for order in orders} <= {
        "deliverByWindow",
        "shipByWindow",
        "lastUpdatedTime",
    }
    assert whole["orders"] == 9
    assert whole["becomes"]["checked at once"] == 2


def test_the_question_can_be_answered_with_no(
    run: Run, shop: Shop, sell: Sell, monkeypatch: pytest.MonkeyPatch
) -> None:
    sell(1, 12)
    asked: list[str] = []
    monkeypatch.setattr("typer.confirm", lambda question: bool(asked.append(question)))

    status, _, error = run(*BACKFILL)

    assert (status, error) == (1, "dayfive: nothing was changed\n")
    assert asked == [f"Put 1 order of {SELLER} in na on record?"]
    assert recorded(shop, 1) == [None]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--seller", "A1STRANGER0001", "--days", "9"], "is not connected"),
        (["--seller", SELLER, "--days", "9", "--region", "eu"], "is not connected in eu"),
        (["--days", "9", "--region", "eu"], "no seller is connected in eu"),
        (["--seller", SELLER, "--days", "0"], "--days: must be 1 or more"),
        (["--seller", SELLER, "--days", "9", "--json"], "--json goes with --preview or --yes"),
    ],
    ids=range(5),
)
def test_a_wrong_command_says_what_to_do_in_one_line(
    run: Run, now: datetime, arguments: list[str], told: str
) -> None:
    status, _, error = run("backfill", *arguments)

    assert status in {1, 2}
    assert told in error
    assert error.count("\n") == 1


def test_without_scheduler_the_sweep_is_trusted(
    run: Run, sell: Sell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise JsonRESTError("AccessDeniedException", "")

    sell(3, 4)
    monkeypatch.setattr(EventBridgeSchedulerBackend, "create_schedule", refuse)

    status, printed, _ = run(*BACKFILL, "--yes")

    assert status == 0
    assert printed.endswith(
        f"{SELLER} in na: 1 order recorded; 1 have no schedule, the hourly sweep will find them\n"
    )


def test_nothing_private_is_asked_for_kept_or_printed(
    run: Run, shop: Shop, sell: Sell, state: Path, now: datetime
) -> None:
    stock(sell, shop, now)
    printed = "".join(str(part) for part in run(*BACKFILL, "--preview", "--json"))
    [file] = list(state.rglob("*.jsonl"))

    for secret in ("Canary", CLIENT_SECRET, REFRESH_TOKEN, "Atza|"):
        assert secret not in printed + file.read_text()
    assert file.parent.stat().st_mode & 0o077 == 0
