"""`dayfive disconnect`: says what goes and what stays, asks, and undoes a seller's connection."""

import sys
from typing import Annotated

import httpx
import typer

from lambdas.core.marketplaces import Region
from ops.commands.console import (
    DryRunOption,
    SellerOption,
    YesOption,
    ask,
    checked_seller_id,
    command_group,
    counted,
    say,
)
from ops.deployment import Deployment
from ops.disconnect import Disconnector, Leaving
from ops.secrets import KEPT_DAYS
from ops.seller_access import endpoints_in_force

app = command_group()


RegionsOption = Annotated[
    list[Region] | None,
    typer.Option(metavar="na|eu|fe", help="Only this selling region; may be given again."),
]
KeepSecretsOption = Annotated[
    bool, typer.Option("--keep-secrets", help="Leave its credentials stored.")
]


@app.command(epilog="Example: dayfive disconnect --seller A3EXAMPLE00001 --region na")
def disconnect(
    seller: SellerOption,
    region: RegionsOption = None,
    keep_secrets: KeepSecretsOption = False,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
) -> None:
    """Undo a seller's connection.

    Ends its subscription at Amazon, and the destination if nobody else uses it; forgets the
    seller; removes its credentials. Its orders stay on record, and nothing is asked about them
    unless it is connected again; its settings stay for 180 days. Safe to repeat.
    """
    seller_id = checked_seller_id(seller)
    endpoints = endpoints_in_force()
    deployment = Deployment.find()
    with httpx.Client(trust_env=False) as http:
        disconnector = Disconnector(
            deployment,
            endpoints,
            http,
            say=say,
            confirm=lambda question: yes or (sys.stdin.isatty() and typer.confirm(question)),
        )
        regions = [
            each for each in disconnector.regions(seller_id) if region is None or each in region
        ]
        if not regions:
            where = f" in {', '.join(region)}" if region else ""
            say(f"nothing to do: {seller_id} is not connected{where}")
        for each in regions:
            leaving = disconnector.look(seller_id, each)
            removes_secrets = not keep_secrets and (yes or dry_run)
            _say_what_becomes_of_it(leaving, removes_secrets=removes_secrets, dry_run=dry_run)
            if dry_run:
                continue
            ask(f"Disconnect {seller_id} in {each}?", yes=yes)
            keep = keep_secrets or not _may_remove_secrets(leaving, yes=yes)
            disconnector.disconnect(leaving, keep_secrets=keep)


def _may_remove_secrets(leaving: Leaving, *, yes: bool) -> bool:
    if not leaving.has_secret or yes:
        return True
    confirmed: bool = typer.confirm(
        f"Remove its stored credentials too? (A removed secret can be had back for {KEPT_DAYS}"
        " days)"
    )
    return confirmed


def _say_what_becomes_of_it(leaving: Leaving, *, removes_secrets: bool, dry_run: bool) -> None:
    begin = "Would disconnect" if dry_run else "Disconnecting"
    say(f"{begin} {leaving.seller_id} in {leaving.region}:")
    say("  at Amazon: its subscription ends, and the destination if nobody else uses it")
    if leaving.is_last_region:
        say("  notifications on their way: dropped and counted")
    else:
        say("  notifications on their way: taken in before the region is forgotten")
    if leaving.open_orders:
        say(f"  {counted(leaving.open_orders, 'open order')}: kept on record, and not asked about;")
        say("    they go on if the seller is connected again before their windows shut")
    if leaving.has_secret and removes_secrets:
        say("  its stored credentials: removed")
