"""What the functions tell CloudWatch: JSON log lines, and the metrics in one of them a run."""

import logging
import sys
import traceback
from collections import Counter
from threading import Lock
from typing import Any, Literal, TextIO

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

NAMESPACE = "DayFive"
SERVICE = "dayfive"

# Each name is a custom metric that is paid for by the month, so there are about ten. What is
# not among them goes into the same lines as plain fields.
Counted = Literal[
    "OrdersRecorded",
    "NotificationsRefused",
    "ActionsChecked",
    "SolicitationsOffered",
    "SolicitationsSent",
    "Throttled",
]
Gauge = Literal[
    "OrdersHeld",
    "OrdersOverdue",
    "HoursToClosestShut",
    "SellersBlocked",
    "SellersSilent",
    "ClientSecretsOld",
]
Lag = Literal["NotificationLag", "CheckLag", "AmazonLatency"]
LAG_UNITS: dict[Lag, MetricUnit] = {
    "NotificationLag": MetricUnit.Seconds,
    "CheckLag": MetricUnit.Seconds,
    "AmazonLatency": MetricUnit.Milliseconds,
}
_VALUES_AT_MOST = 99  # of one metric in one line; at 100 Powertools begins another


class _CurrentStdout(logging.StreamHandler[TextIO]):
    """Writes to whatever standard output is at that moment, not at the time it was made."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stdout
        super().emit(record)


def make_logger() -> Logger:
    """A JSON logger, with POWERTOOLS_LOG_LEVEL's threshold."""
    # httpx logs whole URLs, which is more than a log should keep.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    # Every line is logged from this module, so its location would say nothing.
    return Logger(service=SERVICE, logger_handler=_CurrentStdout(), use_rfc3339=True, location=None)


class Telemetry:
    """What one run has to tell: log lines as they come, the metrics at its end.

    `count`, `gauge` and `measure` are metrics, the last only where lags are asked for. `tally`
    counts under a word that would be too many metrics to pay for (a reason, a state, a seller)
    and `note` says something of the whole run: both are plain fields of the run's last line.
    """

    def __init__(self, logger: Logger, *, lags: bool = False) -> None:
        self._logger = logger
        self._with_lags = lags
        self._lock = Lock()  # the intake takes in many orders at once
        self._clear()

    def info(self, event: str, **fields: Any) -> None:
        self._logger.info(event, extra=fields)

    def warning(self, event: str, **fields: Any) -> None:
        self._logger.warning(event, extra=fields)

    def failure(self, event: str, error: BaseException, **fields: Any) -> None:
        """Log where an exception came from, without its text, which may quote its input."""
        frames = traceback.extract_tb(error.__traceback__)[-4:]
        where = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames]
        self._logger.error(event, extra={**fields, "error": type(error).__name__, "where": where})

    def count(self, metric: Counted, number: int = 1) -> None:
        with self._lock:
            self._counts[metric] += number

    def gauge(self, metric: Gauge, value: float) -> None:
        self._gauges[metric] = value

    def measure(self, lag: Lag, value: float) -> None:
        """One value of a lag, in its unit; a clock that is wrong makes none of them negative."""
        if self._with_lags:
            with self._lock:
                self._lags.setdefault(lag, []).append(max(value, 0.0))

    def tally(self, group: str, word: str) -> None:
        with self._lock:
            self._tallies.setdefault(group, Counter())[word] += 1

    def note(self, **fields: str) -> None:
        self._notes |= fields

    def flush(self, event: str) -> None:
        """End the run by one line, of metrics and plain fields, if there is anything to tell."""
        fields = {**self._notes, **{group: dict(words) for group, words in self._tallies.items()}}
        metrics = self._metrics()
        if metrics.metric_set:
            for name, value in {"level": "INFO", "message": event, **fields}.items():
                metrics.add_metadata(name, value)
            metrics.flush_metrics()
        elif self._tallies:
            self.info(event, **fields)
        self._clear()

    def _metrics(self) -> EphemeralMetrics:
        metrics = EphemeralMetrics(namespace=NAMESPACE, service=SERVICE)
        for lag, values in self._lags.items():
            for value in values[:_VALUES_AT_MOST]:
                metrics.add_metric(name=lag, unit=LAG_UNITS[lag], value=value)
        for counted, number in self._counts.items():
            metrics.add_metric(name=counted, unit=MetricUnit.Count, value=number)
        for gauge, value in self._gauges.items():
            metrics.add_metric(name=gauge, unit=MetricUnit.Count, value=value)
        return metrics

    def _clear(self) -> None:
        self._counts: Counter[Counted] = Counter()
        self._gauges: dict[Gauge, float] = {}
        self._lags: dict[Lag, list[float]] = {}
        self._tallies: dict[str, Counter[str]] = {}
        self._notes: dict[str, str] = {}
