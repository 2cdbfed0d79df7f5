"""The sending hours: on each marketplace's clock, inside the window, and nothing is dropped."""

from datetime import UTC, datetime, timedelta
from importlib import resources
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.core.marketplaces import _MARKETPLACES, zone_of
from lambdas.core.policy import Policies, Policy
from lambdas.core.sending_hours import SendingHours
from lambdas.core.timing import (
    CONFIRMED_AFTER,
    brought_forward,
    first_check_at,
    hourly_until_close,
    last_checks,
    next_check_at,
    put_off,
)
from lambdas.core.waking import CHECK_ASKED, CheckActions, Settle, on_wake_up
from lambdas.core.window import SolicitationWindow
from tests.records import NO_SETTINGS, POLICY, SELLER, SHIPPED_AT, solicitation

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
INDIA, CHICAGO = ZoneInfo("Asia/Kolkata"), ZoneInfo("America/Chicago")
BERLIN, CAIRO = ZoneInfo("Europe/Berlin"), ZoneInfo("Africa/Cairo")


def hours(first: int = 9, until: int = 21, zone: ZoneInfo = BERLIN) -> SendingHours:
    return SendingHours(first=first, until=until, zone=zone)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "instant", "following"),
    [
        (BERLIN, "2026-01-15T07:59", "2026-01-15T08:00"),
        (BERLIN, "2026-01-15T08:00", "2026-01-15T08:00"),
        (BERLIN, "2026-01-15T19:59", "2026-01-15T19:59"),
        (BERLIN, "2026-01-15T20:00", "2026-01-16T08:00"),
        (BERLIN, "2026-07-15T06:59", "2026-07-15T07:00"),
        (INDIA, "2026-01-15T03:29", "2026-01-15T03:30"),  # half past three is nine there
        (INDIA, "2026-01-15T15:30", "2026-01-16T03:30"),
        (CHICAGO, "2026-01-15T03:00", "2026-01-15T15:00"),  # the evening before, there
        # The night before the clocks go forward, and the one before they go back.
        (BERLIN, "2026-03-28T20:00", "2026-03-29T07:00"),
        (BERLIN, "2026-10-24T19:00", "2026-10-25T08:00"),
        (CHICAGO, "2026-03-08T03:00", "2026-03-08T14:00"),
        (CHICAGO, "2026-11-01T02:00", "2026-11-01T15:00"),
    ],
)
def test_the_next_sending_hour_is_by_the_marketplaces_clock(
    zone: ZoneInfo, instant: str, following: str
) -> None:
    assert hours(zone=zone).next(utc(instant)) == utc(following)


@pytest.mark.parametrize(
    ("zone", "instant", "before"),
    [
        (BERLIN, "2026-01-15T07:59", "2026-01-14T19:00"),  # an hour before their end
        (BERLIN, "2026-01-15T12:00", "2026-01-15T12:00"),
        (BERLIN, "2026-01-15T23:30", "2026-01-15T19:00"),
        (BERLIN, "2026-03-29T05:00", "2026-03-28T19:00"),
        (BERLIN, "2026-10-26T05:00", "2026-10-25T19:00"),
        (INDIA, "2026-01-15T20:00", "2026-01-15T14:30"),
    ],
)
def test_the_last_sending_hour_before_is_by_the_marketplaces_clock(
    zone: ZoneInfo, instant: str, before: str
) -> None:
    assert hours(zone=zone).last(utc(instant)) == utc(before)


def test_hours_that_a_change_of_the_clocks_leaves_out_are_those_of_the_next_day() -> None:
    at_night = hours(2, 3)

    assert at_night.next(utc("2026-03-28T12:00")) == utc("2026-03-30T00:00")
    assert at_night.last(utc("2026-03-29T23:00")) == utc("2026-03-28T01:00")


