"""What a run amounts to in figures, counted on Amazon's ledger and on the records."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from statistics import median, quantiles
from typing import Any

from lambdas.core.marketplaces import region_of
from ops.demo.judge import Verdict
from ops.demo.stage import Stage
from ops.demo.windows import Windows
from ops.simulator.ledger import LedgerEntry
from ops.simulator.operations import CREATE_SOLICITATION, GET_ACTIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures of one run; delays and the simulated time are in days, `elapsed` in seconds."""

    notifications: int
    ignored: Mapping[str, int]
    refused: int
    outcomes: Mapping[str, int]
    checks: int
    sent: int
    eligible: int
    eligible_asked: int
    delay_median: float | None
    delay_p90: float | None
    plan_refusals: int
    plan_calls: int
    simulated: float
    elapsed: float

    @property
    def checks_per_sent(self) -> float | None:
        return self.checks / self.sent if self.sent else None

    def as_json(self, verdicts: Sequence[Verdict]) -> dict[str, Any]:
        """Every figure with its unit in its name, rounded to what it is good for."""
        record = asdict(self)
        for name, unit in _UNITS.items():
            record[f"{name}_{unit}"] = _rounded(record.pop(name))
        return {
            **record,
            "checks_per_solicitation": _rounded(self.checks_per_sent),
            "promises": [asdict(verdict) for verdict in verdicts],
        }


_UNITS = {
    "delay_median": "days",
    "delay_p90": "days",
    "simulated": "days",
    "elapsed": "seconds",
}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def figures(stage: Stage, windows: Windows, *, simulated_days: float) -> Figures:
    ledger = stage.simulator.ledger
    solicitations = [e for e in ledger if e.operation in {GET_ACTIONS, CREATE_SOLICITATION}]
    accepted = {e.amazon_order_id: e for e in solicitations if e.accepted}
    eligible, delays = _delays(stage, windows, accepted)
    outcomes = Counter(
        f"{record['status']}: {record['reason']}" for record in stage.records().values()
    )
    lines = [line.fields for line in stage.cloud.log_lines]
    ignored: Counter[str] = Counter()
    for line in lines:
        if line.get("message") == "batch_taken_in":
            ignored.update(line.get("ignored", {}))
    return Figures(
        notifications=len(stage.delivered),
        ignored=dict(ignored.most_common()),
        refused=stage.dead_letters()["OrderChangeDlq"],
        outcomes=dict(outcomes.most_common()),
        checks=sum(e.operation == GET_ACTIONS and e.status == 200 for e in solicitations),
        sent=len(accepted),
        eligible=eligible,
        eligible_asked=len(delays),
        delay_median=median(delays) if delays else None,
        delay_p90=quantiles(delays, n=10)[-1] if len(delays) > 1 else None,
        plan_refusals=sum(e.throttled and "throttle" not in e.faults for e in solicitations),
        plan_calls=len(solicitations),
        simulated=simulated_days,
        elapsed=stage.cloud.clock.elapsed,
    )


def _delays(
    stage: Stage, windows: Windows, accepted: Mapping[str | None, LedgerEntry]
) -> tuple[int, list[float]]:
    """How many orders could be asked at all, and how long each one that was had to wait.

    An order can be asked from when Amazon would take it and its window is open, if both is
    so for some time.
    """
    eligible, delays = 0, []
    for order_id in windows.shipped_orders:
        order = stage.simulator.orders.get(order_id)
        window = windows.window(order_id, stage.cloud.now)
        since = stage.simulator.eligible_from(order) if order else None
        if order is None or window is None or since is None or order.eligible_until is None:
            continue
        if region_of(order.marketplace_id) is None:
            continue
        since = max(since, window[0])
        if since >= min(order.eligible_until, window[1]):
            continue
        eligible += 1
        if order_id in accepted:
            delays.append(max(accepted[order_id].at - since, timedelta()) / timedelta(days=1))
    return eligible, delays
