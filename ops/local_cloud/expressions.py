"""Schedule expressions, read as strictly as EventBridge reads them."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_RATE = re.compile(r"rate\(([1-9]\d*) (minute|hour|day)(s?)\)")
_UNITS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}


class ExpressionError(ValueError):
    """Neither `at(...)` nor `rate(...)`, or not as it is to be written."""


def parse_at(expression: str, zone: str) -> datetime | None:
    """The moment of a one-time schedule; nothing if it is of another kind."""
    if not (found := re.fullmatch(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)", expression)):
        if expression.startswith("at("):
            raise ExpressionError(expression)
        return None
    try:
        moment = datetime.fromisoformat(found[1])
    except ValueError as error:
        raise ExpressionError(expression) from error
    return moment.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def parse_rate(expression: str) -> timedelta:
    """The interval; one minute, but two minutes ("Rate expressions", EventBridge User Guide)."""
    found = _RATE.fullmatch(expression)
    if not found or (found[1] == "1") == bool(found[3]):
        raise ExpressionError(expression)
    return int(found[1]) * _UNITS[found[2]]
