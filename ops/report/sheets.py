"""The sheets of the page: each has a title, a sentence, a drawing, and its figures as a table."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from lambdas.core.solicitation import CHECKS_KEPT, Status
from ops.report.charts import Mark, bars, columns
from ops.report.figures import DAYS_AHEAD, HELD_SHOWN, Figures, Stage
from ops.wording import counted, moment, words

_DAYS_SHOWN = 120
_DELAYS_SHOWN = 14
_LEAST_AHEAD = 14
_NAMED = 10
_REASONS_SHOWN = 15
_REASON_LENGTH = 160
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a state means to a reader, in a word for a table's head, and how it is drawn."""

    text: str
    word: str
    style: str


OUTCOMES = {
    Status.SENT: Outcome("asked", "asked", "asked"),
    Status.SENT_UNCONFIRMED: Outcome("perhaps asked", "perhaps", "perhaps"),
    Status.ALREADY_REQUESTED: Outcome("asked by somebody else", "by others", "other"),
    Status.WAITING: Outcome("waiting for its next check", "waiting", "open"),
    Status.SENDING: Outcome("being asked", "sending", "open"),
    Status.HELD: Outcome("held for a person", "held", "held"),
    Status.EXPIRED: Outcome("window shut unasked", "shut", "ended"),
    Status.SKIPPED: Outcome("left out on purpose", "left out", "ended"),
    Status.CANCELED: Outcome("cancelled", "cancelled", "ended"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One part of the page; `numbers` and `sentences` name columns that are set so."""

    title: str
    lead: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: Sequence[str] = ()
    sentences: Sequence[str] = ()
    drawing: str | None = None
    is_wide: bool = False


def sheets(figures: Figures) -> Iterator[Sheet]:
    """All of them, in the order of the page."""
    yield _asked_per_day(figures)
    yield _to_come(figures)
    yield _funnel(figures)
    yield _outcomes(figures)
    yield _delays(figures)
    yield _checks(figures)
    if figures.held:
        yield _held(figures)
    yield _by_seller(figures)
    yield _reasons(figures)


def _asked_per_day(figures: Figures) -> Sheet:
    first, last = min(figures.asked_on, default=None), figures.made_at.date()
    days: list[date] = []
    if first:
        first = max(first, last - (_DAYS_SHOWN - 1) * _DAY)
        days = [first + number * _DAY for number in range((last - first).days + 1)]
    marks = [Mark(name=_short(day), value=figures.asked_on[day], style="asked") for day in days]
    most = max(figures.asked_on.values(), default=0)
    part = f" The last {_DAYS_SHOWN} days are shown." if len(days) == _DAYS_SHOWN else ""
    return _drawn(
        "Asked per day",
        f"{counted(sum(figures.asked_on.values()), 'request')} that Amazon has confirmed; at most"
        f" {most:,} on one day.{part}",
        marks,
        [(f"{day:%Y-%m-%d}", figures.asked_on[day]) for day in days if figures.asked_on[day]],
        ("day", "asked"),
    )


def _to_come(figures: Figures) -> Sheet:
    today = figures.made_at.date()
    ahead = max(((day - today).days for day in figures.due_on), default=0)
    days = [
        today + number * _DAY for number in range(min(max(ahead + 1, _LEAST_AHEAD), DAYS_AHEAD))
    ]
    later = sum(number for day, number in figures.due_on.items() if day > days[-1])
    numbers = {day: figures.due_on[day] for day in days}
    numbers[today] += figures.overdue
    marks = [Mark(name=_short(day), value=numbers[day], style="ahead") for day in days]
    rows = [(f"{day:%Y-%m-%d}", numbers[day]) for day in days if numbers[day]]
    more = f"; {later:,} have theirs after these {DAYS_AHEAD} days" if later else ""
    return _drawn(
        "What is to come",
        f"Orders by the day of their next check, at which they are asked about if Amazon offers"
        f" it{more}.",
        marks if rows else [],
        rows,
        ("day", "checks"),
    )


def _capitalized(text: str) -> str:
    return text[:1].upper() + text[1:]


def _short(day: date) -> str:
    return f"{day.day} {day:%b}"


def _funnel(figures: Figures) -> Sheet:
    marks, before = [], None
    for stage in Stage:
        number = figures.stages[stage]
        lost = f"\u2212{before - number:,}" if before is not None and before > number else ""
        style = "asked" if stage is Stage.ASKED else "bar"
        marks.append(Mark(name=_capitalized(stage), value=number, style=style, note=lost))
        before = number
    rows = [(mark.name, f"{mark.value:,}", mark.note) for mark in marks]
    return Sheet(
        title="From the news to the request",
        lead="How many orders came how far. What is not asked yet may still get there.",
        drawing=bars("From the news to the request", marks) if figures.orders else None,
        columns=("stage", "orders", "fewer"),
        numbers=("orders", "fewer"),
        sentences=("stage",),
        rows=rows if figures.orders else [],
    )


def _outcomes(figures: Figures) -> Sheet:
    counts = figures.by_status
    shown = [(status, outcome) for status, outcome in OUTCOMES.items() if counts[status]]
    marks = [
        Mark(name=_capitalized(outcome.text), value=counts[status], style=outcome.style)
        for status, outcome in shown
    ]
    return Sheet(
        title="Where the orders stand",
        lead="Every order is in one of these states; dayfive order ID says why.",
        drawing=bars("Where the orders stand", marks) if marks else None,
        columns=("state", "meaning", "orders"),
        numbers=("orders",),
        sentences=("meaning",),
        rows=[(status, outcome.text, f"{counts[status]:,}") for status, outcome in shown],
    )


def _delays(figures: Figures) -> Sheet:
    days = Counter(min(max(math.floor(delay), 0), _DELAYS_SHOWN) for delay in figures.delays)
    last = min(max(days, default=0), _DELAYS_SHOWN)
    names = [f"{day}" if day < _DELAYS_SHOWN else f"{day}+" for day in range(last + 1)]
    marks = [
        Mark(name=name, value=days[day], style="asked")
        for day, name in enumerate(names if days else [])
    ]
    return _drawn(
        "Days from the open window to the request",
        "By whole days; 0 is within a day. The window is the one that DayFive believes in: Amazon"
        " may offer an order later.",
        marks,
        [(name, days[day]) for day, name in enumerate(names) if days[day]],
        ("days", "asked"),
        by_number=True,
    )


def _checks(figures: Figures) -> Sheet:
    most = max(figures.checks, default=0)
    names = [f"{n}+" if n == CHECKS_KEPT else f"{n}" for n in range(1, most + 1)]
    marks = [
        Mark(name=name, value=figures.checks[n], style="asked")
        for n, name in enumerate(names, start=1)
    ]
    return _drawn(
        "Checks for each order that was asked",
        "How often Amazon was asked whether it offers the request, until it did.",
        marks,
        [(name, figures.checks[n]) for n, name in enumerate(names, start=1) if figures.checks[n]],
        ("checks", "orders"),
        by_number=True,
    )


def _held(figures: Figures) -> Sheet:
    number = figures.by_status[Status.HELD]
    more = f" The {HELD_SHOWN} that close soonest are shown." if number > HELD_SHOWN else ""
    return Sheet(
        title="Held for a person",
        lead=f"{counted(number, 'order')} until dayfive release ID or the window shuts.{more}",
        columns=("order", "why", "window shuts", "seller"),
        rows=[
            (each.amazon_order_id, _shortened(each.reason), moment(each.closes_at), each.seller_id)
            for each in figures.held
        ],
        sentences=("why",),
        is_wide=True,
    )


def _by_seller(figures: Figures) -> Sheet:
    present = [status for status in OUTCOMES if figures.by_status[status]]
    names = [OUTCOMES[status].word for status in present]
    rows = [
        (seller_id, str(region), f"{counts.total():,}", *(f"{counts[s]:,}" for s in present))
        for (seller_id, region), counts in figures.by_seller.items()
    ]
    return Sheet(
        title="By seller and region",
        lead="All orders on record.",
        columns=("seller", "region", "orders", *names),
        numbers=("orders", *names),
        rows=rows,
        is_wide=True,
    )


def _reasons(figures: Figures) -> Sheet:
    rows = [
        (status, _shortened(reason), f"{number:,}")
        for (status, reason), number in figures.reasons.most_common(_REASONS_SHOWN)
    ]
    left = len(figures.reasons) - len(rows)
    more = f"; {counted(left, 'rarer one')} left out" if left else ""
    return Sheet(
        title="Why",
        lead=f"The last reason of each order{more}.",
        columns=("state", "reason", "orders"),
        numbers=("orders",),
        sentences=("reason",),
        rows=rows,
        is_wide=True,
    )


def _shortened(reason: str) -> str:
    text = words(reason)
    return text if len(text) <= _REASON_LENGTH else f"{text[: _REASON_LENGTH - 1]}\u2026"


def _drawn(
    title: str,
    lead: str,
    marks: Sequence[Mark],
    rows: Sequence[tuple[str, int]],
    names: tuple[str, str],
    *,
    by_number: bool = False,
) -> Sheet:
    """A sheet of columns; numbered ones are named all, or each second, of others a few."""
    last = len(marks) - 1
    if by_number:
        ticks = list(range(0, len(marks), 1 if len(marks) <= _NAMED else 2))
    else:
        ticks = sorted({0, last // 3, 2 * last // 3, last})
    return Sheet(
        title=title,
        lead=lead,
        drawing=columns(title, marks, ticks=ticks) if marks else None,
        columns=names,
        numbers=names[1:],
        rows=[(name, f"{number:,}") for name, number in rows],
    )
