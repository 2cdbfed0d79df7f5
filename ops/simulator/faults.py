"""Trouble on purpose: outages, throttling, broken connections and lost answers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from lambdas.core.marketplaces import Region
from ops.simulator.calls import Call
from ops.simulator.dice import roll
from ops.simulator.operations import TOKEN


class FaultKind(StrEnum):
    """What goes wrong."""

    EMPTY = "empty"
    """Every check answers an empty actions list (amzn/selling-partner-api-models issue 4927)."""

    ERROR = "error"
    """500 or 503, without effect."""

    THROTTLE = "throttle"
    """429 although the bucket has room."""

    DROP = "drop"
    """The connection breaks before the call has any effect."""

    LOST_ANSWER = "lost_answer"
    """The call takes effect, then the connection breaks."""

    LATE_ERROR = "late_error"
    """The call takes effect, then the gateway answers 504."""

    HTML_403 = "html_403"
    """The gateway refuses with a page of its own."""


HIDING = frozenset(FaultKind) - {FaultKind.LOST_ANSWER, FaultKind.LATE_ERROR}
"""Kinds that keep an order from being solicited while they last."""


_ALWAYS = datetime.min.replace(tzinfo=UTC)
_FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One kind of trouble: an outage between two times, a share of all calls, or both.

    Without an operation it strikes all of SP-API, but not the token endpoint, which is
    another service: that takes `operation="token"`.
    """

    kind: FaultKind
    start: datetime = _ALWAYS
    end: datetime = _FOREVER
    rate: float = 1.0
    operation: str | None = None
    region: Region | None = None
    seller_id: str | None = None
    status: int = 500
    html: bool = False

    def strikes(self, call: Call, seed: int) -> bool:
        if not self.covers(call.operation, call.region, call.seller_id, call.at):
            return False
        luck = (call.operation, call.subject, call.number)
        return self.rate >= 1.0 or roll(seed, self.kind, self.status, *luck) < self.rate

    def covers(
        self, operation: str, region: Region | None, seller_id: str | None, at: datetime
    ) -> bool:
        return (
            self.start <= at < self.end
            and (self.operation == operation if self.operation else operation != TOKEN)
            and self.region in (None, region)
            and self.seller_id in (None, seller_id)
        )


def faults_of(call: Call, faults: Iterable[Fault], seed: int) -> dict[FaultKind, Fault]:
    """The faults that strike this call, the first listed of each kind."""
    struck: dict[FaultKind, Fault] = {}
    for fault in faults:
        if fault.strikes(call, seed):
            struck.setdefault(fault.kind, fault)
    return struck
