"""The cheapest times to check: no other times cost less by the same estimate."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.core.eligibility import EDGES, Counts, Eligibility, estimate, prior
from lambdas.core.planner import CheckPlan, Horizon, plan_checks
from tests.unit.test_eligibility import COUNTS

LAST = (35.75, 37.0)
HORIZON = Horizon(first=0.0, first_until=18.0, last=LAST)


def eligibility_of(counts: Counts) -> Eligibility:
    return estimate(counts, supposed=prior(), weight=20)


def all_checks(plan: CheckPlan) -> list[float]:
    checks = [] if plan.first is None else [plan.first]
    while checks and (best := plan.after(checks[-1])) is not None:
        checks.append(best)
    return [*checks, *LAST]


def cost_of(checks: Sequence[float], eligibility: Eligibility, checks_per_day: float) -> float:
    """What an order costs that is checked at these times until it is offered, reckoned anew."""
    cost, before, sum_before = 0.0, 0.0, 0.0
    for number, check in enumerate(checks):
        by, day_sum = eligibility.until(check)
        left = 1 - before if number else 1.0
        cost += left + checks_per_day * (check * (by - before) - (day_sum - sum_before))
        before, sum_before = by, day_sum
    return cost


@given(
    counts=COUNTS,
    middle=st.lists(st.sampled_from([day for day in EDGES if day < 34]), max_size=8, unique=True),
    checks_per_day=st.floats(0.05, 3),
)
def test_no_other_times_cost_less(
    counts: Counts, middle: list[float], checks_per_day: float
) -> None:
    eligibility = eligibility_of(counts)

    plan = plan_checks(eligibility, HORIZON, checks_per_day=checks_per_day)

    others = sorted(middle)
    gaps = [b - a for a, b in zip([0.0, *others], [*others, LAST[0]], strict=True)]
    assert plan.cost == pytest.approx(cost_of(all_checks(plan), eligibility, checks_per_day))
    if max(gaps) <= 18:
        assert plan.cost <= cost_of([*others, *LAST], eligibility, checks_per_day) + 1e-9


@given(counts=COUNTS, checks_per_day=st.floats(0.01, 3))
def test_however_little_is_expected_no_gap_is_longer_than_eighteen_days(
    counts: Counts, checks_per_day: float
) -> None:
    plan = plan_checks(eligibility_of(counts), HORIZON, checks_per_day=checks_per_day)

    checks = all_checks(plan)
    assert max(b - a for a, b in zip([0.0, *checks], checks, strict=False)) <= 18


@given(counts=COUNTS, checks_per_day=st.floats(0.01, 3), until=st.floats(0, 18))
def test_the_first_check_is_not_after_the_latest_time_for_it(
    counts: Counts, checks_per_day: float, until: float
) -> None:
    horizon = Horizon(first=0.0, first_until=until, last=LAST)

    plan = plan_checks(eligibility_of(counts), horizon, checks_per_day=checks_per_day)

    assert plan.first is not None
    assert plan.first <= until


@pytest.mark.parametrize("first", [0.0, 3.0, 20.0])
def test_the_first_check_is_not_before_the_sellers_delay(first: float) -> None:
    plan = plan_checks(
        prior(), Horizon(first=first, first_until=first + 18, last=LAST), checks_per_day=3
    )

    assert plan.first is not None
    assert first <= plan.first <= first + 1


def test_the_more_a_day_is_worth_the_more_and_the_earlier_the_checks() -> None:
    patient, hasty = (plan_checks(prior(), HORIZON, checks_per_day=worth) for worth in (0.1, 2))

    assert len(all_checks(patient)) < len(all_checks(hasty))
    assert all_checks(patient)[1] > all_checks(hasty)[1]


def test_a_window_of_a_day_is_left_to_its_last_checks() -> None:
    plan = plan_checks(
        prior(), Horizon(first=0.0, first_until=18.0, last=(0.75, 1.75)), checks_per_day=0.4
    )

    assert plan.first is None
    assert plan.after(0.1) is None


def test_the_chance_at_a_check_is_among_those_that_were_not_eligible_before() -> None:
    plan = plan_checks(prior(), HORIZON, checks_per_day=0.4)

    assert plan.likely(0, empty_at=None) == pytest.approx(0.5)
    assert plan.likely(3, empty_at=3) == 0
    both = plan.likely(1, empty_at=None)
    assert plan.likely(5, empty_at=1) == pytest.approx((prior().until(5)[0] - both) / (1 - both))
