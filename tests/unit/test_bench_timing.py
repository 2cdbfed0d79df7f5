"""The benchmark of when to check, small: the planner learns, adapts, and misses no one."""

from dataclasses import replace

import pytest

from ops.bench.timing import Outcome, measure
from ops.bench.timing.awkward import awkward_populations
from ops.bench.timing.parcels import parcels
from ops.bench.timing.populations import (
    Population,
    Trouble,
    populations,
    random_population,
)
from ops.bench.timing.replay import replay
from ops.bench.timing.strategies import Daily, Ladder, OneCheck, Planner

NAMED = {population.name: population for population in (*populations(), *awkward_populations())}


def played(population: Population, *, orders: int, a_day: float = 60) -> Outcome:
    return measure(population, orders=orders, a_day=a_day, truth_from=6000, only_planner=True)


@pytest.mark.parametrize(
    "population", [NAMED["fast Prime"], NAMED["slow international"], random_population(19)]
)
def test_after_2000_orders_the_planner_is_within_a_tenth_of_the_oracle(
    population: Population,
) -> None:
    outcome = played(population, orders=2800)

    assert outcome.asked >= population.least_asked
    assert outcome.to_oracle_late.ratio <= 1.1
    assert outcome.to_ladder_early.ratio <= 1 + 2 * outcome.to_ladder_early.error


@pytest.mark.parametrize("name", ["on the last promised day", "all in one day"])
def test_parcels_that_keep_to_a_day_are_asked_about_on_that_day(name: str) -> None:
    outcome = played(NAMED[name], orders=3500)

    assert outcome.asked >= 0.998
    assert outcome.to_oracle_late.ratio <= 1.12
    assert outcome.to_ladder_early.ratio <= 0.8


def test_who_got_the_parcel_long_before_its_promise_is_asked_too() -> None:
    outcome = played(NAMED["long before the promise, or after it"], orders=3000)

    assert outcome.asked >= 0.998


def test_what_becomes_eligible_sooner_than_the_planner_looks_is_found_out() -> None:
    slow, fast = (
        population.regimes[0] for population in (random_population(19), NAMED["fast Prime"])
    )
    turned = Population(name="slow, then fast", regimes=[slow, fast])

    outcome = played(turned, orders=7000, a_day=80)

    # Only the orders from the 2,000th of each half on: by then it looks early again.
    assert outcome.to_oracle_late.ratio <= 1.1
    assert outcome.to_ladder_early.ratio <= 1


@pytest.mark.parametrize(
    "trouble",
    [Trouble(flapping=0.03), Trouble(silences=((20.0, 22.0),), failures=((30.0, 30.5),))],
)
def test_empty_lists_and_failures_of_amazons_cost_next_to_no_one_the_question(
    trouble: Trouble,
) -> None:
    population = replace(NAMED["mixture, 70 % FBA"], trouble=trouble)

    outcome = played(population, orders=3000)

    assert outcome.asked >= 0.995


def test_the_same_population_ends_the_same_way() -> None:
    some = parcels(random_population(3).regimes, orders=300, a_day=60, seed=1)

    once, again = (replay(some, Planner(), Trouble(flapping=0.1), seed=2) for _ in range(2))

    assert once == again


def test_one_check_misses_most_and_daily_ones_are_many() -> None:
    some = parcels(NAMED["changes half-way"].regimes, orders=400, a_day=10, seed=1)
    one, daily, ladder = (
        replay(some, strategy, Trouble(), seed=1) for strategy in (OneCheck(), Daily(), Ladder())
    )

    assert {fate.checks for fate in one} == {1}
    assert sum(fate.checks for fate in daily) > 1.5 * sum(fate.checks for fate in ladder)
    for fate in ladder:
        assert (fate.asked_at is not None) == (fate.parcel.askable is not None)
        if fate.asked_at and fate.parcel.askable:
            assert fate.parcel.askable[0] <= fate.asked_at <= fate.parcel.askable[1]
