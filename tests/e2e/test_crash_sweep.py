"""The crash sweep: a fixed sample of it, and that it would notice a broken promise.

`make sweep` runs all of it.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.local_cloud.cloud import CODE
from ops.simulator.operations import CREATE_SOLICITATION
from ops.sweep.disturbances import Moment, Storm
from ops.sweep.runner import Runner
from ops.sweep.ways import WAYS, Way

ONE_IN = 29  # a prime, so that the sample meets each moment of a call alike


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    with Runner() as runner:
        yield runner


@pytest.mark.parametrize(
    ("way", "module", "right", "wrong"),
    [
        pytest.param(
            "sent at the first check",
            "core/decisions.py",
            "posts_open=solicitation.posts_open + 1",
            "posts_open=0",
            id="that a create call is not counted before it is made",
        ),
        pytest.param(
            "killed before the call",
            "core/decisions.py",
            "if check is None and _is_confirmed(solicitation, now=now)",
            "if solicitation.posts_open",
            id="that an empty answer is taken for a proof",
        ),
        pytest.param(
            "cancelled during",
            "core/news.py",
            "Record(solicitation=replace(known, note=merged))",
            "Ignore(reason='claimed')",
            id="that news is not noted while a claim lives",
        ),
        pytest.param(
            "live off before",
            "core/decisions.py",
            "if not live:",
            "if not actions:",
            id="that a seller is asked for who is not live",
        ),
    ],
)
def test_the_sweep_would_notice(
    tmp_path: Path, way: str, module: str, right: str, wrong: str
) -> None:
    with Runner(spoilt(tmp_path, module, right, wrong)) as runner:
        plain = runner.run(find(way))
        at_create = [
            crash
            for crash in plain.crashes
            if crash.call.operation == CREATE_SOLICITATION and crash.moment is Moment.AFTER
        ]
        runs = [plain, *(runner.run(find(way), crash) for crash in at_create[:1])]

    assert any(run.broken for run in runs)


@pytest.mark.parametrize(
    ("way", "offset"),
    [pytest.param(way, offset, id=way.name) for offset, way in enumerate(WAYS)],
)
def test_a_function_killed_at_any_call_breaks_no_promise(
    runner: Runner, way: Way, offset: int
) -> None:
    runs = list(runner.sweep(way, every=ONE_IN, offset=offset % ONE_IN))

    assert [str(run) for run in runs if run.broken] == []
    assert len(runs) > 1


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", ["sent at the third", "during the create call", "then live"])
def test_no_number_of_crashes_breaks_a_promise(runner: Runner, name: str, seed: int) -> None:
    assert runner.run(find(name), Storm(seed)).broken == ()


def spoilt(folder: Path, module: str, right: str, wrong: str) -> Path:
    """A copy of the functions with one place of one module changed."""
    path = shutil.copytree(CODE / "lambdas", folder / "lambdas") / module
    text = path.read_text()
    assert text.count(right) == 1
    path.write_text(text.replace(right, wrong))
    return folder


def find(name: str) -> Way:
    return next(way for way in WAYS if name in way.name)
