"""Amazon's usage plan: hardly ever refused, and slower at once where it is."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from ops.simulator.faults import FaultKind
from ops.simulator.operations import CREATE_SOLICITATION, GET_ACTIONS
from ops.sweep.outside import Outside
from ops.sweep.scene import Scene
from ops.sweep.stage import Stage, stage
from tests.e2e.crowd import Crowd

OPERATIONS = [GET_ACTIONS, CREATE_SOLICITATION]


@pytest.fixture
def set_stage() -> Iterator[Stage]:
    with stage() as set_stage:
        set_stage.outside = Outside(set_stage.functions)
        yield set_stage


@pytest.mark.parametrize("seed", range(2))
def test_an_ordinary_crowd_is_not_refused_once_in_a_thousand_calls(
    set_stage: Stage, seed: int
) -> None:
    crowd = Crowd(set_stage, orders=20, days=1, seed=seed)

    assert crowd.run() == {}
    assert crowd.figures.eligible_asked == crowd.figures.eligible


@pytest.mark.parametrize("rate", [1.0, 0.4])
def test_a_backlog_goes_at_the_pace_that_amazon_tells_without_a_refusal(
    set_stage: Stage, rate: float
) -> None:
    for operation in OPERATIONS:
        plan = set_stage.simulator.plans[operation]
        set_stage.simulator.plans[operation] = replace(plan, rate=rate)
    orders = backlog(set_stage, 60)

    set_stage.run_until(set_stage.start + timedelta(hours=1))

    calls = [entry for entry in set_stage.simulator.ledger if entry.operation in OPERATIONS]
    assert sum(entry.accepted for entry in calls) == orders
    assert not any(entry.throttled for entry in calls)
    took = (calls[-1].at - calls[0].at).total_seconds()
    assert orders - 10 <= took * rate <= 2 * orders + 120


@pytest.mark.parametrize("operation", OPERATIONS)
def test_after_a_refusal_the_sender_slows_down(set_stage: Stage, operation: str) -> None:
    backlog(set_stage, 12)
    Scene(set_stage, 0).trouble(FaultKind.THROTTLE, end=0.1, operation=operation)

    set_stage.run_until(set_stage.start + timedelta(hours=2))

    calls = [entry for entry in set_stage.simulator.ledger if entry.operation == operation]
    refused = [
        (entry, next_one.at - entry.at) for entry, next_one in pairwise(calls) if entry.throttled
    ]
    assert 2 <= len(refused) <= 6
    assert all(pause >= timedelta(seconds=2) for _, pause in refused)
    # The second refusal of a run ends it, and the seller is left alone for minutes.
    assert any(pause >= timedelta(minutes=2) for _, pause in refused)
    assert sum(entry.accepted for entry in set_stage.simulator.ledger) == 12


def backlog(set_stage: Stage, orders: int) -> int:
    """Orders that are announced together, in windows that are open already."""
    for number in range(orders):
        scene = Scene(set_stage, number)
        scene.order_of_amazons(eligible_from=-24)
        scene.shipped(0, opens=-24)
    return orders
