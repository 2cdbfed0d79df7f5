"""The usage plan is used to the full, alone and side by side, in moved time."""

import time
from datetime import UTC, datetime

import pytest

from ops.bench.plant import START
from ops.bench.sending import seller, serve
from ops.bench.turn_taking import TurnTakingClock


def test_a_backlog_is_served_at_the_pace_of_the_plan_through_continuations() -> None:
    served = serve({seller(0): 120})

    assert served.asked == 120
    assert served.share_of_plan >= 0.97
    assert served.refused == 0
    assert served.deepest_queue == 1


def test_sellers_side_by_side_do_not_slow_each_other() -> None:
    served = serve({seller(number): 15 for number in range(6)})

    assert served.asked == 90
    assert served.share_of_plan >= 0.97
    assert served.refused == 0


def test_runs_take_turns_by_when_they_wake() -> None:
    story: list[tuple[str, float]] = []

    def sleeper(name: str, seconds: float) -> None:
        for _ in range(2):
            time.sleep(seconds)
            story.append((name, (datetime.now(UTC) - START).total_seconds()))

    with TurnTakingClock(START) as clock:
        clock.play([lambda: sleeper("slow", 3), lambda: sleeper("quick", 2)])

    assert story == [("quick", 2), ("slow", 3), ("quick", 4), ("slow", 6)]


def test_an_error_in_a_run_is_raised() -> None:
    def fail() -> None:
        time.sleep(1)
        raise ValueError("on purpose")

    with TurnTakingClock(START) as clock, pytest.raises(ValueError, match="on purpose"):
        clock.play([fail])
