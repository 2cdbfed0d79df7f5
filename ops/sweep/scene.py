"""One run of an order: what Amazon says of it and does to it, and what the operator does."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from lambdas.core.marketplaces import Region
from lambdas.core.operator_acts import on_release
from lambdas.core.seller_settings import Exclusion
from ops.demo.stage import CLIENT_ID, CLIENT_SECRET
from ops.live import go_live
from ops.order_acts import act
from ops.pausing import Scope, pause, resume
from ops.secrets import Secrets
from ops.simulator.faults import Fault, FaultKind
from ops.simulator.notices import order_change_notification
from ops.simulator.operations import CREATE_SOLICITATION
from ops.simulator.orders import SimulatedOrder
from ops.simulator.population import POSTAL_CODE_CANARY
from ops.sweep.disturbances import KilledError
from ops.sweep.stage import SELLER, SUBSCRIPTION, US, Stage

_OPENS = timedelta(days=5)
_NEVER = datetime.max.replace(tzinfo=UTC)


class Scene:
    """All times are counted from the midnight at which the run begins."""

    def __init__(self, stage: Stage, number: int) -> None:
        self.order_id = f"903-5550101-{number:07}"
        self.delivered: list[tuple[datetime, str]] = []
        self.live_from = stage.start
        self._stage = stage
        self._number = number
        self._others: list[Scene] = []

    @property
    def order_ids(self) -> list[str]:
        return [self.order_id, *(other.order_id for other in self._others)]

    def another(self) -> "Scene":
        """Another order of the same run."""
        other = Scene(self._stage, self._number)
        other.order_id = f"903-{5550102 + len(self._others)}-{self._number:07}"
        other.delivered = self.delivered
        self._others.append(other)
        return other

    def at(self, hours: float, act: Callable[[], object]) -> None:
        when = self._stage.start + timedelta(hours=hours)
        self._stage.busy_until = max(self._stage.busy_until, when)
        self._stage.cloud.at(when, act)

    # What Amazon knows and says

    def order_of_amazons(self, *, eligible_from: float) -> None:
        """Amazon offers the order from then on, for 25 days."""
        opens = self._stage.start + timedelta(hours=eligible_from)
        self._stage.simulator.add_order(
            SimulatedOrder(
                amazon_order_id=self.order_id,
                seller_id=SELLER.seller_id,
                marketplace_id=US,
                shipped_at=opens - timedelta(days=30),
                delivered_at=opens - _OPENS,
            )
        )

    def shipped(self, at: float, *, opens: float, marketplace_id: str = US) -> None:
        """News at that hour, with a promise by which the window opens at the other."""
        self.at(at, lambda: self.shipped_now(opens=opens, marketplace_id=marketplace_id))

    def shipped_now(self, *, opens: float, marketplace_id: str = US) -> None:
        arrival = self._stage.start + timedelta(hours=opens) - _OPENS
        self._send(
            "Shipped",
            fulfillment_type="MFN",
            marketplace_id=marketplace_id,
            earliest_delivery_date=arrival,
            latest_delivery_date=arrival,
        )

    def shipped_by_amazon(self, at: float, *, opens: float) -> None:
        """News without dates: the window is counted from a shipping time some days ago."""
        shipped = self._stage.start + timedelta(hours=opens) - timedelta(days=3) - _OPENS
        times = {"time_of_order_change": shipped, "event_time": shipped}
        self.at(at, lambda: self._send("Shipped", fulfillment_type="AFN", **times))

    def canceled(self, at: float) -> None:
        self.at(at, self.canceled_now)

    def canceled_now(self) -> None:
        self._send("Canceled", fulfillment_type="MFN")

    def _send(self, status: str, **fields: object) -> None:
        now = self._stage.cloud.now
        body = json.dumps(
            order_change_notification(
                {
                    "notification_type": "ORDER_CHANGE",
                    "event_time": now,
                    "notification_level": "OrderLevel",
                    "seller_id": SELLER.seller_id,
                    "amazon_order_id": self.order_id,
                    "order_change_type": "OrderStatusChange",
                    "time_of_order_change": now,
                    "marketplace_id": US,
                    "order_status": status,
                    "destination_postal_code": POSTAL_CODE_CANARY,
                    "order_type": "StandardOrder",
                    "application_id": "amzn1.sp.solution.5d5d5d5d-0000-4000-8000-000000000001",
                    "subscription_id": SUBSCRIPTION,
                    "notification_id": f"{self.order_id}-{len(self.delivered)}",
                    **fields,
                }
            )
        )
        self.delivered.append((now, body))
        self._stage.cloud.send(self._stage.cloud.outputs["OrderChangeQueueUrl"], body)

    # What goes wrong

    def trouble(
        self,
        kind: FaultKind,
        *,
        start: float = 0,
        end: float,
        operation: str | None = None,
        status: int = 500,
    ) -> None:
        begin = self._stage.start
        self._stage.simulator.faults.append(
            Fault(
                kind=kind,
                start=begin + timedelta(hours=start),
                end=begin + timedelta(hours=end),
                operation=operation,
                status=status,
            )
        )

    def kill_before_first_create(self) -> None:
        """Of all runs, crash or no crash, the first one to ask the buyer dies before it does."""

        def kill() -> None:
            raise KilledError

        self._stage.outside.before[CREATE_SOLICITATION] = kill

    def during_first_create(self, news: Callable[["Scene"], None]) -> None:
        """While the first create call is on its way, the intake takes in this news."""

        def meanwhile() -> None:
            news(self)
            self._stage.cloud.run_until(self._stage.cloud.now + timedelta(seconds=10))

        self._stage.outside.before[CREATE_SOLICITATION] = meanwhile

    def amazon_takes(self, seconds: float, operation: str) -> None:
        """Each call of this operation is answered so late."""
        self._stage.outside.takes[operation] = seconds

    def second_sender_during(self, operation: str) -> None:
        """While the first such call is on its way, a second sender has a run from end to end.

        As it would be after a visibility timeout that was too short.
        """

        def meanwhile() -> None:
            body = {"seller_id": SELLER.seller_id, "region": str(SELLER.region)}
            attributes = {"ApproximateReceiveCount": "2"}
            record = {"messageId": "again", "body": json.dumps(body), "attributes": attributes}
            sender = self._stage.cloud.outputs["SenderFunctionName"]
            self._stage.cloud.invoke(sender, {"Records": [record]})

        self._stage.outside.before[operation] = meanwhile

    def revoke(self) -> None:
        self._stage.simulator.accounts.revoke(SELLER.seller_id, Region.NA)

    def restore(self) -> None:
        self._stage.simulator.accounts.restore(SELLER.seller_id, Region.NA)

    def connect_anew(self) -> None:
        """The seller authorises once more, and the new token is stored."""
        token = f"Atzr|sweep-{self.order_id}"
        self._stage.simulator.add_seller(
            SELLER.seller_id, SELLER.region, token, application=CLIENT_ID
        )
        Secrets(self._stage.deployment.client("secretsmanager")).store(
            SELLER.seller_id,
            SELLER.region,
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            token=token,
        )

    def lose_schedules(self) -> None:
        self._stage.lose_schedules()

    # What the operator does

    def dry(self) -> None:
        self.live_from = _NEVER
        self._stage.deployment.sellers.set_live(SELLER.seller_id, False)

    def live_off_during(self, operation: str) -> None:
        """The gate is shut while the first such call is on its way."""

        def meanwhile() -> None:
            with self._stage.outside.unseen():
                self.dry()

        self._stage.outside.before[operation] = meanwhile

    def go_live(self) -> None:
        self.live_from = self._stage.cloud.now
        go_live(self._stage.deployment, SELLER.seller_id, track=lambda orders: orders)

    def pause(self, marketplace_id: str | None) -> None:
        """The seller, or one marketplace of it."""
        pause(self._stage.deployment, self._scope(marketplace_id), now=self._stage.cloud.now)

    def pause_during(self, operation: str) -> None:
        """The seller is paused while the first such call is on its way."""

        def meanwhile() -> None:
            with self._stage.outside.unseen():
                self.pause(None)

        self._stage.outside.before[operation] = meanwhile

    def resume(self, marketplace_id: str | None) -> None:
        scope, now = self._scope(marketplace_id), self._stage.cloud.now
        resume(self._stage.deployment, scope, track=lambda orders: orders, now=now)

    def _scope(self, marketplace_id: str | None) -> Scope:
        seller = self._stage.deployment.sellers.get(SELLER.seller_id)
        assert seller
        return Scope(seller=seller, marketplace_id=marketplace_id)

    def exclude(self) -> None:
        """What the seller fulfils is left out from now on."""
        settings = self._stage.deployment.seller_settings
        settings.exclude(SELLER.seller_id, Exclusion.FULFILLMENT_TYPE, ["MFN"])

    def release(self) -> None:
        deployment, now = self._stage.deployment, self._stage.cloud.now
        order = deployment.orders.get(SELLER.seller_id, self.order_id)
        settings = deployment.seller_settings.get(SELLER.seller_id)
        assert order
        act(
            deployment,
            order,
            lambda held: on_release(
                held, now=now, policy=deployment.policy_of(held), settings=settings
            ),
            dry_run=False,
        )
