"""Hourly: wakes the sellers whose due orders nobody has looked at, and tells how things stand."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from lambdas import wiring
from lambdas.aws.errors import AwsError
from lambdas.aws.orders_table import OrdersTable
from lambdas.aws.sellers_table import SellersTable
from lambdas.aws.wake_up_queue import WakeUpQueue
from lambdas.core.marketplaces import Region
from lambdas.core.rhythm import allowed_silence
from lambdas.core.seller import RegionState, Seller, old_client_secrets
from lambdas.observability import Telemetry

OVERDUE_AFTER = timedelta(minutes=10)

# What is not held and not overdue has its look ahead of it: no order of these is closer.
FARTHEST_SHUT = timedelta(days=7)

_HOUR = timedelta(hours=1)


class SweepIncompleteError(Exception):
    """Some sellers could not be swept; Lambda runs the sweep again."""


def lambda_handler(event: Mapping[str, Any], context: Any) -> None:
    """Sweep every connected seller once."""
    environment = wiring.environment()
    Sweeper(
        orders=environment.orders,
        sellers=environment.sellers,
        wake_up_queue=environment.wake_up_queue,
        telemetry=environment.telemetry,
    ).sweep()


class Sweeper:
    """Finds orders that lost their wake-up. It writes no order and calls nothing at Amazon."""

    def __init__(
        self,
        *,
        orders: OrdersTable,
        sellers: SellersTable,
        wake_up_queue: WakeUpQueue,
        telemetry: Telemetry,
    ) -> None:
        self._orders = orders
        self._sellers = sellers
        self._wake_up_queue = wake_up_queue
        self._telemetry = telemetry

    def sweep(self) -> None:
        """Wake who is overdue, lift blocks whose time is over, and emit the gauges."""
        now = datetime.now(UTC)
        gauges = Gauges()
        failed: list[AwsError] = []
        for listed in self._sellers.all(on_corrupt=failed.append):
            try:
                # The index lists the sellers; not all of a record is in it.
                seller = self._sellers.get(listed.seller_id)
                if seller:
                    self._sweep_seller(seller, now, gauges)
            except AwsError as error:
                failed.append(error)
        for problem in failed:
            self._telemetry.failure("seller_not_swept", problem, problem=str(problem))
        gauges.emit(self._telemetry, now)
        self._telemetry.flush("swept")
        if failed:
            raise SweepIncompleteError(f"{len(failed)} sellers could not be swept")

    def _sweep_seller(self, seller: Seller, now: datetime, gauges: "Gauges") -> None:
        for region, state in seller.regions.items():
            if self._measure(seller, region, now, gauges):
                self._wake_up_queue.wake(seller.seller_id, region)
                self._telemetry.tally("sellers_woken", seller.seller_id)
            self._lift_block(seller.seller_id, region, state, now, gauges)
            self._listen(seller.seller_id, region, state, now, gauges)
            gauges.regions.append(state)

    def _measure(self, seller: Seller, region: Region, now: datetime, gauges: "Gauges") -> bool:
        """Add this seller's open orders to the gauges; whether any is overdue."""
        since = now - OVERDUE_AFTER
        held = list(self._orders.held(seller.seller_id, region))
        waiting = self._orders.waiting(seller.seller_id, region, until=since)
        # A held order is due when its window shuts.
        overdue = [*waiting, *(order for order in held if order.due_at < since)]
        gauges.held += len(held)
        if not seller.paused:
            # Whoever pauses a seller wants its orders to wait; their windows shut all the same.
            gauges.overdue += len(overdue)
        shuts = (order.closes_at - now for order in (*held, *overdue))
        gauges.closest = min([gauges.closest, *shuts])
        return len(overdue) > 0

    def _lift_block(
        self, seller_id: str, region: Region, state: RegionState, now: datetime, gauges: "Gauges"
    ) -> None:
        if state.blocked_until is None:
            return
        if now < state.blocked_until:
            gauges.blocked += 1
        else:
            self._sellers.lift_block(seller_id, region, version=state.blocked_version)

    def _listen(
        self, seller_id: str, region: Region, state: RegionState, now: datetime, gauges: "Gauges"
    ) -> None:
        if state.heard_at and state.is_silent(now):
            gauges.silent += 1
            self._telemetry.warning(
                "seller_silent",
                seller_id=seller_id,
                region=region,
                silent_hours=round((now - state.heard_at) / _HOUR),
                allowed_hours=round(allowed_silence(state.usual_gap) / _HOUR),
            )


class Gauges:
    """How things stand over all sellers."""

    def __init__(self) -> None:
        self.held = 0
        self.blocked = 0
        self.overdue = 0
        self.silent = 0
        self.closest = FARTHEST_SHUT
        self.regions: list[RegionState] = []

    def emit(self, telemetry: Telemetry, now: datetime) -> None:
        telemetry.gauge("OrdersHeld", self.held)
        telemetry.gauge("SellersBlocked", self.blocked)
        telemetry.gauge("OrdersOverdue", self.overdue)
        telemetry.gauge("SellersSilent", self.silent)
        telemetry.gauge("HoursToClosestShut", self.closest / _HOUR)
        telemetry.gauge("ClientSecretsOld", old_client_secrets(self.regions, now))
