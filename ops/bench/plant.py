"""What the benches of the functions run on: the template's own parts on moto, and a moved clock."""

import io
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from botocore.handlers import BUILTIN_HANDLERS

from lambdas.config import Settings
from lambdas.core.delivery import DeliveryNews, Promise
from lambdas.core.marketplaces import Region
from lambdas.core.solicitation import Solicitation, Status
from lambdas.core.window import SolicitationWindow
from lambdas.sender import Sender
from lambdas.spapi.endpoints import Endpoints
from lambdas.wiring import Environment
from ops.bench.turn_taking import TurnTakingClock
from ops.demo.stage import CLIENT_ID, CLIENT_SECRET, refresh_token, register
from ops.local_cloud.cloud import account
from ops.local_cloud.stack import Stack, definitions
from ops.local_cloud.template import synthesise
from ops.simulator.orders import SimulatedOrder
from ops.simulator.population import Seller
from ops.simulator.server import serve
from ops.simulator.simulator import Simulator

START = datetime(2026, 3, 2, tzinfo=UTC)
REGION = "us-east-1"
MARKETPLACE = "ATVPDKIKX0DER"

# Of the order of what AWS and Amazon take; each answer moves the clock by as much.
AWS_LATENCY = timedelta(milliseconds=10)
AMAZON_LATENCY = timedelta(milliseconds=250)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """The stack's table, queues and settings, and one simulated Amazon.

    With `clock` time is moved; without, it is the real one, and Amazon is on a loopback port.
    """

    clock: TurnTakingClock | None
    simulator: Simulator
    endpoints: Endpoints
    variables: Mapping[str, str]
    outputs: Mapping[str, str]

    def environment(self) -> Environment:
        """A new execution environment's parts."""
        return Environment(Settings.from_env(self.variables))

    def sender(self) -> Sender:
        """The sender of a new execution environment, with Amazon at its own distance."""
        transport = httpx.MockTransport(self._amazon) if self.clock else None
        return Sender(
            self.environment(),
            endpoints=self.endpoints,
            open_http=lambda: httpx.Client(transport=transport, trust_env=False),
        )

    def play(self, works: Sequence[Callable[[], None]]) -> None:
        """Run them side by side, in moved time; in real time one after the other."""
        if self.clock:
            self.clock.play(works)
            return
        for work in works:
            work()

    def connect(self, seller: Seller) -> None:
        """A live seller, with nothing on record yet."""
        self.simulator.add_seller(
            seller.seller_id, seller.region, refresh_token(seller), application=CLIENT_ID
        )
        register(seller, [f"subscription-{seller.seller_id}"], now=datetime.now(UTC))

    def _amazon(self, request: httpx.Request) -> httpx.Response:
        time.sleep(AMAZON_LATENCY.total_seconds())
        return self.simulator.handle(request)


@contextmanager
def plant(*, moved: bool = True) -> Iterator[Plant]:
    """Set it up; what the functions print goes nowhere."""
    simulator = Simulator()
    with ExitStack() as stack:
        clock = stack.enter_context(TurnTakingClock(START)) if moved else None
        stack.enter_context(_distance(AWS_LATENCY))
        stack.enter_context(account(0, REGION))
        server = None if moved else stack.enter_context(serve(simulator))
        made = Stack(synthesise(), REGION)
        simulator.add_application(CLIENT_ID, CLIENT_SECRET)
        stack.enter_context(redirect_stdout(io.StringIO()))
        yield Plant(
            clock=clock,
            simulator=simulator,
            endpoints=Endpoints.from_overrides(
                server.sp_api_endpoint if server else None,
                server.lwa_endpoint if server else None,
            ),
            variables=next(
                each.variables for each in definitions(made) if "sender" in each.handler
            ),
            outputs=made.outputs,
        )


@contextmanager
def _distance(latency: timedelta) -> Iterator[None]:
    """Every answer of AWS takes so long."""

    def wait(**_: Any) -> None:
        time.sleep(latency.total_seconds())

    handler: tuple[str, Callable[..., None]] = ("after-call", wait)
    BUILTIN_HANDLERS.append(handler)
    try:
        yield
    finally:
        BUILTIN_HANDLERS.remove(handler)


def due_order(
    seller: Seller, number: int, *, due_at: datetime, closes_at: datetime
) -> tuple[Solicitation, SimulatedOrder]:
    """An order that is due for its first check and will be offered, on record and at Amazon."""
    delivered_at = due_at - timedelta(days=6)
    amazon_order_id = f"903-{number // 10_000_000:07d}-{number % 10_000_000:07d}"
    order = Solicitation(
        seller_id=seller.seller_id,
        amazon_order_id=amazon_order_id,
        marketplace_id=MARKETPLACE,
        region=Region(seller.region),
        fulfillment_type="MFN",
        status=Status.WAITING,
        reason="shipped",
        window=SolicitationWindow(opens_at=delivered_at + timedelta(days=5), closes_at=closes_at),
        due_at=due_at,
        expires_at=closes_at + timedelta(days=60),
        news=DeliveryNews(
            shipped_at=delivered_at - timedelta(days=2),
            promise=Promise(
                news_at=delivered_at - timedelta(days=2),
                earliest=delivered_at,
                latest=closes_at - timedelta(days=30),
            ),
        ),
    )
    at_amazon = SimulatedOrder(
        amazon_order_id=amazon_order_id,
        seller_id=seller.seller_id,
        marketplace_id=MARKETPLACE,
        shipped_at=delivered_at - timedelta(days=2),
        delivered_at=delivered_at,
    )
    return order, at_amazon
