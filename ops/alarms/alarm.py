"""One alarm of a template, and the state that CloudWatch's documented rules give it.

Periods slide: they end at the moment of evaluation ("Alarm evaluation window"). An alarm reads
more periods than it evaluates ("Configuring how CloudWatch alarms treat missing data"): how many
is not said; the examples there read two more, and so does this. Both in the CloudWatch User Guide.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from ops.alarms.measured import Measured
from ops.alarms.metric_math import evaluate

_READ_BEYOND = 2
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


class State(StrEnum):
    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One series that an alarm reads."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str

    def value(self, measured: Measured, after: datetime, until: datetime) -> float | None:
        return measured.statistic(
            self.namespace, self.name, self.dimensions, self.statistic, after, until
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """As in `AWS::CloudWatch::Alarm`; `expression` is None where it watches one metric."""

    name: str
    metrics: Mapping[str, Metric]
    expression: str | None
    period: timedelta
    periods: int
    breaching_to_alarm: int
    comparison: str
    threshold: float
    missing: str
    warm_up: timedelta

    @classmethod
    def from_properties(cls, properties: Mapping[str, Any]) -> Self:
        """Of a resource whose references are resolved."""
        queries = properties.get("Metrics") or [_only_metric(properties)]
        stats = {each["Id"]: each["MetricStat"] for each in queries if "MetricStat" in each}
        [period] = {int(each["Period"]) for each in stats.values()}
        periods = int(properties["EvaluationPeriods"])
        warm_up = properties.get("WarmUpConfiguration", {}).get("WarmUpPeriodDurationInMinutes", 0)
        return cls(
            name=properties["AlarmName"],
            metrics={id: _metric(each) for id, each in stats.items()},
            expression=next((q["Expression"] for q in queries if "Expression" in q), None),
            period=timedelta(seconds=period),
            periods=periods,
            breaching_to_alarm=int(properties.get("DatapointsToAlarm", periods)),
            comparison=properties["ComparisonOperator"],
            threshold=float(properties["Threshold"]),
            missing=properties.get("TreatMissingData", "missing"),
            warm_up=timedelta(minutes=int(warm_up)),
        )

    def judge(
        self, measured: Measured, *, made_at: datetime, now: datetime, before: State
    ) -> State:
        """Its state now, if it was in `before` at the evaluation before this one."""
        found = [self._breaching(measured, now, age) for age in range(self.periods + _READ_BEYOND)]
        known = [breaching for breaching in found if breaching is not None]
        if now - made_at < self.warm_up and len(known) < self.periods:
            return State.INSUFFICIENT_DATA
        if len(known) >= self.periods:
            return self._state(sum(known[: self.periods]))
        return self._with_missing(found, known, before)

    def _with_missing(self, found: list[bool | None], known: list[bool], before: State) -> State:
        """Fewer datapoints than are evaluated: the others are filled as the alarm says."""
        match self.missing:
            case "breaching":
                return self._state(sum(known) + self.periods - len(known))
            case "ignore" if all(known) and sum(known) < self.breaching_to_alarm:
                return before
            case "missing" if all(known) and sum(known) < self.breaching_to_alarm:
                return State.ALARM if self._is_old(found) else State.INSUFFICIENT_DATA
        return self._state(sum(known))

    def _is_old(self, found: list[bool | None]) -> bool:
        """Whether the oldest datapoint is as many periods old as have to breach."""
        ages = [age for age, breaching in enumerate(found) if breaching is not None]
        return bool(ages) and ages[-1] + 1 >= self.breaching_to_alarm

    def _state(self, breaching: int) -> State:
        return State.ALARM if breaching >= self.breaching_to_alarm else State.OK

    def _breaching(self, measured: Measured, now: datetime, age: int) -> bool | None:
        until = now - age * self.period
        values = {
            id: metric.value(measured, until - self.period, until)
            for id, metric in self.metrics.items()
        }
        value = evaluate(self.expression or next(iter(values)), values)
        if value is None:
            return None
        return _COMPARISONS[self.comparison](value, self.threshold)


def _only_metric(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Id": "only",
        "MetricStat": {
            "Metric": properties,
            "Period": properties["Period"],
            "Stat": properties["Statistic"],
        },
    }


def _metric(stat: Mapping[str, Any]) -> Metric:
    metric = stat["Metric"]
    return Metric(
        namespace=metric["Namespace"],
        name=metric["MetricName"],
        dimensions={each["Name"]: each["Value"] for each in metric.get("Dimensions", [])},
        statistic=stat["Stat"],
    )
