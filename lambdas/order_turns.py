"""One order's turn: load it, decide, ask Amazon, decide, record. The rules are in lambdas.core."""

import time
from datetime import UTC, datetime
from uuid import uuid4

from lambdas.aws.orders_table import OrdersTable
from lambdas.aws.sellers_table import SellersTable
from lambdas.core.decisions import (
    ACTION,
    Claim,
    on_actions,
    on_check_refused,
    on_live,
    on_own_failure,
    on_rejected,
    on_trouble,
)
from lambdas.core.operator_acts import Changed, on_resume
from lambdas.core.planning import lesson_of
from lambdas.core.policy import Policies, Policy
from lambdas.core.refusals import Refusal
from lambdas.core.seller import Seller
from lambdas.core.seller_settings import SellerSettings
from lambdas.core.solicitation import Solicitation, Status
from lambdas.core.waking import CheckActions, Pass, Settle, on_wake_up
from lambdas.creating import Creating, refusal_of
from lambdas.experiences import Experiences, kind_of
from lambdas.observability import Telemetry
from lambdas.recorder import Recorder
from lambdas.spapi.errors import (
    AuthorizationError,
    ForbiddenError,
    NoSlotError,
    NotSentError,
    RequestRejectedError,
    SpApiError,
    ThrottledError,
)
from lambdas.spapi.solicitations import Solicitations
from lambdas.turn import Turn, TurnResult


