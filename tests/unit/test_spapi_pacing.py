import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.spapi.pacing import Pacer, Pacers
from tests.unit.spapi_support import MovedClock, moved_clock

BURST = 5
NEVER = float("inf")


@pytest.fixture
def clock() -> Iterator[MovedClock]:
    with moved_clock() as clock:
        yield clock


class UsagePlan:
    """Amazon's side: a bucket of `BURST` tokens, refilled at `rate`, one taken by each call."""

    def __init__(self, rate: float, now: float) -> None:
        self._rate = rate
        self._tokens = float(BURST)
        self._at = now

    def admits(self, now: float) -> bool:
        self._tokens = min(BURST, self._tokens + (now - self._at) * self._rate)
        self._at = now
        self._tokens -= 1
        return self._tokens > -1e-6


def test_the_first_call_does_not_wait(clock: MovedClock) -> None:
    pacer = Pacer()

    assert pacer.last_call_at is None
    assert pacer.remaining_pause() == 0
    assert pacer.wait(clock.monotonic())
    assert clock.slept == []
    assert pacer.last_call_at == clock.monotonic()


def test_the_next_call_waits_once_for_what_is_left_of_the_interval(clock: MovedClock) -> None:
    pacer = Pacer()
    pacer.wait(NEVER)
    clock.advance(0.25)

    assert pacer.remaining_pause() == pytest.approx(0.75)
    assert pacer.wait(NEVER)
    assert clock.slept == [pytest.approx(0.75)]


def test_after_the_interval_nothing_is_left_to_wait(clock: MovedClock) -> None:
    pacer = Pacer(rate=2)
    pacer.wait(NEVER)
    clock.advance(0.5)

    assert pacer.wait(clock.monotonic())
    assert clock.slept == []


def test_a_slot_past_the_deadline_is_refused_without_waiting_or_taking_it(
    clock: MovedClock,
) -> None:
    pacer = Pacer()
    pacer.wait(NEVER)
    taken_at = pacer.last_call_at

    assert not pacer.wait(clock.monotonic() + 0.9)
    assert clock.slept == []
    assert pacer.last_call_at == taken_at
    assert pacer.wait(clock.monotonic() + 1.0)


def test_a_deadline_gone_by_refuses_even_a_free_slot(clock: MovedClock) -> None:
    assert not Pacer().wait(clock.monotonic() - 0.1)


@pytest.mark.parametrize(
    ("header", "interval"),
    [
        ("2.0", 0.5),
        ("0.5", 2.0),
        (" 1.0 ", 1.0),
        ("4", 0.25),
        ("0.0167", 10.0),
        ("100000", 0.02),
    ],
)
def test_the_header_sets_the_interval_within_bounds(header: str, interval: float) -> None:
    pacer = Pacer()
    pacer.observe(header)

    assert pacer.interval == pytest.approx(interval)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "0",
        "0.0",
        "-1",
        "nan",
        "inf",
        "infinity",
        "1e3",
        "1_0",
        "1,0",
        "1.0, 1.0",
        "x",
        "\u0661",
        "9" * 400,
        "0x2",
        ".",
    ],
)
def test_a_header_that_makes_no_sense_changes_nothing(header: str | None) -> None:
    pacer = Pacer(rate=0.25)
    pacer.observe(header)

    assert pacer.interval == 4.0


@given(header=st.text(max_size=20))
def test_no_header_leads_outside_the_bounds(header: str) -> None:
    pacer = Pacer()
    pacer.observe(header)

    assert 0.02 <= pacer.interval <= 10.0


def test_each_429_doubles_the_interval_up_to_half_a_minute() -> None:
    pacer = Pacer()
    intervals = []
    for _ in range(8):
        pacer.throttled()
        intervals.append(pacer.interval)

    assert intervals == [2, 4, 8, 16, 30, 30, 30, 30]


def test_a_header_after_a_429_does_not_undo_the_doubling() -> None:
    pacer = Pacer()
    pacer.throttled()
    pacer.observe("50.0")

    assert pacer.interval == 2.0
    pacer.observe("0.5")
    assert pacer.interval == 4.0


def test_operations_have_separate_paces_and_the_longest_pause_counts(clock: MovedClock) -> None:
    pacers = Pacers()
    assert pacers.remaining_pause() == 0
    assert pacers.of("a") is pacers.of("a")

    pacers.of("a").wait(NEVER)
    clock.advance(0.4)
    pacers.of("b").wait(NEVER)

    assert clock.slept == []
    assert pacers.remaining_pause() == pytest.approx(1.0)


calls = st.lists(
    st.tuples(
        st.floats(0, 2),  # idle before asking for the slot
        st.floats(0, 1.5),  # from taking the slot to Amazon
        st.floats(0, 3),  # from Amazon back
    ),
    min_size=1,
    max_size=40,
)


@given(calls=calls, rate=st.sampled_from([0.5, 1.0, 2.0, 5.0]))
def test_no_span_has_more_calls_than_the_plan_allows_and_no_call_is_refused(
    calls: list[tuple[float, float, float]], rate: float
) -> None:
    with moved_clock() as clock:
        plan, pacer = UsagePlan(rate, time.monotonic()), Pacer(rate)
        left, arrived = [], []
        for idle, there, back in calls:
            clock.advance(idle)
            assert pacer.wait(NEVER)
            left.append(time.monotonic())
            clock.advance(there)
            arrived.append(time.monotonic())
            assert plan.admits(time.monotonic())
            clock.advance(back)

    # They leave an interval apart. On the way two may draw closer, as they take different times,
    # but not three: each leaves after the answer to the one before.
    for first, start in enumerate(left):
        for last in range(first, len(left)):
            assert last - first + 1 <= rate * (left[last] - start) + 1 + 1e-6
            assert last - first + 1 <= rate * (arrived[last] - arrived[first]) + 2 + 1e-6


@given(runs=st.lists(st.integers(1, 6), min_size=1, max_size=10))
def test_runs_that_end_after_their_pause_share_a_plan_without_shared_state(
    runs: list[int],
) -> None:
    with moved_clock():
        plan = UsagePlan(1.0, time.monotonic())
        for count in runs:
            pacer = Pacer()
            for _ in range(count):
                pacer.wait(NEVER)
                assert plan.admits(time.monotonic())
            time.sleep(pacer.remaining_pause())


def test_the_rest_of_the_burst_covers_runs_that_were_killed_before_their_pause() -> None:
    with moved_clock():
        plan = UsagePlan(1.0, time.monotonic())
        for _ in range(BURST):
            pacer = Pacer()
            pacer.wait(NEVER)
            assert plan.admits(time.monotonic())
