"""`dayfive demo`: sets the stage, shows the progress, prints the ending."""

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from ops.commands.connect import connect
from ops.commands.console import counted, moment
from ops.commands.live import live_on
from ops.demo.kept import keep_anew, kept_file, kept_stage
from ops.demo.recorded import read_recording, replay
from ops.demo.report import print_ending
from ops.demo.stage import Stage, credentials_of, refresh_token, stage
from ops.demo.story import NEWCOMER, SELLERS, Ending, demo_stage, play, play_part_way

_DAYS_SHOWN = 66
"""About how long it takes until the last window of the usual story has shut."""

_SETTING_UP = "Setting up: synthesising the stack and creating it on this machine ..."
_EXAMPLES = (
    "--local status",
    "--local orders --state HELD",
    "--local backfill --days 45 --preview",
    "--local forecast",
    "demo --go-on 7",
)


def run_demo(console: Console, *, orders: int, days: float, seed: int, as_json: bool) -> bool:
    """Play the story of an invented fortnight; True if every promise was kept."""
    talk = Console(stderr=True, highlight=False) if as_json else console
    talk.print(_SETTING_UP)
    with demo_stage(seed) as set_stage:
        with redirect_stdout(sys.stderr if as_json else sys.stdout):
            _connect_sellers(talk)
        talk.print(f"\n{_what_is_shipped(orders, days)}:", soft_wrap=True)
        with _progress(talk, set_stage, _DAYS_SHOWN + days) as on_day:
            ending = play(set_stage, orders=orders, days=days, seed=seed, on_day=on_day)
    return _conclude(console, ending, as_json=as_json)


def keep_demo(console: Console, *, orders: int, days: float, seed: int) -> None:
    """Play the story part-way, and keep it for `dayfive --local`."""
    path = kept_file()  # the stage has an environment of its own
    console.print(_SETTING_UP)
    with demo_stage(seed) as set_stage:
        _connect_sellers(console)
        console.print(f"\n{_what_is_shipped(orders, days)}:", soft_wrap=True)
        with _progress(console, set_stage, days) as on_day:
            play_part_way(set_stage, orders=orders, days=days, seed=seed, on_day=on_day)
        keep_anew(set_stage, path)
        now = set_stage.cloud.now
    console.print(f"\nKept as it is on {moment(now)} in its own time. Try for example:")
    for example in _EXAMPLES:
        console.print(f"  {_dayfive()} {example}", soft_wrap=True)
    console.print(
        f"A third seller, {NEWCOMER.seller_id}, is not connected yet. Its refresh token for the"
        f" region {NEWCOMER.region}: {refresh_token(NEWCOMER)}",
        soft_wrap=True,
    )


def go_on(console: Console, *, days: float) -> None:
    """Let so many days pass on the demo that was kept. Raises NothingKeptError."""
    with kept_stage(kept_file()) as set_stage:
        with _progress(console, set_stage, days) as on_day:
            set_stage.run_days(days, on_day)
        console.print(f"It is now {moment(set_stage.cloud.now)}.")


def _dayfive() -> str:
    """How it is typed here: with its path, unless its virtual environment is active."""
    return "dayfive" if shutil.which("dayfive") else os.path.relpath(f"{sys.prefix}/bin/dayfive")


def _connect_sellers(talk: Console) -> None:
    """By the operator's own commands, as a seller would."""
    for seller in SELLERS:
        talk.print(f"\n$ dayfive connect --seller {seller.seller_id} --region {seller.region}")
        with credentials_of(seller):
            connect(seller.seller_id, [seller.region])
        talk.print(f"$ dayfive live on --seller {seller.seller_id} --yes")
        live_on(seller.seller_id, yes=True)


def run_recording(console: Console, path: Path, *, as_json: bool) -> bool:
    """Play a file of notifications; True if every promise was kept."""
    talk = Console(stderr=True, highlight=False) if as_json else console
    recording = read_recording(path)
    sellers = list(recording.sellers)
    with stage(start=recording.start, seed=0, sellers=sellers) as set_stage:
        talk.print(f"{path}: {len(recording.lines)} messages", soft_wrap=True)
        talk.print("When each parcel arrives is invented: the messages do not say.\n")
        with _progress(talk, set_stage, _DAYS_SHOWN) as on_day:
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
    """`days` is about how long it takes."""
    if not console.is_terminal:
        lines = _Lines(console, set_stage)
        yield lines.on_day
        lines.say()
        return
    columns = (
        TextColumn("day {task.completed:>3.0f}"),
        BarColumn(),
        TextColumn("{task.fields[so_far]}"),
    )
    with Progress(*columns, console=console, auto_refresh=False) as progress:
        task = progress.add_task("", total=_day(set_stage) + days, so_far=_so_far(set_stage))

        def on_day(now: datetime) -> None:
            progress.update(
                task, completed=_day(set_stage), so_far=_so_far(set_stage), refresh=True
            )

        yield on_day
        day = _day(set_stage)
        progress.update(task, completed=day, total=day, refresh=True)


def _day(set_stage: Stage) -> float:
    return (set_stage.cloud.now - set_stage.start) / timedelta(days=1)


class _Lines:
    """For a pipe: a line a week and one for the end, each only if anything has happened since."""

    def __init__(self, console: Console, set_stage: Stage) -> None:
        self._console = console
        self._stage = set_stage
        self._week = 0
        self._printed = ""

    def on_day(self, _: datetime) -> None:
        week = int(_day(self._stage)) // 7
        if week > self._week:
            self._week = week
            self.say()

    def say(self) -> None:
        so_far = _so_far(self._stage)
        if so_far != self._printed:
            self._console.print(f"day {round(_day(self._stage), 1):>3g}: {so_far}", soft_wrap=True)
            self._printed = so_far


def _so_far(set_stage: Stage) -> str:
    asked = sum(entry.accepted for entry in set_stage.simulator.ledger)
    told, still_open = len(set_stage.delivered), set_stage.open_orders()
    return f"{counted(told, 'notification')}, {counted(still_open, 'order')} open, {asked:,} asked"


def _what_is_shipped(orders: int, days: float) -> str:
    return (
        f"{counted(orders, 'order')} of two sellers over {days:g} {'day' if days == 1 else 'days'},"
        " some of them cancelled, and one of a marketplace that nobody knows"
    )
