"""`dayfive demo`: the story end to end, on this machine."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from ops.commands.console import command_group, console

app = command_group()

_ORDERS, _DAYS = 300, 14.0


_OrdersOption = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="How many orders to ship.", show_default="300"),
]
_DaysOption = Annotated[
    float | None,
    typer.Option(min=0.1, metavar="DAYS", help="Over how many days they ship.", show_default="14"),
]
_SeedOption = Annotated[
    int | None,
    typer.Option(metavar="N", help="Another seed is another story.", show_default="0"),
]
_NotificationsOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Your own ORDER_CHANGE messages instead, as JSON Lines."),
]
_KeepOption = Annotated[
    bool, typer.Option("--keep", help="Stop part-way and keep it for `dayfive --local`.")
]
_GoOnOption = Annotated[
    float | None,
    typer.Option(min=0.1, metavar="DAYS", help="Let days pass on the demo that was kept."),
]
_AsJsonOption = Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")]


@app.command(epilog="Example: dayfive demo --orders 1000 --seed 7")
def demo(
    orders: _OrdersOption = None,
    days: _DaysOption = None,
    seed: _SeedOption = None,
    notifications: _NotificationsOption = None,
    keep: _KeepOption = False,
    go_on: _GoOnOption = None,
    as_json: _AsJsonOption = False,
) -> None:
    """Run all of DayFive on this machine.

    It is the template that is deployed, against a simulated Amazon. Needs no AWS account. Exits
    with status 1 if a promise was broken.
    """
    invented = {"--orders": orders, "--days": days, "--seed": seed}
    chosen = {"--notifications": notifications, "--keep": keep, "--go-on": go_on}
    _refuse_together(invented, {name: chosen[name] for name in ("--notifications", "--go-on")})
    _refuse_together({"--json": as_json}, {name: chosen[name] for name in ("--keep", "--go-on")})
    _refuse_together(chosen, chosen)
    # The local cloud is for development: a deployed account's commands must not need it.
    from ops.demo import command

    if notifications:
        if not command.run_recording(console, notifications, as_json=as_json):
            raise typer.Exit(1)
        return
    if go_on:
        command.go_on(console, days=go_on)
        return
    orders, days, seed = orders or _ORDERS, days or _DAYS, seed or 0
    if keep:
        command.keep_demo(console, orders=orders, days=days, seed=seed)
    elif not command.run_demo(console, orders=orders, days=days, seed=seed, as_json=as_json):
        raise typer.Exit(1)


def _refuse_together(some: Mapping[str, object], others: Mapping[str, object]) -> None:
    """Raises BadParameter for two options of which one would be ignored."""
    for one, value in some.items():
        for other, given in others.items():
            if one != other and _is_given(value) and _is_given(given):
                raise typer.BadParameter(f"{one} and {other} do not go together")


def _is_given(value: object) -> bool:
    """A seed of 0 is given."""
    return value is not None and value is not False
