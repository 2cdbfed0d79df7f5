"""`dayfive report`: writes the page, and says where it is."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from lambdas.aws.errors import CorruptRecordError
from ops.commands.console import (
    DryRunOption,
    OneRegionOption,
    OneSellerOption,
    YesOption,
    ask,
    checked_seller_id,
    command_group,
    counted,
    say,
    waiting,
    warn_corrupt,
)
from ops.deployment import Deployment
from ops.errors import OperatorError
from ops.files import write_whole
from ops.orders import Filter, all_sellers, matching_orders
from ops.report.figures import figures
from ops.report.page import Scope, page

app = command_group()


@app.command(epilog="Example: dayfive report --output report.html")
def report(
    output: Annotated[Path, typer.Option(metavar="FILE", help="Where the page is written.")] = Path(
        "dayfive-report.html"
    ),
    seller: OneSellerOption = None,
    region: OneRegionOption = None,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
) -> None:
    """Write a page of figures.

    Asked per day, what is to come, how far orders came, where they stand, delays and checks. It is
    one HTML file, which opens without a network and without scripts, on a phone and on paper too.
    """
    deployment = Deployment.find()
    sellers = all_sellers(
        deployment, only=checked_seller_id(seller) if seller else None, on_corrupt=warn_corrupt
    )
    unreadable: list[CorruptRecordError] = []

    def on_corrupt(error: CorruptRecordError) -> None:
        unreadable.append(error)
        warn_corrupt(error)

    with waiting("Reading orders ..."):
        wanted = Filter(region=region)
        orders = matching_orders(deployment, sellers, wanted, on_corrupt=on_corrupt)
        found = figures(orders, now=datetime.now(UTC))
    found.unreadable = len(unreadable)
    if dry_run:
        say(f"Would write {output}: {counted(found.orders, 'order')}")
        return
    if output.exists() and not _is_report(output):
        ask(f"Write over {output}, which is no report?", yes=yes)
    scope = Scope(sellers=[each.seller_id for each in sellers], region=region)
    write_whole(output, [page(found, scope)])
    say(f"{output}: {counted(found.orders, 'order')} of {counted(len(sellers), 'seller')}")


def _is_report(path: Path) -> bool:
    """Whether it is an earlier report, which may be written over without a question."""
    try:
        with path.open(errors="replace") as file:
            return "<title>DayFive: " in file.read(2000)
    except OSError as error:
        raise OperatorError(f"{path} cannot be written: {error.strerror or error}") from None
