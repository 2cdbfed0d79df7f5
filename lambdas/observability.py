"""What the functions tell CloudWatch: JSON log lines, and counters in one EMF line a run."""

import logging
import sys
import traceback
from collections import Counter
from typing import Any, TextIO

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

NAMESPACE = "DayFive"
SERVICE = "dayfive"


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
    """What one run has to tell: log lines as they come, the counters at its end.

    `count` adds to a metric; `tally` counts under a word that would be too many metrics to
    pay for (a reason, a state) and goes into the summary line as a plain field.
    """

    def __init__(self, logger: Logger) -> None:
        self._logger = logger
        self._metrics: Counter[str] = Counter()
        self._gauges: dict[str, float] = {}
        self._tallies: dict[str, Counter[str]] = {}

    def info(self, event: str, **fields: Any) -> None:
        self._logger.info(event, extra=fields)

    def warning(self, event: str, **fields: Any) -> None:
        self._logger.warning(event, extra=fields)

    def failure(self, event: str, error: BaseException, **fields: Any) -> None:
        """Log where an exception came from, without its text, which may quote its input."""
        frames = traceback.extract_tb(error.__traceback__)[-4:]
        where = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames]
        self._logger.error(event, extra={**fields, "error": type(error).__name__, "where": where})

    def count(self, metric: str, number: int = 1) -> None:
        self._metrics[metric] += number

    def gauge(self, metric: str, value: float) -> None:
        self._gauges[metric] = value

    def tally(self, group: str, word: str) -> None:
        self._tallies.setdefault(group, Counter())[word] += 1

    def flush(self, event: str) -> None:
        """End the run: one summary line, and one metrics line if anything was counted."""
        if self._tallies or self._metrics:
            tallies = {group: dict(words) for group, words in self._tallies.items()}
            self.info(event, **tallies, counts=dict(self._metrics))
        values = {**self._metrics, **self._gauges}
        self._metrics.clear()
        self._gauges.clear()
        self._tallies.clear()
        if not values:
            return
        metrics = EphemeralMetrics(namespace=NAMESPACE, service=SERVICE)
        for name, value in values.items():
            metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
        metrics.flush_metrics()
