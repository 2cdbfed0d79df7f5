"""What the calls of a run may meet: one crash, a storm of them, or an outage of an AWS service."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from random import Random
from typing import Protocol

import httpx
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

AMAZON = "amazon"


class KilledError(BaseException):
    """The function's process is gone: nothing in it may catch this."""


class Moment(StrEnum):
    """When a call is cut off."""

    BEFORE = "killed before it leaves"
    LOST = "answer lost"
    AFTER = "killed after it took effect"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideCall:
    """One call of a run; `service` is AWS's short name, or `amazon`.

    It is the `number`th of its kind: the intake takes in orders side by side, so that calls of
    two kinds change places from run to run.
    """

    number: int
    function: str
    service: str
    operation: str

    def __str__(self) -> str:
        return f"{self.function}: {self.service} {self.operation} number {self.number}"


class Disturbance(Protocol):
    """Asked at each moment of each call; gives the error that the function meets there.

    `explains` says whether a run of a function may rightly end with this error.
    """

    def meet(self, call: OutsideCall, moment: Moment) -> BaseException | None: ...

    def explains(self, error: BaseException) -> bool: ...


class Calm:
    """Nothing happens."""

    def meet(self, call: OutsideCall, moment: Moment) -> BaseException | None:
        return None

    def explains(self, error: BaseException) -> bool:
        # A way of its own may have a crash in it.
        return isinstance(error, KilledError)


@dataclass(slots=True, kw_only=True)
class Crash(Calm):
    """One call is cut off at one moment."""

    call: OutsideCall
    moment: Moment
    struck: bool = False

    def __str__(self) -> str:
        return f"{self.call}, {self.moment}"

    def meet(self, call: OutsideCall, moment: Moment) -> BaseException | None:
        # botocore repeats a call whose answer was lost: that is the same call once more.
        if self.struck or call != self.call or moment is not self.moment:
            return None
        self.struck = True
        return _cut_off(call, moment)


class Storm(Calm):
    """Each moment of each call may be the last, up to a number of crashes in all."""

    def __init__(self, seed: int, *, rate: float = 0.07, most: int = 8) -> None:
        self._dice = Random(seed)
        self._name = f"storm {seed}"
        self._rate = rate
        self._left = most
        self._last: OutsideCall | None = None

    def __str__(self) -> str:
        return self._name

    def meet(self, call: OutsideCall, moment: Moment) -> BaseException | None:
        # botocore's second try of a call is answered, or the run might rightly fail.
        spared = not self._left or (call == self._last and moment is Moment.LOST)
        if spared or self._dice.random() >= self._rate:
            return None
        self._left -= 1
        self._last = call
        return _cut_off(call, moment)


class Trouble(StrEnum):
    """How an AWS service fails."""

    THROTTLED = "throttled"
    FAILING = "failing"
    OUT_OF_REACH = "out of reach"
    NO_KEY = "its KMS key fails"


# The error reference of each service's API.
_THROTTLED = {
    "dynamodb": "ProvisionedThroughputExceededException",
    "scheduler": "ThrottlingException",
    "sqs": "RequestThrottled",
    "secretsmanager": "ThrottlingException",
}
_NO_KEY = {"sqs": "KmsThrottled", "secretsmanager": "DecryptionFailure"}

# Three attempts that read for three seconds each, and the pauses between them.
_WAITED_IN_VAIN = timedelta(seconds=11)


@dataclass(slots=True, kw_only=True)
class Outage(Calm):
    """From one call of a run on, that service fails: for a while, or with `lasts` zero once."""

    call: OutsideCall
    trouble: Trouble
    lasts: timedelta
    begun: datetime | None = field(default=None, init=False)

    def __str__(self) -> str:
        return f"{self.call}, {self.trouble} for {self.lasts}"

    def meet(self, call: OutsideCall, moment: Moment) -> BaseException | None:
        if moment is not Moment.BEFORE or call.service != self.call.service:
            return None
        now = datetime.now(UTC)
        if call == self.call:
            self.begun = now
        elif self.begun is None or now >= self.begun + self.lasts:
            return None
        return self._error(call)

    def explains(self, error: BaseException) -> bool:
        # By its name: each execution environment has classes of its own.
        return type(error).__name__ in {"AwsUnavailableError", "SweepIncompleteError"}

    def _error(self, call: OutsideCall) -> BaseException:
        service = call.service
        match self.trouble:
            case Trouble.THROTTLED:
                return _refusal(_THROTTLED[service], 400, call.operation)
            case Trouble.NO_KEY:
                return _refusal(_NO_KEY[service], 400, call.operation)
            case Trouble.FAILING:
                return _refusal("InternalServerError", 500, call.operation)
            case Trouble.OUT_OF_REACH:
                time.sleep(_WAITED_IN_VAIN.total_seconds())
                return _unreachable(service)


def _cut_off(call: OutsideCall, moment: Moment) -> BaseException:
    if moment is not Moment.LOST:
        return KilledError()
    if call.service == AMAZON:
        return httpx.ReadError("Connection reset by peer")
    lost: BaseException = ReadTimeoutError(endpoint_url=call.service)
    return lost


def _unreachable(service: str) -> BaseException:
    error: BaseException = EndpointConnectionError(endpoint_url=service)
    return error


def _refusal(code: str, status: int, operation: str) -> BaseException:
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    error: BaseException = ClientError(answer, operation)
    return error
