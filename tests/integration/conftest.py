"""DayFive's parts on moto, Amazon simulated in process, and a clock that is moved by hand."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import botocore.loaders
import botocore.session
import httpx
import pytest
from moto import mock_aws

from lambdas.aws.credentials import APP_SECRET, seller_secret
from lambdas.config import Settings
from lambdas.core.marketplaces import Region
from lambdas.core.policy import Policies
from lambdas.deadline import Deadline
from lambdas.intake import Intake
from lambdas.sender import Sender
from lambdas.spapi.endpoints import Endpoints
from lambdas.sweeper import Sweeper
from lambdas.wiring import Environment
from ops.local_cloud.clock import Clock
from ops.local_cloud.stack import Stack
from ops.local_cloud.template import synthesise
from ops.simulator.orders import SimulatedOrder
from ops.simulator.server import serve
from ops.simulator.simulator import Simulator
from tests.typed import Run as Run
from tests.typed import typed

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SELLER, OTHER_SELLER = "A1DAYFIVENA001", "A1DAYFIVENA002"
CLIENT_ID, CLIENT_SECRET = "amzn1.application-oa2-client.demo", "amzn1.oa2-cs.v1.canary-secret"
REFRESH_TOKEN = "Atzr|canary-refresh-token"
EU_TOKEN = "Atzr|canary-refresh-token-eu"
SUBSCRIPTION = "subscription-1"
US = "ATVPDKIKX0DER"


@pytest.fixture(autouse=True, scope="session")
def _service_models_read_once() -> Iterator[None]:
    """Every run of a command has a session of its own, and reading the models takes the longest."""
    loader = botocore.loaders.Loader()
    with pytest.MonkeyPatch.context() as botocores_own:
        botocores_own.setattr(botocore.session, "create_loader", lambda _=None: loader)
        yield


@pytest.fixture
def clock() -> Iterator[Clock]:
    with Clock(START) as clock:
        yield clock


@pytest.fixture
def aws(clock: Clock) -> Iterator[None]:
    with mock_aws():
        yield


@pytest.fixture
def settings(aws: None) -> Settings:
    boto3.client("dynamodb").create_table(
        TableName="orders",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"}
            for name in ("seller_id", "amazon_order_id", "open_key", "due_at")
        ],
        KeySchema=[
            {"AttributeName": "seller_id", "KeyType": "HASH"},
            {"AttributeName": "amazon_order_id", "KeyType": "RANGE"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "open_orders",
                "KeySchema": [
                    {"AttributeName": "open_key", "KeyType": "HASH"},
                    {"AttributeName": "due_at", "KeyType": "RANGE"},
                ],
                "Projection": {
                    "ProjectionType": "INCLUDE",
                    "NonKeyAttributes": ["closes_at", "likely", "regions"],
                },
            }
        ],
    )
    boto3.client("scheduler").create_schedule_group(Name="wake-ups")
    queue = boto3.client("sqs").create_queue(
        QueueName="wake-up.fifo",
        Attributes={"FifoQueue": "true", "ContentBasedDeduplication": "true"},
    )
    return Settings(
        orders_table_name="orders",
        schedule_group_name="wake-ups",
        schedule_role_arn="arn:aws:iam::123456789012:role/scheduler",
        schedule_dlq_arn="arn:aws:sqs:us-east-1:123456789012:schedule-dlq",
        wake_up_queue_arn="arn:aws:sqs:us-east-1:123456789012:wake-up.fifo",
        wake_up_queue_url=queue["QueueUrl"],
        policies=Policies(
            delays=(("default", timedelta(days=5)),),
            transits=(("default", (timedelta(days=3), timedelta(days=15))),),
        ),
    )


@pytest.fixture
def environment(settings: Settings) -> Environment:
    return Environment(settings)


@pytest.fixture
def simulator() -> Simulator:
    simulator = Simulator()
    simulator.add_application(CLIENT_ID, CLIENT_SECRET)
    simulator.add_seller(SELLER, Region.NA, REFRESH_TOKEN, application=CLIENT_ID)
    return simulator


class World:
    """One connected seller, and the three functions at hand."""

    def __init__(self, environment: Environment, simulator: Simulator, clock: Clock) -> None:
        self.environment = environment
        self.simulator = simulator
        self.clock = clock
        self.orders = environment.orders
        self.sellers = environment.sellers
        self.received = 0
        self.fresh_environments()

    def fresh_environments(self) -> None:
        """New execution environments, with empty caches."""
        self.environment = environment = Environment(self.environment.settings)
        self.intake = Intake(
            orders=environment.orders,
            sellers=environment.sellers,
            seller_settings=environment.seller_settings,
            schedules=environment.schedules,
            policies=environment.settings.policies,
            experiences=environment.experiences,
            telemetry=environment.telemetry,
            orders_at_once=4,
        )
        self.sender = Sender(
            environment,
            endpoints=Endpoints.from_overrides(None, None),
            open_http=lambda: httpx.Client(transport=httpx.MockTransport(self.simulator.handle)),
        )
        self.sweeper = Sweeper(
            orders=environment.orders,
            sellers=environment.sellers,
            wake_up_queue=environment.wake_up_queue,
            telemetry=environment.telemetry,
        )

    def connect(self, *, live: bool = True) -> None:
        self.store(CLIENT_SECRET)
        self.sellers.create(SELLER, now=self.clock.now)
        self.sellers.set_region(SELLER, Region.NA, {"subscription_id": SUBSCRIPTION})
        self.sellers.set_live(SELLER, live)

    def store(self, client_secret: str) -> None:
        """Put the credentials into Secrets Manager, over those that were there."""
        secrets = boto3.client("secretsmanager")
        known = {each["Name"] for each in secrets.list_secrets()["SecretList"]}
        for name, text in (
            (APP_SECRET, f'{{"client_id":"{CLIENT_ID}","client_secret":"{client_secret}"}}'),
            (seller_secret(SELLER), f'{{"na":"{REFRESH_TOKEN}"}}'),
        ):
            if name in known:
                secrets.put_secret_value(SecretId=name, SecretString=text)
            else:
                secrets.create_secret(Name=name, SecretString=text)

    def deliver(self, *bodies: str) -> list[str]:
        """A batch to the intake; gives the ids of the records that failed."""
        sent = str(int(self.clock.now.timestamp() * 1000))
        records = [
            {
                "messageId": f"message-{number}",
                "body": body,
                "attributes": {"SentTimestamp": sent, "ApproximateReceiveCount": "1"},
            }
            for number, body in enumerate(bodies)
        ]
        return self.intake.handle(records, Deadline(None, timeout_seconds=30))

    def wake(self, seller_id: str = SELLER, region: Region = Region.NA) -> bool:
        """A wake-up to the sender; False when it has to come again."""
        self.received += 1
        record = {
            "messageId": f"wake-up-{self.received}",
            "body": f'{{"seller_id":"{seller_id}","region":"{region}"}}',
            "attributes": {"ApproximateReceiveCount": "1"},
        }
        return self.sender.handle(record, Deadline(None, timeout_seconds=90))

    def wake_at(self, when: datetime) -> bool:
        self.clock.move_to(max(when, self.clock.now))
        return self.wake()

    def sell(self, amazon_order_id: str, **overrides: Any) -> SimulatedOrder:
        """An order at Amazon, shipped at the start and delivered three days later."""
        order = SimulatedOrder(
            amazon_order_id=amazon_order_id,
            seller_id=SELLER,
            **{
                "marketplace_id": US,
                "shipped_at": START,
                "delivered_at": START + timedelta(days=3),
                **overrides,
            },
        )
        self.simulator.add_order(order)
        return order

    def order(self, amazon_order_id: str) -> Any:
        return self.orders.get(SELLER, amazon_order_id)

    def schedule_names(self) -> set[str]:
        listed = boto3.client("scheduler").list_schedules(GroupName="wake-ups")
        return {each["Name"] for each in listed["Schedules"]}

    def wake_ups_queued(self) -> int:
        attributes = boto3.client("sqs").get_queue_attributes(
            QueueUrl=self.environment.settings.wake_up_queue_url,
            AttributeNames=["ApproximateNumberOfMessages"],
        )
        return int(attributes["Attributes"]["ApproximateNumberOfMessages"])

    def calls(self, operation: str) -> int:
        return sum(entry.operation == operation for entry in self.simulator.ledger)


@pytest.fixture
def world(environment: Environment, simulator: Simulator, clock: Clock) -> World:
    world = World(environment, simulator, clock)
    world.connect()
    return world


@pytest.fixture
def stack(aws: None) -> Stack:
    """The template, deployed on moto."""
    return Stack(synthesise(), "us-east-1")


@pytest.fixture
def amazon(simulator: Simulator, stack: Stack) -> Iterator[Simulator]:
    """Amazon on a loopback port, and a seller's credentials in the environment."""
    simulator.add_seller(SELLER, Region.EU, EU_TOKEN, application=CLIENT_ID)
    with serve(simulator) as server, pytest.MonkeyPatch.context() as environment:
        environment.setenv("SP_API_ENDPOINT", server.sp_api_endpoint)
        environment.setenv("LWA_ENDPOINT", server.lwa_endpoint)
        environment.setenv("DAYFIVE_CLIENT_ID", CLIENT_ID)
        environment.setenv("DAYFIVE_CLIENT_SECRET", CLIENT_SECRET)
        environment.setenv("DAYFIVE_REFRESH_TOKEN", REFRESH_TOKEN)
        yield simulator


@pytest.fixture
def dayfive(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return typed(monkeypatch, capsys)


@pytest.fixture
def run(amazon: Simulator, dayfive: Run) -> Run:
    """Run `dayfive` against the deployed stack and the simulated Amazon."""
    return dayfive
