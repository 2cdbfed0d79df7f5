"""What the sender does with each of Amazon's answers, and where there was none."""

from dataclasses import dataclass, replace
from datetime import datetime

from lambdas.core.news import apply_note
from lambdas.core.placing import reason_at_end, status_at_end
from lambdas.core.planning import PlannedCheck, Why, plan_next_check
from lambdas.core.policy import Policy
from lambdas.core.refusals import Refusal
from lambdas.core.solicitation import (
    NOT_OFFERED,
    OFFERED,
    Event,
    Solicitation,
    Status,
)
from lambdas.core.timing import (
    CLAIM_LASTS,
    CONFIRMED_AFTER,
    after_trouble,
    hourly_until_close,
    last_checks,
)
from lambdas.core.waking import Settle

ACTION = "productReviewAndSellerFeedback"
FAILURES_BEFORE_HOLD = 5
OFFERED_FOR_CERTAIN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Write the order with this claim, then call Amazon."""

    solicitation: Solicitation


def on_actions(
    solicitation: Solicitation,
    actions: frozenset[str],
    *,
    live: bool,
    claim: str,
    now: datetime,
    policy: Policy,
) -> Claim | Settle:
    """Decide on the actions Amazon listed; `claim` names this sender should it call."""
    if ACTION not in actions:
        return Settle(solicitation=_not_offered(solicitation, NOT_OFFERED, now=now, policy=policy))
    offered = solicitation.with_check(OFFERED, now=now)
    if not live:
        return Settle(solicitation=_offered_dry(offered, now=now, policy=policy))
    # Nothing that the index shows changes by a claim, so that it is one write and not three.
    return Claim(
        solicitation=offered.move(
            Event.OFFERED,
            Status.SENDING,
            "claimed",
            claim=claim,
            claim_until=now + CLAIM_LASTS,
            posts_open=solicitation.posts_open + 1,
        )
    )


def on_check_refused(
    solicitation: Solicitation, refusal: Refusal, text: str, *, now: datetime, policy: Policy
) -> Settle:
    """Decide on a 403 to the check that is about the order and not about the seller's access."""
    match refusal:
        case Refusal.ALREADY_REQUESTED:
            return Settle(solicitation=_already_requested(solicitation, now=now))
        case Refusal.NOT_AVAILABLE | Refusal.OUTSIDE_WINDOW:
            return Settle(solicitation=_not_offered(solicitation, refusal, now=now, policy=policy))
        case _:
            return Settle(solicitation=on_rejected(solicitation, text, now=now))


def on_created(claimed: Solicitation, request_id: str | None, *, now: datetime) -> Solicitation:
    """201: the one state that overrides whatever else is on record, because it is known."""
    return claimed.move(
        Event.CREATED,
        Status.SENT,
        "sent",
        sent_at=now,
        request_id=request_id,
        posts_open=claimed.posts_open - 1,
        note=None,
    )


def on_create_unanswered(claimed: Solicitation) -> Solicitation:
    """The call may have been accepted: the claim stands, and the order is due when it has run out.

    Still due since before the claim, it would come first at each wake-up for ever.
    """
    due_at = min(claimed.next_look_at, claimed.window.closes_at)
    return replace(claimed, due_at=due_at, plan=None, likely=OFFERED_FOR_CERTAIN)


def on_create_refused(
    claimed: Solicitation, refusal: Refusal, text: str, *, now: datetime, policy: Policy
) -> Solicitation:
    """A 403 to the create call: it was not accepted, so this claim's call is taken back."""
    taken_back = replace(claimed, posts_open=claimed.posts_open - 1)
    if refusal is Refusal.ALREADY_REQUESTED:
        return _already_requested(taken_back, now=now)
    if refusal is Refusal.NOT_AVAILABLE and taken_back.posts_open:
        # An earlier call of ours had no answer; that it is now refused explains that call.
        return taken_back.with_check(refusal, now=now).move(
            Event.REFUSED, Status.SENT_UNCONFIRMED, "refused_after_an_unanswered_call", note=None
        )
    if refusal in {Refusal.NOT_AVAILABLE, Refusal.OUTSIDE_WINDOW}:
        checked = taken_back.with_check(refusal, now=now)
        check = plan_next_check(checked, now=now, policy=policy)
        return _noticed(_again(checked, Event.REFUSED, refusal, check, now=now), now, policy)
    return _noticed(on_rejected(taken_back, text, now=now), now, policy)


