"""Lets actors run one at a time, and tries every order of their outside calls that can matter."""

import random
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from botocore.handlers import BUILTIN_HANDLERS

from lambdas.aws.items import EXPERIENCE_SORT_KEY
from ops.local_cloud.clock import Clock
from ops.simulator.simulator import Simulator

_STUCK_AFTER_SECONDS = 60.0
_ALWAYS, _NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)

# botocore's three attempts of three seconds each; the client's own limits for the two calls.
_AWS_LASTS = timedelta(seconds=9.5)
_GET_LASTS = timedelta(seconds=10)
_POST_LASTS = timedelta(seconds=20)


_THINGS = {"SELLER": "seller", "SETTINGS": "settings"}


class AbandonedError(BaseException):
    """This order of calls is one that was tried already: nothing more is to be learnt from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What an actor does next, as far as others can see: it reads or writes one thing, or none.

    Where time matters it happens between `soonest` and `latest`.
    """

    name: str
    thing: str | None = None
    writes: bool = False
    sleeps: bool = False
    soonest: datetime = _ALWAYS
    latest: datetime = _NEVER

    def meets(self, other: "Step") -> bool:
        """Whether it matters which of the two comes first."""
        if self.sleeps or other.sleeps:
            return True
        return (
            self.thing is not None and self.thing == other.thing and (self.writes or other.writes)
        )


class _Actor:
    def __init__(self, act: Callable[[], object], back: threading.Semaphore) -> None:
        self.next_step: Step | None = Step(name="start")
        self.error: BaseException | None = None
        self.abandoned = False
        self._act = act
        self._back = back
        self._go = threading.Semaphore(0)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            self._wait()
            self._act()
        except AbandonedError:
            pass
        except BaseException as error:  # noqa: BLE001 - raised again where the actors were started
            self.error = error
        self.next_step = None
        self._back.release()

    def hand_over(self, step: Step) -> None:
        self.next_step = step
        self._back.release()
        self._wait()

    def go(self) -> None:
        self._go.release()
        if not self._back.acquire(timeout=_STUCK_AFTER_SECONDS):
            raise RuntimeError("an actor neither ends nor hands over")

    def _wait(self) -> None:
        if not self._go.acquire(timeout=_STUCK_AFTER_SECONDS) or self.abandoned:
            raise AbandonedError


@dataclass(slots=True)
class _Choice:
    """One point of a run: what everybody was about to do, who went on, who need not be tried."""

    steps: Mapping[str, Step]
    in_time: list[str]
    spared: set[str]
    chosen: str = ""

    def choose(self) -> bool:
        """Take the next actor that is worth a try; False when there is none."""
        left = [name for name in self.in_time if name not in self.spared]
        self.chosen = left[0] if left else ""
        return bool(left)


class Turns:
    """Plays the same scene again and again, each time with another order of its actors' calls.

    Depth first with sleep sets (Godefroid, 1996): of all orders that differ only in steps that
    do not meet, one is played to its end.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.timed = False
        self.taken: list[tuple[str, Step]] = []
        self._actors: dict[str, _Actor] = {}
        self._path: list[_Choice] = []
        self._back = threading.Semaphore(0)
        self._unseen = False
        self._lots: random.Random | None = None

    def explore(self, play: Callable[[], None], *, most: int = 5_000) -> int:
        """Play until no order is left; gives how many were played to their end."""
        self.timed, self._path, played = False, [], 0
        while played <= most:
            try:
                play()
                played += 1
            except AbandonedError:
                pass
            if not self._turn_back():
                return played
        raise RuntimeError("too many orders: the scene is too long")

    def sample(self, play: Callable[[], None], *, runs: int, timed: bool = False) -> None:
        """Play in orders drawn by lot, for scenes that have too many.

        With `timed`, sleeps are steps too, and no call may last longer than its limit.
        """
        self.timed, self._lots = timed, random.Random(5)
        for _ in range(runs):
            self._path = []
            play()
        self._lots = None

    def run(self, actors: Mapping[str, Callable[[], object]]) -> None:
        """Let the actors of one scene act, in the order that is being tried.

        The steps that they took are in `taken` then.
        """
        self.taken = []
        self._actors = {name: _Actor(act, self._back) for name, act in actors.items()}
        depth = 0
        try:
            while steps := {n: a.next_step for n, a in self._actors.items() if a.next_step}:
                if depth == len(self._path):
                    self._path.append(self._choose(steps))
                choice = self._path[depth]
                assert _seen(choice.steps) == _seen(steps), "the scene does not repeat itself"
                self.taken.append((choice.chosen, steps[choice.chosen]))
                self._actors[choice.chosen].go()
                depth += 1
        finally:
            self._dismiss()
        for actor in self._ended:
            if actor.error:
                raise actor.error

    def hand_over(self, step: Step) -> None:
        """Called by an actor before each step that others can see; anybody else just goes on."""
        if self._unseen or not (step.thing or self.timed):
            return
        for actor in self._actors.values():
            if actor.thread is threading.current_thread():
                actor.hand_over(step)

    @contextmanager
    def unseen(self) -> Iterator[None]:
        """Inside, calls are the test's own and no steps."""
        self._unseen = True
        try:
            yield
        finally:
            self._unseen = False

    @property
    def acting(self) -> bool:
        return any(a.thread is threading.current_thread() for a in self._actors.values())

    def _dismiss(self) -> None:
        self._ended = list(self._actors.values())
        for actor in self._ended:
            if actor.next_step:
                actor.abandoned = True
                actor.go()
            actor.thread.join()
        self._actors = {}

    def _choose(self, steps: Mapping[str, Step]) -> _Choice:
        spared = set()
        if self._path:
            before = self._path[-1]
            done = before.steps[before.chosen]
            spared = {n for n in before.spared if n in steps and not steps[n].meets(done)}
        in_time = [name for name in steps if self._is_in_time(name, steps)]
        if self._lots:
            self._lots.shuffle(in_time)
        choice = _Choice(steps=steps, in_time=in_time, spared=spared)
        if not choice.choose():
            raise AbandonedError
        return choice

    def _is_in_time(self, name: str, steps: Mapping[str, Step]) -> bool:
        moment = max(steps[name].soonest, self.clock.now)
        return all(moment <= step.latest for other, step in steps.items() if other != name)

    def _turn_back(self) -> bool:
        """Drop what has been tried to its end; False when nothing is left."""
        while self._path:
            last = self._path[-1]
            last.spared.add(last.chosen)
            if last.choose():
                return True
            self._path.pop()
        return False


