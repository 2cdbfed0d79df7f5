"""Says in plain words why an order is checked when it is, where earlier orders decided that."""

from lambdas.core.planning import EARLY_ON_PURPOSE, Why
from lambdas.core.policy import Policy
from lambdas.core.solicitation import Solicitation

_LIKE_IT = (
    "earlier orders of this seller, marketplace and fulfilment type whose dates came the same way"
)


def why_then(order: Solicitation, policy: Policy) -> str | None:
    """What is due and why then, or None where no plan but the fixed ladder says it."""
    number = "the next check" if order.checks else "the first check"
    chance = "" if order.likely is None else f", with a chance of {order.likely} %"
    match order.plan:
        case Why.LEARNED:
            return (
                f"{number}, at the time that costs least by what {_LIKE_IT} have shown: Amazon"
                f" offers it by then{chance}. Sooner it would rather be in vain, later the buyer"
                f" waits; a day is worth {policy.checks_per_day:g} checks (checks_per_day in"
                " cdk.json)"
            )
        case Why.EARLY:
            return (
                f"{number}, early on purpose{chance}: {100 * EARLY_ON_PURPOSE:.0f} in 100 checks"
                " are, so that it is seen how soon orders become eligible, also where that is"
                f" sooner than {_LIKE_IT} did"
            )
    return None
