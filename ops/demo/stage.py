"""The demo's stage: the synthesised template on the local cloud, and Amazon on a loopback port."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lambdas.aws.items import to_text
from ops.demo.canaries import Canaries
from ops.deployment import Deployment
from ops.local_cloud.behaviour import Behaviour
from ops.local_cloud.cloud import LocalCloud
from ops.local_cloud.template import synthesise
from ops.secrets import Secrets
from ops.simulator.population import POSTAL_CODE_CANARY, Seller
from ops.simulator.server import serve
from ops.simulator.simulator import Simulator

Message = tuple[datetime, str]

CLIENT_ID = "amzn1.application-oa2-client.demo"
CLIENT_SECRET = "amzn1.oa2-cs.v1.demo-secret"

# A cold start takes a tenth of a second of real time here, and the demo is not about them.
_BEHAVIOUR = Behaviour(idle_lifetime=timedelta(days=1), longest_lifetime=timedelta(days=14))

# A recording may span more than the 180 days after which a real secret ends.
_SECRET_LIFE = timedelta(days=3650)

# Longer than any window: a promise may lie half a year ahead.
LONGEST_RUN = timedelta(days=300)


def refresh_token(seller: Seller) -> str:
    """An invented refresh token; Amazon's begin alike."""
    return f"Atzr|demo-{seller.seller_id}-{seller.region}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Everything a run needs.

    `delivered` is what was put on the queue, and when; `to_come` what Amazon has still to say.
    """

    cloud: LocalCloud
    simulator: Simulator
    canaries: Canaries
    start: datetime
    seed: int
    delivered: list[Message] = field(default_factory=list)
    to_come: dict[int, Message] = field(default_factory=dict)
    dead: dict[str, set[str]] = field(default_factory=dict)

    def deliver(self, at: datetime, body: str) -> None:
        """Have Amazon put this message on the queue at this time, or now if that is past."""
        number = len(self.delivered) + len(self.to_come)
        self.to_come[number] = (at, body)
        self.cloud.at(max(at, self.cloud.now), lambda: self._deliver_now(number))

    def _deliver_now(self, number: int) -> None:
        _, body = self.to_come.pop(number)
        self.delivered.append((self.cloud.now, body))
        self.cloud.send(self.cloud.outputs["OrderChangeQueueUrl"], body)

    def run_days(self, days: float, on_day: Callable[[datetime], None]) -> None:
        """Run so many days, whatever there is to do."""
        end = self.cloud.now + timedelta(days=days)
        while self.cloud.now < end:
            self.cloud.run_until(min(self.cloud.now + timedelta(days=1), end))
            on_day(self.cloud.now)

    def run_to_the_end(self, until: datetime, on_day: Callable[[datetime], None]) -> None:
        """Run day by day until everything was delivered by `until` and the last order has ended."""
        last = until + LONGEST_RUN
        while self.cloud.now < last and (self.cloud.now < until or self._has_work()):
            self.cloud.run_until(self.cloud.now + timedelta(days=1))
            self._note_dead_letters()
            on_day(self.cloud.now)

    def open_orders(self) -> int:
        return sum("open_key" in item for item in self.records().values())

    def records(self) -> dict[str, dict[str, object]]:
        """The orders on record, by their ids."""
        items = self.cloud.table_items(self.cloud.outputs["OrdersTableName"])
        return {item["amazon_order_id"]: item for item in items if "-" in item["amazon_order_id"]}

    def dead_letters(self) -> dict[str, int]:
        """How many messages ever reached each dead-letter queue; they are kept for 14 days."""
        self._note_dead_letters()
        return {name: len(messages) for name, messages in self.dead.items()}

    def look_for_canaries(self) -> None:
        """Look through what was printed and what is stored."""
        for line in self.cloud.log_lines:
            self.canaries.look("log", line.text)
        self.canaries.look_at_items(self.records().values())

    def _note_dead_letters(self) -> None:
        for name in ("OrderChangeDlq", "WakeUpDlq", "ScheduleDlq"):
            messages = self.cloud.dead_letters(self.cloud.outputs[f"{name}Url"])
            self.dead.setdefault(name, set()).update(each.message_id for each in messages)

    def _has_work(self) -> bool:
        queue = self.cloud.outputs["OrderChangeQueueUrl"]
        return bool(self.open_orders() or self.cloud.queue_depth(queue))


@contextmanager
def stage(*, start: datetime, seed: int, sellers: Sequence[Seller]) -> Iterator[Stage]:
    """Set the stage; the process's time and AWS are the local cloud's until the block is left."""
    simulator = Simulator(seed)
    with local_cloud(simulator, start=start, seed=seed) as (cloud, canaries):
        simulator.add_application(CLIENT_ID, CLIENT_SECRET, _SECRET_LIFE)
        for seller in sellers:
            authorize(simulator, seller)
        yield Stage(cloud=cloud, simulator=simulator, canaries=canaries, start=start, seed=seed)


@contextmanager
def local_cloud(
    simulator: Simulator,
    *,
    start: datetime,
    seed: int,
    variables: Mapping[str, str] | None = None,
) -> Iterator[tuple[LocalCloud, Canaries]]:
    """The template on the local cloud, this Amazon on a port, and the operator's shell.

    `variables` are set for the operator's commands inside; the user's own AWS settings are not.
    """
    template = synthesise()
    canaries = Canaries((POSTAL_CODE_CANARY, CLIENT_SECRET))
    with serve(simulator) as server:
        endpoints = {
            "SP_API_ENDPOINT": server.sp_api_endpoint,
            "LWA_ENDPOINT": server.lwa_endpoint,
        }
        with (
            _environment({**endpoints, **(variables or {})}),
            LocalCloud.create(
                template, start=start, environment=endpoints, seed=seed, behaviour=_BEHAVIOUR
            ) as cloud,
        ):
            cloud.on_call(canaries.on_call)
            yield cloud, canaries


def authorize(simulator: Simulator, seller: Seller) -> None:
    """Let the seller authorise the application at the simulated Amazon."""
    simulator.add_seller(
        seller.seller_id, seller.region, refresh_token(seller), application=CLIENT_ID
    )


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """The operator's shell: nothing of the user's own AWS settings, and Amazon redirected."""
    before = dict(os.environ)
    for name in list(os.environ):
        if name.startswith(("AWS_", "DAYFIVE_")):
            del os.environ[name]
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def credentials_of(seller: Seller) -> Iterator[None]:
    """What `dayfive connect` would otherwise ask for."""
    variables = {
        "DAYFIVE_CLIENT_ID": CLIENT_ID,
        "DAYFIVE_CLIENT_SECRET": CLIENT_SECRET,
        "DAYFIVE_REFRESH_TOKEN": refresh_token(seller),
    }
    os.environ.update(variables)
    try:
        yield
    finally:
        for name in variables:
            del os.environ[name]


def register(seller: Seller, subscription_ids: Sequence[str], *, now: datetime) -> None:
    """Make a seller known without Amazon's part in it: for messages that were recorded before."""
    deployment = Deployment.find()
    Secrets(deployment.client("secretsmanager")).store(
        seller.seller_id,
        seller.region,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        token=refresh_token(seller),
    )
    deployment.sellers.create(seller.seller_id, now=now)
    newest, *older = reversed(subscription_ids)
    deployment.sellers.set_region(
        seller.seller_id,
        seller.region,
        {"subscription_id": newest, "replaced": {each: to_text(now) for each in older}},
    )
    deployment.sellers.set_live(seller.seller_id, True)
