"""DynamoDB's own arithmetic: how many units a read or a write takes, of the table and the index."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from ops.local_cloud.template import synthesise

# "DynamoDB read and write operations": a unit is a started part of so many bytes.
_READ_BYTES, _WRITE_BYTES = 4096, 1024
_TABLE_KEY = ("seller_id", "amazon_order_id")

Image = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """Units of capacity; an eventually consistent read is a half."""

    table_writes: float = 0.0
    index_writes: float = 0.0
    table_reads: float = 0.0
    index_reads: float = 0.0

    def __add__(self, other: "Units") -> "Units":
        return Units(**{name: getattr(self, name) + getattr(other, name) for name in _NAMES})

    def __sub__(self, other: "Units") -> "Units":
        return self + -1 * other

    def __rmul__(self, times: float) -> "Units":
        return Units(**{name: times * getattr(self, name) for name in _NAMES})

    def most(self, other: "Units") -> "Units":
        """The larger of each."""
        return Units(**{name: max(getattr(self, name), getattr(other, name)) for name in _NAMES})

    def within(self, limit: "Units") -> bool:
        """Whether none of them is above its limit."""
        return self.most(limit) == limit

    def fits_into(self, units: "Units") -> float:
        """How many times."""
        pairs = [(getattr(units, name), getattr(self, name)) for name in _NAMES]
        return float(min(has / takes for has, takes in pairs if takes))


_NAMES = tuple(each.name for each in fields(Units))


def total(each: Iterable[Units]) -> Units:
    return sum(each, Units())


def read_units(bytes_read: float, *, consistent: bool) -> float:
    """Of one GetItem, or of one page of a Query with all that it looked at."""
    units = max(1, math.ceil(bytes_read / _READ_BYTES))
    return units if consistent else units / 2


def write_units(before: Image, after: Image) -> int:
    """Of the table, refused or not: a started KB each, of the larger of both images."""
    return max(1, math.ceil(max(item_bytes(before), item_bytes(after)) / _WRITE_BYTES))


def index_write_units(before: Image, after: Image) -> int:
    """Of the index: an entry that comes, goes or changes is a write, one that moves is two."""
    was, is_now = index_entry(before), index_entry(after)
    if was == is_now:
        return 0
    key, _ = _index()
    moved = was and is_now and any(was[name] != is_now[name] for name in key)
    images = [was, is_now] if moved else [max(was, is_now, key=item_bytes)]
    return sum(max(1, math.ceil(item_bytes(image) / _WRITE_BYTES)) for image in images)


def index_entry(image: Image) -> Image:
    """What the index has of an item; nothing without both of its keys."""
    key, shown = _index()
    if not all(name in image for name in key):
        return {}
    return {name: image[name] for name in (*_TABLE_KEY, *key, *shown) if name in image}


def item_bytes(item: Image) -> int:
    """ "DynamoDB item sizes and formats": names and values, of typed attributes."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(str(content).encode())
        case "N":
            digits = str(content).lstrip("-").replace(".", "").strip("0")
            return 1 + -(-len(digits) // 2) + str(content).startswith("-")
        case "L":
            return 3 + sum(1 + _value_bytes(one) for one in content)
        case "M":
            return 3 + sum(len(name.encode()) + 1 + _value_bytes(v) for name, v in content.items())
        case "SS":
            return sum(len(one.encode()) for one in content)
        case "BOOL" | "NULL":
            return 1
    raise ValueError(f"no size is known of type {kind}")


@cache
def _index() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The index's keys, and what else it shows, as the template has them."""
    for resource in synthesise()["Resources"].values():
        if resource["Type"] == "AWS::DynamoDB::Table":
            [index] = resource["Properties"]["GlobalSecondaryIndexes"]
            keys = tuple(each["AttributeName"] for each in index["KeySchema"])
            return keys, tuple(index["Projection"]["NonKeyAttributes"])
    raise LookupError("AWS::DynamoDB::Table")
