"""The few orders that were played, as they would be among the others of a dense and even month.

Alone, the news of one order come days apart, and so do its checks. In a month of a million, other
orders' news fill the same batches, and one wake-up serves all that is due in its minute. What a
run that falls away had used is taken to be what a run uses that finds nothing to do.
"""

from dataclasses import fields, replace
from datetime import timedelta

from lambdas.experiences import WRITTEN_EVERY
from ops.bench.meter import Meter
from ops.bench.month import DELETED_AT_ONCE, Played
from ops.bench.standing import MONTH, POLLERS, batching

# lambdas/sender.py: how long a run begins orders.
_SECONDS_OF_ORDERS = 50
_MINUTES = MONTH / timedelta(minutes=1)


def steady(played: Played, *, a_month: int) -> Played:
    """The same orders in an even stream of `a_month` of them, all of one seller and region."""
    share = played.orders / a_month
    window, size = batching("intake")
    a_window = played.notifications / share * (window / MONTH) / POLLERS
    batches = played.notifications / min(1 + a_window, size)
    checking = played.sender.seconds / _SECONDS_OF_ORDERS
    wake_ups = min(played.schedules, share * _MINUTES)
    return replace(
        played,
        intake=_with_runs(played.intake, batches, idle=played.without_work),
        sender=_with_runs(
            _with_fewer_lessons(played.sender, share), wake_ups + checking, idle=played.idle
        ),
        schedules=wake_ups,
        deletes=min(batches + played.notifications / DELETED_AT_ONCE, played.deletes),
    )


def _with_fewer_lessons(meter: Meter, share: float) -> Meter:
    """With one write for each kind of order in the time for which the sender keeps its lessons."""
    written = meter.calls["UpdateItem"]
    left = len(meter.lessons) * share * (MONTH / WRITTEN_EVERY)
    saved = meter.lessons.total() * max(1 - left / max(written, 1), 0)
    return replace(meter, table_writes=meter.table_writes - saved)


def _with_runs(meter: Meter, runs: float, *, idle: Meter) -> Meter:
    """Without the runs beyond so many, if there are more."""
    saved = max(meter.runs - runs, 0.0) / max(idle.runs, 1)
    changed = {}
    for each in fields(meter):
        if each.name not in {"memory_mb", "calls", "lessons"}:
            changed[each.name] = getattr(meter, each.name) - saved * getattr(idle, each.name)
    return replace(meter, **changed)
