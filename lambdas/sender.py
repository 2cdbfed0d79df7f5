"""WakeUpQueue to Amazon: serves one seller's due orders at the pace of its usage plan."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import uuid4

import httpx

from lambdas import wiring
from lambdas.access import Access
from lambdas.aws.errors import AwsError, AwsUnavailableError
from lambdas.aws.orders_table import OpenOrder
from lambdas.core.marketplaces import Region
from lambdas.core.seller import Seller
from lambdas.core.seller_settings import SellerSettings
from lambdas.core.solicitation import Solicitation
from lambdas.core.window import LAST_CALL_BEFORE_CLOSE
from lambdas.deadline import Deadline
from lambdas.latency import latency_hooks
from lambdas.observability import Telemetry
from lambdas.order_turns import OrderTurns
from lambdas.recorder import Recorder
from lambdas.spapi.auth import TokenCache
from lambdas.spapi.endpoints import Endpoints
from lambdas.turn import Turn, TurnResult

TIMEOUT_SECONDS = 90
_SECONDS_FOR_AN_ORDER = 40
_PAUSE_AFTER_THROTTLING = 2.0


class MalformedWakeUpError(ValueError):
    """A message in WakeUpQueue that is not a wake-up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeUp:
    """Whom to look at, and which message says so."""

    seller_id: str
    region: Region
    message_id: str
    receive_count: str

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "WakeUp":
        """Read an SQS record. Raises MalformedWakeUpError."""
        try:
            body, attributes = json.loads(record["body"]), record.get("attributes", {})
            return cls(
                seller_id=str(body["seller_id"]),
                region=Region(body["region"]),
                message_id=record["messageId"],
                # Without a count a repeat could not be told, so it counts as another message.
                receive_count=attributes.get("ApproximateReceiveCount") or uuid4().hex,
            )
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise MalformedWakeUpError(f"not a wake-up: {type(error).__name__}") from None


def lambda_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Serve the wake-ups of a batch; from the first failure on they are reported as failed."""
    deadline = Deadline(context, timeout_seconds=TIMEOUT_SECONDS)
    sender = _sender(wiring.environment())
    records = list(event.get("Records", ()))
    for done, record in enumerate(records):
        if not sender.handle(record, deadline):
            failed = [left["messageId"] for left in records[done:]]
            return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}
    return {"batchItemFailures": []}


@lru_cache(maxsize=1)
def _sender(environment: wiring.Environment) -> "Sender":
    settings = environment.settings
    # Reading the certificates takes longer than a call, so only the connections are new each run.
    verify = httpx.create_ssl_context(trust_env=False)
    return Sender(
        environment,
        endpoints=Endpoints.from_overrides(settings.sp_api_endpoint, settings.lwa_endpoint),
        open_http=lambda: httpx.Client(
            verify=verify, trust_env=False, event_hooks=latency_hooks(environment.telemetry)
        ),
    )


class Sender:
    """Serves wake-ups with parts that last longer than a run; `open_http` gives each its client."""

    def __init__(
        self,
        environment: wiring.Environment,
        *,
        endpoints: Endpoints,
        open_http: Callable[[], httpx.Client],
    ) -> None:
        self._environment = environment
        self._endpoints = endpoints
        self._open_http = open_http
        self._token_cache = TokenCache()
        self._turns = OrderTurns(
            orders=environment.orders,
            sellers=environment.sellers,
            recorder=Recorder(
                orders=environment.orders,
                schedules=environment.schedules,
                telemetry=environment.telemetry,
            ),
            policies=environment.settings.policies,
            experiences=environment.experiences,
            telemetry=environment.telemetry,
        )

    def handle(self, record: Mapping[str, Any], deadline: Deadline) -> bool:
        """Serve one wake-up; False when it has to come again."""
        telemetry = self._environment.telemetry
        try:
            wake_up = WakeUp.from_record(record)
            telemetry.note(seller_id=wake_up.seller_id, region=wake_up.region)
            self._serve(wake_up, deadline)
        except (MalformedWakeUpError, AwsError) as error:
            telemetry.failure("wake_up_failed", error, message_id=record["messageId"])
            return False
        finally:
            telemetry.flush("wake_up_served")
        return True

    def _serve(self, wake_up: WakeUp, deadline: Deadline) -> None:
        parts = self._environment
        seller = parts.sellers.get(wake_up.seller_id)
        if seller is None:
            parts.telemetry.warning("seller_not_connected", seller_id=wake_up.seller_id)
            return
        due = parts.orders.due(wake_up.seller_id, wake_up.region, until=datetime.now(UTC))
        if not due:
            return
        settings = parts.seller_settings.get(wake_up.seller_id)
        with self._open_http() as http:
            access = Access(
                seller,
                wake_up.region,
                sellers=parts.sellers,
                schedules=parts.schedules,
                credentials=parts.credentials,
                telemetry=parts.telemetry,
                endpoints=self._endpoints,
                token_cache=self._token_cache,
                http=http,
            )
            run = Run(seller, settings, access, self._turns, parts.telemetry, deadline)
            if run.serve(due):
                self._go_on(wake_up)

    def _go_on(self, wake_up: WakeUp) -> None:
        try:
            self._environment.wake_up_queue.go_on(
                wake_up.seller_id,
                wake_up.region,
                message_id=wake_up.message_id,
                receive_count=wake_up.receive_count,
            )
        except AwsError as error:
            # What is left is overdue by then, and the sweeper finds it.
            self._environment.telemetry.failure("continuation_not_sent", error)


class Run:
    """One wake-up served: the seller's due orders, in the order in which they were read."""

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
        self._troubles_in_a_row = 0
        self._unwritten: tuple[Solicitation, str] | None = None

    def serve(self, due: list[OpenOrder]) -> bool:
        """Give the due orders their turns; True when some are left and another run is of use."""
        if self._access.api and self._access.was_slowed:
            # Orders that Amazon fails at for ever would come first each time: now they come last.
            due = sorted(due, key=lambda order: order.due_at)
        left = self._give_turns(due)
        if self._unwritten:
            self._end_trouble(only_one_due=len(due) == 1)
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
            if self._access.api or datetime.now(UTC) >= shuts_at:
                self._give_turn(order)
        return []

    def _give_turn(self, order: OpenOrder) -> None:
        result = self._take(order)
        if result.turn is Turn.THROTTLED and self._access.api and self._has_time():
            time.sleep(_PAUSE_AFTER_THROTTLING)
            result = self._take(order)
        if result.turn is Turn.ACCESS_REFUSED and self._access.renew(result.reason):
            # Other credentials than those that were refused: they may be tried, and blocked too.
            again = self._take(order) if self._has_time() else TurnResult(turn=Turn.PASSED)
            if again.turn is Turn.ACCESS_REFUSED:
                self._access.block(again.reason)

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
        self._troubles_in_a_row = 0
        self._access.prove()
        if self._unwritten:
            self._end_trouble(only_one_due=False)

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
