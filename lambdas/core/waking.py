"""What is to be done with an order that a wake-up found."""

from dataclasses import dataclass, replace
from datetime import datetime

from lambdas.core.news import apply_note
from lambdas.core.placing import (
    MARKETPLACE_PAUSED,
    reason_at_end,
    reason_of_skipping,
    status_at_end,
)
from lambdas.core.planning import PlannedCheck, plan_first_check, put_off_by_plan
from lambdas.core.policy import Policy
from lambdas.core.seller import Seller
from lambdas.core.seller_settings import SellerSettings
from lambdas.core.solicitation import Event, Solicitation, Status
from lambdas.core.timing import put_off

CHECK_ASKED = "check_asked_by_operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """Leave the order alone, for this reason."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckActions:
    """Ask Amazon which actions it offers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settle:
    """Write the order as it is here; it is planned or ended."""

    solicitation: Solicitation


def on_wake_up(
    solicitation: Solicitation,
    *,
    now: datetime,
    policy: Policy,
    seller: Seller,
    settings: SellerSettings,
) -> Pass | CheckActions | Settle:
    """Decide what is to be done with an order that a wake-up found."""
    if not solicitation.is_open:
        return Pass(reason=f"already_{solicitation.status.lower()}")
    if solicitation.due_at > now:
        return Pass(reason="not_due")
    if solicitation.is_claimed(now):
        return Pass(reason="claimed")
    if solicitation.note:
        return Settle(solicitation=apply_note(solicitation, now=now, policy=policy))
    if solicitation.window.has_shut(now):
        return Settle(solicitation=_shut(solicitation))
    if solicitation.status is Status.HELD:
        return Pass(reason="held")
    if excluded := settings.why_excluded(
        solicitation.marketplace_id, solicitation.fulfillment_type, solicitation.skus
    ):
        return Settle(solicitation=_skipped(solicitation, excluded))
    if now < solicitation.window.opens_at:
        s = solicitation
        first = plan_first_check(s.amazon_order_id, s.news, s.window, policy=policy)
        return Settle(solicitation=_planned(s, first))
    if solicitation.marketplace_id in seller.paused_marketplaces:
        return Settle(solicitation=_set_aside(solicitation))
    if solicitation.reason == CHECK_ASKED:
        return CheckActions()
    if better := put_off_by_plan(solicitation, now=now, policy=policy):
        return Settle(solicitation=_planned(solicitation, better))
    later = put_off(now, solicitation.window, policy.sending_hours)
    if later > now:
        return Settle(solicitation=replace(solicitation, due_at=later))
    return CheckActions()


def _planned(solicitation: Solicitation, check: PlannedCheck) -> Solicitation:
    return replace(solicitation, due_at=check.at, plan=check.why, likely=check.likely)


def _skipped(solicitation: Solicitation, reason: str) -> Solicitation:
    return solicitation.move(
        Event.EXCLUDED, Status.SKIPPED, reason_of_skipping(reason, solicitation)
    )


def _set_aside(solicitation: Solicitation) -> Solicitation:
    """Left due it would stand in the way of the other marketplaces' orders at each wake-up."""
    return solicitation.move(
        Event.PAUSED, Status.WAITING, MARKETPLACE_PAUSED, due_at=solicitation.window.closes_at
    )


def _shut(solicitation: Solicitation) -> Solicitation:
    return solicitation.move(Event.SHUT, status_at_end(solicitation), reason_at_end(solicitation))
