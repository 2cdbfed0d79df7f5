"""The cost model is fed by what was counted: calls, runs, sizes and what is logged."""

from functools import cache
from typing import get_args

import pytest

from lambdas.observability import Counted, Gauge
from ops.bench.cost import SENT_AND_RECEIVED, month, uses_played
from ops.bench.intake import calls_by_path
from ops.bench.meter import Meter, Metering
from ops.bench.month import Played, play
from ops.bench.standing import alarm_metrics, function, standing
from ops.bench.steady import steady
from ops.bench.sweeping import sweep
from ops.bench.units import index_write_units, item_bytes, total, write_units
from ops.prices import ALARM_METRICS, METRICS_OF_TROUBLE, Unit

A_FEW = 12


@cache
def _played() -> Played:
    memory = {name: function(name).memory_mb for name in ("intake", "sender")}
    return play(orders=A_FEW, a_month=1000, sellers=1, memory_mb=memory)


def test_the_intake_is_charged_for_the_calls_that_its_own_benchmark_counts() -> None:
    new = calls_by_path(1)["new"]
    played = _played()

    assert played.shipped >= A_FEW - 2
    # A cancellation is written too, and repeated news plans its wake-up again.
    for name, calls in new.items():
        assert calls * played.shipped <= played.intake.calls[name] <= 2 * calls * A_FEW
    assert played.intake.runs - played.without_work.runs <= played.intake.calls["PutItem"] + 2
    assert not played.without_work.calls


def test_every_accepted_create_call_was_metered_with_its_claim_and_its_outcome() -> None:
    played = _played()

    # A write for each check, and one more where it led to a create call; two for those without
    # an offer at the end of their window at most.
    least = played.checks + played.sent
    assert least <= played.sender.calls["PutItem"] <= least + 2 * A_FEW
    assert played.sent >= A_FEW - 4
    # Beside the orders, what their answers have taught is written.
    writes = played.sender.calls["PutItem"] + played.sender.calls["UpdateItem"]
    assert played.sender.units.table_writes == writes


def test_what_is_priced_is_what_the_meters_counted() -> None:
    played = _played()
    uses = uses_played(played)

    assert uses[Unit.RUNS] == played.intake.runs + played.sender.runs
    assert uses[Unit.REQUESTS] == SENT_AND_RECEIVED * played.notifications + played.deletes
    assert uses[Unit.SCHEDULES] == played.schedules == played.sender.runs
    assert uses[Unit.WRITES] == sum(
        meter.units.table_writes + meter.units.index_writes
        for meter in (played.intake, played.sender)
    )


def test_a_month_grows_with_its_orders_and_what_stands_does_not() -> None:
    played = _played()
    idle = standing(sellers=1, sweep=sweep(1), notifications=0, wake_ups=0, metrics=())
    once, twice = (month(played, orders=orders) for orders in (1000, 2000))

    for unit in (Unit.WRITES, Unit.SCHEDULES):
        assert twice.uses[unit] == pytest.approx(2 * once.uses[unit])
    assert once.uses[Unit.KEYS] == twice.uses[Unit.KEYS] == idle[Unit.KEYS] == 1
    assert once.uses[Unit.FIFO_REQUESTS] > idle[Unit.FIFO_REQUESTS] > 0


def test_a_metric_is_paid_for_if_it_is_sent_in_a_month_without_trouble() -> None:
    played = _played()
    sent = {*played.intake.metrics, *played.sender.metrics, *sweep(1).metrics}

    assert sent == {*get_args(Counted), *get_args(Gauge)} - METRICS_OF_TROUBLE
    assert month(played, orders=1000).uses[Unit.METRICS] == len(sent)


def test_cpu_by_which_the_clock_was_moved_is_not_waited_for_too() -> None:
    meters, told, alone = Metering(), Meter(memory_mb=192), Meter(memory_mb=192)

    with meters.run(told):
        sum(range(1_000_000))
        moved = meters.cpu_as_time()
    with meters.run(alone):
        sum(range(1_000_000))

    assert 0 < moved <= told.seconds_of_cpu
    # The clock of this test stood as good as still, so what it was not moved by is missing.
    assert told.waited < 0 <= alone.waited
    assert told.seconds < alone.seconds


def test_in_a_dense_stream_runs_are_shared_and_what_each_order_needs_stays() -> None:
    played = _played()
    alone, among_others = (steady(played, a_month=a_month) for a_month in (1000, 1_000_000))

    assert alone.intake.runs == pytest.approx(played.intake.runs, rel=0.05)
    assert alone.sender.runs == played.sender.runs
    assert among_others.intake.runs < played.notifications / 5
    assert among_others.sender.runs < played.sender.runs / 2
    # A run with nothing due reads; it writes nothing.
    before, after = played.sender.units, among_others.sender.units
    assert 0 < after.table_reads < before.table_reads
    assert 0 < after.index_reads < before.index_reads
    assert after.index_writes == before.index_writes > 0
    lessons = total(
        call.units for call in played.sender.table_calls if call.key.startswith("EXPERIENCE")
    )
    assert 0 < before.table_writes - after.table_writes < lessons.table_writes
    # That the seller was heard of is noted once in fifteen minutes.
    assert among_others.intake.units.index_writes < played.intake.units.index_writes


def test_what_earlier_orders_have_shown_saves_checks() -> None:
    memory = {name: function(name).memory_mb for name in ("intake", "sender")}
    learned = play(orders=A_FEW, a_month=1000, sellers=1, memory_mb=memory, learned_from=2000)

    assert learned.checks < _played().checks
    assert learned.sent == _played().sent


def test_a_record_is_under_a_kilobyte_so_a_write_is_one_unit() -> None:
    assert 200 < _played().item_bytes < 1024


def test_an_index_entry_that_moves_is_two_writes_and_one_that_stays_is_none() -> None:
    before = {"seller_id": {"S": "A"}, "open_key": {"S": "A#na"}, "due_at": {"S": "1"}}
    moved = {**before, "due_at": {"S": "2"}}
    closed = {"seller_id": {"S": "A"}, "due_at": {"S": "1"}}

    assert index_write_units({}, before) == 1
    assert index_write_units(before, before) == 0
    assert index_write_units(before, moved) == 2
    assert index_write_units(before, {**before, "closes_at": {"S": "3"}}) == 1
    assert index_write_units(before, {**before, "version": {"N": "2"}}) == 0
    assert index_write_units(before, closed) == 1


def test_a_write_is_charged_by_each_started_kilobyte_of_the_larger_image() -> None:
    large = {"text": {"S": "x" * 2000}}

    assert item_bytes(large) == 2004
    assert write_units({}, {"a": {"S": "b"}}) == 1
    assert write_units(large, {}) == 2


def test_a_functions_cpu_takes_longer_with_less_memory_and_its_waiting_does_not() -> None:
    large, small = (Meter(memory_mb=mb, waited=1.0, cpu=0.1) for mb in (1769, 512))

    assert large.seconds == pytest.approx(1.1)
    assert small.seconds == pytest.approx(1.0 + 0.1 * 1769 / 512)


def test_alarms_on_expressions_are_charged_for_each_metric() -> None:
    assert alarm_metrics() == ALARM_METRICS


def test_a_sweep_makes_three_calls_for_each_seller() -> None:
    assert sweep(4).calls.total() == 1 + 3 * 4
