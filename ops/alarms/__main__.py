"""`python -m ops.alarms`: how well the alarms on nothing offered tell outages from usual days."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from statistics import median

from rich.console import Console
from rich.table import Table

from ops.alarms.alarm import Alarm
from ops.alarms.eligibility import NAMES, SHARES, Played, Trade, alarms_of, nearest_miss, rings
from ops.local_cloud.template import synthesise

SIZES = (1, 2, 5, 10, 20, 50, 100)
SEEDS = range(1, 4)
SPANS = (timedelta(days=1), timedelta(days=7))

_TRADES = {
    "60 days of trade from the first day on, and what is left after": [(0, 60)],
    "a holiday: 20 days of trade, 20 of none, 20 more, and what is left after": [(0, 20), (40, 20)],
}
_LEFT_AFTER = 45
_OUTAGE = (30, 50)


def main() -> None:
    """Prints a table for each kind of trade, and one for an outage; takes some minutes."""
    console = Console(highlight=False)
    alarms = [alarms_of(synthesise())[name] for name in NAMES]
    for title, seasons in _TRADES.items():
        table = _table(f"Usual days: {title}", "kind", "days watched", *_rung(), *_nearest())
        for row in _usual(alarms, seasons):
            table.add_row(*row)
        console.print(table)
    table = _table("An outage of Amazon's from day 30 on: days until it is noticed", *NAMES)
    for row in _outages(alarms):
        table.add_row(*row)
    console.print(table)


def _usual(alarms: list[Alarm], seasons: Sequence[tuple[float, float]]) -> Iterator[list[str]]:
    for a_day in SIZES:
        for kind in SHARES:
            trades = [Trade(a_day=a_day, kind=kind, seed=seed, seasons=seasons) for seed in SEEDS]
            until = trades[0].days + _LEFT_AFTER
            played = [Played(trade) for trade in trades]
            rung = [sum(len([*rings(a, each, until_day=until)]) for each in played) for a in alarms]
            nearest = [
                max(nearest_miss(each, lasts=span, until_day=until) for each in played)
                for span in SPANS
            ]
            watched = round(until * len(trades))
            yield [f"{a_day}", kind, f"{watched}", *(str(each) for each in (*rung, *nearest))]


def _outages(alarms: list[Alarm]) -> Iterator[list[str]]:
    for a_day in SIZES:
        played = [
            Played(Trade(a_day=a_day, kind="mixed", seed=seed, outage=_OUTAGE)) for seed in SEEDS
        ]
        yield [f"{a_day}", *(_noticed(alarm, played) for alarm in alarms)]


def _noticed(alarm: Alarm, played: list[Played]) -> str:
    """After how many days, in the middle of the seeds; and in how many of them at all."""
    first = [next(rings(alarm, each, until_day=_OUTAGE[1]), None) for each in played]
    delays = [day - _OUTAGE[0] for day in first if day is not None]
    middle = f"{median(delays):.1f}" if delays else "not"
    return (
        middle if len(delays) in (0, len(played)) else f"{middle} ({len(delays)} of {len(played)})"
    )


def _rung() -> list[str]:
    return [f"{name} rang" for name in NAMES]


def _nearest() -> list[str]:
    return [f"most checks of {span.days} d with no offer" for span in SPANS]


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column("orders a day", justify="right")
    for column in columns:
        table.add_column(column, justify="left" if column == "kind" else "right")
    return table


if __name__ == "__main__":
    main()
