"""What the hourly sweep takes by the number of sellers, and at how many its time is over."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from lambdas import sweeper
from ops.bench.intake import environment
from ops.bench.meter import Meter, metering
from ops.bench.plant import AWS_LATENCY, plant
from ops.bench.sending import fill, seller
from ops.bench.standing import function

FEW, MANY = 10, 60
ORDERS_OF_A_SELLER = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweeping:
    """Of one seller more: its calls to AWS and its billed seconds; and of the sweep itself."""

    calls: float
    seconds: float
    seconds_of_none: float

    def sellers_within(self, seconds: float) -> int:
        """How many sellers one sweep gets through."""
        return int((seconds - self.seconds_of_none) / self.seconds)


def run(console: Console) -> Mapping[str, Any]:
    """Print what a seller takes of a sweep, with no order overdue and with some."""
    timeout = function("sweeper").timeout.total_seconds()
    table = Table("sellers", "calls for each", "ms for each", "sellers in a sweep", box=None)
    figures: dict[str, Any] = {}
    for name, overdue in (("none overdue", False), ("each overdue", True)):
        each = sweeping(overdue=overdue)
        within = each.sellers_within(timeout)
        table.add_row(name, f"{each.calls:.2f}", f"{each.seconds * 1000:.1f}", f"{within:,}")
        figures[name] = {"calls_for_a_seller": round(each.calls, 2), "sellers": within}
    console.print(
        f"The sweep reads one seller after the other, within {timeout:.0f} s; with"
        f" {AWS_LATENCY.total_seconds() * 1000:.0f} ms for each call of AWS"
    )
    console.print(table)
    return figures


def sweeping(*, overdue: bool) -> Sweeping:
    """From a sweep of few sellers and one of many."""
    few, many = (sweep(sellers, overdue=overdue) for sellers in (FEW, MANY))
    calls = (many.calls.total() - few.calls.total()) / (MANY - FEW)
    seconds = (many.seconds - few.seconds) / (MANY - FEW)
    return Sweeping(calls=calls, seconds=seconds, seconds_of_none=few.seconds - FEW * seconds)


def sweep(sellers: int, *, overdue: bool = False) -> Meter:
    """One warm sweep of so many sellers, each with a few open orders if they are overdue."""
    meter = Meter(memory_mb=function("sweeper").memory_mb)
    with metering() as meters, plant() as here, environment(here.variables):
        of = [seller(number) for number in range(sellers)]
        for each in of:
            here.connect(each)
        sweeper.lambda_handler({}, None)
        if overdue:
            fill(here, dict.fromkeys(of, ORDERS_OF_A_SELLER))
            assert here.clock
            here.clock.sleep(2 * sweeper.OVERDUE_AFTER.total_seconds())
        with meters.run(meter):
            sweeper.lambda_handler({}, None)
    return meter
