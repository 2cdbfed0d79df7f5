"""A demo that was kept part-way, so that every command can be tried on it without an account."""

import hashlib
import inspect
import json
import os
import pickle
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from pkgutil import iter_modules
from threading import Lock
from types import FunctionType
from typing import Any

from ops import simulator
from ops.demo.stage import CLIENT_ID, CLIENT_SECRET, Message, Stage, local_cloud
from ops.errors import OperatorError
from ops.local_cloud.kept import Kept, KeptElsewhereError
from ops.local_cloud.template import synthesise
from ops.simulator.simulator import Simulator

PROJECT = Path(__file__).parents[2]
KEPT_IN = "DAYFIVE_KEPT"
"""Another file than the usual one; what it holds is trusted like the code itself."""

_LONGEST_RUN = timedelta(minutes=15)
_STEP = timedelta(minutes=1)


_LOCK = type(Lock())
_SIMULATOR = (simulator.__path__, f"{simulator.__name__}.")


class NothingKeptError(OperatorError):
    """No demo was kept, or it was kept by another version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDemo:
    """Amazon's side, AWS's side, and what Amazon has still to say."""

    start: datetime
    seed: int
    cloud: Kept
    simulator: Simulator
    delivered: list[Message]
    to_come: list[Message]


def kept_file() -> Path:
    return Path(os.environ.get(KEPT_IN) or PROJECT / ".dayfive" / "demo.kept")


def keep_anew(stage: Stage, path: Path) -> None:
    """Keep another demo than the one before, and forget what commands noted of that one."""
    keep(stage, path)
    shutil.rmtree(_notes(path), ignore_errors=True)


def keep(stage: Stage, path: Path) -> None:
    """Write all that there is to a file; whoever is stopped meanwhile leaves the old one."""
    demo = KeptDemo(
        start=stage.start,
        seed=stage.seed,
        cloud=stage.cloud.take_out(),
        simulator=stage.simulator,
        delivered=stage.delivered,
        to_come=list(stage.to_come.values()),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    with unfinished.open("wb") as file:
        file.write(_fingerprint())
        _Pickler(file).dump(demo)
    unfinished.replace(path)


@contextmanager
def kept_stage(path: Path) -> Iterator[Stage]:
    """The stage as it was kept. What is done on it is kept again when the block is left.

    Raises NothingKeptError, saying what to do.
    """
    demo = _read(path)
    credentials = {"DAYFIVE_CLIENT_ID": CLIENT_ID, "DAYFIVE_CLIENT_SECRET": CLIENT_SECRET}
    own = {name: text for name, text in os.environ.items() if name.startswith("DAYFIVE_")}
    variables = {"XDG_STATE_HOME": str(_notes(path)), **credentials, **own}
    with local_cloud(demo.simulator, start=demo.cloud.now, seed=demo.seed, variables=variables) as (
        cloud,
        canaries,
    ):
        try:
            cloud.put_back(demo.cloud)
        except KeptElsewhereError:
            raise NothingKeptError(_KEPT_BY_ANOTHER) from None
        stage = Stage(
            cloud=cloud,
            simulator=demo.simulator,
            canaries=canaries,
            start=demo.start,
            seed=demo.seed,
            delivered=demo.delivered,
        )
        for at, body in demo.to_come:
            stage.deliver(at, body)
        try:
            yield stage
        finally:
            keep(stage, path)


def settle(stage: Stage) -> None:
    """Let the functions work off what lies in their queues, as AWS would within moments."""
    queues = [stage.cloud.outputs[f"{name}Url"] for name in ("OrderChangeQueue", "WakeUpQueue")]
    end = stage.cloud.now + _LONGEST_RUN
    while any(map(stage.cloud.queue_depth, queues)) and stage.cloud.now < end:
        stage.cloud.run_until(stage.cloud.now + _STEP)


def _notes(path: Path) -> Path:
    """Where commands keep their places, apart from those of a deployment and of other demos."""
    return path.with_name(f"{path.name}.notes").absolute()


_KEPT_BY_ANOTHER = (
    "the demo was kept by another version of DayFive: run dayfive demo --keep once more"
)


def _read(path: Path) -> KeptDemo:
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise NothingKeptError(
            "no demo was kept: run dayfive demo --keep first, then use --local"
        ) from None
    with file:
        expected = _fingerprint()
        if file.read(len(expected)) != expected:
            raise NothingKeptError(_KEPT_BY_ANOTHER)
        demo = _Unpickler(file).load()
        assert isinstance(demo, KeptDemo)
        return demo


def _fingerprint() -> bytes:
    """Of the stack, and of what the simulated Amazon's objects are made of."""
    digest = hashlib.sha256(version("moto").encode())
    digest.update(json.dumps(synthesise(), sort_keys=True).encode())
    for module in (import_module(each.name) for each in iter_modules(*_SIMULATOR)):
        for _, each in inspect.getmembers(module, inspect.isclass):
            made = getattr(each.__init__, "__code__", None)
            if made and each.__module__ == module.__name__:
                digest.update(f"{each}{made.co_varnames}{made.co_names}".encode())
    return digest.digest()


class _Pickler(pickle.Pickler):
    """Leaves out the simulator's lock and its clock, which every process has of its own."""

    def persistent_id(self, obj: Any) -> str | None:
        if isinstance(obj, _LOCK):
            return "lock"
        if isinstance(obj, FunctionType) and obj.__name__ == "<lambda>":
            return "now"
        return None


class _Unpickler(pickle.Unpickler):
    def persistent_load(self, pid: Any) -> Any:
        return Lock() if pid == "lock" else _now


def _now() -> datetime:
    return datetime.now(UTC)
