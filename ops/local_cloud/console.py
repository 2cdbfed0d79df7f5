"""What the functions print: JSON logs and metrics in CloudWatch's embedded metric format."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    function: str
    request_id: str
    at: datetime
    text: str

    @property
    def fields(self) -> dict[str, Any]:
        """The line as an object; empty where it is no JSON object."""
        try:
            decoded = json.loads(self.text)
        except ValueError:
            return {}
        return decoded if isinstance(decoded, dict) else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricValue:
    function: str
    at: datetime
    namespace: str
    name: str
    unit: str
    value: float
    dimensions: Mapping[str, str]


def metrics_in(line: LogLine) -> Iterator[MetricValue]:
    """One for each value of each metric ("Specification: Embedded metric format", CloudWatch)."""
    if '"_aws"' not in line.text:
        return
    fields = line.fields
    for directive in fields.get("_aws", {}).get("CloudWatchMetrics", []):
        names = {name for together in directive["Dimensions"] for name in together}
        dimensions = {name: str(fields[name]) for name in sorted(names)}
        for metric in directive["Metrics"]:
            values = fields[metric["Name"]]
            for value in values if isinstance(values, list) else [values]:
                yield MetricValue(
                    function=line.function,
                    at=line.at,
                    namespace=directive["Namespace"],
                    name=metric["Name"],
                    unit=metric.get("Unit", "None"),
                    value=float(value),
                    dimensions=dimensions,
                )
