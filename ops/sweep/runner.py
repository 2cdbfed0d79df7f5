"""Runs a way once to record its calls, and once more for each of them to cut it off there."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from ops.demo.judge import Evidence, judge
from ops.demo.windows import Windows
from ops.simulator.operations import CREATE_SOLICITATION
from ops.sweep.outside import Crash, KilledError, Moment, Outside, OutsideCall
from ops.sweep.scene import Scene
from ops.sweep.stage import Stage, stage
from ops.sweep.ways import Truth, Way


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How one run of a way ended: the calls it made, and what was wrong at its end."""

    way: Way
    crash: Crash | None
    calls: tuple[OutsideCall, ...]
    broken: tuple[str, ...]

    def __str__(self) -> str:
        where = self.crash or "without a crash"
        return f"{self.way.name}, {where}: {'; '.join(self.broken) or 'all well'}"


def crashes(calls: Iterable[OutsideCall]) -> list[Crash]:
    """Every moment at which these calls can be cut off."""
    return [Crash(call=call, moment=moment) for call in calls for moment in Moment]


class Runner:
    """Runs share a stage, as setting it takes longer than a run; one that broke something ends it.

    Use it as a context manager.
    """

    def __init__(self) -> None:
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

    def run(self, way: Way, crash: Crash | None = None) -> Run:
        """One order on its way, to the end."""
        if self._stage is None:
            self._stage = self._exit.enter_context(stage())
        outside = Outside(self._stage.functions, crash)
        self._stage.begin(outside)
        scene = Scene(self._stage, f"903-5550101-{next(self._numbers):07}")
        way.prepare(scene)
        has_ended = self._stage.run_to_the_end()
        broken = list(_faults(self._stage, scene, way, outside))
        if not has_ended:
            broken.append("it did not come to an end")
        if crash and not outside.struck:
            broken.append(f"{crash} was not reached")
        if broken:
            self._exit.close()
            self._stage = None
        return Run(way=way, crash=crash, calls=tuple(outside.made), broken=tuple(broken))

    def sweep(self, way: Way, *, every: int = 1, offset: int = 0) -> Iterator[Run]:
        """The run without a crash, then one for each crash point, or for every so many."""
        plain = self.run(way)
        yield plain
        for crash in crashes(plain.calls)[offset::every]:
            yield self.run(way, crash)


def _faults(stage: Stage, scene: Scene, way: Way, outside: Outside) -> Iterator[str]:
    ledger = stage.simulator.ledger
    truth = Truth(accepted=any(entry.accepted for entry in ledger), answer_lost=outside.answer_lost)
    record = stage.records().get(scene.order_id, {})
    if record.get("status") != way.ends(truth):
        yield f"it ended {record.get('status')} ({record.get('reason')}), not {way.ends(truth)}"
    for line in stage.cloud.log_lines:
        stage.canaries.look("log", line.text)
    stage.canaries.look_at_items(stage.records().values())
    verdicts = judge(
        Evidence(
            ledger=ledger,
            windows=Windows(scene.delivered),
            records=stage.records(),
            canaries=stage.canaries,
            dead_letters=stage.dead_letters(),
            dead_letters_expected={},
            live_from=scene.live_from,
        )
    )
    for verdict in verdicts:
        # An order that was offered may be cancelled before it could be asked.
        if verdict.promise != "Nothing selective" or record.get("status") != "CANCELED":
            yield from verdict.broken
    for entry in ledger:
        if entry.operation == CREATE_SOLICITATION and entry.at < scene.live_from:
            yield "a create call before the seller was live"
    for failed in stage.cloud.errors:
        if not isinstance(failed.error, KilledError):
            yield f"{failed.function} failed: {failed.error!r}"
    for lost in stage.cloud.undelivered:
        yield f"undelivered: {lost}"
