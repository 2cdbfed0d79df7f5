"""Whether a seller's notifications have come under another application lately."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from ops.deployment import Deployment
from ops.doctor.finding import NotLookedAtError, looking
from ops.doctor.machinery import deployment_resources

LOOKED_BACK = timedelta(days=14)

_EVENT = "application_id_changed"
_PAGES_AT_MOST = 50


def sellers_whose_application_changed(deployment: Deployment) -> dict[str, datetime]:
    """When each was last seen to change, by the intake's log.

    The record holds only the newest id, and no answer of Amazon's tells it beforehand.
    """
    changed: dict[str, datetime] = {}
    for line in _lines(deployment):
        event = _event(line["message"])
        if event.get("message") == _EVENT:
            at = datetime.fromtimestamp(line["timestamp"] / 1000, UTC)
            changed[str(event.get("seller_id"))] = at
    return changed


def _lines(deployment: Deployment) -> Iterator[dict[str, Any]]:
    begin = datetime.now(UTC) - LOOKED_BACK
    with looking():
        group = _log_group(deployment)
        pages = deployment.client("logs").get_paginator("filter_log_events")
        found = pages.paginate(
            logGroupName=group,
            startTime=int(begin.timestamp() * 1000),
            filterPattern=f'"{_EVENT}"',
        )
        for page in islice(found, _PAGES_AT_MOST):
            yield from page["events"]


def _log_group(deployment: Deployment) -> str:
    for logical_id, kind, name in deployment_resources(deployment):
        if kind == "AWS::Logs::LogGroup" and logical_id.startswith("Intake"):
            return name
    raise NotLookedAtError("the stack has no log group of Intake's")


def _event(text: str) -> dict[str, Any]:
    try:
        event = json.loads(text)
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}
