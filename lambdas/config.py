"""The functions' settings: the only module that reads the environment."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from lambdas.core.marketplaces import marketplace_in
from lambdas.core.policy import CHECKS_PER_DAY, DEFAULT, Choice, Policies
from lambdas.core.seller_settings import FULFILLMENT_TYPES

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

# How many orders of a batch the intake takes in side by side, waiting for AWS.
ORDERS_AT_ONCE = 16


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
    policies: Policies
    sp_api_endpoint: str | None = None
    lwa_endpoint: str | None = None
    lag_metrics: bool = False
    orders_at_once: int = ORDERS_AT_ONCE
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
            policies=_policies(environ),
            sp_api_endpoint=environ.get("SP_API_ENDPOINT") or None,
            lwa_endpoint=environ.get("LWA_ENDPOINT") or None,
            orders_at_once=int(environ.get("ORDERS_AT_ONCE") or ORDERS_AT_ONCE),
            lag_metrics=environ.get("LAG_METRICS") == "on",
            # boto3 reads these itself: here they only tell one environment from another.
            aws=tuple(environ.get(name) for name in _AWS_OWN),
        )


def _policies(environ: Mapping[str, str]) -> Policies:
    return Policies(
        delays=_choices(environ, "DELAY_DAYS", _delay),
        transits=_choices(environ, "TRANSIT_DAYS", _transit),
        hours=_hours(environ.get("SENDING_HOURS") or None),
        checks_per_day=_checks_per_day(environ.get("CHECKS_PER_DAY") or f"{CHECKS_PER_DAY}"),
    )


def _choices(
    environ: Mapping[str, str], name: str, read: Callable[[str], Choice]
) -> tuple[tuple[str, Choice], ...]:
    """Reads `5` and `5,AFN=6,DE=7,DE/AFN=8`: the default, then what differs from it."""
    default, *others = environ[name].split(",")
    pairs = [other.partition("=") for other in others]
    return (
        (DEFAULT, read(default)),
        *((_by_marketplace(name, key), read(text)) for key, _, text in pairs),
    )


def _by_marketplace(name: str, key: str) -> str:
    """`DE/AFN` with the marketplace's id for the country, which is only there to be short."""
    country, slash, fulfillment_type = key.partition("/")
    if country in FULFILLMENT_TYPES:
        return key
    marketplace_id = marketplace_in(country)
    if marketplace_id is None:
        raise SettingsError(f"{name} must name marketplaces by country, such as DE or DE/AFN")
    return f"{marketplace_id}{slash}{fulfillment_type}"


def _delay(text: str) -> timedelta:
    if not re.fullmatch(r"\d{1,2}", text) or int(text) < 5:
        raise SettingsError("DELAY_DAYS must be numbers of days, 5 or more, such as 5,AFN=6")
    return timedelta(days=int(text))


def _transit(text: str) -> tuple[timedelta, timedelta]:
    days = re.fullmatch(r"(\d{1,3})-(\d{1,3})", text)
    if days is None or int(days[1]) > int(days[2]):
        raise SettingsError("TRANSIT_DAYS must be two numbers of days, such as 3-15,AFN=2-9")
    return timedelta(days=int(days[1])), timedelta(days=int(days[2]))


def _hours(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    hours = re.fullmatch(r"(\d{1,2})-(\d{1,2})", text)
    if hours is None or not int(hours[1]) < int(hours[2]) <= 24:
        raise SettingsError("SENDING_HOURS must be two hours of the day, such as 9-21")
    return int(hours[1]), int(hours[2])


def _checks_per_day(text: str) -> float:
    if not re.fullmatch(r"\d{1,2}(\.\d{1,6})?", text) or not float(text):
        raise SettingsError("CHECKS_PER_DAY must be a number above 0, such as 0.4")
    return float(text)
