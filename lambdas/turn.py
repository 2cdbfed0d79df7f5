"""How an order's turn ended, as far as the run has to know."""

from dataclasses import dataclass
from enum import StrEnum

from lambdas.core.solicitation import Solicitation


class Turn(StrEnum):
    """PASSED did nothing; SETTLED wrote the order without a call, ANSWERED and HELD after one.

    DENIED and TROUBLE may be about this order or about all of the seller's. The others are about
    more than this order; NO_SLOT is a plan too slow for another call in this run.
    """

    PASSED = "passed"
    SETTLED = "settled"
    ANSWERED = "answered"
    HELD = "held"
    NO_SLOT = "no_slot"
    THROTTLED = "throttled"
    TROUBLE = "trouble"
    DENIED = "denied"
    ACCESS_REFUSED = "access_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnResult:
    """How a turn ended; `order` is there when its trouble has not been written on it yet."""

    turn: Turn
    order: Solicitation | None = None
    reason: str = ""
