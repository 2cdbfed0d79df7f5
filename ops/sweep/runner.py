"""Runs a way once to record its calls, and once more for each of them to cut it off there."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from ops.demo.judge import Evidence, judge
from ops.demo.windows import Windows
from ops.local_cloud.cloud import CODE
from ops.sweep.disturbances import (
    Crash,
    Disturbance,
    Outage,
    OutsideCall,
)
from ops.sweep.outside import Outside
from ops.sweep.scene import Scene
from ops.sweep.stage import Stage, stage
from ops.sweep.ways import Truth, Way


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How one run of a way ended: its calls, where they can be cut off, and what was broken."""

    way: Way
    disturbance: Disturbance | None
    calls: tuple[OutsideCall, ...]
    crashes: tuple[Crash, ...]
    broken: tuple[str, ...]

    def __str__(self) -> str:
        met = self.disturbance or "undisturbed"
        return f"{self.way.name}, {met}: {'; '.join(self.broken) or 'all well'}"


class Runner:
    """Runs share a stage, as setting it takes longer than a run; one that broke something ends it.

    Use it as a context manager; the functions are the ones in the folder `code`.
    """

    def __init__(self, code: Path = CODE) -> None:
        self._code = code
        self._numbers = iter(range(1, 10_000_000))
        self._stage: Stage | None = None
        self._exit = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._exit.close()

    def run(self, way: Way, disturbance: Disturbance | None = None) -> Run:
        """One order on its way, or several at once, to the end."""
        if self._stage is None:
            self._stage = self._exit.enter_context(stage(self._code))
        outside = Outside(self._stage.functions, disturbance)
        self._stage.begin(outside)
        scene = Scene(self._stage, next(self._numbers))
        way.prepare(scene)
        has_ended = self._stage.run_to_the_end()
        outage = isinstance(disturbance, Outage)
        broken = list(_faults(self._stage, scene, way, outside, outage=outage))
        if not has_ended:
            broken.append("it did not come to an end")
        if isinstance(disturbance, Crash) and not disturbance.struck:
            broken.append("the call was never made")
        if broken:
            self._exit.close()
            self._stage = None
        return Run(
            way=way,
            disturbance=disturbance,
            calls=tuple(outside.made),
            crashes=tuple(Crash(call=call, moment=moment) for call, moment in outside.moments),
            broken=tuple(broken),
        )

    def sweep(self, way: Way, *, every: int = 1, offset: int = 0) -> Iterator[Run]:
        """The run without a crash, then one for each crash point, or for every so many."""
        plain = self.run(way)
        yield plain
        for crash in plain.crashes[offset::every]:
            yield self.run(way, crash)


def _faults(
    stage: Stage, scene: Scene, way: Way, outside: Outside, *, outage: bool
) -> Iterator[str]:
    # In an outage a sender may live and still find no way to write down what it knows.
    answers_lost = outside.answers_lost | (outside.unwritten if outage else set())
    accepted = {entry.amazon_order_id for entry in stage.simulator.ledger if entry.accepted}
    records = stage.records()
    for order_id in scene.order_ids:
        record = records.get(order_id, {})
        end = way.ends(Truth(accepted=order_id in accepted, answer_lost=order_id in answers_lost))
        if record.get("status") != end:
            yield f"{order_id} ended {record.get('status')} ({record.get('reason')}), not {end}"
    canceled = any(record["status"] == "CANCELED" for record in records.values())
    for verdict in judge(_evidence(stage, scene)):
        # An order that was offered may be cancelled before it could be asked.
        if verdict.promise != "Nothing selective" or not canceled:
            yield from verdict.broken
    for call in outside.dry_creates:
        yield f"{call} while the seller was not live"
    for failed in stage.cloud.errors:
        if not outside.explains(failed.error):
            yield f"{failed.function} failed: {failed.error!r}"
    for lost in stage.cloud.undelivered:
        yield f"undelivered: {lost}"


def _evidence(stage: Stage, scene: Scene) -> Evidence:
    stage.look_for_canaries()
    return Evidence(
        ledger=stage.simulator.ledger,
        windows=Windows(scene.delivered),
        records=stage.records(),
        canaries=stage.canaries,
        dead_letters=stage.dead_letters(),
        dead_letters_expected={},
        live_from=scene.live_from,
    )
