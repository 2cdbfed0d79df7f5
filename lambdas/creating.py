"""The create call: claimed before, at most once while the claim lives, its outcome recorded."""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from lambdas.aws.orders_table import OrdersTable, StaleRecordError
from lambdas.core.decisions import (
    on_create_deferred,
    on_create_refused,
    on_create_rejected,
    on_create_unanswered,
)
from lambdas.core.policy import Policy
from lambdas.core.refusals import Refusal, read_refusal
from lambdas.core.solicitation import Solicitation
from lambdas.core.timing import after_trouble
from lambdas.observability import Telemetry
from lambdas.recorder import Recorder
from lambdas.spapi.errors import (
    AuthorizationError,
    ForbiddenError,
    NotSentError,
    OutcomeUnknownError,
    SpApiError,
    ThrottledError,
    UnavailableError,
)
from lambdas.spapi.solicitations import Solicitations
from lambdas.turn import Turn, TurnResult

_ANSWER_FRESH_SECONDS = 20.0
_THROTTLED_WAITS = timedelta(minutes=1)


class Creating:
    """Claims an order that Amazon offers, calls, and records what came of it."""

    def __init__(
        self,
        *,
        orders: OrdersTable,
        recorder: Recorder,
        policy_of: Callable[[Solicitation], Policy],
        telemetry: Telemetry,
    ) -> None:
        self._orders = orders
        self._recorder = recorder
        self._policy = policy_of
        self._telemetry = telemetry

    def create(
        self,
        claimed: Solicitation,
        *,
        known: Solicitation,
        api: Solicitations,
        answered_at: float,
    ) -> TurnResult:
        """Write the claim over `known` and call; `answered_at` is the monotonic time of the GET.

        Raises AwsUnavailableError when DynamoDB itself fails.
        """
        try:
            claimed = self._orders.put_claim(claimed, known=known, now=datetime.now(UTC))
        except StaleRecordError:
            return TurnResult(turn=Turn.PASSED)
        try:
            request_id = api.create_product_review_and_seller_feedback_solicitation(
                claimed.amazon_order_id,
                claimed.marketplace_id,
                before_sending=lambda: _may_create(claimed, answered_at),
            )
        except SpApiError as error:
            return self._failed(claimed, error)
        self._telemetry.count("SolicitationsSent")
        self._recorder.record_sent(claimed, request_id)
        return TurnResult(turn=Turn.ANSWERED)

    def _failed(self, claimed: Solicitation, error: SpApiError) -> TurnResult:
        now = datetime.now(UTC)
        match error:
            case OutcomeUnknownError():
                return self._unanswered(claimed, error)
            case ThrottledError():
                self._recorder.log_throttled(claimed, error)
                due_at = now + _THROTTLED_WAITS
                return self._defer(claimed, "throttled", due_at, Turn.THROTTLED)
            case AuthorizationError():
                return self._access_refused(claimed, error)
            case NotSentError():
                return self._defer(claimed, "not_sent_in_time", now, Turn.SETTLED)
            case UnavailableError():
                due_at = after_trouble(claimed.window, now=now)
                return self._defer(claimed, "amazon_out_of_reach", due_at, Turn.TROUBLE)
            case ForbiddenError():
                return self._forbidden(claimed, error)
            case _:
                return self._rejected(claimed, error)

    def _unanswered(self, claimed: Solicitation, error: SpApiError) -> TurnResult:
        """The call may have been accepted: the claim stands, and its end is looked at again."""
        self._telemetry.tally("refusals", "no_clear_answer")
        self._recorder.log("create_call_unanswered", claimed, problem=str(error))
        self._recorder.plan(claimed)
        # With news noted on it meanwhile it stays due, and whoever meets it passes it by.
        with suppress(StaleRecordError):
            self._orders.put_outcome(on_create_unanswered(claimed), claimed=claimed)
        return TurnResult(turn=Turn.TROUBLE, reason=str(error))

    def _forbidden(self, claimed: Solicitation, error: ForbiddenError) -> TurnResult:
        refusal = refusal_of(error)
        if refusal is Refusal.ACCESS_DENIED:
            return self._access_refused(claimed, error)
        self._telemetry.tally("refusals", refusal)
        self._recorder.record(
            claimed,
            lambda order: on_create_refused(
                order, refusal, str(error), now=datetime.now(UTC), policy=self._policy(order)
            ),
        )
        return TurnResult(turn=Turn.HELD if refusal is Refusal.UNRECOGNISED else Turn.ANSWERED)

    def _rejected(self, claimed: Solicitation, error: SpApiError) -> TurnResult:
        self._telemetry.tally("refusals", f"status_{error.status}")
        self._recorder.record(
            claimed,
            lambda order: on_create_rejected(
                order, str(error), now=datetime.now(UTC), policy=self._policy(order)
            ),
        )
        return TurnResult(turn=Turn.HELD)

    def _access_refused(self, claimed: Solicitation, error: SpApiError) -> TurnResult:
        self._defer(claimed, "credentials_refused", datetime.now(UTC), Turn.ACCESS_REFUSED)
        return TurnResult(turn=Turn.ACCESS_REFUSED, reason=str(error))

    def _defer(
        self, claimed: Solicitation, reason: str, due_at: datetime, turn: Turn
    ) -> TurnResult:
        self._recorder.record(
            claimed,
            lambda order: on_create_deferred(
                order, reason, due_at=due_at, now=datetime.now(UTC), policy=self._policy(order)
            ),
        )
        return TurnResult(turn=turn, reason=reason)


def refusal_of(error: ForbiddenError) -> Refusal:
    """What a 403 means, by all of Amazon's words in it."""
    return read_refusal(" ".join(f"{each.message} {each.details}" for each in error.errors))


def _may_create(claimed: Solicitation, answered_at: float) -> bool:
    now = datetime.now(UTC)
    fresh = time.monotonic() - answered_at <= _ANSWER_FRESH_SECONDS
    return fresh and claimed.window.allows_call(now) and claimed.is_claimed(now)
