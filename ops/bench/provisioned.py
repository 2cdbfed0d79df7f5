"""Whether the units that DynamoDB never charges for carry a million orders, and which peak."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from rich.console import Console
from rich.table import Table

from lambdas import intake
from lambdas.deadline import Deadline
from lambdas.sender import TIMEOUT_SECONDS
from ops.bench.intake import environment, notice
from ops.bench.meter import Meter, TableCall, metering
from ops.bench.month import Played
from ops.bench.plant import plant
from ops.bench.sending import fill, seller
from ops.bench.standing import MONTH, function
from ops.bench.units import Units, total
from ops.local_cloud.template import synthesise
from ops.prices import Unit, Uses, with_provisioned_units
from ops.simulator.orders import Listing

# "Burst and adaptive capacity": unused units are kept for up to so long.
BURST = timedelta(seconds=300)
_DUE = 80  # more than a run serves
_NEW = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Peaks:
    """Units a second: those provided, and those that were counted.

    `even` is the month's mean, `busiest` the busiest minute of the orders that were played, as
    the intake takes them in while the sender uses all of Amazon's plan, and `new_order` the
    units that one order takes of the intake.
    """

    provided: Units
    even: Units
    full_plan: Units
    busiest: Units
    new_order: Units

    @property
    def suffice(self) -> bool:
        return self.busiest.within(self.provided) and self.even.within(self.provided)

    @property
    def orders_an_hour(self) -> int:
        """New orders that may come for ever, while the sender uses all of Amazon's plan."""
        return int(3600 * self.new_order.fits_into(self.provided - self.full_plan))

    @property
    def orders_at_once(self) -> int:
        """New orders that may come in one moment, after five minutes of quiet."""
        return int(self.new_order.fits_into(BURST.total_seconds() * self.provided))


def peaks(played: Played, even: Played, *, a_month: int) -> Peaks:
    """Of these orders, which are so many of a month, alone and in an even stream."""
    second = timedelta(seconds=1)
    asked, not_offered = at_full_plan(offered=True), at_full_plan(offered=False)
    full_plan = asked.most(not_offered)
    return Peaks(
        provided=provided(),
        even=a_month / even.orders * (second / MONTH) * (even.intake.units + even.sender.units),
        full_plan=full_plan,
        busiest=busiest(played.intake.table_calls) + full_plan,
        new_order=of_a_new_order(),
    )


def provided() -> Units:
    """What the setting `provisioned` gives the table and its index, from the template."""
    for resource in synthesise(table_capacity="provisioned")["Resources"].values():
        if resource["Type"] == "AWS::DynamoDB::Table":
            properties = resource["Properties"]
            [index] = properties["GlobalSecondaryIndexes"]
            of_table, of_index = (one["ProvisionedThroughput"] for one in (properties, index))
            return Units(
                table_writes=of_table["WriteCapacityUnits"],
                index_writes=of_index["WriteCapacityUnits"],
                table_reads=of_table["ReadCapacityUnits"],
                index_reads=of_index["ReadCapacityUnits"],
            )
    raise LookupError("AWS::DynamoDB::Table")


def busiest(calls: Iterable[TableCall]) -> Units:
    """A second of the minute in which most was used, of each kind of unit."""
    minutes: dict[datetime, list[Units]] = {}
    for call in calls:
        minutes.setdefault(call.at.replace(second=0, microsecond=0), []).append(call.units)
    most = Units()
    for units in minutes.values():
        most = most.most(1 / 60 * total(units))
    return most


def at_full_plan(*, offered: bool) -> Units:
    """A second of a sender with more due orders than Amazon's plan lets it serve."""
    meter = Meter(memory_mb=function("sender").memory_mb)
    with metering() as meters, plant() as here, environment(here.variables):
        here.connect(seller(0))
        fill(here, {seller(0): _DUE})
        if not offered:
            for order_id, order in here.simulator.orders.items():
                here.simulator.orders[order_id] = replace(order, listing=Listing.NOTHING)
        body = json.dumps({"seller_id": seller(0).seller_id, "region": seller(0).region})
        wake_up = {"messageId": "wake-up", "body": body}
        sender = here.sender()
        with meters.run(meter):
            sender.handle(wake_up, Deadline(None, timeout_seconds=TIMEOUT_SECONDS))
    return 1 / meter.waited * meter.units


def of_a_new_order() -> Units:
    """Taken in by an environment that knows its seller."""
    meter = Meter(memory_mb=function("intake").memory_mb)
    with metering() as meters, plant() as here, environment(here.variables):
        here.connect(seller(0))
        _take_in(range(1))
        with meters.run(meter):
            _take_in(range(1, 1 + _NEW))
    return 1 / _NEW * meter.units


def with_units(uses: Uses, units: Units) -> dict[Unit, float]:
    """The month's uses where these are paid for, and not each read and write."""
    writes = units.table_writes + units.index_writes
    return with_provisioned_units(uses, writes=writes, reads=units.table_reads + units.index_reads)


def print_peaks(console: Console, of: Peaks) -> Mapping[str, Any]:
    """The units, and what they carry."""
    rows = {
        "provided": of.provided,
        "an even month": of.even,
        "the sender at Amazon's full plan": of.full_plan,
        "the same, and the intake's busiest minute": of.busiest,
    }
    names = [name.replace("_", " ") for name in asdict(of.provided)]
    table = Table("units a second, provisioned", *names, box=None)
    for name, units in rows.items():
        table.add_row(name, *(f"{each:.2f}" for each in asdict(units).values()))
    console.print(table)
    console.print(
        f"They {'suffice' if of.suffice else 'DO NOT SUFFICE'}; beside a sender at the full plan"
        f" they take in {of.orders_an_hour:,} new orders an hour for ever, and after five quiet"
        f" minutes {of.orders_at_once:,} at once."
    )
    return {
        "suffice": of.suffice,
        "new_orders_an_hour": of.orders_an_hour,
        "new_orders_at_once": of.orders_at_once,
        **{name: {k: round(v, 3) for k, v in asdict(each).items()} for name, each in rows.items()},
    }


def _take_in(numbers: Iterable[int]) -> None:
    records = [
        {"messageId": f"message-{number}", "body": notice(number), "attributes": {}}
        for number in numbers
    ]
    assert intake.lambda_handler({"Records": records}, None) == {"batchItemFailures": []}
