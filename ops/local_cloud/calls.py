"""What sees every AWS call a function makes: its latency, and the faults a test wants."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from threading import local
from typing import Any, Self

from botocore.handlers import BUILTIN_HANDLERS

from ops.local_cloud.clock import Clock


class Phase(StrEnum):
    BEFORE = "before"
    """Nothing has left yet. Raising here is a failed connection, or a function that died."""
    ANSWER = "answer"
    """AWS has acted, its answer is on the way. An error of httpclient is retried by botocore."""
    AFTER = "after"
    """botocore has the answer, the function has not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    function: str
    service: str
    operation: str
    phase: Phase
    parameters: Mapping[str, Any]


Hook = Callable[[Call], None]


class Calls:
    """Hooked into every botocore session made inside, so that the functions need not know."""

    def __init__(self, clock: Clock, latency: timedelta) -> None:
        self.hooks: list[Hook] = []
        self._clock = clock
        self._latency = latency.total_seconds()
        self._function: str | None = None
        self._of_thread = local()  # a function may make calls side by side
        # Registered after moto's own handler of before-send, so that moto has acted by then.
        self._handlers = [
            ("provide-client-params", self._before),
            ("before-send", self._answer),
            ("after-call", self._after),
        ]

    def __enter__(self) -> Self:
        BUILTIN_HANDLERS.extend(self._handlers)
        return self

    def __exit__(self, *_: object) -> None:
        for handler in self._handlers:
            BUILTIN_HANDLERS.remove(handler)

    @contextmanager
    def within(self, function: str) -> Iterator[None]:
        """Calls made inside are the function's; outside they are the pump's or the test's."""
        outer, self._function = self._function, function
        parameters = self._parameters
        try:
            yield
        finally:
            self._function, self._of_thread.parameters = outer, parameters

    @property
    def _parameters(self) -> Mapping[str, Any]:
        parameters: Mapping[str, Any] = getattr(self._of_thread, "parameters", {})
        return parameters

    def _before(self, *, event_name: str, params: Mapping[str, Any], **_: Any) -> None:
        if self._function:
            self._clock.sleep(0)  # a run past its deadline does nothing more
            self._of_thread.parameters = params
            self._tell(event_name, Phase.BEFORE)

    def _answer(self, *, event_name: str, **_: Any) -> None:
        if self._function:
            self._tell(event_name, Phase.ANSWER)

    def _after(self, *, event_name: str, **_: Any) -> None:
        if self._function:
            self._clock.sleep(self._latency)
            self._tell(event_name, Phase.AFTER)

    def _tell(self, event_name: str, phase: Phase) -> None:
        _, service, operation = event_name.split(".")
        call = Call(
            function=self._function or "",
            service=service.replace("-", ""),
            operation=operation,
            phase=phase,
            parameters=self._parameters,
        )
        for hook in list(self.hooks):
            hook(call)
