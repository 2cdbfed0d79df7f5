"""`dayfive skip`, `release` and `check`: one order moved by the core's rules, and its seller woken.

None of them calls Amazon: the sender does, at the pace of the usage plan.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from lambdas.aws.errors import AwsError
from lambdas.aws.orders_table import StaleRecordError
from lambdas.core.operator_acts import Changed, Refused
from lambdas.core.solicitation import Solicitation
from ops.deployment import Deployment

Decide = Callable[[Solicitation], Changed | Refused]

_ATTEMPTS = 3
CONTENDED = "others keep changing its record just now: run the same command again"
GONE = "its record was deleted meanwhile"


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """The order as it is now, and as it was. `unplanned` says why no wake-up could be made."""

    before: Solicitation
    order: Solicitation
    unplanned: str | None = None


def act(
    deployment: Deployment, order: Solicitation, decide: Decide, *, dry_run: bool
) -> Acted | Refused:
    """Decide on the order and write it, unless another writer was quicker: then decide anew.

    A dry run writes nothing. What is written is planned first, as the functions do.
    """
    for _ in range(_ATTEMPTS):
        decision = decide(order)
        if isinstance(decision, Refused):
            return decision
        changed = decision.solicitation
        if dry_run:
            return Acted(before=order, order=changed)
        unplanned = _plan(deployment, changed)
        try:
            written = deployment.orders.put(changed, known=order)
        except StaleRecordError as stale:
            if stale.current is None:
                return Refused(reason=GONE)
            order = stale.current
            continue
        unplanned = unplanned or _wake(deployment, written)
        return Acted(before=order, order=written, unplanned=unplanned)
    return Refused(reason=CONTENDED)


def _plan(deployment: Deployment, changed: Solicitation) -> str | None:
    """A schedule, also for what is due now: the index may not show it to a wake-up yet."""
    if not changed.is_open:
        return None
    try:
        deployment.schedules.wake(changed.seller_id, changed.region, changed.due_at)
    except AwsError as error:
        return str(error)
    return None


def _wake(deployment: Deployment, written: Solicitation) -> str | None:
    if not written.is_open or written.due_at > datetime.now(UTC):
        return None
    try:
        deployment.wake_up_queue.wake(written.seller_id, written.region)
    except AwsError as error:
        return str(error)
    return None