class OrderTurns:
    """Gives orders their turns. Raises AwsUnavailableError when DynamoDB itself fails."""

    def __init__(
        self,
        *,
        orders: OrdersTable,
        sellers: SellersTable,
        recorder: Recorder,
        policies: Policies,
        experiences: Experiences,
        telemetry: Telemetry,
    ) -> None:
        self._orders = orders
        self._sellers = sellers
        self._recorder = recorder
        self._policies = policies
        self._experiences = experiences
        self._telemetry = telemetry
        self._creating = Creating(
            orders=orders, recorder=recorder, policy_of=self._policy, telemetry=telemetry
        )

    def take(
        self,
        amazon_order_id: str,
        *,
        seller: Seller,
        settings: SellerSettings,
        api: Solicitations | None,
    ) -> TurnResult:
        """Give one order its turn; without `api` Amazon is not called."""
        order = self._orders.get(seller.seller_id, amazon_order_id)
        turn = Turn.PASSED
        while order is not None:
            now = datetime.now(UTC)
            match on_wake_up(
                order, now=now, policy=self._policy(order), seller=seller, settings=settings
            ):
                case Pass(reason=reason):
                    self._telemetry.tally("passed", reason)
                    break
                case Settle(solicitation=settled):
                    order = self._recorder.settle(settled, known=order)
                    if order:
                        self._catch_up_with_resume(order)
                    turn = Turn.SETTLED
                case CheckActions():
                    return self._check(order, api) if api else TurnResult(turn=turn)
        return TurnResult(turn=turn)

    def write_lessons(self) -> None:
        """Count what the checks since the last time have shown."""
        self._experiences.write(datetime.now(UTC))

    def note_trouble(self, order: Solicitation, reason: str) -> None:
        """Move an order's due time because its call failed."""
        self._recorder.settle(on_trouble(order, reason, now=datetime.now(UTC)), known=order)

    def note_own_failure(self, seller_id: str, amazon_order_id: str, reason: str) -> None:
        """Count a failure of this order's own, unless a call of it may still be on its way."""
        order, now = self._orders.get(seller_id, amazon_order_id), datetime.now(UTC)
        if order is None:
            return
        if order.is_claimed(now):
            # What became of the call is looked into when the claim has run out.
            self._recorder.plan(order)
        elif order.status in {Status.WAITING, Status.SENDING}:
            self._recorder.settle(on_own_failure(order, reason, now=now), known=order)

    def _check(self, order: Solicitation, api: Solicitations) -> TurnResult:
        try:
            answer = api.get_solicitation_actions_for_order(
                order.amazon_order_id,
                order.marketplace_id,
                before_sending=lambda: order.window.allows_call(datetime.now(UTC)),
            )
        except SpApiError as error:
            return self._check_failed(order, error)
        answered_at = time.monotonic()
        offered = ACTION in answer.names
        self._telemetry.count("ActionsChecked")
        self._telemetry.count("SolicitationsOffered", int(offered))
        self._telemetry.measure("CheckLag", (datetime.now(UTC) - order.due_at).total_seconds())
        # The second gate, read afresh for each order: `live off` must stop a running sender.
        seller = self._sellers.get(order.seller_id) if offered else None
        if seller and seller.is_paused(order.marketplace_id):
            # Paused since this run began: left as it was, for the run after `resume`.
            self._telemetry.tally("passed", "paused")
            return TurnResult(turn=Turn.PASSED)
        lesson = lesson_of(order, offered=offered, now=datetime.now(UTC))
        self._experiences.learn(kind_of(order), lesson)
        decision = on_actions(
            order,
            answer.names,
            live=seller is not None and seller.live,
            claim=uuid4().hex,
            now=datetime.now(UTC),
            policy=self._policy(order),
        )
        match decision:
            case Claim(solicitation=claimed):
                return self._creating.create(claimed, known=order, api=api, answered_at=answered_at)
            case Settle(solicitation=settled):
                written = self._recorder.settle(settled, known=order)
                if written and offered:
                    self._catch_up_with_live(written)
                return TurnResult(turn=Turn.ANSWERED)

    def _check_failed(self, order: Solicitation, error: SpApiError) -> TurnResult:
        match error:
            case NoSlotError():
                return TurnResult(turn=Turn.NO_SLOT)
            case NotSentError():
                return TurnResult(turn=Turn.PASSED)
            case ThrottledError():
                self._recorder.log_throttled(order, error)
                return TurnResult(turn=Turn.THROTTLED)
            case AuthorizationError():
                return TurnResult(turn=Turn.ACCESS_REFUSED, reason=str(error))
            case ForbiddenError():
                return self._check_forbidden(order, error)
            case RequestRejectedError():
                held = on_rejected(order, str(error), now=datetime.now(UTC))
                return self._refused(held, order, f"status_{error.status}")
            case _:
                return TurnResult(turn=Turn.TROUBLE, order=order, reason=str(error))

    def _check_forbidden(self, order: Solicitation, error: ForbiddenError) -> TurnResult:
        refusal = refusal_of(error)
        if refusal is Refusal.ACCESS_DENIED:
            return TurnResult(turn=Turn.DENIED, order=order, reason=str(error))
        if refusal is Refusal.UNRECOGNISED and not error.code:
            # Not Amazon's own words but a page from in front of it: the order is not at fault.
            return TurnResult(turn=Turn.TROUBLE, order=order, reason=str(error))
        decision = on_check_refused(
            order, refusal, str(error), now=datetime.now(UTC), policy=self._policy(order)
        )
        return self._refused(decision.solicitation, order, refusal)

    def _refused(self, outcome: Solicitation, order: Solicitation, answer: str) -> TurnResult:
        self._telemetry.tally("refusals", answer)
        self._recorder.settle(outcome, known=order)
        return TurnResult(turn=Turn.HELD if outcome.status is Status.HELD else Turn.ANSWERED)

    def _catch_up_with_live(self, order: Solicitation) -> None:
        """`live on` may have listed the dry orders while this one was on its way to be one."""
        seller = self._sellers.get(order.seller_id)
        due = on_live(order) if seller and seller.live else None
        if due:
            self._recorder.settle(due, known=order)

    def _catch_up_with_resume(self, order: Solicitation) -> None:
        """And `resume` those set aside, while this one was on its way to be set aside."""
        resumed = on_resume(order, policy=self._policy(order))
        if isinstance(resumed, Changed):
            seller = self._sellers.get(order.seller_id)
            if seller and not seller.is_paused(order.marketplace_id):
                self._recorder.settle(resumed.solicitation, known=order)

    def _policy(self, order: Solicitation) -> Policy:
        experience = self._experiences.of(kind_of(order), datetime.now(UTC))
        return self._policies.of(order.marketplace_id, order.fulfillment_type, experience)
