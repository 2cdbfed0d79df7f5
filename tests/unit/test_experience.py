"""Counts of checks: they add up, fade by newer ones, and give way to those that contradict."""

import pytest
from hypothesis import given

from lambdas.core.eligibility import nearest_edge
from lambdas.core.experience import (
    NOTHING_SEEN,
    OFFERED_BEFORE_FOLDING,
    OFFERED_BEFORE_PLANNING,
    Experience,
    lesson_step,
    merged,
)
from tests.unit.test_eligibility import COUNTS, checked

SOON = checked([2.0] * 250, [0, 1, 3])
LATE = checked([12.0] * 90, [0, 1, 3, 7, 14])
LADDER = [0, 1, 3, 7, 14]


def test_too_few_orders_that_were_offered_give_no_estimate() -> None:
    almost = checked([2.0] * (OFFERED_BEFORE_PLANNING - 1), LADDER)

    assert NOTHING_SEEN.eligibility() is None
    assert Experience(recent=almost).eligibility() is None
    enough = Experience(recent=almost, past=checked([2.0], LADDER)).eligibility()
    assert enough is not None
    assert enough.until(3)[0] > 0.9


@given(one=COUNTS, other=COUNTS, third=COUNTS)
def test_counts_add_up_in_any_order(one: dict, other: dict, third: dict) -> None:
    left, right = merged(merged(one, other), third), merged(one, merged(third, other))

    assert left.keys() == right.keys()
    for step, answers in left.items():
        assert answers == pytest.approx(right[step])


def test_the_newest_are_folded_into_the_older_ones_which_fade_by_their_number() -> None:
    newest = checked([2.0] * OFFERED_BEFORE_FOLDING, LADDER)
    experience = Experience(recent=newest, past=checked([2.0] * 1000, LADDER))
    step = (nearest_edge(1), nearest_edge(3))

    folded = experience.folded()

    assert experience.is_to_fold
    assert not folded.is_to_fold
    assert folded.recent == {}
    assert 1200 < folded.past[step][0] < 1300


def test_newer_checks_that_contradict_the_older_ones_replace_them_at_once() -> None:
    changed = Experience(recent=LATE, past=SOON)

    assert changed.is_to_fold
    assert changed.folded().past == LATE
    assert changed.eligibility() is None  # 90 are too few to leave the ladder for


def test_newer_checks_at_other_times_do_not_contradict() -> None:
    elsewhere = checked([2.0] * 100, [0.5, 2.5, 6])

    assert not Experience(recent=elsewhere, past=SOON).is_to_fold


def test_a_check_in_the_same_cell_as_the_one_before_teaches_nothing() -> None:
    assert lesson_step(3.0, 3.05) is None
    assert lesson_step(None, 0.001) == (-1, 0)
    assert lesson_step(1.0, 3.01) == (nearest_edge(1), nearest_edge(3))