def test_hours_that_a_change_of_the_clocks_repeats_count_twice() -> None:
    at_night = hours(2, 3)

    assert all(at_night.allow(utc(f"2026-10-25T{time}")) for time in ("00:00", "01:00", "01:59"))
    assert not at_night.allow(utc("2026-10-25T02:00"))


def test_a_day_may_end_or_begin_at_a_midnight_that_the_clocks_skip() -> None:
    # On 24 April 2026 Cairo goes from 00:00 straight to 01:00.
    assert hours(0, 12, CAIRO).next(utc("2026-04-23T12:00")) == utc("2026-04-23T22:00")
    assert hours(12, 24, CAIRO).next(utc("2026-04-23T22:00")) == utc("2026-04-24T09:00")


def test_every_marketplace_has_a_zone_that_the_pinned_data_knows() -> None:
    zones = {zone_of(marketplace) for marketplace in _MARKETPLACES}

    assert len(_MARKETPLACES) == 23
    assert zones <= available_timezones()
    for zone in zones:
        area, _, city = str(zone).rpartition("/")
        package = resources.files("tzdata.zoneinfo." + area.replace("/", "."))
        assert package.joinpath(city).is_file()


def test_a_marketplace_that_is_not_known_has_no_hours() -> None:
    policies = Policies(
        delays=(("default", 5 * DAY),), transits=(("default", (3 * DAY, 15 * DAY)),), hours=(9, 21)
    )

    assert policies.of("A0UNKNOWN0000", "AFN").sending_hours is None
    assert policies.of("A1PA6795UKMFR9", "AFN").sending_hours == hours()


HOURS = st.builds(
    lambda pair, zone: SendingHours(first=min(pair), until=max(pair), zone=ZoneInfo(zone)),
    st.lists(st.integers(0, 24), min_size=2, max_size=2, unique=True),
    st.sampled_from(sorted({zone for _, _, zone in _MARKETPLACES.values()})),
)
# A year of openings, so that both changes of every zone's clocks are among them.
WINDOWS = st.builds(
    lambda opens, lasts: SolicitationWindow(
        opens_at=SHIPPED_AT + opens * MINUTE, closes_at=SHIPPED_AT + (opens + lasts) * MINUTE
    ),
    st.integers(0, 366 * 1440),
    st.integers(5, 50 * 1440),
)
INSTANTS = st.integers(0, 366 * 1440).map(lambda minutes: SHIPPED_AT + minutes * MINUTE)


@given(hours=HOURS, instant=INSTANTS)
def test_an_instant_inside_the_hours_stays_and_any_other_moves_to_the_nearest(
    hours: SendingHours, instant: datetime
) -> None:
    local = instant.astimezone(hours.zone)

    assert hours.allow(instant) == (hours.first <= local.hour < hours.until)
    assert (hours.next(instant) == instant) == (hours.last(instant) == instant)
    assert instant <= hours.next(instant) <= instant + 49 * HOUR
    assert instant - 49 * HOUR <= hours.last(instant) <= instant
    assert hours.allow(hours.next(instant))
    assert hours.allow(hours.last(instant))


def looks(window: SolicitationWindow, policy: Policy, late: timedelta) -> list[datetime]:
    """Every check of an order that is never offered; each wake-up comes late."""
    order = solicitation(window=window, due_at=first_check_at(window, policy=policy))
    checks: list[datetime] = []
    now = order.due_at + late
    while not window.has_shut(now):
        match on_wake_up(order, now=now, policy=policy, seller=SELLER, settings=NO_SETTINGS):
            case CheckActions():
                checks.append(now)
                due_at = next_check_at(window, empty_checks=len(checks), now=now, policy=policy)
                due_at = due_at or hourly_until_close(window, now=now)
            case Settle(solicitation=settled):
                due_at = settled.due_at
            case _:
                raise AssertionError
        order = solicitation(window=window, due_at=due_at)
        now = due_at + late
    return checks


