"""A table with too few units for what comes: refused for minutes, and nothing is lost by it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from threading import Lock

import pytest
from botocore.exceptions import ClientError

from ops.bench.meter import stored_image
from ops.bench.provisioned import BURST, provided
from ops.bench.units import Units, index_write_units, write_units
from ops.local_cloud.calls import Call, Phase
from ops.sweep.outside import Outside
from ops.sweep.stage import Stage, stage
from tests.e2e.crowd import Crowd

ALL_AT_ONCE = 0.001


@pytest.fixture
def set_stage() -> Iterator[Stage]:
    with stage() as set_stage:
        set_stage.begin(Outside(set_stage.functions))
        yield set_stage


class ThinTable:
    """Refuses what is beyond so many units a second, and those unused of the last five minutes.

    "Burst and adaptive capacity", and for the index "Using Global Secondary Indexes": a write is
    refused if either the table or its index has too few units.
    """

    def __init__(self, set_stage: Stage, units: Units) -> None:
        self.refused: list[tuple[str, datetime]] = []
        self._functions = set_stage.functions
        self._a_second = asdict(units)
        self._left = asdict(BURST.total_seconds() * units)
        self._at = set_stage.cloud.now
        self._lock = Lock()
        set_stage.cloud.on_call(self._meet)

    def _meet(self, call: Call) -> None:
        if (call.service, call.phase) != ("dynamodb", Phase.BEFORE):
            return
        with self._lock:
            needed = asdict(self._needed(call))
            self._refill()
            if any(needed[name] > self._left[name] for name in needed):
                self.refused.append((self._functions[call.function], self._at))
                error = {"Code": "ProvisionedThroughputExceededException"}
                status = {"HTTPStatusCode": 400}
                raise ClientError({"Error": error, "ResponseMetadata": status}, call.operation)
            for name, each in needed.items():
                self._left[name] -= each

    def _refill(self) -> None:
        now = datetime.now(UTC)
        seconds = (now - self._at).total_seconds()
        self._at = now
        for name, a_second in self._a_second.items():
            most = a_second * BURST.total_seconds()
            self._left[name] = min(most, self._left[name] + seconds * a_second)

    @staticmethod
    def _needed(call: Call) -> Units:
        given = call.parameters
        if call.operation == "Query":
            return Units(index_reads=0.5)
        if call.operation == "GetItem":
            return Units(table_reads=1)
        before = stored_image(given)
        after = given.get("Item", before)
        return Units(
            table_writes=write_units(before, after),
            index_writes=index_write_units(before, after),
        )


def test_too_few_units_for_minutes_break_no_promise(set_stage: Stage) -> None:
    crowd = Crowd(set_stage, orders=50, days=ALL_AT_ONCE, seed=11)
    table = ThinTable(set_stage, 1 / 300 * provided())

    assert crowd.run() == {}
    assert {function for function, _ in table.refused} == {"intake", "sender"}
    assert longest(table.refused) > timedelta(minutes=10)


def test_an_index_with_too_few_units_leaves_an_order_unconfirmed_and_asks_nobody_twice(
    set_stage: Stage,
) -> None:
    """A claim writes to the table alone, so the call goes out; what came of it cannot be written
    while the index refuses it.
    """
    crowd = Crowd(set_stage, orders=30, days=ALL_AT_ONCE, seed=11)
    table = ThinTable(set_stage, replace(1000 * provided(), index_writes=0.02))

    assert crowd.run() == {}
    assert longest(table.refused) > timedelta(minutes=10)
    states = Counter(record["status"] for record in set_stage.records().values())
    assert 0 < states["SENT_UNCONFIRMED"] < states["SENT"] / 5


def longest(refused: list[tuple[str, datetime]]) -> timedelta:
    """The longest time in which no ten minutes passed without a refusal."""
    first = last = refused[0][1]
    span = timedelta()
    for _, at in refused:
        first = first if at - last < timedelta(minutes=10) else at
        last = at
        span = max(span, last - first)
    return span
