"""Composition root: builds what the functions need, once per execution environment."""

import os
from functools import cached_property, lru_cache
from typing import Any

import boto3
from botocore.config import Config

from lambdas.aws.credentials import CredentialsStore
from lambdas.aws.experience_table import ExperienceTable
from lambdas.aws.orders_table import OrdersTable
from lambdas.aws.schedules import Schedules
from lambdas.aws.sellers_table import SellersTable
from lambdas.aws.settings_table import SettingsTable
from lambdas.aws.wake_up_queue import WakeUpQueue
from lambdas.config import Settings
from lambdas.experiences import Experiences
from lambdas.observability import Telemetry, make_logger

# Three quick attempts: the queues' own redelivery is the patient one.
_RETRIES = {"mode": "standard", "total_max_attempts": 3}


class Environment:
    """The parts of one execution environment, each made when it is first asked for."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._session = boto3.session.Session()
        self._config = Config(
            connect_timeout=1,
            read_timeout=3,
            retries=_RETRIES,
            max_pool_connections=settings.orders_at_once,
            # Fixed: botocore would put its own together anew, twice for each call, and take a
            # sixth of the call's CPU for it.
            user_agent=f"DayFive boto3/{boto3.__version__}",
        )

    @cached_property
    def telemetry(self) -> Telemetry:
        return Telemetry(make_logger(), lags=self.settings.lag_metrics)

    @cached_property
    def orders(self) -> OrdersTable:
        return OrdersTable(self._dynamodb, self.settings.orders_table_name)

    @cached_property
    def sellers(self) -> SellersTable:
        return SellersTable(self._dynamodb, self.settings.orders_table_name)

    @cached_property
    def seller_settings(self) -> SettingsTable:
        return SettingsTable(self._dynamodb, self.settings.orders_table_name)

    @cached_property
    def experiences(self) -> Experiences:
        table = ExperienceTable(self._dynamodb, self.settings.orders_table_name)
        return Experiences(table, self.telemetry)

    @cached_property
    def schedules(self) -> Schedules:
        return Schedules(
            self._client("scheduler"),
            group_name=self.settings.schedule_group_name,
            target_arn=self.settings.wake_up_queue_arn,
            role_arn=self.settings.schedule_role_arn,
            dlq_arn=self.settings.schedule_dlq_arn,
        )

    @cached_property
    def wake_up_queue(self) -> WakeUpQueue:
        return WakeUpQueue(self._client("sqs"), self.settings.wake_up_queue_url)

    @cached_property
    def credentials(self) -> CredentialsStore:
        return CredentialsStore(self._client("secretsmanager"))

    @cached_property
    def _dynamodb(self) -> Any:
        return self._client("dynamodb")

    def _client(self, service: str) -> Any:
        return self._session.client(service, config=self._config)


def environment() -> Environment:
    """The parts for the settings in force; kept as long as the settings are the same."""
    return _environment(Settings.from_env(os.environ))


@lru_cache(maxsize=1)
def _environment(settings: Settings) -> Environment:
    return Environment(settings)
