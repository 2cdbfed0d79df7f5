"""The ladder: every step of it, and what holds of it whatever the window."""

from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lambdas.core.policy import Policy
from lambdas.core.timing import (
    CONFIRMED_AFTER,
    after_trouble,
    first_check_at,
    hourly_until_close,
    next_check_at,
)
from lambdas.core.window import SolicitationWindow
from tests.records import EARLIEST, POLICY, SHIPPED_AT

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FBA = SolicitationWindow(opens_at=SHIPPED_AT + 8 * DAY, closes_at=SHIPPED_AT + 45 * DAY)
WINDOWS = st.builds(
    lambda opens, days: SolicitationWindow(
        opens_at=SHIPPED_AT + opens * HOUR, closes_at=SHIPPED_AT + opens * HOUR + days * HOUR
    ),
    st.integers(0, 500),
    st.integers(1, 2000),
)


def all_checks(window: SolicitationWindow, start: datetime) -> list[datetime]:
    """Every check of an order that is never offered, each made when it is due."""
    checks = [start]
    while True:
        due = next_check_at(window, empty_checks=len(checks), now=checks[-1], policy=POLICY)
        if due is None:
            return checks
        checks.append(due)


def test_the_first_check_is_the_sellers_delay_after_the_earliest_delivery() -> None:
    window = SolicitationWindow(opens_at=EARLIEST + 5 * DAY, closes_at=EARLIEST + 35 * DAY)

    assert first_check_at(window, policy=POLICY) == EARLIEST + 5 * DAY
    assert first_check_at(window, policy=Policy(delay=9 * DAY)) == EARLIEST + 9 * DAY


def test_a_window_too_short_for_the_delay_still_gets_its_last_two_checks() -> None:
    window = SolicitationWindow(opens_at=EARLIEST + 5 * DAY, closes_at=EARLIEST + 20 * DAY)

    first = first_check_at(window, policy=Policy(delay=25 * DAY))

    assert first == window.closes_at - 28 * HOUR
    shut = SolicitationWindow(opens_at=EARLIEST + 5 * DAY, closes_at=EARLIEST)
    assert first_check_at(shut, policy=POLICY) == EARLIEST


def test_an_order_that_is_never_offered_is_checked_on_these_days() -> None:
    checks = all_checks(FBA, FBA.opens_at)

    middle = [(check - FBA.opens_at) / DAY for check in checks[:-2]]
    assert middle == [0, 1, 3, 7, 14, 21, 28]
    assert [(FBA.closes_at - check) / HOUR for check in checks[-2:]] == [28, 3]


def test_a_step_less_than_a_day_before_the_next_is_left_out() -> None:
    window = SolicitationWindow(opens_at=SHIPPED_AT, closes_at=SHIPPED_AT + 30 * DAY)
    just_before = window.closes_at - 28 * HOUR - 2 * DAY + HOUR

    due = next_check_at(window, empty_checks=1, now=just_before, policy=POLICY)
    assert due == window.closes_at - 28 * HOUR


@given(window=WINDOWS, late=st.integers(0, 3000))
def test_the_ladder_ends_and_stays_inside_the_window(window: SolicitationWindow, late: int) -> None:
    start = min(window.opens_at + late * HOUR, window.closes_at - HOUR)

    checks = all_checks(window, start)

    assert len(checks) < 400
    assert all(window.allows_call(check) for check in checks[1:])
    assert all(a < b for a, b in pairwise(checks))


@given(window=WINDOWS)
def test_a_window_of_two_days_or_more_ends_with_two_checks_a_day_apart(
    window: SolicitationWindow,
) -> None:
    checks = all_checks(window, window.opens_at)

    if window.closes_at - window.opens_at > 53 * HOUR:
        assert checks[-1] - checks[-2] >= CONFIRMED_AFTER
        assert window.closes_at - checks[-1] == 3 * HOUR


@given(window=WINDOWS, minutes=st.integers(1, 5000))
def test_past_its_end_and_in_trouble_an_order_is_never_due_after_the_close(
    window: SolicitationWindow, minutes: int
) -> None:
    now = window.closes_at - timedelta(minutes=minutes)

    for due_at in (hourly_until_close(window, now=now), after_trouble(window, now=now)):
        assert now < due_at <= window.closes_at
    assert after_trouble(window, now=now) - now <= HOUR
