"""The estimate of when orders become eligible, from checks that only tell between which two."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.core.eligibility import (
    BEFORE_THE_FIRST,
    EDGES,
    Counts,
    Eligibility,
    Step,
    estimate,
    nearest_edge,
    prior,
)

STEPS = st.tuples(st.integers(BEFORE_THE_FIRST, 60), st.integers(1, 39)).map(
    lambda pair: (pair[0], pair[0] + pair[1])
)
ANSWERS = st.tuples(st.floats(0, 500), st.floats(0, 500))
COUNTS = st.dictionaries(STEPS, ANSWERS, max_size=12)


def estimated(counts: Counts, *, weight: float = 20) -> Eligibility:
    return estimate(counts, supposed=prior(), weight=weight)


def checked(days: list[float], schedule: list[float]) -> dict[Step, tuple[float, float]]:
    """The counts of orders that become eligible on these days, all checked by one schedule."""
    counts: dict[Step, tuple[float, float]] = {}
    for day in days:
        after = BEFORE_THE_FIRST
        for check in schedule:
            step = (after, nearest_edge(check))
            hits, misses = counts.get(step, (0, 0))
            counts[step] = (hits + (day <= check), misses + (day > check))
            if day <= check:
                break
            after = nearest_edge(check)
    return counts


@given(counts=COUNTS)
def test_any_counts_give_shares_that_add_up_to_one(counts: Counts) -> None:
    found = estimated(counts)

    assert sum(found.shares) == pytest.approx(1)
    assert min(found.shares) >= 0
    assert list(found.by) == sorted(found.by)
    assert estimated(counts).shares == found.shares


def test_without_counts_the_estimate_is_what_was_supposed() -> None:
    assert estimated({}).by[-1] == pytest.approx(prior().by[-1], abs=1e-3)
    assert estimated({}).by[0] == pytest.approx(0.5)


@pytest.mark.parametrize("schedule", [[0, 1, 3, 7, 14], [5.5], [2, 4, 6, 8, 10, 12]])
def test_the_share_that_is_eligible_at_a_check_is_found_whatever_the_schedule(
    schedule: list[float],
) -> None:
    luck = Random(1)
    days = [luck.gammavariate(6, 1) - 1 for _ in range(4000)]

    found = estimated(checked(days, schedule))

    for check in schedule:
        share = sum(day <= check for day in days) / len(days)
        assert found.until(check)[0] == pytest.approx(share, abs=0.03)


def test_orders_whose_later_checks_are_still_ahead_do_not_make_the_others_look_typical() -> None:
    # Half are eligible at once, half on day 9: of those only the empty first check is known yet.
    counts = {(BEFORE_THE_FIRST, nearest_edge(1)): (300.0, 300.0)}

    assert estimated(counts).until(1)[0] == pytest.approx(0.5, abs=0.02)


def test_a_few_checks_in_between_decide_where_the_hits_of_the_others_lie() -> None:
    wide = {(BEFORE_THE_FIRST, nearest_edge(10)): (9000.0, 1000.0)}
    between = {(BEFORE_THE_FIRST, nearest_edge(5)): (0.0, 300.0)}

    assert estimated(wide).until(5)[0] > 0.7
    assert estimated({**wide, **between}).until(5)[0] < 0.1
    assert estimated({**wide, **between}).until(10)[0] == pytest.approx(0.9, abs=0.02)


def test_a_few_hits_in_between_are_believed_beside_many_that_tell_less() -> None:
    counts = {
        (BEFORE_THE_FIRST, nearest_edge(0)): (0.0, 400.0),
        (BEFORE_THE_FIRST, nearest_edge(1)): (1900.0, 0.0),
        (BEFORE_THE_FIRST, nearest_edge(0.25)): (30.0, 0.0),
    }

    assert estimated(counts).until(0.25)[0] > 0.7


@given(day=st.floats(-5, 230))
def test_the_nearest_edge_is_the_nearest(day: float) -> None:
    found = EDGES[nearest_edge(day)]

    assert abs(found - day) == min(abs(edge - day) for edge in EDGES)


@given(day=st.floats(0, 200))
def test_between_two_edges_the_share_grows_evenly(day: float) -> None:
    share, _ = prior().until(day)
    number = nearest_edge(day)
    near = prior().by[max(number - 1, 0) : number + 2]

    assert min(near) <= share <= max(near)
