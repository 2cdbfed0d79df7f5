"""What CloudWatch would have been told: values by metric and time."""

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

Key = tuple[str, str, tuple[tuple[str, str], ...]]

_STATISTICS: dict[str, Callable[[Sequence[float]], float]] = {
    "Sum": sum,
    "Maximum": max,
    "Minimum": min,
    "SampleCount": len,
    "Average": lambda values: sum(values) / len(values),
}


class Measured:
    """Values that may come in any order; each metric is one set of name and dimensions."""

    def __init__(self) -> None:
        self._values: dict[Key, list[tuple[datetime, float]]] = defaultdict(list)

    def add(
        self, namespace: str, name: str, dimensions: Mapping[str, str], at: datetime, value: float
    ) -> None:
        insort(self._values[_key(namespace, name, dimensions)], (at, value))

    def statistic(
        self,
        namespace: str,
        name: str,
        dimensions: Mapping[str, str],
        statistic: str,
        after: datetime,
        until: datetime,
    ) -> float | None:
        """Over what came after the one time and not after the other; None for nothing."""
        found = self._values.get(_key(namespace, name, dimensions), [])
        first = bisect_right(found, (after, float("inf")))
        last = bisect_right(found, (until, float("inf")))
        values = [value for _, value in found[first:last]]
        return float(_STATISTICS[statistic](values)) if values else None

    @property
    def names(self) -> set[tuple[str, str]]:
        """Namespace and name of each metric that has a value."""
        return {(namespace, name) for namespace, name, _ in self._values}


def _key(namespace: str, name: str, dimensions: Mapping[str, str]) -> Key:
    return namespace, name, tuple(sorted(dimensions.items()))
