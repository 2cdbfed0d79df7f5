"""`dayfive orders` and `dayfive order`: which orders there are, and one order's whole story."""

import heapq
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice
from typing import Annotated

import typer

from lambdas.core.marketplaces import country_of
from lambdas.core.solicitation import CHECKS_KEPT, Solicitation
from ops.commands.console import (
    JsonOption,
    OneRegionOption,
    OneSellerOption,
    command_group,
    say,
    say_facts,
    say_json,
    say_table,
    waiting,
    warn_corrupt,
)
from ops.commands.given import (
    OneMarketplaceOption,
    OneSkuOption,
    OrderIdArgument,
    StatesOption,
    checked_order_id,
    given_marketplace,
    given_time,
)
from ops.deployment import Deployment
from ops.order_story import Story, tell
from ops.orders import Filter, all_sellers, as_json, find_order, matching_orders
from ops.wording import counted, words

app = command_group()

_SHOWN = 50


_DueAfterOption = Annotated[
    str | None, typer.Option(metavar="TIME", help="Only open orders due then or later.")
]
_DueBeforeOption = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Only open orders due before. 2026-04-01, in UTC."),
]
_ReasonOption = Annotated[
    str | None,
    typer.Option(metavar="TEXT", help="Only with these words in the reason, such as held for."),
]
_LimitOption = Annotated[
    int | None,
    typer.Option(
        min=0,
        metavar="N",
        help="How many to show at most; 0 for all.",
        show_default=f"{_SHOWN}, or all with --json",
    ),
]


@app.command(epilog="Example: dayfive orders --state HELD --state WAITING --due-before 2026-04-01")
def orders(
    seller: OneSellerOption = None,
    region: OneRegionOption = None,
    state: StatesOption = None,
    due_after: _DueAfterOption = None,
    due_before: _DueBeforeOption = None,
    marketplace: OneMarketplaceOption = None,
    sku: OneSkuOption = None,
    reason: _ReasonOption = None,
    limit: _LimitOption = None,
    as_lines: JsonOption = False,
) -> None:
    """List orders, those due soonest first.

    Then what has ended, latest first. With --json they come by seller and order id, as they are
    read.
    """
    wanted = Filter(
        states=frozenset(state or ()),
        region=region,
        marketplace_id=given_marketplace(marketplace),
        sku=sku,
        reason=reason,
        due_after=given_time(due_after, "--due-after"),
        due_before=given_time(due_before, "--due-before"),
    )
    deployment = Deployment.find()
    sellers = all_sellers(deployment, only=seller, on_corrupt=warn_corrupt)
    found = matching_orders(deployment, sellers, wanted, on_corrupt=warn_corrupt)
    if as_lines:
        for order in islice(found, limit or None):
            say_json(as_json(order))
        return
    with waiting("Reading orders ..."):
        total, first = _first(found, _SHOWN if limit is None else limit)
    if total:
        _show(first, total, with_seller=len(sellers) > 1)
    else:
        say("No order matches." if wanted != Filter() else "No order is on record yet.")


@app.command(epilog="Example: dayfive order 903-5550101-0000001")
def order(
    order_id: OrderIdArgument, seller: OneSellerOption = None, as_line: JsonOption = False
) -> None:
    """Tell one order's whole story.

    What was believed of its delivery and why, Amazon's answer to every check, what comes next,
    and why it was not asked when it was not. Times are in UTC.
    """
    deployment = Deployment.find()
    owner, found = find_order(
        deployment, checked_order_id(order_id), seller_id=seller, on_corrupt=warn_corrupt
    )
    story = tell(
        found,
        seller=owner,
        settings=deployment.seller_settings.get(owner.seller_id),
        policy=deployment.settings.policies.of(found.marketplace_id, found.fulfillment_type),
        now=datetime.now(UTC),
    )
    if as_line:
        say_json({**as_json(found), "story": asdict(story)})
    else:
        _tell(found, story)


def _first(orders: Iterator[Solicitation], limit: int) -> tuple[int, list[Solicitation]]:
    """How many there are, and the first of them as they are listed; few are held at a time."""
    total = 0

    def counting() -> Iterator[Solicitation]:
        nonlocal total
        for order in orders:
            total += 1
            yield order

    if not limit:
        first = sorted(counting(), key=_place)
    else:
        first = heapq.nsmallest(limit, counting(), key=_place)
    return total, first


def _place(order: Solicitation) -> tuple[bool, float, str]:
    time = order.next_look_at.timestamp() if order.is_open else -_ended_at(order).timestamp()
    return not order.is_open, time, order.amazon_order_id


def _ended_at(order: Solicitation) -> datetime:
    """About when: the record keeps the last look, not its own end."""
    return order.sent_at or (order.checks[-1].at if order.checks else order.window.closes_at)


def _show(orders: list[Solicitation], total: int, *, with_seller: bool) -> None:
    columns = ["order", "state", "where", "due (UTC)", "why"]
    rows = [
        [
            order.amazon_order_id,
            order.status,
            country_of(order.marketplace_id),
            f"{order.next_look_at:%Y-%m-%d %H:%M}" if order.is_open else "",
            words(order.reason),
        ]
        for order in orders
    ]
    if with_seller:
        columns.insert(1, "seller")
        for row, order in zip(rows, orders, strict=True):
            row.insert(1, order.seller_id)
    say_table(columns, rows, cut=True)
    if total > len(orders):
        more = counted(total - len(orders), "more order")
        say(f"{more}: --limit 0 shows all, --state and others choose")


def _tell(order: Solicitation, story: Story) -> None:
    say(f"Order {order.amazon_order_id}: {story.status}")
    checks = [f"{at}  {answer}" for at, answer in story.checks]
    if len(checks) == CHECKS_KEPT:
        checks.append(f"(the last {CHECKS_KEPT} are kept)")
    facts = [
        ("", story.order),
        ("why", story.why),
        *(("delivery" if number == 0 else "", each) for number, each in enumerate(story.delivery)),
        ("window", story.window),
        *(("checks" if number == 0 else "", each) for number, each in enumerate(checks)),
        *([] if checks else [("checks", "none yet" if order.is_open else "none")]),
        *(("in the way" if number == 0 else "", one) for number, one in enumerate(story.obstacles)),
        ("next", story.next),
    ]
    say_facts(facts, indent=2)