class TurnClock(Clock):
    """A clock whose sleeps are steps, while the actors' turns are timed."""

    turns: Turns | None = None

    def sleep(self, seconds: float) -> None:
        wakes = self.now + timedelta(seconds=seconds)
        if self.turns and self.turns.timed and seconds > 0 and self.turns.acting:
            self.turns.hand_over(Step(name="sleep", sleeps=True, soonest=wakes, latest=wakes))
        super().sleep(max((wakes - self.now).total_seconds(), 0.0))


class TurnSimulator(Simulator):
    """Amazon, with a step before each call reaches it.

    `creates` has the moments of all create calls; `on_create` sees each, and may answer it.
    """

    turns: Turns | None = None

    def __init__(self) -> None:
        super().__init__()
        self.creates: list[datetime] = []
        self.on_create: Callable[[httpx.Request], httpx.Response | None] | None = None

    def handle(self, request: httpx.Request) -> httpx.Response:
        if self.turns:
            self.turns.hand_over(_http_step(request, self.turns))
        if request.method == "POST" and "/solicitations/" in request.url.path:
            self.creates.append(datetime.now(UTC))
            if self.on_create and (answer := self.on_create(request)):
                return answer
        return super().handle(request)


def _seen(steps: Mapping[str, Step]) -> dict[str, tuple[str, str | None]]:
    return {name: (step.name, step.thing) for name, step in steps.items()}


@contextmanager
def aws_steps(turns: Turns) -> Iterator[None]:
    """Makes every call to AWS a step, for the botocore sessions that are made inside."""

    def before(*, event_name: str, params: Mapping[str, Any], **_: Any) -> None:
        turns.hand_over(_aws_step(event_name.rpartition(".")[2], params, turns))

    handler = ("provide-client-params", before)
    BUILTIN_HANDLERS.append(handler)
    try:
        yield
    finally:
        BUILTIN_HANDLERS.remove(handler)


def _aws_step(operation: str, params: Mapping[str, Any], turns: Turns) -> Step:
    key = params.get("Key") or params.get("Item") or {}
    sort_key = key.get("amazon_order_id", {}).get("S", "")
    thing = _THINGS.get(sort_key, "order") if "TableName" in params else None
    if sort_key.startswith(EXPERIENCE_SORT_KEY):
        thing = None  # counts add up in any order, and only the times of checks follow from them
    return Step(
        name=operation,
        thing=thing,
        writes=operation in {"PutItem", "UpdateItem"},
        latest=_limit(turns, _AWS_LASTS),
    )


def _http_step(request: httpx.Request, turns: Turns) -> Step:
    posts = request.method == "POST"
    return Step(
        name=request.method,
        thing="amazon" if "/solicitations/" in request.url.path else None,
        writes=posts,
        latest=_limit(turns, _POST_LASTS if posts else _GET_LASTS),
    )


def _limit(turns: Turns, lasts: timedelta) -> datetime:
    return turns.clock.now + lasts if turns.timed else _NEVER