@given(window=WINDOWS, hours=HOURS, delay=st.integers(5, 25), late=st.integers(0, 3))
def test_there_is_always_a_check_and_none_outside_the_window_or_the_hours_it_has(
    window: SolicitationWindow, hours: SendingHours, delay: int, late: int
) -> None:
    policy = Policy(delay=delay * DAY, sending_hours=hours)

    checks = looks(window, policy, late * MINUTE)

    assert checks
    assert all(window.allows_call(check) for check in checks)
    assert all(a < b for a, b in pairwise(checks))
    outside = [check for check in checks if not hours.allow(check)]
    # Only where the next hours would come too late, or the window shuts first.
    assert all(hours.next(check) > window.closes_at - HOUR for check in outside)


@given(window=WINDOWS, hours=HOURS)
def test_the_last_two_checks_lie_a_day_apart_where_the_window_has_room(
    window: SolicitationWindow, hours: SendingHours
) -> None:
    before, last = last_checks(window, policy=Policy(sending_hours=hours))

    assert window.opens_at <= last or last == window.closes_at - 3 * HOUR
    if window.closes_at - window.opens_at > 5 * DAY:
        assert hours.allow(before)
        assert hours.allow(last)
        assert window.opens_at <= before
        assert last - before >= CONFIRMED_AFTER + HOUR
        assert window.closes_at - 2 * DAY - 4 * HOUR <= last <= window.closes_at - 3 * HOUR


@given(window=WINDOWS, late=st.integers(0, 90 * 1440), empty=st.integers(1, 9))
def test_without_sending_hours_nothing_changes(
    window: SolicitationWindow, late: int, empty: int
) -> None:
    now = window.opens_at + late * MINUTE
    any_hour = Policy(sending_hours=hours(0, 24))

    assert last_checks(window, policy=POLICY) == (
        window.closes_at - 28 * HOUR,
        window.closes_at - 3 * HOUR,
    )
    for policy in (POLICY, any_hour):
        assert last_checks(window, policy=policy) == last_checks(window, policy=POLICY)
        assert first_check_at(window, policy=policy) == first_check_at(window, policy=POLICY)
        assert put_off(now, window, policy.sending_hours) == now
        assert brought_forward(now, window, policy.sending_hours) == now
        planned = next_check_at(window, empty_checks=empty, now=now, policy=policy)
        assert planned == next_check_at(window, empty_checks=empty, now=now, policy=POLICY)


def test_a_last_check_is_moved_forward_rather_than_dropped() -> None:
    closes_at = utc("2026-01-20T06:00")  # seven in the morning in Berlin
    window = SolicitationWindow(opens_at=closes_at - 35 * DAY, closes_at=closes_at)

    before, last = last_checks(window, policy=Policy(sending_hours=hours()))

    assert last == utc("2026-01-19T19:00")
    assert before == utc("2026-01-18T18:00")


NIGHT, MORNING = utc("2026-03-12T02:00"), utc("2026-03-12T14:00")


@pytest.mark.parametrize(("reason", "waits"), [("shipped", True), (CHECK_ASKED, False)])
def test_an_order_that_a_backlog_brings_into_the_night_waits_for_the_morning(
    reason: str, waits: bool
) -> None:
    policy = Policy(sending_hours=hours(zone=CHICAGO))
    order = solicitation(reason=reason)

    decision = on_wake_up(order, now=NIGHT, policy=policy, seller=SELLER, settings=NO_SETTINGS)

    if waits:
        assert isinstance(decision, Settle)
        assert decision.solicitation.due_at == MORNING
    else:
        assert decision == CheckActions()


def test_an_order_whose_window_shuts_before_the_morning_is_checked_at_night() -> None:
    window = SolicitationWindow(opens_at=NIGHT - DAY, closes_at=MORNING + 59 * MINUTE)
    order = solicitation(window=window, due_at=NIGHT)
    policy = Policy(sending_hours=hours(zone=CHICAGO))

    decision = on_wake_up(order, now=NIGHT, policy=policy, seller=SELLER, settings=NO_SETTINGS)

    assert decision == CheckActions()
