"""How long a seller's notifications usually pause, and how long a silence is not usual any more."""

import math
from datetime import timedelta

_TIMES_THE_USUAL = 3
_ALLOWED_AT_LEAST = timedelta(days=1)
_FADES_OVER = timedelta(days=60)

# A week's silence is allowed to a seller of whom nothing is known yet.
_FIRST_GUESS = timedelta(days=7) / _TIMES_THE_USUAL


def usual_gap_after(usual_gap: timedelta | None, gap: timedelta) -> timedelta:
    """The longest gap between notifications that is usual, after one more gap was seen.

    A longer gap counts at once, a shorter one by the time it took: nights, weekends and quiet
    weeks are remembered for about two months. A silence that was not usual counts only as far
    as it would have been allowed, so that an outage does not make the next one look usual.
    """
    known = usual_gap or _FIRST_GUESS
    counted = min(gap, allowed_silence(known))
    if counted >= known:
        return counted
    return counted + (known - counted) * math.exp(-(counted / _FADES_OVER))


def allowed_silence(usual_gap: timedelta | None) -> timedelta:
    """How long a seller may be silent before somebody should look."""
    return max(_ALLOWED_AT_LEAST, _TIMES_THE_USUAL * (usual_gap or _FIRST_GUESS))
