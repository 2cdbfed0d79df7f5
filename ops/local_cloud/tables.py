"""DynamoDB: an index that lags behind its table, and items deleted long after they expired."""

from __future__ import annotations

import copy
import operator
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from moto.dynamodb import urls
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

from ops.local_cloud.world import World

SWEEP_EVERY = timedelta(hours=3)
NOT_EXPIRED_BEFORE = timedelta(days=5 * 365)  # "Using time to live (TTL) in DynamoDB"

OF_TEXTS = {
    "EQ": operator.eq,
    "LT": operator.lt,
    "LE": operator.le,
    "GT": operator.gt,
    "GE": operator.ge,
}

Key = tuple[str, DynamoType, DynamoType | None]


class LocalDynamoDB(DynamoDBBackend):
    """Takes the place of moto's own for as long as the mock is on."""

    index_lag = timedelta(0)

    _url_module = urls  # moto would look for it beside this module

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._before: list[tuple[datetime, Key, Item | None]] = []

    def put_item(self, table_name: str, item_attrs: dict[str, Any], *rest: Any, **more: Any) -> Any:
        with self._remembered(table_name, item_attrs):
            return super().put_item(table_name, item_attrs, *rest, **more)

    def update_item(self, table_name: str, key: dict[str, Any], *rest: Any, **more: Any) -> Any:
        with self._remembered(table_name, key):
            return super().update_item(table_name, key, *rest, **more)

    def delete_item(self, table_name: str, key: dict[str, Any], *rest: Any, **more: Any) -> Any:
        with self._remembered(table_name, key):
            return super().delete_item(table_name, key, *rest, **more)

    def query(self, table_name: str, *given: Any, **named: Any) -> Any:
        if not named.get("index_name"):
            return super().query(table_name, *given, **named)
        table = self.get_table(table_name)
        with self._as_it_was(datetime.now(UTC) - self.index_lag), _narrowed(table, named):
            return super().query(table_name, *given, **named)

    @contextmanager
    def _remembered(self, table_name: str, attributes: dict[str, Any]) -> Iterator[None]:
        """Keeps what stood there before a write, for as long as an index may still show it."""
        if not self.index_lag:
            yield
            return
        table = self.get_table(table_name)
        key = _key(table, attributes)
        before = copy.deepcopy(_stored(table, key))
        now = datetime.now(UTC)
        self._before = [one for one in self._before if one[0] > now - self.index_lag]
        yield
        self._before.append((now, key, before))

    @contextmanager
    def _as_it_was(self, then: datetime) -> Iterator[None]:
        tables = {table.name: table for table in self.tables.values()}
        current: dict[Key, Item | None] = {}
        for when, key, before in reversed(self._before):
            if when > then:
                current.setdefault(key, _stored(tables[key[0]], key))
                _store(tables[key[0]], key, before)
        try:
            yield
        finally:
            for key, item in current.items():
                _store(tables[key[0]], key, item)


class Expiry:
    """Deletes items some hours after their time to live, in sweeps."""

    def __init__(self, world: World, backend: DynamoDBBackend) -> None:
        self._backend = backend
        self._clock = world.clock
        self._agenda = world.agenda
        self._lag = world.behaviour.expiry_lag
        self._seed = world.seed
        self._sweep()

    def _sweep(self) -> None:
        for table in self._backend.tables.values():
            if table.ttl["TimeToLiveStatus"] == "ENABLED":
                for item in list(_items(table)):
                    if self._is_gone(item, table.ttl["AttributeName"]):
                        table.delete_item(item.hash_key, item.range_key)
        self._agenda.at(self._clock.now + SWEEP_EVERY, self._sweep)

    def _is_gone(self, item: Item, attribute: str) -> bool:
        expires = item.attrs.get(attribute)
        if expires is None or expires.type != "N":
            return False
        age = self._clock.now.timestamp() - float(expires.value)
        if not 0 <= age < NOT_EXPIRED_BEFORE.total_seconds():
            return False
        name = f"{self._seed} {item.hash_key.value} {item.range_key and item.range_key.value}"
        return age >= Random(name).random() * self._lag.total_seconds()


@contextmanager
def _narrowed(table: Table, asked: Mapping[str, Any]) -> Iterator[None]:
    """moto sorts and weighs the whole table for each query of an index: show it less."""
    conditions = [(name, "EQ", [value]) for name, value in asked["hash_key_conditions"]]
    conditions += asked["range_key_conditions"] or []
    found = list(_items(table))
    for name, comparison, values in conditions:
        bounds = [DynamoType(value) for value in values]
        found = [item for item in found if _meets(item.attrs.get(name), comparison, bounds)]
    vars(table)["all_items"] = lambda: found
    try:
        yield
    finally:
        del vars(table)["all_items"]


def _meets(attribute: DynamoType | None, comparison: str, bounds: list[DynamoType]) -> bool:
    """As moto compares, but without its casts where two texts stand against each other."""
    if attribute is None:
        return False
    if attribute.type == "S" and (compare := OF_TEXTS.get(comparison)):
        return bool(compare(attribute.value, bounds[0].value))
    return attribute.compare(comparison, bounds)


def _items(table: Table) -> Iterator[Any]:
    for under in table.items.values():
        yield from under.values() if table.range_key_attr else [under]


def _key(table: Table, attributes: dict[str, Any]) -> Key:
    range_attribute = table.range_key_attr
    range_key = DynamoType(attributes[range_attribute]) if range_attribute else None
    return table.name, DynamoType(attributes[table.hash_key_attr]), range_key


def _stored(table: Table, key: Key) -> Item | None:
    return table.get_item(key[1], key[2])


def _store(table: Table, key: Key, item: Item | None) -> None:
    if item is None:
        table.delete_item(key[1], key[2])
    elif key[2]:
        table.items[key[1]][key[2]] = item
    else:
        table.items[key[1]] = item  # type: ignore[assignment]  # as moto has it itself
