"""How well the time of each check is chosen, beside simpler rules and beside perfect knowledge."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from lambdas.core.policy import CHECKS_PER_DAY
from ops.bench.timing.awkward import awkward_populations
from ops.bench.timing.measures import (
    ORDERS_TO_LEARN,
    Difference,
    Figures,
    difference,
    early_and_late,
    figures,
    truth_of,
)
from ops.bench.timing.parcels import parcels
from ops.bench.timing.populations import Population, populations, random_population
from ops.bench.timing.replay import replay
from ops.bench.timing.strategies import Daily, Ladder, OneCheck, Oracle, Planner, Strategy

ORDERS_A_DAY = 100.0
ORDERS_OF_TRUTH = 40_000
RANDOM_POPULATIONS = range(12)
RANDOM_CHANGING = range(4)
_SEED = 1
_LATE_AT_MOST = 1.1
_ERRORS_ALLOWED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One population: what each strategy made of it, and how the planner compares."""

    population: Population
    figures: Mapping[str, Figures]
    to_ladder_early: Difference
    to_oracle_late: Difference

    @property
    def asked(self) -> float:
        """The share of the eligible orders that the planner asked about."""
        return self.figures["planner"].asked

    def as_json(self) -> dict[str, Any]:
        return {
            "strategies": {name: asdict(each) for name, each in self.figures.items()},
            "planner_to_ladder_first_orders": asdict(self.to_ladder_early),
            "planner_to_oracle_after_them": asdict(self.to_oracle_late),
        }


def run(console: Console) -> Mapping[str, Any]:
    """Print each population's table, then the worst of these, awkward and random ones."""
    console.print(
        f"When to check: {ORDERS_A_DAY:.0f} orders a day. An order costs its checks, and"
        f" {CHECKS_PER_DAY} for each day on which its buyer could have been asked and was not."
    )
    outcomes = []
    for population in populations():
        outcomes.append(measure(population))
        console.print(table_of(outcomes[-1]))
    others = [
        *awkward_populations(),
        *(random_population(seed) for seed in RANDOM_POPULATIONS),
        *(random_population(1000 + seed, regimes=2) for seed in RANDOM_CHANGING),
    ]
    for population in others:
        outcomes.append(measure(population, only_planner=True))
        console.print(line_of(outcomes[-1]))
    console.print(summary_of(outcomes))
    return {outcome.population.name: outcome.as_json() for outcome in outcomes}


def measure(
    population: Population,
    *,
    orders: int | None = None,
    a_day: float = ORDERS_A_DAY,
    seed: int = _SEED,
    truth_from: int = ORDERS_OF_TRUTH,
    only_planner: bool = False,
) -> Outcome:
    """Play the population through every strategy, or only those that the planner is held to."""
    orders = orders or population.orders
    played = parcels(population.regimes, orders=orders, a_day=a_day, seed=seed)
    # The oracle knows the distribution from other orders of the same days, not from these.
    others = parcels(
        population.regimes, orders=truth_from, a_day=a_day * truth_from / orders, seed=-seed
    )
    regimes = {parcel.amazon_order_id: parcel.regime for parcel in played}
    strategies: dict[str, Strategy] = {
        "planner": Planner(),
        "fixed ladder": Ladder(),
        "oracle": Oracle(truth_of(others), regimes),
    }
    if not only_planner:
        strategies |= {"daily": Daily(), "one check": OneCheck()}
    fates = {
        name: replay(played, strategy, population.trouble, seed=seed)
        for name, strategy in strategies.items()
    }
    early, late = early_and_late(played)
    return Outcome(
        population=population,
        figures={name: figures(each) for name, each in fates.items()},
        to_ladder_early=difference(fates["planner"], fates["fixed ladder"], early),
        to_oracle_late=difference(fates["planner"], fates["oracle"], late),
    )


def table_of(outcome: Outcome) -> Table:
    """A row for each strategy, and beneath them what the planner is held to."""
    table = Table(
        box=None,
        caption=(
            f"planner to ladder, first {ORDERS_TO_LEARN:,} of each kind: {outcome.to_ladder_early}"
            f"; planner to oracle, after them: {outcome.to_oracle_late}"
        ),
        caption_justify="left",
    )
    table.add_column(outcome.population.name, no_wrap=True)
    for heading in ("asked", "checks/sent", "median delay", "p90", "cost"):
        table.add_column(heading, justify="right")
    for name, each in outcome.figures.items():
        table.add_row(
            name,
            f"{each.asked:.2%}",
            f"{each.checks_per_solicitation:.2f}",
            f"{each.delay_median:.2f} d",
            f"{each.delay_p90:.2f} d",
            f"{each.cost:.2f} ± {each.cost_error:.2f}",
        )
    return table


def line_of(outcome: Outcome) -> str:
    """What the planner is held to, in one line."""
    return (
        f"{outcome.population.name}: asked {outcome.asked:.2%}; to the ladder, first"
        f" {ORDERS_TO_LEARN:,} of a kind: {outcome.to_ladder_early}; to the oracle, after them:"
        f" {outcome.to_oracle_late}"
    )


def summary_of(outcomes: Sequence[Outcome]) -> Table:
    """What is asked of the planner, and which population comes closest to missing it."""
    table = Table(box=None)
    for heading in (f"the planner, {len(outcomes)} populations", "worst", "where", ""):
        table.add_column(heading)
    share = min(outcomes, key=lambda o: o.asked - o.population.least_asked)
    early = max(outcomes, key=lambda o: o.to_ladder_early.ratio)
    late = max(outcomes, key=lambda o: o.to_oracle_late.ratio)
    slack = _ERRORS_ALLOWED * early.to_ladder_early.error
    rows = (
        (
            f"{share.population.least_asked:.1%} of the eligible orders asked",
            f"{share.asked:.2%}",
            share,
            share.asked >= share.population.least_asked,
        ),
        (
            f"first {ORDERS_TO_LEARN:,} of a kind: not dearer than the ladder",
            str(early.to_ladder_early),
            early,
            early.to_ladder_early.ratio <= 1 + slack,
        ),
        (
            "after them: within 10 % of the oracle",
            str(late.to_oracle_late),
            late,
            late.to_oracle_late.ratio <= _LATE_AT_MOST,
        ),
    )
    for asked_of_it, worst, outcome, is_met in rows:
        table.add_row(asked_of_it, worst, outcome.population.name, "met" if is_met else "MISSED")
    return table
