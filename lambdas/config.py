"""The functions' settings: the only module that reads the environment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from lambdas.core.policy import Policy

_REQUIRED = (
    "ORDERS_TABLE_NAME",
    "SCHEDULE_GROUP_NAME",
    "SCHEDULE_ROLE_ARN",
    "SCHEDULE_DLQ_ARN",
    "WAKE_UP_QUEUE_ARN",
    "WAKE_UP_QUEUE_URL",
    "DELAY_DAYS",
    "TRANSIT_DAYS",
)
_AWS_OWN = ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID")


class SettingsError(ValueError):
    """The function's environment lacks a variable or has one that cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the template tells the functions; every function gets all of it."""

    orders_table_name: str
    schedule_group_name: str
    schedule_role_arn: str
    schedule_dlq_arn: str
    wake_up_queue_arn: str
    wake_up_queue_url: str
    policy: Policy
    sp_api_endpoint: str | None = None
    lwa_endpoint: str | None = None
    aws: tuple[str | None, ...] = ()

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read the settings. Raises SettingsError, naming every variable that is missing."""
        missing = [name for name in _REQUIRED if not environ.get(name)]
        if missing:
            raise SettingsError(f"environment variables are missing: {', '.join(missing)}")
        return cls(
            orders_table_name=environ["ORDERS_TABLE_NAME"],
            schedule_group_name=environ["SCHEDULE_GROUP_NAME"],
            schedule_role_arn=environ["SCHEDULE_ROLE_ARN"],
            schedule_dlq_arn=environ["SCHEDULE_DLQ_ARN"],
            wake_up_queue_arn=environ["WAKE_UP_QUEUE_ARN"],
            wake_up_queue_url=environ["WAKE_UP_QUEUE_URL"],
            policy=_policy(environ["DELAY_DAYS"], environ["TRANSIT_DAYS"]),
            sp_api_endpoint=environ.get("SP_API_ENDPOINT") or None,
            lwa_endpoint=environ.get("LWA_ENDPOINT") or None,
            # boto3 reads these itself: here they only tell one environment from another.
            aws=tuple(environ.get(name) for name in _AWS_OWN),
        )


def _policy(delay_days: str, transit_days: str) -> Policy:
    transit = re.fullmatch(r"(\d{1,3})-(\d{1,3})", transit_days)
    if transit is None or int(transit[1]) > int(transit[2]):
        raise SettingsError("TRANSIT_DAYS must be two numbers of days, such as 3-15")
    if not re.fullmatch(r"\d{1,2}", delay_days) or int(delay_days) < 5:
        raise SettingsError("DELAY_DAYS must be a number of days, 5 or more")
    return Policy(
        delay=timedelta(days=int(delay_days)),
        transit_earliest=timedelta(days=int(transit[1])),
        transit_latest=timedelta(days=int(transit[2])),
    )
