"""`dayfive demo`: the story end to end, on this machine."""

from pathlib import Path
from typing import Annotated

import typer

from ops.commands.console import command_group, console

app = command_group()


@app.command(epilog="Example: dayfive demo --orders 1000 --seed 7")
def demo(
    orders: Annotated[int, typer.Option(min=1, help="How many orders to ship.")] = 300,
    days: Annotated[float, typer.Option(min=0.1, help="Over how many days they ship.")] = 14,
    seed: Annotated[int, typer.Option(help="Another seed is another story.")] = 0,
    notifications: Annotated[
        Path | None,
        typer.Option(help="Your own ORDER_CHANGE messages instead, as JSON Lines."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Run all of DayFive on this machine.

    It is the template that is deployed, against a simulated Amazon. Needs no AWS account. Exits
    with status 1 if a promise was broken.
    """
    # The local cloud is for development: a deployed account's commands must not need it.
    from ops.demo.command import run_demo, run_recording

    if notifications:
        kept = run_recording(console, notifications, as_json=as_json)
    else:
        kept = run_demo(console, orders=orders, days=days, seed=seed, as_json=as_json)
    if not kept:
        raise typer.Exit(1)
