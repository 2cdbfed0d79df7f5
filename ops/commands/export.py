"""`dayfive export`: writes the orders on record to a file or down a pipe."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from lambdas.core.solicitation import Solicitation
from ops.commands.console import (
    DryRunOption,
    OneRegionOption,
    OneSellerOption,
    YesOption,
    ask,
    checked_seller_id,
    command_group,
    counted,
    errors,
    say,
    warn_corrupt,
)
from ops.commands.given import (
    OneMarketplaceOption,
    OneSkuOption,
    StatesOption,
    given_marketplace,
)
from ops.deployment import Deployment
from ops.export import Format, lines
from ops.files import write_whole
from ops.orders import Filter, all_sellers, matching_orders

app = command_group()

_SHOWN_EVERY = 500

_FormatOption = Annotated[
    Format, typer.Option("--format", metavar="csv|jsonl", help="How it is written.")
]
_OutputOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Where to; without it to standard output.")
]


@app.command(epilog="Example: dayfive export --format csv --output orders.csv")
def export(
    form: _FormatOption = Format.CSV,
    output: _OutputOption = None,
    seller: OneSellerOption = None,
    region: OneRegionOption = None,
    state: StatesOption = None,
    marketplace: OneMarketplaceOption = None,
    sku: OneSkuOption = None,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
) -> None:
    """Write all orders on record as CSV or JSON Lines.

    Orders are written as they are read, so their number does not matter. In CSV a value that a
    spreadsheet would take for a formula has an apostrophe before it.
    """
    wanted = Filter(
        states=frozenset(state or ()),
        region=region,
        marketplace_id=given_marketplace(marketplace),
        sku=sku,
    )
    seller_id, deployment = checked_seller_id(seller) if seller else None, Deployment.find()
    sellers = all_sellers(deployment, only=seller_id, on_corrupt=warn_corrupt)
    orders = matching_orders(deployment, sellers, wanted, on_corrupt=warn_corrupt)
    if dry_run:
        number = sum(1 for _ in _shown(orders))
        say(f"Would write {counted(number, 'order')} to {output or 'standard output'}")
        return
    if output is None:
        for line in lines(orders, form):
            say(line)
        return
    if output.exists():
        ask(f"Write over {output}?", yes=yes)
    say(f"{output}: {counted(_write(orders, form, output), 'order')}")


def _shown(orders: Iterator[Solicitation]) -> Iterator[Solicitation]:
    """The orders, counted on a terminal while they pass."""
    if not errors.is_terminal:
        yield from orders
        return
    with errors.status("Reading orders") as status:
        for number, order in enumerate(orders):
            if number % _SHOWN_EVERY == 0:
                status.update(f"{counted(number, 'order')} read")
            yield order


def _write(orders: Iterator[Solicitation], form: Format, output: Path) -> int:
    number = 0

    def counting() -> Iterator[Solicitation]:
        nonlocal number
        for number, order in enumerate(_shown(orders), start=1):  # noqa: B007 - it is the count
            yield order

    write_whole(output, (f"{line}\n" for line in lines(counting(), form)))
    return number
