"""The settings a seller may edit in cdk.json, checked before anything is built from them."""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from aws_cdk import RemovalPolicy
from aws_cdk.aws_dynamodb import BillingMode
from aws_cdk.aws_logs import RetentionDays
from constructs import Node

from infra.choices import Choice, SettingError, read_choices

NAMES = (
    "delay_days",
    "transit_days",
    "sending_hours",
    "checks_per_day",
    "log_retention_days",
    "alarm_email",
    "dashboards",
    "lag_metrics",
    "table_capacity",
    "removal_policy",
)
DELAY_DAYS = range(5, 26)  # Amazon's window opens 5 and closes 30 days after delivery
TRANSIT_DAYS = range(61)  # an estimate beyond two months would be a mistake of the keyboard
CHECKS_PER_DAY = (0.01, 10)  # beyond these a plan is one check, or one every few hours
DASHBOARDS = ("business", "operations")
TABLE_CAPACITIES = {
    "on_demand": BillingMode.PAY_PER_REQUEST,
    "provisioned": BillingMode.PROVISIONED,
}
REMOVAL_POLICIES = {"retain": RemovalPolicy.RETAIN, "destroy": RemovalPolicy.DESTROY}
# RetentionInDays, AWS::Logs::LogGroup, AWS CloudFormation Template Reference
LOG_RETENTION_DAYS = {
    1: RetentionDays.ONE_DAY,
    3: RetentionDays.THREE_DAYS,
    5: RetentionDays.FIVE_DAYS,
    7: RetentionDays.ONE_WEEK,
    14: RetentionDays.TWO_WEEKS,
    30: RetentionDays.ONE_MONTH,
    60: RetentionDays.TWO_MONTHS,
    90: RetentionDays.THREE_MONTHS,
    120: RetentionDays.FOUR_MONTHS,
    150: RetentionDays.FIVE_MONTHS,
    180: RetentionDays.SIX_MONTHS,
    365: RetentionDays.ONE_YEAR,
    400: RetentionDays.THIRTEEN_MONTHS,
    545: RetentionDays.EIGHTEEN_MONTHS,
    731: RetentionDays.TWO_YEARS,
    1096: RetentionDays.THREE_YEARS,
    1827: RetentionDays.FIVE_YEARS,
    2192: RetentionDays.SIX_YEARS,
    2557: RetentionDays.SEVEN_YEARS,
    2922: RetentionDays.EIGHT_YEARS,
    3288: RetentionDays.NINE_YEARS,
    3653: RetentionDays.TEN_YEARS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    delay_days: Mapping[str, int]
    transit_days: Mapping[str, tuple[int, int]]
    sending_hours: tuple[int, int] | None
    checks_per_day: float
    log_retention: RetentionDays
    alarm_email: str | None
    dashboards: frozenset[str]
    lag_metrics: bool
    table_capacity: BillingMode
    removal_policy: RemovalPolicy

    @classmethod
    def from_context(cls, node: Node) -> "Settings":
        _refuse_misspelt(node.get_all_context())
        return cls(
            delay_days=_choices(node, "delay_days", _delay_days),
            transit_days=_choices(node, "transit_days", _transit_days),
            sending_hours=_sending_hours(node.try_get_context("sending_hours")),
            checks_per_day=_checks_per_day(node.try_get_context("checks_per_day")),
            log_retention=_log_retention(node.try_get_context("log_retention_days")),
            alarm_email=_alarm_email(node.try_get_context("alarm_email")),
            dashboards=_dashboards(node.try_get_context("dashboards")),
            lag_metrics=_lag_metrics(node.try_get_context("lag_metrics")),
            table_capacity=_table_capacity(node.try_get_context("table_capacity")),
            removal_policy=_removal_policy(node.try_get_context("removal_policy")),
        )


def context_of_cdk_json() -> dict[str, Any]:
    """What the CDK CLI reads from cdk.json, so that app.py also runs without the CLI."""
    cdk_json = Path(__file__).parents[1] / "cdk.json"
    context: dict[str, Any] = json.loads(cdk_json.read_text()).get("context", {})
    return context


def _refuse_misspelt(context: Mapping[str, object]) -> None:
    """Nothing else would ever read such a name, and the default would stand in its stead."""
    for name, value in context.items():
        if name not in NAMES:
            as_ours = name.lower().replace("-", "_")
            for meant in get_close_matches(as_ours, NAMES, n=1, cutoff=0.75):
                raise SettingError(name, value, f"spelt {meant}")


def _choices(node: Node, name: str, read: Callable[[str, object], Choice]) -> dict[str, Choice]:
    return read_choices(name, node.try_get_context(name), read)


def _delay_days(name: str, value: object) -> int:
    days = _whole_number(value)
    if days not in DELAY_DAYS:
        raise SettingError(name, value, "a whole number of days from 5 to 25")
    return days


def _transit_days(name: str, value: object) -> tuple[int, int]:
    match value.split("-") if isinstance(value, str) else value:
        case [first, last]:
            earliest, latest = _whole_number(first), _whole_number(last)
            if earliest in TRANSIT_DAYS and latest in TRANSIT_DAYS and earliest <= latest:
                return earliest, latest
    raise SettingError(name, value, "[earliest, latest], whole numbers of days from 0 to 60")


def _sending_hours(value: object) -> tuple[int, int] | None:
    if value in (None, ""):
        return None
    match value.split("-") if isinstance(value, str) else value:
        case [first, until]:
            hours = _whole_number(first), _whole_number(until)
            if 0 <= hours[0] < hours[1] <= 24:
                return hours
    raise SettingError(
        "sending_hours", value, 'null for any time, or two hours of one day, such as "9-21"'
    )


def _checks_per_day(value: object) -> float:
    """How many checks it is worth to ask a buyer a day sooner."""
    try:
        number = float(value) if isinstance(value, int | float | str) else math.nan
    except ValueError:
        number = math.nan
    if isinstance(value, bool) or not CHECKS_PER_DAY[0] <= number <= CHECKS_PER_DAY[1]:
        raise SettingError("checks_per_day", value, "a number from 0.01 to 10")
    return number


def _log_retention(value: object) -> RetentionDays:
    days = _whole_number(value)
    if days not in LOG_RETENTION_DAYS:
        raise SettingError("log_retention_days", value, f"one of {list(LOG_RETENTION_DAYS)}")
    return LOG_RETENTION_DAYS[days]


def _alarm_email(value: object) -> str | None:
    if value in (None, ""):
        return None
    if isinstance(value, str) and re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value):
        return value
    raise SettingError("alarm_email", value, "null for none, or one e-mail address")


def _dashboards(value: object) -> frozenset[str]:
    names = [name for name in value.split(",") if name] if isinstance(value, str) else value
    if isinstance(names, list) and all(name in DASHBOARDS for name in names):
        return frozenset(names)
    raise SettingError("dashboards", value, f"a list of none, one or both of {list(DASHBOARDS)}")


def _lag_metrics(value: object) -> bool:
    if str(value).lower() not in {"true", "false"}:
        raise SettingError("lag_metrics", value, "true or false")
    return str(value).lower() == "true"


def _table_capacity(value: object) -> BillingMode:
    mode = TABLE_CAPACITIES.get(str(value))
    if mode is None:
        raise SettingError("table_capacity", value, " or ".join(TABLE_CAPACITIES))
    return mode


def _removal_policy(value: object) -> RemovalPolicy:
    policy = REMOVAL_POLICIES.get(str(value))
    if policy is None:
        raise SettingError("removal_policy", value, " or ".join(REMOVAL_POLICIES))
    return policy


def _whole_number(value: object) -> int:
    """-1 for anything else. On the command line (cdk deploy -c delay_days=6) values are strings."""
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else -1
