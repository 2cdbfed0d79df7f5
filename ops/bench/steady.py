"""The few orders that were played, as they would be among the others of a dense and even month.

Alone, the news of one order come days apart, and so do its checks. In a month of a million, other
orders' news fill the same batches, and one wake-up serves all that is due in its minute. What a
run that falls away had used is taken to be what a run uses that finds nothing to do. Items that
are no orders are read and written at most once in some minutes, however many orders there are.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from lambdas.aws.items import EXPERIENCE_SORT_KEY, SELLER_SORT_KEY, SETTINGS_SORT_KEY
from lambdas.core.seller import NOTIFICATION_SEEN_EVERY
from lambdas.experiences import WRITTEN_EVERY
from ops.bench.meter import Meter
from ops.bench.month import DELETED_AT_ONCE, Played
from ops.bench.standing import MONTH, POLLERS, batching
from ops.bench.units import Units, total

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
    runs = wake_ups + checking
    learned = share * (MONTH / WRITTEN_EVERY)  # and remembered for as long
    of_the_intake = {("UpdateItem", SELLER_SORT_KEY): share * (MONTH / NOTIFICATION_SEEN_EVERY)}
    of_the_sender = {
        **{(each, EXPERIENCE_SORT_KEY): learned for each in ("GetItem", "PutItem", "UpdateItem")},
        ("GetItem", SETTINGS_SORT_KEY): runs,
    }
    return replace(
        played,
        intake=_with_runs(
            _at_most(of_the_intake, played.intake), batches, idle=played.without_work
        ),
        sender=_with_runs(_at_most(of_the_sender, played.sender), runs, idle=played.idle),
        schedules=wake_ups,
        deletes=min(batches + played.notifications / DELETED_AT_ONCE, played.deletes),
    )


def _at_most(times: Mapping[tuple[str, str], float], meter: Meter) -> Meter:
    """With so many calls at most for each item that is named, by its operation and beginning."""
    by_item: dict[tuple[str, str], list[Units]] = defaultdict(list)
    for call in meter.table_calls:
        by_item[call.operation, call.key].append(call.units)
    saved = Units()
    for (operation, key), units in by_item.items():
        most = times.get((operation, key.partition("#")[0]), len(units))
        saved += max(1 - most / len(units), 0.0) * total(units)
    return replace(meter, units=meter.units - saved)


def _with_runs(meter: Meter, runs: float, *, idle: Meter) -> Meter:
    """Without the runs beyond so many, if there are more."""
    saved = max(meter.runs - runs, 0.0) / max(idle.runs, 1)
    return replace(
        meter,
        runs=meter.runs - saved * idle.runs,
        units=meter.units - saved * idle.units,
        log_bytes=meter.log_bytes - saved * idle.log_bytes,
        waited=meter.waited - saved * idle.waited,
        cpu=meter.cpu - saved * idle.cpu,
    )
