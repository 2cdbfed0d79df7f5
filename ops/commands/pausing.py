"""`dayfive pause` and `dayfive resume`: the brake."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from lambdas.core.marketplaces import country_of
from ops.commands.console import (
    DryRunOption,
    command_group,
    say,
    tracked,
    waiting,
    warn_corrupt,
)
from ops.commands.given import given_marketplace
from ops.deployment import Deployment
from ops.pausing import (
    Scope,
    is_half_resumed,
    look_ahead,
    pause,
    resume,
    scopes,
    what_is_left,
)
from ops.wording import counted

app = command_group()

_SellerOption = Annotated[
    str | None, typer.Option("--seller", metavar="SELLER_ID", help="This seller.")
]
_MarketplaceOption = Annotated[
    str | None,
    typer.Option(metavar="COUNTRY", help="This marketplace: US, or its id. Without a seller: all."),
]
_AllOption = Annotated[bool, typer.Option("--all", help="Every seller.")]


@app.command("pause", epilog="Example: dayfive pause --seller A3EXAMPLE00001 --marketplace DE")
def pause_command(
    seller: _SellerOption = None,
    marketplace: _MarketplaceOption = None,
    everyone: _AllOption = False,
    dry_run: DryRunOption = False,
) -> None:
    """Stop asking Amazon for a while.

    For all sellers, for one, or for one marketplace. Orders are still taken in, and their
    windows go on: what shuts meanwhile is not asked.
    """
    deployment, now = Deployment.find(), datetime.now(UTC)
    for scope in _given(deployment, seller, marketplace, everyone=everyone):
        if scope.is_paused:
            say(f"{_named(scope)}: paused already")
            continue
        if not dry_run:
            pause(deployment, scope, now=now)
        with waiting("Counting orders ..."):
            ahead = look_ahead(deployment, scope, now=now, on_corrupt=warn_corrupt)
        say(
            f"{_named(scope)}: {'would be paused' if dry_run else 'paused'};"
            f" {counted(ahead.waiting, 'order waits', 'orders wait')},"
            f" {ahead.shutting_this_week:,} of their windows"
            f" {'shuts' if ahead.shutting_this_week == 1 else 'shut'} within a week"
        )


@app.command("resume", epilog="Example: dayfive resume --seller A3EXAMPLE00001")
def resume_command(
    seller: _SellerOption = None,
    marketplace: _MarketplaceOption = None,
    everyone: _AllOption = False,
    dry_run: DryRunOption = False,
) -> None:
    """Go on asking Amazon after a pause.

    What fell due meanwhile is asked as soon as the usage plan allows, soonest to close first,
    if its window is still open. A marketplace that was paused by itself is resumed by itself.
    """
    deployment, now = Deployment.find(), datetime.now(UTC)
    for scope in _given(deployment, seller, marketplace, everyone=everyone):
        if not (scope.is_paused or is_half_resumed(deployment, scope, now=now)):
            say(f"{_named(scope)}: not paused")
            continue
        with waiting("Counting orders ..."):
            left = what_is_left(deployment, scope, now=now, on_corrupt=warn_corrupt)
        if not dry_run:
            resume(deployment, scope, track=lambda orders: tracked(orders, "Planning"), now=now)
        say(
            f"{_named(scope)}: {'would be resumed' if dry_run else 'resumed'};"
            f" {counted(left.planned, 'order')} due or planned anew,"
            f" {counted(left.shut, 'window')} shut {_meanwhile(scope)}"
        )
    for scope in () if marketplace else _given(deployment, seller, None, everyone=everyone):
        for each in sorted(scope.seller.paused_marketplaces):
            country = country_of(each)
            say(
                f"{scope.seller.seller_id}: still paused in {country}:"
                f" dayfive resume --seller {scope.seller.seller_id} --marketplace {country}"
            )


def _given(
    deployment: Deployment, seller: str | None, marketplace: str | None, *, everyone: bool
) -> list[Scope]:
    if everyone == bool(seller or marketplace):
        raise typer.BadParameter("say whom: --seller, --marketplace, both of them, or --all")
    return scopes(
        deployment,
        seller_id=seller,
        marketplace_id=given_marketplace(marketplace),
        on_corrupt=warn_corrupt,
    )


def _meanwhile(scope: Scope) -> str:
    """Of a marketplace it is not on record when it was paused, only which orders that has cost."""
    return "meanwhile" if scope.marketplace_id is None else "while it was paused, now or before"


def _named(scope: Scope) -> str:
    if scope.marketplace_id is None:
        return scope.seller.seller_id
    return f"{scope.seller.seller_id} in {country_of(scope.marketplace_id)}"
