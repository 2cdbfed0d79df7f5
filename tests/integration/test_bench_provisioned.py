"""Whether the free units carry a month is found out by counting, and not taken for granted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ops.bench.cost import Month
from ops.bench.meter import TableCall
from ops.bench.provisioned import (
    Peaks,
    at_full_plan,
    busiest,
    of_a_new_order,
    provided,
    with_units,
)
from ops.bench.units import Units
from ops.prices import Unit

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_a_second_at_amazons_plan_is_one_order() -> None:
    asked, not_offered = (at_full_plan(offered=offered) for offered in (True, False))

    # The claim and the outcome, which leaves the index; or one write that moves in the index.
    assert asked.table_writes == pytest.approx(2, rel=0.03)
    assert asked.index_writes == pytest.approx(1, rel=0.03)
    assert not_offered.table_writes == pytest.approx(1, rel=0.03)
    assert not_offered.index_writes == pytest.approx(2, rel=0.03)
    assert asked.table_reads > not_offered.table_reads > 1


def test_a_new_order_is_a_write_to_the_table_and_one_to_the_index() -> None:
    new = of_a_new_order()

    assert (new.table_writes, new.index_writes) == (1, 1)
    assert new.table_reads < 0.1


def test_the_busiest_minute_is_a_minute_of_the_clock() -> None:
    def call(seconds: float, units: Units) -> TableCall:
        at = NOON + timedelta(seconds=seconds)
        return TableCall(at=at, operation="PutItem", key="903-1", units=units)

    wrote = Units(table_writes=1, index_writes=2)
    calls = [call(0, wrote), call(59, wrote), call(61, Units(table_reads=30)), call(119, wrote)]

    assert busiest(calls) == Units(table_writes=2 / 60, index_writes=4 / 60, table_reads=0.5)


def test_what_is_left_beside_the_sender_is_for_new_orders() -> None:
    peaks = Peaks(
        provided=Units(table_writes=14, index_writes=11, table_reads=10, index_reads=15),
        even=Units(table_writes=1),
        full_plan=Units(table_writes=2, index_writes=2, table_reads=2),
        busiest=Units(table_writes=3, index_writes=2, table_reads=2),
        new_order=Units(table_writes=1, index_writes=1),
    )

    assert peaks.suffice
    assert peaks.orders_an_hour == 9 * 3600
    assert peaks.orders_at_once == 11 * 300
    for units in (Units(index_writes=12), Units(table_reads=10.5)):
        assert not replace(peaks, busiest=units).suffice
        assert not replace(peaks, even=units).suffice


def test_units_that_are_free_for_ever_replace_what_each_request_costs() -> None:
    uses = {Unit.WRITES: 6e6, Unit.READS: 3e6, Unit.REQUESTS: 5e6}
    on_demand = Month(uses=uses)

    provisioned = Month(uses=with_units(uses, provided()))

    assert provisioned.dollars[Unit.WRITE_UNIT_HOURS] == pytest.approx(25 * 720 * 0.00065)
    paid_by_request = on_demand.dollars[Unit.WRITES] + on_demand.dollars[Unit.READS]
    saved = on_demand.total_after_allowances - provisioned.total_after_allowances
    assert saved == pytest.approx(paid_by_request)
    # One unit more than is free has its price.
    more = Month(uses=with_units(uses, provided() + Units(index_writes=1)))
    assert more.total_after_allowances - provisioned.total_after_allowances == pytest.approx(
        720 * 0.00065
    )
