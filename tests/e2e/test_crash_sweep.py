"""The crash sweep: a fixed sample of it, and that it would notice a broken promise.

`make sweep` runs all of it.
"""

from collections.abc import Iterator

import pytest

from ops.sweep.runner import Runner
from ops.sweep.ways import WAYS, Way

ONE_IN = 19  # a prime, so that the sample meets each moment of a call alike


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    with Runner() as runner:
        yield runner


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
