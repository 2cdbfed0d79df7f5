"""`dayfive` as it is typed, on the synthesised stack on moto, with orders put into its table."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.handlers import BUILTIN_HANDLERS

from lambdas.core.marketplaces import Region
from lambdas.core.solicitation import Solicitation
from ops.deployment import Deployment
from ops.local_cloud.clock import Clock
from ops.local_cloud.stack import Stack
from tests.integration.conftest import SELLER, SUBSCRIPTION
from tests.records import WINDOW, solicitation

OPENS, CLOSES = WINDOW.opens_at, WINDOW.closes_at


def order_id(number: int) -> str:
    return f"903-5550101-{number:07}"


@pytest.fixture(autouse=True)
def _narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


@contextmanager
def refused(operation: str, code: str) -> Iterator[None]:
    """AWS refuses this operation to whoever opens a session inside."""

    def refuse(**_: object) -> None:
        answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": 400}}
        raise ClientError(answer, operation)

    handler = (f"provide-client-params.{operation}", refuse)
    BUILTIN_HANDLERS.append(handler)
    try:
        yield
    finally:
        BUILTIN_HANDLERS.remove(handler)


class Shop:
    """A deployed stack with one connected seller, whose window has been open for a day."""

    def __init__(self, deployment: Deployment, clock: Clock) -> None:
        self.deployment = deployment
        self.clock = clock
        self.connect(SELLER)
        clock.move_to(OPENS + timedelta(days=1))

    def connect(self, seller_id: str, *, region: Region = Region.NA, live: bool = True) -> None:
        sellers = self.deployment.sellers
        sellers.create(seller_id, now=self.clock.now)
        sellers.set_region(seller_id, region, {"subscription_id": SUBSCRIPTION})
        sellers.set_live(seller_id, live)

    def put(self, number: int = 1, **overrides: Any) -> Solicitation:
        """An order on record, as `tests.records` makes it."""
        order = solicitation(amazon_order_id=order_id(number), **overrides)
        return self.deployment.orders.put(order, known=None)

    def order(self, number: int = 1, seller_id: str = SELLER) -> Solicitation:
        found = self.deployment.orders.get(seller_id, order_id(number))
        assert found is not None
        return found

    def wake_ups(self) -> list[str]:
        """The bodies in the wake-up queue."""
        queue = self.deployment.output("WakeUpQueueUrl")
        received = self.deployment.client("sqs").receive_message(
            QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=0
        )
        return [message["Body"] for message in received.get("Messages", [])]

    def schedules(self) -> set[str]:
        listed = self.deployment.client("scheduler").list_schedules(
            GroupName=self.deployment.output("ScheduleGroupName")
        )
        return {each["Name"] for each in listed["Schedules"]}


@pytest.fixture
def shop(stack: Stack, clock: Clock) -> Shop:
    return Shop(Deployment.find(), clock)
