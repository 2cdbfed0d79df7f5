"""What the meter counted is what was asked of AWS, counted in another way beside it."""

from collections import Counter
from dataclasses import asdict

import pytest

from ops.bench.meter import Meter
from ops.bench.month import play
from ops.bench.sweeping import sweep
from tests.integration.outside_count import OutsideCount, counted_outside

ORDERS = 30
MEMORY = {"intake": 512, "sender": 256}


def test_the_intakes_and_the_senders_calls_and_units_are_all_of_them() -> None:
    with counted_outside() as outside:
        played = play(orders=ORDERS, a_month=200_000, sellers=2, memory_mb=MEMORY, learned_from=500)
    played.sender.add(played.idle)

    for name, meter in (("intake", played.intake), ("sender", played.sender)):
        assert outside.requests[name] == meter.calls
        assert_same_units(outside, name, meter)
    assert played.intake.calls["PutItem"] > ORDERS
    assert {"UpdateItem", "GetSecretValue", "Query"} <= set(played.sender.calls)


@pytest.mark.parametrize("overdue", [False, True])
def test_the_sweepers_calls_and_units_are_all_of_them(overdue: bool) -> None:
    with counted_outside() as outside:
        meter = sweep(12, overdue=overdue)
        of_the_first = Counter({"Query": 1 + 2 * 12, "GetItem": 12})

    assert outside.requests["sweeper"] - of_the_first == meter.calls
    assert (meter.calls["SendMessage"] == 12) is overdue


def assert_same_units(outside: OutsideCount, name: str, meter: Meter) -> None:
    counted = outside.units[name]
    assert counted.total() > 0
    for kind, units in asdict(meter.units).items():
        assert counted[kind] == pytest.approx(units), (name, kind)
