"""Clocks that are wrong by minutes, and schedules that fire late, or twice, or never."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ops.local_cloud.behaviour import Behaviour
from ops.local_cloud.calls import Call, Phase
from ops.local_cloud.cloud import CODE
from ops.sweep.outside import Outside
from ops.sweep.runner import Runner
from ops.sweep.stage import SPARING, Stage, stage
from tests.e2e.crowd import Crowd
from tests.e2e.test_crash_sweep import find

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NOW, WRONG_NOW = "datetime.now(UTC)", '__import__("lambdas.wrong", fromlist=["now"]).now()'
WRONG = '''
"""The clock of one execution environment: the next of those its function is to have."""

import os
from datetime import UTC, datetime, timedelta

ERRORS = {errors}


def _error():
    name = next(name for name in ERRORS if name in os.environ["AWS_LAMBDA_FUNCTION_NAME"])
    with open(f"{{__file__}}.{{name}}", "ab") as begun:
        begun.write(b".")
        return timedelta(minutes=ERRORS[name][(begun.tell() - 1) % len(ERRORS[name])])


ERROR = _error()


def now():
    return datetime.now(UTC) + ERROR
'''

Errors = Mapping[str, Sequence[float]]


def with_clocks(folder: Path, errors: Errors) -> Path:
    """The functions with clocks of their own, ahead by so many minutes in each environment."""
    copied = shutil.copytree(CODE / "lambdas", folder / "lambdas")
    for path in copied.rglob("*.py"):
        path.write_text(path.read_text().replace(NOW, WRONG_NOW))
    (copied / "wrong.py").write_text(WRONG.format(errors=dict(errors)))
    return folder


def all_of(*minutes: float) -> Errors:
    return dict.fromkeys(("Intake", "Sender", "Sweeper"), minutes)


def crowd_on(set_stage: Stage) -> Crowd:
    set_stage.outside = Outside(set_stage.functions)
    return Crowd(set_stage, orders=20, days=2, seed=4)


@pytest.fixture(scope="module")
def ends() -> Mapping[str, str]:
    """How the orders end when every clock is right."""
    with stage() as set_stage:
        crowd = crowd_on(set_stage)
        assert crowd.run() == {}
        assert crowd.figures.eligible_asked == crowd.figures.eligible > 8
        return crowd.ends()


@pytest.mark.parametrize(
    ("errors", "idle"),
    [
        pytest.param(all_of(5), 99 * DAY, id="ahead"),
        pytest.param(all_of(-5), 99 * DAY, id="behind"),
        pytest.param({"Intake": [5], "Sender": [-5], "Sweeper": [5]}, 99 * DAY, id="apart"),
        pytest.param(all_of(5, -5, 2, -1, -3, 4), 6 * HOUR, id="in each environment another"),
    ],
)
def test_clocks_wrong_by_minutes_lose_nothing_and_ask_nobody_twice(
    errors: Errors, idle: timedelta, ends: Mapping[str, str], tmp_path: Path
) -> None:
    behaviour = replace(SPARING, idle_lifetime=idle)
    with stage(with_clocks(tmp_path, errors), behaviour) as set_stage:
        crowd = crowd_on(set_stage)
        broken = crowd.run()

        assert broken.keys() <= {"Never outside the window"}
        assert crowd.ends() == ends
        assert set_stage.cloud.errors == []
        for call in crowd.calls:
            assert any(is_near(call.at, window, errors) for window in crowd.windows_at(call))


def is_near(at: datetime, window: tuple[datetime, datetime], errors: Errors) -> bool:
    """Inside the window, or outside by no more than the sender's clocks are wrong."""
    opens_at, closes_at = window
    ahead, behind = max(0, *errors["Sender"]), max(0, *(-error for error in errors["Sender"]))
    return opens_at - ahead * MINUTE <= at < closes_at + (behind - 1) * MINUTE


@pytest.mark.parametrize(
    ("clocks", "faults"),
    [
        pytest.param([-2, 2], set(), id="4 minutes apart"),
        pytest.param(
            [-5, 5],
            {"a create call without a fresh offer", "a create call after a success"},
            id="10 minutes apart",
        ),
    ],
)
def test_a_claim_protects_as_far_as_two_senders_clocks_agree(
    clocks: list[float], faults: set[str], tmp_path: Path
) -> None:
    """Past that FIFO's one sender at a time is alone, and Amazon refuses the second call."""
    with Runner(with_clocks(tmp_path, {**all_of(0), "Sender": clocks})) as runner:
        run = runner.run(find("at once, at the call"))

    assert {fault.partition(": ")[2] for fault in run.broken} == faults


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(replace(SPARING, lateness=MINUTE), id="late"),
        pytest.param(replace(SPARING, double_firings=1.0, lateness=MINUTE), id="twice"),
    ],
)
def test_schedules_that_fire_late_or_twice_change_nothing(
    behaviour: Behaviour, ends: Mapping[str, str]
) -> None:
    with stage(behaviour=behaviour) as set_stage:
        crowd = crowd_on(set_stage)

        assert crowd.run() == {}
        assert crowd.ends() == ends


def test_orders_whose_schedules_never_fire_are_asked_within_75_minutes(
    ends: Mapping[str, str],
) -> None:
    with stage() as set_stage:
        set_stage.cloud.on_call(lambda call: lose(set_stage, call))
        crowd = crowd_on(set_stage)

        assert crowd.run() == {}
        assert crowd.ends() == ends
        assert not set_stage.cloud.schedules()
        for call in crowd.first_calls():
            opens_at, _ = crowd.windows_at(call)[0]
            assert call.at - opens_at < 75 * MINUTE


def lose(set_stage: Stage, call: Call) -> None:
    """A schedule that was made is gone a moment later."""
    if call.operation == "CreateSchedule" and call.phase is Phase.AFTER:
        set_stage.cloud.at(set_stage.cloud.now, set_stage.lose_schedules)
