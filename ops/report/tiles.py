"""The few numbers at the head of the page."""

from collections.abc import Iterator
from dataclasses import dataclass

from lambdas.core.solicitation import Status
from ops.report.figures import Figures, Stage

_NONE = "\u2013"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One number, what it is, and what to know about it."""

    name: str
    value: str
    note: str = ""


def tiles(figures: Figures) -> Iterator[Tile]:
    """The head of the page."""
    counts = figures.by_status
    perhaps = counts[Status.SENT_UNCONFIRMED]
    yield Tile(
        name="Buyers asked",
        value=f"{counts[Status.SENT]:,}",
        note=f"and {perhaps:,} perhaps" if perhaps else "",
    )
    offered = figures.stages[Stage.OFFERED]
    yield Tile(
        name="Asked of those offered",
        value=_share(figures.stages[Stage.ASKED], offered),
        note=f"{offered:,} offered" if offered else "",
    )
    median, p90 = figures.delay_median, figures.delay_p90
    yield Tile(
        name="Days from open window to asked",
        value=_NONE if median is None else f"{median:.1f}",
        note="" if p90 is None else f"median; 9 in 10 within {p90:.1f}",
    )
    checks = figures.checks_per_solicitation
    yield Tile(
        name="Checks for each one asked",
        value=_NONE if checks is None else f"{checks:.2f}",
        note="1 is the least there can be" if checks else "",
    )
    waiting = counts[Status.WAITING] + counts[Status.SENDING]
    yield Tile(
        name="Still to come",
        value=f"{waiting:,}",
        note=f"{figures.overdue:,} due before today" if figures.overdue else "orders that wait",
    )
    yield Tile(
        name="Held for a person",
        value=f"{counts[Status.HELD]:,}",
        note="dayfive release ID" if counts[Status.HELD] else "",
    )


def _share(part: int, whole: int) -> str:
    """A percentage that says 100 only if it is all of them, and 0 only if it is none."""
    if not whole:
        return _NONE
    if part == whole:
        return "100%"
    return f"{min(max(100 * part / whole, 0.1 if part else 0.0), 99.9):.1f}%"
