"""What a stack has and does whatever comes, read from the template: the bill of an idle month."""

import math
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from ops.bench.meter import Meter
from ops.local_cloud.functions import Definition
from ops.local_cloud.template import synthesise
from ops.prices import Unit

MONTH = timedelta(days=30)
_SWEEPS = MONTH // timedelta(hours=1)

# "Configuring scaling behavior for SQS event source mappings": five pollers, as few as two when
# traffic is low. The dearer is taken. Each waits for 20 seconds at most (ReceiveMessage).
POLLERS = 5
_POLL = timedelta(seconds=20)

# "Key management", Amazon SQS Developer Guide: twice for each producer and once for each
# consumer in a data key's life. Amazon sends, the intake receives.
_DATA_KEY_LIFE = timedelta(minutes=5)
_KEY_REQUESTS_IN_IT = 3

APPLICATION_SECRETS = 1  # and one for each seller


def function(name: str) -> Definition:
    """A function as the template has it, without what only AWS knows of it."""
    for resource in _resources("AWS::Lambda::Function"):
        if resource["Handler"] == f"lambdas.{name}.lambda_handler":
            return Definition(
                name=name,
                arn="",
                handler=resource["Handler"],
                timeout=timedelta(seconds=resource["Timeout"]),
                memory_mb=resource["MemorySize"],
                variables={},
                role="",
                recursion_allowed=resource.get("RecursiveLoop") == "Allow",
                asynchronous_retries=2,
            )
    raise LookupError(name)


def standing(
    *, sellers: int, sweep: Meter, notifications: float, wake_ups: float, metrics: Iterable[str]
) -> dict[Unit, float]:
    """A month of the stack: what it holds, its sweeps, and its queues' empty receives.

    `metrics` are those that the other functions send. A metric is paid for by the hours in which
    it is sent ("Amazon CloudWatch Pricing"): each that was sent at all is taken for a month's.
    """
    uses = Counter[Unit]({unit: _SWEEPS * number for unit, number in sweep.uses.items()})
    busiest = _KEY_REQUESTS_IN_IT * (MONTH / _DATA_KEY_LIFE)
    uses.update(
        {
            Unit.REQUESTS: empty_receives(notifications),
            Unit.FIFO_REQUESTS: empty_receives(wake_ups),
            Unit.KEY_REQUESTS: min(busiest, _KEY_REQUESTS_IN_IT * notifications),
            Unit.KEYS: len(_resources("AWS::KMS::Key")),
            Unit.SECRETS: APPLICATION_SECRETS + sellers,
            Unit.METRICS: len({*metrics, *sweep.metrics}),
            Unit.ALARMS: alarm_metrics(),
            Unit.DASHBOARDS: len(_resources("AWS::CloudWatch::Dashboard")),
        }
    )
    return dict(uses)


def empty_receives(messages: float = 0.0) -> float:
    """Of one queue to which so many messages a month come, spread by chance.

    A receive is empty if nothing comes to its poller for as long as it waits.
    """
    return POLLERS * (MONTH / _POLL) * math.exp(-messages * (_POLL / MONTH) / POLLERS)


def batching(name: str) -> tuple[timedelta, int]:
    """How long a poller of this function waits for a batch to fill, and how large that gets."""
    for mapping in _resources("AWS::Lambda::EventSourceMapping"):
        if mapping["FunctionName"]["Ref"].lower().startswith(name):
            seconds = mapping.get("MaximumBatchingWindowInSeconds", 0)
            return timedelta(seconds=seconds), mapping["BatchSize"]
    raise LookupError(name)


def alarm_metrics() -> int:
    """An alarm on an expression is charged for each metric in it ("Amazon CloudWatch Pricing")."""
    return sum(
        sum("MetricStat" in each for each in alarm.get("Metrics", ())) or 1
        for alarm in _resources("AWS::CloudWatch::Alarm")
    )


def _resources(kind: str) -> list[dict[str, Any]]:
    found = synthesise()["Resources"].values()
    return [one.get("Properties", {}) for one in found if one["Type"] == kind]
