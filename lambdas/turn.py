"""How an order's turn ended, as far as the run has to know."""

from dataclasses import dataclass
from enum import StrEnum

from lambdas.core.solicitation import Solicitation


class Turn(StrEnum):
    """PASSED did nothing; SETTLED wrote the order without a call, ANSWERED and HELD after one.

    The others are about more than this order.
    """

    PASSED = "passed"
    SETTLED = "settled"
    ANSWERED = "answered"
    HELD = "held"
    THROTTLED = "throttled"
    TROUBLE = "trouble"
    ACCESS_REFUSED = "access_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnResult:
    """How a turn ended; `order` is there when its trouble has not been written on it yet."""

    turn: Turn
    order: Solicitation | None = None
    reason: str = ""
