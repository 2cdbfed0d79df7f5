"""Which of a seller's due orders goes first, when they are more than its usage plan can take."""

from datetime import datetime, timedelta

# A run reads as many orders as the plan serves in an hour; the shutting ones come days before.
SHUTS_SOON = timedelta(days=2)

# Of an order planned without an estimate it is only known that it may be offered.
_LIKELY_UNKNOWN = 50


def precedence(
    *, closes_at: datetime, likely: int | None, now: datetime
) -> tuple[bool, int, datetime]:
    """To sort by: what shuts soon, soonest first; then what is likeliest to be offered.

    `likely` is the chance in percent that Amazon offers the order when it is due.
    """
    if closes_at - now <= SHUTS_SOON:
        return (False, 0, closes_at)
    return (True, -(_LIKELY_UNKNOWN if likely is None else likely), closes_at)
