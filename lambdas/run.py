"""One wake-up served: whose trouble each order's trouble is, and when a run has to end."""

import time
from datetime import UTC, datetime

from lambdas.access import Access
from lambdas.aws.errors import AwsUnavailableError
from lambdas.aws.orders_table import OpenOrder
from lambdas.core.refusals import Refusal, read_refusal
from lambdas.core.seller import Seller
from lambdas.core.seller_settings import SellerSettings
from lambdas.core.solicitation import Solicitation
from lambdas.core.window import LAST_CALL_BEFORE_CLOSE
from lambdas.deadline import Deadline
from lambdas.observability import Telemetry
from lambdas.order_turns import OrderTurns
from lambdas.turn import Turn, TurnResult

_SECONDS_FOR_AN_ORDER = 40
_PAUSE_AFTER_THROTTLING = 2.0


class Run:
    """One seller's due orders, in the order in which they were read.

    Trouble with one order is its own; with two in a row, or the only one due, it is the seller's.
    """

    def __init__(
        self,
        seller: Seller,
        settings: SellerSettings,
        access: Access,
        turns: OrderTurns,
        telemetry: Telemetry,
        deadline: Deadline,
    ) -> None:
        self._seller = seller
        self._settings = settings
        self._access = access
        self._turns = turns
        self._telemetry = telemetry
        self._deadline = deadline
        self._settled = 0
        self._throttled = 0
        self._answered = 0
        self._troubles_in_a_row = 0
        self._unwritten: tuple[Solicitation, str] | None = None
        self._denied: list[tuple[Solicitation, str]] = []

    def serve(self, due: list[OpenOrder]) -> bool:
        """Give the due orders their turns; True when some are left and another run is of use."""
        if self._access.api and self._access.was_slowed:
            # Orders that Amazon fails at for ever would come first each time: now they come last.
            due = sorted(due, key=lambda order: order.due_at)
        left = self._give_turns(due)
        if self._unwritten:
            self._end_trouble(only_one_due=len(due) == 1)
        self._end_denials()
        self._turns.write_lessons()
        # The pause after the last call carries over to the next run without any shared state.
        time.sleep(self._access.pacers.remaining_pause())
        return bool(left and self._settled)

    def _give_turns(self, due: list[OpenOrder]) -> list[OpenOrder]:
        """The orders that were not reached."""
        for done, order in enumerate(due):
            if not self._has_time():
                self._telemetry.tally("passed", "out_of_time")
                return due[done:]
            shuts_at = order.closes_at - LAST_CALL_BEFORE_CLOSE
            # Without calls only windows that have shut need a look.
            is_served = self._access.api or datetime.now(UTC) >= shuts_at
            if is_served and self._give_turn(order) is Turn.NO_SLOT:
                return due[done:]
        return []

    def _give_turn(self, order: OpenOrder) -> Turn:
        result = self._take(order)
        if result.turn is Turn.THROTTLED and self._access.api and self._has_time():
            time.sleep(_PAUSE_AFTER_THROTTLING)
            result = self._take(order)
        if result.turn in {Turn.ACCESS_REFUSED, Turn.DENIED} and self._access.renew():
            # Other credentials than those that were refused: they may be tried.
            result = self._take(order) if self._has_time() else TurnResult(turn=Turn.PASSED)
        if self._access.api and result.turn is Turn.ACCESS_REFUSED:
            self._access.block(result.reason)
        elif self._access.api and result.turn is Turn.DENIED and result.order:
            self._note_denial(result.order, result.reason)
        return result.turn

    def _has_time(self) -> bool:
        return self._deadline.seconds_left() >= _SECONDS_FOR_AN_ORDER

    def _take(self, order: OpenOrder) -> TurnResult:
        try:
            result = self._turns.take(
                order.amazon_order_id,
                seller=self._seller,
                settings=self._settings,
                api=self._access.api,
            )
        except AwsUnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 - one order's fault must not stop the others
            self._own_failure(order, error)
            return TurnResult(turn=Turn.PASSED)
        self._settled += result.turn in {Turn.SETTLED, Turn.ANSWERED, Turn.HELD}
        match result.turn:
            case Turn.ANSWERED | Turn.HELD:
                self._succeeded()
            case Turn.THROTTLED:
                self._throttled += 1
                if self._throttled > 1:
                    self._access.slow(throttled=True)
            case Turn.TROUBLE:
                self._troubled(result)
        return result

    def _succeeded(self) -> None:
        self._answered += 1
        self._troubles_in_a_row = 0
        self._access.prove()
        if self._unwritten:
            self._end_trouble(only_one_due=False)
        self._end_denials()

    def _troubled(self, result: TurnResult) -> None:
        """One order's trouble is its own; on two orders in a row it is the seller's."""
        self._troubles_in_a_row += 1
        if self._troubles_in_a_row == 1 and result.order:
            self._unwritten = (result.order, result.reason)
        elif self._troubles_in_a_row > 1:
            # Written on these orders too, so that the next run does not begin with them.
            self._end_trouble(only_one_due=False)
            if result.order:
                self._turns.note_trouble(result.order, result.reason)
            self._access.slow(throttled=False)

    def _end_trouble(self, *, only_one_due: bool) -> None:
        if self._unwritten and only_one_due:
            self._access.slow(throttled=False)
        elif self._unwritten:
            self._turns.note_trouble(*self._unwritten)
        self._unwritten = None

    def _note_denial(self, order: Solicitation, reason: str) -> None:
        """Amazon denies access: to this order, or to all that these credentials are for."""
        self._denied.append((order, reason))
        if self._answered or sum(not _was_denied(each) for each, _ in self._denied) > 1:
            self._end_denials()

    def _end_denials(self) -> None:
        """With others answered in this run they are the orders' own, otherwise the seller's.

        Orders that were denied before do not decide it, as they may always come first.
        """
        denied, self._denied = self._denied, []
        if self._answered:
            for order, reason in denied:
                self._turns.note_own_failure(order.seller_id, order.amazon_order_id, reason)
        elif denied:
            for order, reason in denied if len(denied) > 1 else ():
                self._turns.note_trouble(order, reason)
            if self._access.api:
                self._access.block(denied[-1][1])

    def _own_failure(self, order: OpenOrder, error: Exception) -> None:
        self._telemetry.failure(
            "order_failed",
            error,
            seller_id=self._seller.seller_id,
            amazon_order_id=order.amazon_order_id,
        )
        try:
            self._turns.note_own_failure(
                self._seller.seller_id, order.amazon_order_id, f"failed: {type(error).__name__}"
            )
        except AwsUnavailableError:
            raise
        except Exception as unwritten:  # noqa: BLE001 - nor may a record that no rule can read
            self._telemetry.failure("failure_not_recorded", unwritten)


def _was_denied(order: Solicitation) -> bool:
    return read_refusal(order.reason) is Refusal.ACCESS_DENIED
