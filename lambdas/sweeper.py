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
from lambdas.core.seller import RegionState, Seller
from lambdas.observability import Telemetry

OVERDUE_AFTER = timedelta(minutes=10)
NEXT_SWEEP = timedelta(hours=1)

# What is due later has its look ahead of it, so the gauge of the closest shutting window is
# about what is overdue, held or due before the next sweep, and no higher than this.
FARTHEST_SHUT = timedelta(hours=48)


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
        for seller in self._sellers.all(on_corrupt=failed.append):
            try:
                self._sweep_seller(seller, now, gauges)
            except AwsError as error:
                failed.append(error)
        for problem in failed:
            self._telemetry.failure("seller_not_swept", problem, problem=str(problem))
        gauges.emit(self._telemetry)
        self._telemetry.flush("swept")
        if failed:
            raise SweepIncompleteError(f"{len(failed)} sellers could not be swept")

    def _sweep_seller(self, seller: Seller, now: datetime, gauges: "Gauges") -> None:
        for region, state in seller.regions.items():
            if self._measure(seller.seller_id, region, now, gauges):
                self._wake_up_queue.wake(seller.seller_id, region)
                self._telemetry.count("SellersWoken")
            self._lift_block(seller.seller_id, region, state, now, gauges)

    def _measure(self, seller_id: str, region: Region, now: datetime, gauges: "Gauges") -> bool:
        """Add this seller's open orders to the gauges; whether any is overdue."""
        held = list(self._orders.held(seller_id, region))
        soon = [*held, *self._orders.waiting(seller_id, region, until=now + NEXT_SWEEP)]
        overdue = sum(order.due_at < now - OVERDUE_AFTER for order in soon)
        gauges.overdue += overdue
        gauges.held += len(held)
        gauges.closest = min([gauges.closest, *(order.closes_at - now for order in soon)])
        return overdue > 0

    def _lift_block(
        self, seller_id: str, region: Region, state: RegionState, now: datetime, gauges: "Gauges"
    ) -> None:
        if state.blocked_until is None:
            return
        if now < state.blocked_until:
            gauges.blocked += 1
        else:
            self._sellers.lift_block(seller_id, region, version=state.blocked_version)


class Gauges:
    """How things stand over all sellers."""

    def __init__(self) -> None:
        self.held = 0
        self.blocked = 0
        self.overdue = 0
        self.closest = FARTHEST_SHUT

    def emit(self, telemetry: Telemetry) -> None:
        telemetry.gauge("Sweeps", 1)
        telemetry.gauge("OrdersHeld", self.held)
        telemetry.gauge("SellersBlocked", self.blocked)
        telemetry.gauge("OrdersOverdue", self.overdue)
        telemetry.gauge("HoursToClosestShut", self.closest / timedelta(hours=1))
