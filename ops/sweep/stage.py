"""The sweep's stage: the template on the local cloud, one seller, and run after run on it."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from lambdas.aws.items import EXPERIENCE_SORT_KEY, Item, from_text
from lambdas.core.marketplaces import Region
from lambdas.core.seller_settings import Exclusion
from ops.demo.canaries import Canaries
from ops.demo.stage import CLIENT_ID, CLIENT_SECRET, refresh_token, register
from ops.deployment import Deployment
from ops.local_cloud.behaviour import Behaviour
from ops.local_cloud.cloud import CODE, LocalCloud
from ops.local_cloud.targets import RETRY_WAITS
from ops.local_cloud.template import synthesise
from ops.simulator.population import POSTAL_CODE_CANARY, Seller
from ops.simulator.simulator import Simulator
from ops.sweep.outside import Outside, amazon_at

SELLER = Seller(seller_id="A1DAYFIVENA001", region=Region.NA)
US = "ATVPDKIKX0DER"
SUBSCRIPTION = "5d5d5d5d-0000-4000-8000-000000000002"
NOBODY = "http://127.0.0.1:9"
QUEUES = ("OrderChangeQueue", "WakeUpQueue")
DEAD_LETTER_QUEUES = ("OrderChangeDlq", "WakeUpDlq", "ScheduleDlq")
OWN_QUEUES = ("WakeUpQueue", "WakeUpDlq", "ScheduleDlq")

# Of whatever was planted as it is, in part, or as it would stand in a URL or a form.
CANARIES = (POSTAL_CODE_CANARY, "D0Q", CLIENT_SECRET, "Atza%7C", "Atzr%7C", "demo-A1", "sweep-903")

_FIRST_DAY = datetime(2026, 3, 2, tzinfo=UTC)
_CENTURIES = timedelta(days=36500)
SPARING = Behaviour(
    duplicate_deliveries=0,
    double_firings=0,
    lateness=timedelta(0),
    completion_lag=timedelta(0),
    expiry_lag=timedelta(0),
    call_latency=timedelta(0),
    # A cold start costs a tenth of a second here: only what was killed starts anew.
    idle_lifetime=_CENTURIES,
    longest_lifetime=_CENTURIES,
)
_OVERDUE = timedelta(minutes=10)
_EVERY_SWEEP_UNTIL = timedelta(hours=2)
_LONGEST_RUN = timedelta(days=100)


class Stage:
    """Runs follow each other, each from a midnight on, with an order of its own."""

    def __init__(self, cloud: LocalCloud, simulator: Simulator) -> None:
        self.cloud = cloud
        self.simulator = simulator
        self.outside = Outside({})
        self.canaries = Canaries(CANARIES)
        self.deployment = Deployment.find()
        self.start = self.busy_until = cloud.now
        self.functions = {
            cloud.outputs[f"{name}FunctionName"]: name.lower()
            for name in ("Intake", "Sender", "Sweeper")
        }

    def begin(self, outside: Outside) -> None:
        """The next run: a new day, and nothing left of the run before."""
        midnight = self.cloud.now.replace(hour=0, minute=0, second=0, microsecond=0)
        self.outside = Outside(self.functions)
        self.cloud.run_until(midnight + timedelta(days=2))
        self.start = self.busy_until = self.cloud.now
        self.outside = outside
        self.outside.is_live = self._is_live
        self.canaries = Canaries(CANARIES)
        self.simulator.faults.clear()
        self.simulator.ledger.clear()
        self.simulator.orders.clear()
        self.simulator.accounts.restore(SELLER.seller_id, SELLER.region)
        for left in (self.cloud.log_lines, self.cloud.errors, self.cloud.metrics):
            left.clear()
        self._forget()
        self.deployment.sellers.set_region(
            SELLER.seller_id, SELLER.region, {"subscription_id": SUBSCRIPTION}
        )
        self.deployment.sellers.set_live(SELLER.seller_id, True)
        self.deployment.sellers.set_paused(SELLER.seller_id, False)
        self.deployment.sellers.resume_marketplace(SELLER.seller_id, US)
        self.deployment.seller_settings.include(
            SELLER.seller_id, Exclusion.FULFILLMENT_TYPE, ["MFN"]
        )

    def run_to_the_end(self) -> bool:
        """Until no order is open and nothing is to come; False if that takes too long."""
        self.run_until(self.start + _LONGEST_RUN)
        return self._is_over(self._items())

    def run_until(self, when: datetime) -> None:
        """Until then, or until no order is open and nothing is to come."""
        items = self._items()
        while self.cloud.now < when and not self._is_over(items):
            self.cloud.run_until(self._next_sweep(items))
            items = self._items()
            if any(moment <= self.cloud.now for moment in self._due(items)):
                self._sweep()
                items = self._items()

    def records(self) -> dict[str, Item]:
        return {item["amazon_order_id"]: item for item in self._items() if "opens_at" in item}

    def look_for_canaries(self) -> None:
        """In all that was printed, thrown, counted, stored, or put on the queues of our own."""
        for line in self.cloud.log_lines:
            self.canaries.look("log", line.text)
        for failed in self.cloud.errors:
            self.canaries.look("exception", "".join(traceback.format_exception(failed.error)))
        for metric in self.cloud.metrics:
            self.canaries.look("metric", f"{metric.name} {metric.dimensions}")
        self.canaries.look_at_items(self._items())
        for name in OWN_QUEUES:
            for message in self.cloud.dead_letters(self.cloud.outputs[f"{name}Url"]):
                self.canaries.look(name, f"{message.body} {message.attributes}")

    def lose_schedules(self) -> None:
        """As if Scheduler had never fired those that are there."""
        scheduler = self.deployment.client("scheduler")
        for planned in self.cloud.schedules():
            scheduler.delete_schedule(Name=planned.name, GroupName=planned.group)

    def dead_letters(self) -> dict[str, int]:
        return {
            name: len(self.cloud.dead_letters(self.cloud.outputs[f"{name}Url"]))
            for name in DEAD_LETTER_QUEUES
        }

    def _next_sweep(self, items: list[Item]) -> datetime:
        """Sweeps are at half past; hours in which nothing can happen are passed over."""
        now, start = self.cloud.now, self.start
        moments = [self.cloud.next_event_at(), *self._due(items)]
        first = min((each for each in moments if each), default=now)
        hours = max(first, now + timedelta(minutes=1)) - start - timedelta(minutes=30)
        return start + timedelta(minutes=30) + timedelta(hours=-(-hours // timedelta(hours=1)))

    def _due(self, items: list[Item]) -> Iterator[datetime]:
        """When a sweep would find something to do."""
        if self.cloud.now < self.start + _EVERY_SWEEP_UNTIL:
            yield self.cloud.now
        for item in items:
            for region in item.get("regions", {}).values():
                if "blocked_until" in region:
                    yield from_text(region["blocked_until"])
            if "open_key" in item and "opens_at" in item:
                yield from_text(item["due_at"]).replace(tzinfo=UTC) + _OVERDUE

    def _sweep(self, attempt: int = 0) -> None:
        """As the rule does it, whose timer is off: a failed run is repeated by Lambda itself."""
        outcome = self.cloud.invoke(self.cloud.outputs["SweeperFunctionName"], {})
        if outcome.error is not None and attempt < len(RETRY_WAITS):
            again = self.cloud.now + RETRY_WAITS[attempt]
            self.cloud.at(again, lambda: self._sweep(attempt + 1))

    def _is_over(self, items: list[Item]) -> bool:
        if self.cloud.now < self.busy_until:
            return False
        orders = [item for item in items if "opens_at" in item]
        waits = any(self.cloud.queue_depth(self.cloud.outputs[f"{name}Url"]) for name in QUEUES)
        still_open = any("open_key" in order for order in orders)
        return bool(orders) and not (waits or still_open or self.cloud.schedules())

    def _is_live(self) -> bool:
        return any(item.get("live") for item in self._items())

    def _items(self) -> list[Item]:
        return self.cloud.table_items(self.cloud.outputs["OrdersTableName"])

    def _forget(self) -> None:
        """The orders, and what they have taught: a way would go otherwise after a hundred runs."""
        client = self.deployment.client("dynamodb")
        for item in self._items():
            name = item["amazon_order_id"]
            if "opens_at" in item or name.startswith(EXPERIENCE_SORT_KEY):
                client.delete_item(
                    TableName=self.cloud.outputs["OrdersTableName"],
                    Key={"seller_id": {"S": SELLER.seller_id}, "amazon_order_id": {"S": name}},
                )


@contextmanager
def stage(code: Path = CODE, behaviour: Behaviour = SPARING) -> Iterator[Stage]:
    """Set the stage: the stack as it would be deployed, with one live seller."""
    simulator = Simulator()
    endpoints = {"SP_API_ENDPOINT": f"{NOBODY}/{{region}}", "LWA_ENDPOINT": NOBODY}
    template = _without_timer(synthesise())
    with LocalCloud.create(
        template, start=_FIRST_DAY, environment=endpoints, behaviour=behaviour, code=code
    ) as cloud:
        simulator.add_application(CLIENT_ID, CLIENT_SECRET, _CENTURIES)
        simulator.add_seller(
            SELLER.seller_id, SELLER.region, refresh_token(SELLER), application=CLIENT_ID
        )
        register(SELLER, [SUBSCRIPTION], now=cloud.now)
        set_stage = Stage(cloud, simulator)
        cloud.on_call(lambda call: set_stage.outside.on_aws(call))
        cloud.on_call(lambda call: set_stage.canaries.on_call(call))
        with amazon_at(lambda request: set_stage.outside.to_amazon(simulator, request)):
            yield set_stage


def _without_timer(template: dict[str, Any]) -> dict[str, Any]:
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Events::Rule":
            resource["Properties"]["State"] = "DISABLED"
    return template
