"""The scale that promises of different lengths share."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.core.basis import Basis
from lambdas.core.eligibility import EDGES, Counts
from lambdas.core.scale import Scale
from lambdas.core.window import SolicitationWindow
from tests.records import EARLIEST
from tests.unit.test_eligibility import COUNTS, estimated

DAY = timedelta(days=1)
PROMISES = [basis for basis in Basis if basis not in {Basis.DELIVERED, Basis.SHIPPED}]


def scale_of(basis: Basis, span: float) -> Scale:
    opens_at = EARLIEST + 5 * DAY
    window = SolicitationWindow(opens_at=opens_at, closes_at=opens_at + (25 + span) * DAY)
    return Scale.of(basis, window)


@given(basis=st.sampled_from(PROMISES), span=st.integers(1, 60), day=st.floats(0, 150))
def test_a_later_day_is_later_on_the_shared_scale_too(basis: Basis, span: int, day: float) -> None:
    scale = scale_of(basis, span)

    assert scale.shared(0) == 0
    assert scale.shared(day) < scale.shared(day + 0.25)


@given(basis=st.sampled_from(PROMISES), one=st.integers(1, 60), other=st.integers(1, 60))
def test_the_last_days_of_two_promises_are_the_same_and_days_behind_keep_their_length(
    basis: Basis, one: int, other: int
) -> None:
    scales = scale_of(basis, one), scale_of(basis, other)

    assert scales[0].shared(one) == pytest.approx(scales[1].shared(other))
    assert scales[0].shared(one + 3) == pytest.approx(scales[0].shared(one) + 3)


@given(counts=COUNTS, basis=st.sampled_from(PROMISES), span=st.integers(1, 40))
def test_as_many_are_eligible_by_an_orders_own_day_as_by_its_day_on_the_shared_scale(
    counts: Counts, basis: Basis, span: int
) -> None:
    scale, eligibility = scale_of(basis, span), estimated(counts)

    own = scale.own(eligibility)

    assert sum(own.shares) == pytest.approx(1)
    for day, by in zip(EDGES, own.by, strict=True):
        assert by == pytest.approx(eligibility.until(scale.shared(day))[0])


def test_a_promise_of_less_than_a_day_counts_as_one_of_a_day() -> None:
    assert scale_of(Basis.PROMISE_OF_2_DAYS, 0) == scale_of(Basis.PROMISE_OF_2_DAYS, 1)


@pytest.mark.parametrize("basis", [Basis.DELIVERED, Basis.SHIPPED])
def test_without_a_promise_days_are_days(basis: Basis) -> None:
    assert scale_of(basis, 12).shared(7.5) == 7.5
