"""Chance without a sequence: a roll depends on its parts alone, never on the calls before it."""

from hashlib import blake2b
from uuid import UUID


def roll(*parts: object) -> float:
    """A number in [0, 1), always the same one for the same parts."""
    return int.from_bytes(_digest(parts, size=8)) / 2**64


def identifier(*parts: object) -> str:
    """A UUID, always the same one for the same parts."""
    return str(UUID(bytes=_digest(parts, size=16), version=4))


def _digest(parts: tuple[object, ...], *, size: int) -> bytes:
    return blake2b("\x1f".join(map(str, parts)).encode(), digest_size=size).digest()
