"""When to check next, inside the window: a fixed ladder that ends with two checks a day apart."""

from datetime import datetime, timedelta

from lambdas.core.policy import Policy
from lambdas.core.sending_hours import SendingHours
from lambdas.core.window import OPENS_AFTER_EARLIEST, SolicitationWindow

# 1, 3 and 7 days after the first check, then every 7 days, written as the gaps between them.
GAPS = tuple(timedelta(days=days) for days in (1, 2, 4, 7))

# An empty list may be a fault of Amazon's, so the end is two looks more than a day apart.
LAST_CHECKS_BEFORE_CLOSE = (timedelta(hours=28), timedelta(hours=3))
_BETWEEN_THE_LAST = LAST_CHECKS_BEFORE_CLOSE[0] - LAST_CHECKS_BEFORE_CLOSE[1]

# A POST has 20 seconds, a run has 90; a claim that outlives both has nobody behind it.
CLAIM_LASTS = timedelta(minutes=5)

CONFIRMED_AFTER = timedelta(hours=24)
RETRY_AT_THE_END = timedelta(hours=1)

# An order put off until later than this before its window shuts could be missed altogether.
_LAST_PUT_OFF = timedelta(hours=1)
_SAME_CHECK = timedelta(seconds=60)


def first_check_at(window: SolicitationWindow, *, policy: Policy) -> datetime:
    """The earliest delivery date plus the seller's delay, which is five days or more.

    A window that is too short for the delay still gets its last two checks.
    """
    planned = window.opens_at - OPENS_AFTER_EARLIEST + policy.delay
    first = max(window.opens_at, min(planned, last_checks(window, policy=policy)[0]))
    return put_off(min(first, window.closes_at), window, policy.sending_hours)


def next_check_at(
    window: SolicitationWindow, *, empty_checks: int, now: datetime, policy: Policy
) -> datetime | None:
    """The next step of the ladder after `empty_checks` (one or more), or None at its end.

    A step less than a day before the next one is left out.
    """
    step = put_off(now + GAPS[min(empty_checks, len(GAPS)) - 1], window, policy.sending_hours)
    if step <= last_checks(window, policy=policy)[0] - timedelta(days=1):
        return step
    return end_check_at(window, now=now, policy=policy)


def end_check_at(window: SolicitationWindow, *, now: datetime, policy: Policy) -> datetime | None:
    """The next of the two checks at the ladder's end, or None past it."""
    ends = last_checks(window, policy=policy)
    return next((check for check in ends if check > now + _SAME_CHECK), None)


def last_checks(window: SolicitationWindow, *, policy: Policy) -> tuple[datetime, datetime]:
    """The ladder's end. Sending hours move it forward, still more than a day apart."""
    hours = policy.sending_hours
    last = brought_forward(window.closes_at - LAST_CHECKS_BEFORE_CLOSE[1], window, hours)
    return brought_forward(last - _BETWEEN_THE_LAST, window, hours), last


def hourly_until_close(window: SolicitationWindow, *, now: datetime) -> datetime:
    """Past the ladder's end with the answer still unconfirmed: once an hour, then the close."""
    check = now + RETRY_AT_THE_END
    return window.closes_at if window.has_shut(check) else check


def after_trouble(window: SolicitationWindow, *, now: datetime) -> datetime:
    """When to try again an order whose call failed: an hour, or half the time that is left."""
    wait = min(timedelta(hours=1), (window.closes_at - now) / 2)
    return now + wait if wait >= timedelta(minutes=1) else window.closes_at


def put_off(due_at: datetime, window: SolicitationWindow, hours: SendingHours | None) -> datetime:
    """The next instant inside the hours, or `due_at` as it is where the window has no room."""
    later = hours.next(due_at) if hours else due_at
    return later if later <= window.closes_at - _LAST_PUT_OFF else due_at


def brought_forward(
    due_at: datetime, window: SolicitationWindow, hours: SendingHours | None
) -> datetime:
    """The last instant inside the hours up to `due_at`, or `due_at` where the window has none."""
    earlier = hours.last(due_at) if hours else due_at
    return earlier if earlier >= window.opens_at else due_at
