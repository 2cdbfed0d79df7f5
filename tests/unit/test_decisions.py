"""What the sender does with a due order, and with each of Amazon's answers."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.core.decisions import (
    ACTION,
    Claim,
    on_actions,
    on_check_refused,
    on_create_deferred,
    on_create_refused,
    on_create_rejected,
    on_create_unanswered,
    on_created,
    on_own_failure,
    on_trouble,
)
from lambdas.core.delivery import DeliveryNews, Promise
from lambdas.core.refusals import Refusal
from lambdas.core.solicitation import Check, Note, Solicitation, Status
from lambdas.core.waking import CheckActions, Pass, Settle, on_wake_up
from tests.records import (
    EARLIEST,
    LATEST,
    NO_SETTINGS,
    POLICY,
    SELLER,
    SHIPPED_AT,
    WINDOW,
    solicitation,
)

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
OPENS, CLOSES = WINDOW.opens_at, WINDOW.closes_at


def woken(order: Solicitation, now: datetime) -> Pass | CheckActions | Settle:
    return on_wake_up(order, now=now, policy=POLICY, seller=SELLER, settings=NO_SETTINGS)


def settled(decision: Any) -> Solicitation:
    assert isinstance(decision, Settle)
    return decision.solicitation


def answered(
    order: Solicitation, *actions: str, now: datetime = OPENS, live: bool = True
) -> Claim | Settle:
    return on_actions(order, frozenset(actions), live=live, claim="claim-1", now=now, policy=POLICY)


def claimed(**overrides: Any) -> Solicitation:
    decision = answered(solicitation(**overrides), ACTION)
    assert isinstance(decision, Claim)
    return decision.solicitation


def test_a_due_order_inside_its_window_is_checked() -> None:
    assert woken(solicitation(), OPENS) == CheckActions()


def test_an_order_that_is_not_due_or_not_open_is_left_alone() -> None:
    assert woken(solicitation(), OPENS - HOUR) == Pass(reason="not_due")
    assert woken(solicitation(status=Status.SENT), OPENS) == Pass(reason="already_sent")


def test_a_living_claim_is_left_alone() -> None:
    order = claimed()

    assert order.claim_until is not None
    now = order.claim_until - timedelta(seconds=1)
    assert woken(solicitation(status=Status.SENDING, claim_until=CLOSES), now) == Pass(
        reason="claimed"
    )


@pytest.mark.parametrize("claimed_at", [OPENS, CLOSES - timedelta(minutes=2)])
def test_an_unanswered_call_is_due_when_its_claim_ends_and_within_the_window(
    claimed_at: datetime,
) -> None:
    decision = answered(solicitation(), ACTION, now=claimed_at)
    assert isinstance(decision, Claim)
    order = decision.solicitation

    outcome = on_create_unanswered(order)

    assert (outcome.status, outcome.claim) == (Status.SENDING, order.claim)
    assert outcome.due_at == min(claimed_at + timedelta(minutes=5), CLOSES)
    assert outcome.next_look_at == order.claim_until


def test_a_claim_that_has_run_out_is_checked_again() -> None:
    order = claimed()

    assert woken(order, order.next_look_at) == CheckActions()


@pytest.mark.parametrize(
    ("overrides", "status", "reason"),
    [
        ({}, Status.EXPIRED, "not_checked_in_time"),
        ({"checks": (Check(at=OPENS, answer="not_offered"),)}, Status.EXPIRED, "never_offered"),
        ({"would_send_at": OPENS}, Status.EXPIRED, "dry_run"),
        ({"posts_open": 1}, Status.SENT_UNCONFIRMED, "create_call_never_answered"),
        ({"status": Status.SENDING, "posts_open": 1}, Status.SENT_UNCONFIRMED, None),
        (
            {"status": Status.HELD, "reason": "unknown_marketplace"},
            Status.EXPIRED,
            "unknown_marketplace",
        ),
    ],
)
def test_at_the_close_an_order_ends_without_a_call(
    overrides: dict[str, Any], status: Status, reason: str | None
) -> None:
    order = settled(woken(solicitation(**overrides), CLOSES - timedelta(seconds=60)))

    assert order.status is status
    assert reason in {None, order.reason}


def test_a_note_left_by_a_lost_sender_is_applied_first() -> None:
    order = solicitation(status=Status.SENDING, posts_open=1, note=Note(canceled=True))

    assert settled(woken(order, OPENS)).status is Status.CANCELED


def test_an_offer_is_claimed_only_for_a_live_seller() -> None:
    order = claimed()

    assert order.status is Status.SENDING
    assert order.posts_open == 1
    assert order.due_at == OPENS
    assert order.next_look_at == order.claim_until == OPENS + timedelta(minutes=5)
    dry = settled(answered(solicitation(), ACTION, live=False))
    assert dry.status is Status.WAITING
    assert dry.would_send_at == OPENS
    assert dry.due_at == CLOSES - 3 * HOUR


def test_other_actions_are_no_offer() -> None:
    order = settled(answered(solicitation(), "somethingElse"))

    assert order.status is Status.WAITING
    assert order.due_at == OPENS + DAY


def test_an_empty_answer_at_the_ladders_end_is_final_only_if_a_day_old_one_agrees() -> None:
    last = CLOSES - 3 * HOUR
    agreed = (Check(at=last - 25 * HOUR, answer="not_offered"),)
    too_fresh = (Check(at=last - 23 * HOUR, answer="not_offered"),)
    offered = (Check(at=last - 25 * HOUR, answer="offered"),)

    assert settled(answered(solicitation(checks=agreed), now=last)).status is Status.EXPIRED
    for checks in (too_fresh, offered, ()):
        order = settled(answered(solicitation(checks=checks), now=last))
        assert order.status is Status.WAITING
        assert order.due_at == last + HOUR


def test_an_empty_answer_after_an_unanswered_call_is_no_proof_that_it_was_sent() -> None:
    order = settled(answered(claimed(), now=OPENS + 6 * timedelta(minutes=1)))

    assert order.status is Status.WAITING
    assert order.posts_open == 1
    assert order.claim is None


def test_201_is_sent_and_its_request_id_is_kept() -> None:
    order = on_created(claimed(), "request-1", now=OPENS)

    assert order.status is Status.SENT
    assert (order.sent_at, order.request_id, order.posts_open) == (OPENS, "request-1", 0)
    assert order.claim is None


@pytest.mark.parametrize(
    ("refusal", "posts_open", "status"),
    [
        (Refusal.ALREADY_REQUESTED, 0, Status.ALREADY_REQUESTED),
        (Refusal.ALREADY_REQUESTED, 1, Status.SENT_UNCONFIRMED),
        (Refusal.NOT_AVAILABLE, 0, Status.WAITING),
        (Refusal.NOT_AVAILABLE, 1, Status.SENT_UNCONFIRMED),
        (Refusal.OUTSIDE_WINDOW, 0, Status.WAITING),
        (Refusal.OUTSIDE_WINDOW, 1, Status.WAITING),
        (Refusal.UNRECOGNISED, 0, Status.HELD),
    ],
)
def test_a_refused_create_call_is_taken_back(
    refusal: Refusal, posts_open: int, status: Status
) -> None:
    order = on_create_refused(
        claimed(posts_open=posts_open), refusal, "Amazon's words", now=OPENS, policy=POLICY
    )

    assert order.status is status
    assert order.posts_open == posts_open
    assert order.claim is None


def test_a_rejected_order_is_held_with_amazons_words_to_the_close() -> None:
    order = on_create_rejected(claimed(), "HTTP 404", now=OPENS, policy=POLICY)

    assert (order.status, order.reason, order.due_at) == (Status.HELD, "HTTP 404", CLOSES)
    assert order.posts_open == 0


def test_a_call_that_certainly_did_not_happen_waits_for_its_new_time() -> None:
    order = on_create_deferred(
        claimed(), "throttled", due_at=OPENS + HOUR, now=OPENS, policy=POLICY
    )

    assert (order.status, order.due_at, order.posts_open) == (Status.WAITING, OPENS + HOUR, 0)


def test_an_outcome_takes_in_the_news_that_came_meanwhile() -> None:
    new_dates = DeliveryNews(
        shipped_at=SHIPPED_AT,
        promise=Promise(
            news_at=SHIPPED_AT + DAY, earliest=EARLIEST + 2 * DAY, latest=LATEST + 2 * DAY
        ),
    )
    noted = {"note": Note(news=new_dates)}
    canceled = {"note": Note(canceled=True, news=new_dates)}

    moved = on_create_deferred(
        claimed(**noted), "throttled", due_at=OPENS + HOUR, now=OPENS, policy=POLICY
    )
    assert (moved.status, moved.due_at) == (Status.WAITING, OPENS + 2 * DAY)
    ended = on_create_rejected(claimed(**canceled), "HTTP 404", now=OPENS, policy=POLICY)
    assert ended.status is Status.CANCELED
    assert on_created(claimed(**canceled), "request-1", now=OPENS).status is Status.SENT


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (Refusal.ALREADY_REQUESTED, Status.ALREADY_REQUESTED),
        (Refusal.NOT_AVAILABLE, Status.WAITING),
        (Refusal.OUTSIDE_WINDOW, Status.WAITING),
        (Refusal.UNRECOGNISED, Status.HELD),
    ],
)
def test_a_refused_check_is_read_too(refusal: Refusal, status: Status) -> None:
    decision = on_check_refused(solicitation(), refusal, "Amazon's words", now=OPENS, policy=POLICY)

    assert decision.solicitation.status is status


def test_trouble_moves_the_due_time_and_never_holds() -> None:
    order = solicitation()
    for _ in range(30):
        order = on_trouble(order, "HTTP 503", now=order.due_at)

    assert order.status is Status.WAITING
    assert order.due_at > OPENS + DAY


def test_the_fifth_failure_of_our_own_holds_the_order() -> None:
    order = solicitation()
    statuses = []
    for _ in range(5):
        order = on_own_failure(order, "failed: KeyError", now=order.due_at)
        statuses.append(order.status)

    assert statuses == [*[Status.WAITING] * 4, Status.HELD]


@given(
    minutes=st.integers(0, 30 * 24 * 60),
    offered=st.booleans(),
    live=st.booleans(),
    posts_open=st.integers(0, 2),
)
def test_whatever_amazon_answers_an_open_order_is_looked_at_again_before_its_close(
    minutes: int, offered: bool, live: bool, posts_open: int
) -> None:
    now = OPENS + timedelta(minutes=minutes)
    order = solicitation(posts_open=posts_open)
    if not isinstance(woken(order, now), CheckActions):
        return

    decision = answered(order, *([ACTION] if offered else []), now=now, live=live)

    outcome = decision.solicitation
    assert outcome.is_open or outcome.status in {Status.EXPIRED, Status.SENT_UNCONFIRMED}
    if outcome.is_open:
        assert now < outcome.next_look_at <= max(CLOSES, now + timedelta(minutes=5))
    assert isinstance(decision, Claim) == (offered and live)
    if not outcome.is_open:
        assert posts_open == 0 or outcome.status is Status.SENT_UNCONFIRMED