def on_create_deferred(
    claimed: Solicitation, reason: str, *, due_at: datetime, now: datetime, policy: Policy
) -> Solicitation:
    """The create call certainly did not happen (throttled, credentials, not sent): later again."""
    moved = claimed.move(
        Event.REFUSED,
        Status.WAITING,
        reason,
        due_at=min(due_at, claimed.window.closes_at),
        posts_open=claimed.posts_open - 1,
    )
    return _noticed(moved, now, policy)


def on_create_rejected(
    claimed: Solicitation, text: str, *, now: datetime, policy: Policy
) -> Solicitation:
    """400, 404, 413 or 415 to the create call: a person has to look."""
    taken_back = replace(claimed, posts_open=claimed.posts_open - 1)
    return _noticed(on_rejected(taken_back, text, now=now), now, policy)


def on_rejected(solicitation: Solicitation, text: str, *, now: datetime) -> Solicitation:
    """An answer that no rule knows: held with its text until a person releases it."""
    return solicitation.with_check("rejected", now=now).move(
        Event.REJECTED, Status.HELD, text, due_at=solicitation.window.closes_at
    )


def on_trouble(solicitation: Solicitation, reason: str, *, now: datetime) -> Solicitation:
    """A call failed at Amazon: the order keeps its state and is looked at again."""
    return solicitation.move(
        Event.TROUBLE,
        Status.WAITING,
        reason,
        due_at=after_trouble(solicitation.window, now=now),
    )


def on_own_failure(solicitation: Solicitation, reason: str, *, now: datetime) -> Solicitation:
    """A failure of this order's alone: after five of them it is held, so that it is seen."""
    failures = solicitation.failures + 1
    if failures < FAILURES_BEFORE_HOLD:
        return replace(on_trouble(solicitation, reason, now=now), failures=failures)
    return solicitation.move(
        Event.TROUBLE,
        Status.HELD,
        reason,
        failures=failures,
        due_at=solicitation.window.closes_at,
    )


def on_live(solicitation: Solicitation) -> Solicitation | None:
    """The seller went live: what a dry run would have sent is due; None leaves it as it is.

    It is due since it would have been sent: no clock but the sender's own decides the rest.
    """
    would_send_at = solicitation.would_send_at
    if solicitation.status is not Status.WAITING or would_send_at is None:
        return None
    return solicitation.move(Event.LIVE, Status.WAITING, "seller_went_live", due_at=would_send_at)


def _not_offered(
    solicitation: Solicitation, answer: str, *, now: datetime, policy: Policy
) -> Solicitation:
    checked = solicitation.with_check(answer, now=now)
    check = plan_next_check(checked, now=now, policy=policy)
    if check is None and _is_confirmed(solicitation, now=now):
        return checked.move(
            Event.NOT_OFFERED, status_at_end(checked), reason_at_end(checked), due_at=now
        )
    return _again(checked, Event.NOT_OFFERED, answer, check, now=now)


def _again(
    checked: Solicitation, event: Event, answer: str, check: PlannedCheck | None, *, now: datetime
) -> Solicitation:
    """Waiting for the next check, which past the ladder's end is within the hour."""
    check = check or PlannedCheck(at=hourly_until_close(checked.window, now=now), why=Why.HOURLY)
    return checked.move(
        event, Status.WAITING, answer, due_at=check.at, plan=check.why, likely=check.likely
    )


def _offered_dry(offered: Solicitation, *, now: datetime, policy: Policy) -> Solicitation:
    last_check = last_checks(offered.window, policy=policy)[-1]
    return offered.move(
        Event.OFFERED_DRY,
        Status.WAITING,
        "dry_run",
        would_send_at=offered.would_send_at or now,
        likely=OFFERED_FOR_CERTAIN,
        due_at=last_check if now < last_check else offered.window.closes_at,
    )


def _already_requested(solicitation: Solicitation, *, now: datetime) -> Solicitation:
    checked = solicitation.with_check(Refusal.ALREADY_REQUESTED, now=now)
    if checked.posts_open:
        return checked.move(
            Event.ALREADY_REQUESTED,
            Status.SENT_UNCONFIRMED,
            "already_requested_after_an_unanswered_call",
            note=None,
        )
    return checked.move(
        Event.ALREADY_REQUESTED, Status.ALREADY_REQUESTED, "already_requested", note=None
    )


def _is_confirmed(before: Solicitation, *, now: datetime) -> bool:
    """Whether the check before this one was empty too, and a day or more ago."""
    if not before.checks:
        return False
    last = before.checks[-1]
    return last.answer == NOT_OFFERED and now - last.at >= CONFIRMED_AFTER


def _noticed(outcome: Solicitation, now: datetime, policy: Policy) -> Solicitation:
    """An outcome that leaves the order open takes in the news that came meanwhile."""
    return apply_note(outcome, now=now, policy=policy)
