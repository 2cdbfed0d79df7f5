"""Writes a file that is whole or not there: a stop leaves no half of it."""

from collections.abc import Iterable
from pathlib import Path

from ops.errors import OperatorError


def write_whole(path: Path, texts: Iterable[str]) -> None:
    """Write beside the file, then put it in its place. Raises OperatorError where that fails."""
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            file.writelines(texts)
        part.replace(path)
    except OSError as error:
        raise OperatorError(f"{path} cannot be written: {error.strerror or error}") from None
    finally:
        part.unlink(missing_ok=True)
