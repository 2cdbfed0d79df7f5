"""When a seller's silence is not usual any more: rarely wrong, whatever the seller's size."""

from collections.abc import Callable
from datetime import timedelta
from random import Random

import pytest

from lambdas.core.rhythm import allowed_silence, usual_gap_after

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
SEEN_EVERY = timedelta(minutes=15)

# What share of the usual trade there is at an hour of the week (0 is Monday, midnight).
Trade = Callable[[float], float]


def evenly(hour: float) -> float:
    return 1.0


def by_day(hour: float) -> float:
    return 1.0 if 8 <= hour % 24 < 23 else 0.05


def on_working_days(hour: float) -> float:
    return 1.0 if hour < 5 * 24 and 8 <= hour % 24 < 18 else 0.0


def gaps(trade: Trade, *, a_day: float, years: int, seed: int) -> list[timedelta]:
    """Of a seller with so many notifications on a day of full trade, coming at random."""
    luck, now, last, found = Random(f"{seed}/{a_day}"), 0.0, 0.0, []
    while now < years * 365 * 24:
        now += luck.expovariate(a_day / 24)
        if luck.random() < trade(now % (7 * 24)) and now - last >= SEEN_EVERY / HOUR:
            found.append((now - last) * HOUR)
            last = now
    return found


def false_alarms(gaps: list[timedelta]) -> int:
    usual_gap, found = None, 0
    for gap in gaps:
        found += gap > allowed_silence(usual_gap)
        usual_gap = usual_gap_after(usual_gap, gap)
    return found


def test_a_seller_of_whom_nothing_is_known_may_be_silent_for_a_week() -> None:
    assert allowed_silence(None) == WEEK


def test_a_busy_seller_may_be_silent_for_a_day_and_not_for_a_night_less() -> None:
    usual_gap = None
    for gap in gaps(evenly, a_day=200, years=1, seed=1):
        usual_gap = usual_gap_after(usual_gap, gap)

    assert allowed_silence(usual_gap) == DAY


def test_weekends_are_usual_for_a_seller_that_keeps_them() -> None:
    usual_gap = None
    for gap in gaps(on_working_days, a_day=50, years=1, seed=1):
        usual_gap = usual_gap_after(usual_gap, gap)

    assert 2.5 * DAY < allowed_silence(usual_gap) < 10 * DAY


def test_a_long_gap_counts_at_once_and_fades_over_months() -> None:
    usual_gap = usual_gap_after(6 * HOUR, 20 * HOUR)
    assert usual_gap == 20 * HOUR

    for _ in range(60 * 24):
        usual_gap = usual_gap_after(usual_gap, HOUR)

    assert 6 * HOUR < usual_gap < 10 * HOUR


def test_an_outage_does_not_make_the_next_one_look_usual() -> None:
    before = 6 * HOUR

    after = usual_gap_after(before, 30 * DAY)

    assert after == allowed_silence(before) == DAY


@pytest.mark.parametrize("trade", [evenly, by_day, on_working_days])
@pytest.mark.parametrize(
    ("a_day", "at_most_a_year"), [(1 / 30, 1.0), (1 / 7, 0.5), (1, 0.1), (10, 0.05), (50, 0.0)]
)
def test_false_alarms_are_rare_for_sellers_of_every_size(
    trade: Trade, a_day: float, at_most_a_year: float
) -> None:
    years, sellers = (20, 5) if a_day < 1 else (4, 5) if a_day < 50 else (1, 2)

    found = sum(
        false_alarms(gaps(trade, a_day=a_day, years=years, seed=seed)) for seed in range(sellers)
    )

    # One alarm is granted to each seller: nothing is known of it in its first weeks.
    assert found - sellers <= at_most_a_year * years * sellers
