"""How numbers, times and stretches of time read on every screen."""

from datetime import datetime, timedelta

_UNITS = (
    ("day", timedelta(days=1)),
    ("hour", timedelta(hours=1)),
    ("minute", timedelta(minutes=1)),
)


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """`1 order`, `5,000 orders`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def moment(instant: datetime) -> str:
    """A time as every screen shows it: `2026-03-20 09:00 UTC`."""
    return f"{instant:%Y-%m-%d %H:%M} UTC"


def stretch(span: timedelta) -> str:
    """How long it is in its largest unit: `3 days`, `1 hour`, `moments`; its sign is left out."""
    span = abs(span)
    for unit, length in _UNITS:
        # Above one of a unit, rounding to it says enough.
        if span >= length:
            return counted(round(span / length), unit)
    return "moments"


def when(instant: datetime, *, now: datetime) -> str:
    """A time with how far off it is: `2026-03-20 09:00 UTC (in 3 days)`."""
    distance = stretch(instant - now)
    return f"{moment(instant)} ({f'in {distance}' if instant > now else f'{distance} ago'})"


def words(reason: str) -> str:
    """A reason as a list shows it: `never_offered` without its underscores; others as they are."""
    return reason if " " in reason and ":" not in reason else reason.replace("_", " ")


def listed(parts: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last
