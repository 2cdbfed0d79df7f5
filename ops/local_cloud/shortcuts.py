"""The same answers in a fraction of the time: what moto and botocore would do over and over."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import botocore.session
import moto.core.responses
from botocore.model import StructureShape
from moto.core.serialize import SERVICE_SPECIFIC_SERIALIZERS, JSONSerializer
from moto.dynamodb.models.dynamo_type import Item

TEXTUAL = {"S", "N", "BOOL", "NULL", "SS", "NS"}


class WrittenAsTheyAre(JSONSerializer):
    """moto looks for each of ten types in each attribute, which is in its form already."""

    def _serialize_type_structure(
        self, serialized: Any, value: Any, shape: StructureShape, key: str
    ) -> None:
        if shape.name == "AttributeValue" and value.keys() <= TEXTUAL:
            serialized[key] = value
        else:
            super()._serialize_type_structure(serialized, value, shape, key)


# Their answers depend on nothing but what they are asked; they are asked in every call.
REMEMBERED = (
    (botocore.session, "create_loader"),
    (moto.core.responses, "method_names_from_class"),
    (moto.core.responses, "camelcase_to_underscores"),
)

# Every full collection goes through all that moto has imported: a seventh of the time.
SELDOM = (20_000, 20, 20)


def untracked(cls: type[Item], *_: Any, **__: Any) -> Item:
    """moto keeps every item that was ever read, for good: a backlog fills the memory with them."""
    return object.__new__(cls)


@contextmanager
def shortcuts() -> Iterator[None]:
    taken: list[tuple[Any, str, Any]] = [
        *((module, name, cache(getattr(module, name))) for module, name in REMEMBERED),
        (Item, "__new__", untracked),
    ]
    originals = [(owner, name, getattr(owner, name)) for owner, name, _ in taken]
    for each in taken:
        setattr(*each)
    SERVICE_SPECIFIC_SERIALIZERS["dynamodb"] = {"json": WrittenAsTheyAre}
    thresholds = gc.get_threshold()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        del SERVICE_SPECIFIC_SERIALIZERS["dynamodb"]
        for each in originals:
            setattr(*each)
