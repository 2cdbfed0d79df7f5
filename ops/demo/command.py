"""`dayfive demo`: sets the stage, shows the progress, prints the ending."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from ops import cli
from ops.demo.recorded import read_recording, replay
from ops.demo.report import print_ending
from ops.demo.stage import Stage, credentials_of, stage
from ops.demo.story import SELLERS, Ending, demo_stage, play

_DAYS_SHOWN = 66
"""About how long it takes until the last window of the usual story has shut."""


def run_demo(console: Console, *, orders: int, days: float, seed: int, as_json: bool) -> bool:
    """Play the story of an invented fortnight; True if every promise was kept."""
    talk = Console(stderr=True, highlight=False) if as_json else console
    talk.print("Setting up: synthesising the stack and creating it on this machine ...")
    with demo_stage(seed) as set_stage:
        for seller in SELLERS:
            talk.print(f"\n$ dayfive connect --seller {seller.seller_id} --region {seller.region}")
            with credentials_of(seller):
                cli.connect(seller.seller_id, [seller.region])
            talk.print(f"$ dayfive live on --seller {seller.seller_id} --yes")
            cli.live_on(seller.seller_id, yes=True)
        talk.print(f"\n{orders} orders of two sellers ship over {days:g} days:")
        with _progress(talk, set_stage, days) as on_day:
            ending = play(set_stage, orders=orders, days=days, seed=seed, on_day=on_day)
    return _conclude(console, ending, as_json=as_json)


def run_recording(console: Console, path: Path, *, as_json: bool) -> bool:
    """Play a file of notifications; True if every promise was kept."""
    talk = Console(stderr=True, highlight=False) if as_json else console
    recording = read_recording(path)
    sellers = list(recording.sellers)
    with stage(start=recording.start, seed=0, sellers=sellers) as set_stage:
        talk.print(f"{len(recording.lines)} messages of {len(sellers)} sellers, from {path}.")
        talk.print("When each parcel arrives is invented: the messages do not say.\n")
        with _progress(talk, set_stage, 0) as on_day:
            ending = replay(set_stage, recording, on_day)
    return _conclude(console, ending, as_json=as_json)


def _conclude(console: Console, ending: Ending, *, as_json: bool) -> bool:
    if as_json:
        console.print_json(json.dumps(ending.figures.as_json(ending.verdicts)))
    else:
        console.print()
        print_ending(console, ending)
    return ending.kept


@contextmanager
def _progress(
    console: Console, set_stage: Stage, days: float
) -> Iterator[Callable[[datetime], None]]:
    start = set_stage.cloud.now
    if not console.is_terminal:
        yield lambda now: _print_week(console, set_stage, (now - start).days)
        return
    columns = (
        TextColumn("day {task.completed:>3.0f}"),
        BarColumn(),
        TextColumn("{task.fields[notified]} notifications, {task.fields[open]} open,"),
        TextColumn("{task.fields[sent]} asked"),
    )
    with Progress(*columns, console=console, auto_refresh=False) as progress:
        task = progress.add_task("", total=_DAYS_SHOWN + days, notified=0, open=0, sent=0)

        def on_day(now: datetime) -> None:
            progress.update(
                task,
                completed=(now - start) / timedelta(days=1),
                notified=len(set_stage.delivered),
                open=set_stage.open_orders(),
                sent=sum(entry.accepted for entry in set_stage.simulator.ledger),
                refresh=True,
            )

        yield on_day


def _print_week(console: Console, set_stage: Stage, day: int) -> None:
    if day % 7 == 0:
        sent = sum(entry.accepted for entry in set_stage.simulator.ledger)
        told, still_open = len(set_stage.delivered), set_stage.open_orders()
        console.print(f"day {day:>3}: {told} notifications, {still_open} open, {sent} asked")
