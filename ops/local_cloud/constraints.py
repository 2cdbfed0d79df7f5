"""The limits that AWS's own service models state and botocore does not hold the caller to."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ListShape, Shape, StructureShape


@cache
def input_shape(service: str, operation: str) -> StructureShape:
    model = botocore.session.Session().get_service_model(service)
    shape: StructureShape = model.operation_model(operation).input_shape
    return shape


def validation_message(shape: Shape, value: Any) -> str | None:
    """What AWS answers to a value outside its model; nothing to one inside."""
    faults = list(_faults(shape, value, ""))
    if not faults:
        return None
    noun = "error" if len(faults) == 1 else "errors"
    return f"{len(faults)} validation {noun} detected: {'; '.join(faults)}"


def _faults(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if value is None:
        return
    if isinstance(shape, StructureShape):
        for name, member in shape.members.items():
            inner = f"{path}.{_camel(name)}" if path else _camel(name)
            yield from _faults(member, value.get(name), inner)
    elif isinstance(shape, ListShape):
        for position, item in enumerate(value, start=1):
            yield from _faults(shape.member, item, f"{path}.{position}.member")
    else:
        yield from _faults_of_a_scalar(shape, value, path)


def _faults_of_a_scalar(shape: Shape, value: Any, path: str) -> Iterator[str]:
    limits = shape.metadata
    size = len(value) if isinstance(value, str) else value
    length = " length" if isinstance(value, str) else " value"
    failed = f"Value '{value}' at '{path}' failed to satisfy constraint: Member must"
    if "max" in limits and size > limits["max"]:
        yield f"{failed} have{length} less than or equal to {limits['max']}"
    if "min" in limits and size < limits["min"]:
        yield f"{failed} have{length} greater than or equal to {limits['min']}"
    if "pattern" in limits and not re.fullmatch(limits["pattern"], value):
        yield f"{failed} satisfy regular expression pattern: {limits['pattern']}"
    if "enum" in limits and value not in limits["enum"]:
        yield f"{failed} satisfy enum value set: [{', '.join(limits['enum'])}]"


def _camel(name: str) -> str:
    return name[:1].lower() + name[1:]
