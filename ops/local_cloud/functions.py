"""Lambda functions as the template declares them, run in this process one after another."""

from __future__ import annotations

import json
import traceback
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from ops.local_cloud.calls import Calls
from ops.local_cloud.clock import DeadlineError
from ops.local_cloud.console import LogLine, MetricValue, metrics_in
from ops.local_cloud.environment import ExecutionEnvironment
from ops.local_cloud.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What the template says of a function, resolved."""

    name: str
    arn: str
    handler: str
    timeout: timedelta
    memory_mb: int
    variables: Mapping[str, str]
    role: str
    recursion_allowed: bool
    asynchronous_retries: int


@dataclass(slots=True, kw_only=True)
class Counts:
    invocations: int = 0
    errors: int = 0
    timeouts: int = 0
    cold_starts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A response that JSON can carry, or the error that ended the run."""

    response: Any = None
    error: BaseException | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvocationError:
    function: str
    at: datetime
    error: BaseException


@dataclass(slots=True, kw_only=True)
class Record:
    """What all functions left behind."""

    log_lines: list[LogLine] = field(default_factory=list)
    metrics: list[MetricValue] = field(default_factory=list)
    errors: list[InvocationError] = field(default_factory=list)


class Context:
    """The context object of the Python runtime ("Using the Lambda context object", Lambda)."""

    function_version = "$LATEST"

    def __init__(self, definition: Definition, request_id: str, remaining: Callable[[], timedelta]):
        self.function_name = definition.name
        self.memory_limit_in_mb = str(definition.memory_mb)
        self.invoked_function_arn = definition.arn
        self.aws_request_id = request_id
        self.log_group_name = f"/aws/lambda/{definition.name}"
        self.log_stream_name = f"[$LATEST]{request_id}"
        self._remaining = remaining

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int(self._remaining() / timedelta(milliseconds=1)))


class Function:
    """Invoked as Lambda would: an environment that is warm or cold, cut at its timeout."""

    def __init__(
        self,
        definition: Definition,
        world: World,
        *,
        calls: Calls,
        code: Path,
        overrides: Mapping[str, str],
        record: Record,
    ) -> None:
        self.definition = definition
        self.counts = Counts()
        self._clock = world.clock
        self._behaviour = world.behaviour
        self._chance = world.chance(definition.name)
        self._calls = calls
        self._code = code
        self._overrides = overrides
        self._record = record
        self._warm: list[ExecutionEnvironment] = []

    def kill(self) -> None:
        """The next run is a cold start."""
        self._warm.clear()

    def invoke(self, event: Any) -> Outcome:
        request_id = str(uuid.UUID(int=self._chance.getrandbits(128), version=4))
        clock, name = self._clock, self.definition.name
        deadline = clock.now + self.definition.timeout
        context = Context(self.definition, request_id, lambda: deadline - clock.now)
        environment = self._environment()
        self.counts.invocations += 1
        with _Verdict() as verdict, clock.cut_at(deadline), self._calls.within(name):
            response = environment.call(json.loads(json.dumps(event)), context)
            response = json.loads(json.dumps(response))
            if clock.now > deadline:
                raise DeadlineError(f"ended after {deadline}")
        self._keep(environment, request_id, verdict.error)
        if verdict.error is None:
            return Outcome(response=response)
        self._count(verdict.error)
        return Outcome(error=verdict.error)

    def _environment(self) -> ExecutionEnvironment:
        oldest_use = self._clock.now - self._behaviour.idle_lifetime
        oldest_birth = self._clock.now - self._behaviour.longest_lifetime
        while self._warm:
            environment = self._warm.pop()
            if environment.last_used >= oldest_use and environment.born >= oldest_birth:
                return environment
        self.counts.cold_starts += 1
        variables = {**_runtime_variables(self.definition), **self._overrides}
        handler, code = self.definition.handler, self._code
        return ExecutionEnvironment(handler, code, variables, born=self._clock.now)

    def _keep(
        self, environment: ExecutionEnvironment, request_id: str, error: BaseException | None
    ) -> None:
        printed = environment.drain()
        if error is not None:
            printed.append("".join(traceback.format_exception(error)))
        for text in printed:
            line = LogLine(
                function=self.definition.name,
                request_id=request_id,
                at=self._clock.now,
                text=text,
            )
            self._record.log_lines.append(line)
            self._record.metrics.extend(metrics_in(line))
        if error is None or isinstance(error, Exception):  # anything else ends the process
            environment.last_used = self._clock.now
            self._warm.append(environment)

    def _count(self, error: BaseException) -> None:
        self.counts.errors += 1
        self.counts.timeouts += isinstance(error, DeadlineError)
        failed = InvocationError(function=self.definition.name, at=self._clock.now, error=error)
        self._record.errors.append(failed)


class _Verdict:
    """The boundary of the runtime: whatever a handler raises is an error of that invocation."""

    error: BaseException | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> bool:
        self.error = error
        return not isinstance(error, KeyboardInterrupt)


def _runtime_variables(definition: Definition) -> dict[str, str]:
    """What Lambda sets beside the template's ("Defined runtime environment variables", Lambda)."""
    region = definition.arn.split(":")[3]
    return {
        **definition.variables,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_NAME": definition.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(definition.memory_mb),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_SESSION_TOKEN": "testing",
        "HOME": "/nonexistent",  # no profile of the laptop's owner may reach a function
        "TZ": ":UTC",
        "_HANDLER": definition.handler,
    }
