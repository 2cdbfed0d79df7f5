"""What an operator may do with one order: skip it, release it, have it checked, take it up again.

None of these calls Amazon. They move the order's due time, and a wake-up does the rest at
the pace of the usage plan.
"""

from dataclasses import dataclass
from datetime import datetime

from lambdas.core.marketplaces import region_of
from lambdas.core.placing import (
    MARKETPLACE_PAUSED,
    REPLACEMENT_ORDER,
    reason_at_end,
    reason_of_skipping,
    status_at_end,
)
from lambdas.core.policy import Policy
from lambdas.core.seller import Seller
from lambdas.core.seller_settings import SellerSettings
from lambdas.core.solicitation import Event, Solicitation, Status
from lambdas.core.timing import first_check_at
from lambdas.core.waking import CHECK_ASKED

SKIPPED_BY_OPERATOR = "skipped_by_operator"
RELEASED_BY_OPERATOR = "released_by_operator"
MARKETPLACE_RESUMED = "marketplace_resumed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """The order after the act: write it over the one that was read, then wake its seller."""

    solicitation: Solicitation


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The act is not possible, for this reason, in words that can be shown as they are."""

    reason: str


def on_skip(known: Solicitation, *, now: datetime) -> Changed | Refused:
    """The operator does not want this order asked about."""
    if reason := _why_not_at_all(known, now):
        return Refused(reason=reason)
    if known.status is Status.SKIPPED:
        return Refused(reason=f"it is SKIPPED already ({known.reason})")
    reason = reason_of_skipping(SKIPPED_BY_OPERATOR, known)
    return Changed(solicitation=known.move(Event.SKIPPED, Status.SKIPPED, reason))


def on_release(
    known: Solicitation, *, now: datetime, policy: Policy, settings: SellerSettings
) -> Changed | Refused:
    """The operator has looked at an order that was held, or wants one asked that was skipped.

    A held order whose window has shut ends here.
    """
    if reason := _why_not_released(known, now, settings):
        return Refused(reason=reason)
    if known.window.has_shut(now):
        ended = known.move(Event.RELEASED, status_at_end(known), reason_at_end(known))
        return Changed(solicitation=ended)
    return Changed(
        solicitation=known.move(
            Event.RELEASED,
            Status.WAITING,
            RELEASED_BY_OPERATOR,
            due_at=first_check_at(known.window, policy=policy),
            failures=0,
        )
    )


def on_check_now(known: Solicitation, *, seller: Seller, now: datetime) -> Changed | Refused:
    """The operator wants Amazon asked about this order now, whatever was planned."""
    if reason := _why_not_checked(known, seller, now):
        return Refused(reason=reason)
    return Changed(
        solicitation=known.move(Event.CHECK_ASKED, Status.WAITING, CHECK_ASKED, due_at=now)
    )


def on_resume(known: Solicitation, *, policy: Policy) -> Changed | Refused:
    """The order's marketplace is served again: it was set aside when a check fell due.

    It is due since its first check: no clock but the sender's own decides the rest.
    """
    if known.status is not Status.WAITING or known.reason != MARKETPLACE_PAUSED:
        return Refused(reason="it was not set aside by a paused marketplace")
    due_at = first_check_at(known.window, policy=policy)
    return Changed(
        solicitation=known.move(Event.RESUMED, Status.WAITING, MARKETPLACE_RESUMED, due_at=due_at)
    )


def _why_not_at_all(known: Solicitation, now: datetime) -> str | None:
    if known.is_claimed(now):
        return f"a create call may be on its way: try again after {known.claim_until:%H:%M:%S} UTC"
    if known.status is Status.SENDING:
        return "the answer to a create call is being looked into: try again later"
    if known.status not in {Status.WAITING, Status.HELD, Status.SKIPPED}:
        return f"it has ended: {known.status} ({known.reason})"
    return None


def _why_not_released(known: Solicitation, now: datetime, settings: SellerSettings) -> str | None:
    if reason := _why_not_at_all(known, now):
        return reason
    if known.status is Status.WAITING:
        return f"it is not held: its next look is due at {known.due_at:%Y-%m-%d %H:%M} UTC"
    if known.reason == REPLACEMENT_ORDER:
        return "it replaces another order, about which its buyer was asked"
    if region_of(known.marketplace_id) not in {None, known.region}:
        return "its marketplace belongs to another region than its subscription"
    if known.status is Status.SKIPPED and known.window.has_shut(now):
        return f"its window shut at {known.window.closes_at:%Y-%m-%d %H:%M} UTC"
    if excluded := settings.why_excluded(known.marketplace_id, known.fulfillment_type, known.skus):
        return f"the seller's settings still exclude it ({excluded})"
    return None


def _why_not_checked(known: Solicitation, seller: Seller, now: datetime) -> str | None:
    if reason := _why_not_at_all(known, now):
        return reason
    if known.status is not Status.WAITING:
        return f"it is {known.status} ({known.reason}): release it first"
    if now < known.window.opens_at:
        return f"its window opens at {known.window.opens_at:%Y-%m-%d %H:%M} UTC"
    if known.window.has_shut(now):
        return f"its window shut at {known.window.closes_at:%Y-%m-%d %H:%M} UTC"
    if seller.paused:
        return "the seller is paused: resume it first"
    if known.marketplace_id in seller.paused_marketplaces:
        return "its marketplace is paused: resume it first"
    return None
