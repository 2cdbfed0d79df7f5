"""`dayfive backfill`: what an operator sees of orders that shipped before DayFive was there."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from lambdas.core.marketplaces import Region
from lambdas.core.seller import Seller
from lambdas.core.solicitation import Status
from ops.backfill.place import Place
from ops.backfill.planning import Plan, Planned, Source
from ops.backfill.reading import Reading
from ops.backfill.run import find_place, plan, read
from ops.backfill.writing import Writer, Written
from ops.commands.console import (
    JsonOption,
    OneRegionOption,
    OneSellerOption,
    YesOption,
    ask,
    checked_seller_id,
    command_group,
    counted,
    errors,
    moment,
    say,
    say_json,
    say_table,
    tracked,
    warn,
    warn_corrupt,
)
from ops.deployment import Deployment
from ops.errors import OperatorError
from ops.orders import all_sellers, as_json
from ops.wording import stretch, words

app = command_group()

_SHOWN = 5
_SOON = timedelta(days=7)
_ESTIMATES = {
    Source.DELIVER_BY: "the delivery that Amazon promised",
    Source.SHIP_BY: "an estimate: shipped by the end of it",
    Source.LAST_UPDATED: "an estimate: shipped at that time",
}

_DaysOption = Annotated[
    int,
    typer.Option(
        min=1,
        max=180,
        metavar="N",
        help="How many days back orders were placed; 45 reach most open windows.",
    ),
]
_PreviewOption = Annotated[
    bool, typer.Option("--preview", "--dry-run", help="Say how many and when; record nothing.")
]
_AnewOption = Annotated[
    bool, typer.Option("--anew", help="Ask Amazon again for what an earlier run has read.")
]


@app.command(epilog="Example: dayfive backfill --days 45 --preview")
def backfill(
    days: _DaysOption,
    seller: OneSellerOption = None,
    region: OneRegionOption = None,
    preview: _PreviewOption = False,
    anew: _AnewOption = False,
    yes: YesOption = False,
    as_lines: JsonOption = False,
) -> None:
    """Take in orders that shipped before DayFive was there.

    Amazon lists 100 orders a call, 20 calls at once and then one in three minutes. A stop loses
    nothing: the same command goes on where it was, for 24 hours. Orders already on record are
    left as they are, and nobody is asked by this command: the orders are checked and asked about
    at the usual pace, soonest to close first.
    """
    if as_lines and not (yes or preview):
        raise typer.BadParameter("--json goes with --preview or --yes: it leaves no place to ask")
    seller_id, deployment = checked_seller_id(seller) if seller else None, Deployment.find()
    whose = _whose(deployment, seller_id, region)
    for known, each in whose:
        place = find_place(deployment, known.seller_id, each, days=days, anew=anew)
        _read(deployment, place)
        planned = plan(deployment, place)
        if as_lines:
            _say_json(place, planned, with_orders=preview)
        else:
            _say_plan(place, planned)
        if not preview:
            _write(deployment, place, planned, yes=yes, as_lines=as_lines)
    if as_lines:
        return
    if preview:
        say("Nothing was recorded; what was read is kept for 24 hours.")
    for dry in sorted({known.seller_id for known, _ in whose if not known.live}):
        say(f"Seller {dry} is not live: its orders are checked, and nobody is asked.")


def _whose(
    deployment: Deployment, seller_id: str | None, region: Region | None
) -> list[tuple[Seller, Region]]:
    """The connected sellers and regions that are meant. Raises OperatorError for none."""
    found = [
        (known, each)
        for known in all_sellers(deployment, only=seller_id, on_corrupt=warn_corrupt)
        for each in sorted(known.regions)
        if region in (None, each)
    ]
    if not found:
        who = f"seller {seller_id} is" if seller_id else "no seller is"
        raise OperatorError(
            f"{who}{' not' if seller_id else ''} connected{f' in {region}' if region else ''}:"
            " run dayfive connect first"
        )
    return found


def _read(deployment: Deployment, place: Place) -> None:
    if place.calls:
        warn(
            f"{place.name}: {counted(len(place.calls), 'page')} of an earlier run used again"
            f" (read until {moment(place.calls[-1])}; --anew reads anew)"
        )
    with _display(place.name) as tell:
        read(deployment, place, tell=tell)
    for text in place.malformed[:_SHOWN]:
        warn(f"{place.name}: left out, for it cannot be read: {text}")
    if len(place.malformed) > _SHOWN:
        warn(f"{place.name}: {len(place.malformed) - _SHOWN:,} more cannot be read")


@contextmanager
def _display(name: str) -> Iterator[Callable[[Reading], None]]:
    """Shows how far the reading is: on a terminal at all times, else a line for each long pause."""
    if errors.is_terminal:
        with errors.status(f"{name}: asking Amazon for orders") as status:
            yield lambda reading: status.update(f"{name}: {_so_far(reading)}")
        return
    told: set[int] = set()

    def tell(reading: Reading) -> None:
        if reading.pause > timedelta(seconds=60) and reading.pages not in told:
            told.add(reading.pages)
            warn(f"{name}: {_so_far(reading)}")

    yield tell


def _so_far(reading: Reading) -> str:
    parts = [f"{counted(reading.pages, 'page')}, {counted(reading.orders, 'order')}"]
    if reading.pause:
        minutes, seconds = divmod(round(reading.pause.total_seconds()), 60)
        parts.append(f"Amazon allows the next page in {minutes}:{seconds:02}")
        left = reading.left
        parts.append(f"about {stretch(left)} left" if left else "how many are left is not known")
    return "; ".join(parts)


def _say_plan(place: Place, planned: Plan) -> None:
    span = place.span
    say(
        f"{place.name}: {counted(len(place.orders), 'shipped order')}, placed from"
        f" {moment(span.created_after)} to {moment(span.created_before)}"
    )
    rows = [(text, f"{number:,}") for text, number in _rows(place, planned) if number]
    if rows:
        say_table(["what becomes of them", "orders"], rows, right=["orders"], indent=2)
    sources = Counter(each.source for each in planned.planned)
    for source in Source:
        if sources[source]:
            say(f"  {counted(sources[source], 'window')} from {source}, {_ESTIMATES[source]}")
    for name, orders in (("first to close", planned.planned), ("too late", planned.too_late[::-1])):
        waiting = [each for each in orders if each.order.status is not Status.SKIPPED][:_SHOWN]
        if waiting:
            say(f"  {name}:")
            _say_orders(waiting)


def _say_orders(orders: list[Planned]) -> None:
    say_table(
        ["order", "opens", "first check", "shuts", "computed from"],
        [
            (
                each.order.amazon_order_id,
                *(
                    f"{time:%Y-%m-%d}"
                    for time in (
                        each.order.window.opens_at,
                        each.order.due_at,
                        each.order.window.closes_at,
                    )
                ),
                each.source,
            )
            for each in orders
        ],
        indent=4,
    )


def _rows(place: Place, planned: Plan) -> Iterator[tuple[str, int]]:
    now = datetime.now(UTC)
    waiting = [each.order.due_at for each in planned.by_status(Status.WAITING)]
    yield "checked at once", sum(due_at <= now for due_at in waiting)
    yield "checked within 7 days", sum(now < due_at <= now + _SOON for due_at in waiting)
    yield "checked later", sum(now + _SOON < due_at for due_at in waiting)
    for status in (Status.HELD, Status.SKIPPED):
        reasons = Counter(each.order.reason for each in planned.by_status(status))
        for reason, number in sorted(reasons.items()):
            yield f"{status} ({words(reason)})", number
    yield "too late: the window has shut", len(planned.too_late)
    for left_out, number in sorted(planned.left_out.items()):
        yield left_out, number
    yield "cannot be read", len(place.malformed)


def _say_json(place: Place, planned: Plan, *, with_orders: bool) -> None:
    if with_orders:
        for plan_of_order, orders in (("record", planned.planned), ("too_late", planned.too_late)):
            for each in orders:
                line = {**as_json(each.order), "source": each.source, "plan": plan_of_order}
                say_json(line)
    say_json(_summary(place, planned))


def _summary(place: Place, planned: Plan) -> dict[str, Any]:
    span = place.span
    return {
        "seller_id": span.seller_id,
        "region": span.region,
        "placed_after": span.created_after,
        "placed_before": span.created_before,
        "pages": len(place.calls),
        "orders": len(place.orders),
        "becomes": {text: number for text, number in _rows(place, planned) if number},
    }


def _write(
    deployment: Deployment, place: Place, planned: Plan, *, yes: bool, as_lines: bool
) -> None:
    span, number = place.span, len(planned.planned)
    if number:
        ask(
            f"Put {counted(number, 'order')} of {place.name} on record?",
            yes=yes,
        )
    writer = Writer(deployment, span.seller_id, span.region)
    written = writer.write(tracked(planned.planned, "Recording"))
    place.forget()
    if as_lines:
        say_json(
            {
                "seller_id": span.seller_id,
                "region": span.region,
                "recorded": written.recorded,
            }
        )
    else:
        say(f"{place.name}: {_recorded(written)}")


def _recorded(written: Written) -> str:
    parts = [f"{counted(written.recorded, 'order')} recorded"]
    if written.on_record:
        parts.append(f"{written.on_record:,} came by a notification meanwhile")
    if written.without_schedule:
        parts.append(
            f"{written.without_schedule:,} have no schedule, the hourly sweep will find them"
        )
    if written.is_woken:
        parts.append("the sender is woken for those that are due")
    return "; ".join(parts)
