"""Delivers what schedules and rules fire: into a queue, or as an asynchronous invocation."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from moto.sqs.exceptions import SQSException

from ops.local_cloud.functions import Function
from ops.local_cloud.permissions import Permissions, sending_needs
from ops.local_cloud.queues import LocalQueue, LocalSqs
from ops.local_cloud.world import World

# "How Lambda handles errors and retries with asynchronous invocation", Lambda
RETRY_WAITS = (timedelta(minutes=1), timedelta(minutes=2))

Deliver = Callable[[Mapping[str, Any], str], None]


class TargetError(Exception):
    """The target did not take it; the text is AWS's code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Undelivered:
    """Neither the target nor a dead-letter queue took it: in AWS it is gone."""

    source: str
    target: str
    reason: str


class Targets:
    def __init__(
        self,
        world: World,
        *,
        sqs: LocalSqs,
        functions: Mapping[str, Function],
        permissions: Permissions,
    ) -> None:
        self.undelivered: list[Undelivered] = []
        self._sqs = sqs
        self._functions = functions
        self._permissions = permissions
        self._clock = world.clock
        self._agenda = world.agenda
        self._chance = world.chance("targets")

    def deliver(self, target: Mapping[str, Any], source: str) -> None:
        """To the target in the terms of CreateSchedule; `source` is the schedule or the rule."""
        arn, principal = target["Arn"], target.get("RoleArn", source)
        body = target.get("Input") or self._scheduled_event(source)
        group = target.get("SqsParameters", {}).get("MessageGroupId")
        try:
            self._hand_over(arn, body, group, principal)
        except TargetError as error:
            self._bury(target, body, source, str(error), principal)

    def invoke(self, function: Function, event: Any, attempt: int = 0) -> None:
        """Asynchronously: an error is tried again, as often as the function's setting says."""
        retries = function.definition.asynchronous_retries
        if function.invoke(event).error is not None and attempt < retries:
            again = partial(self.invoke, function, event, attempt + 1)
            self._agenda.at(self._clock.now + RETRY_WAITS[attempt], again)

    def _hand_over(self, arn: str, body: str, group: str | None, principal: str) -> None:
        match arn.split(":")[2]:
            case "sqs":
                self._send(arn, body, group, principal)
            case "lambda":
                self._require(principal, "lambda:InvokeFunction", arn)
                if not (function := self._functions.get(arn)):
                    raise TargetError("ResourceNotFoundException")
                self._agenda.at(self._clock.now, partial(self.invoke, function, json.loads(body)))
            case service:
                raise NotImplementedError(f"a target in {service} is not modelled")

    def _send(
        self,
        arn: str,
        body: str,
        group: str | None,
        principal: str,
        attributes: Mapping[str, Any] | None = None,
    ) -> None:
        name = arn.rsplit(":", 1)[-1]
        queue = self._sqs.queues.get(name)
        if not isinstance(queue, LocalQueue):
            raise TargetError("AWS.SimpleQueueService.NonExistentQueue")
        for action, resource in sending_needs(queue):
            self._require(principal, action, resource)
        try:
            self._sqs.send_message(name, body, dict(attributes or {}), group_id=group)
        except SQSException as error:
            raise TargetError(error.code or type(error).__name__) from error

    def _require(self, principal: str, action: str, resource: str) -> None:
        is_role = principal.split(":")[2] == "iam"
        may = self._permissions.role_may if is_role else self._permissions.service_may
        if not may(principal, action, resource):
            raise TargetError("AccessDenied")

    def _bury(
        self, target: Mapping[str, Any], body: str, source: str, reason: str, principal: str
    ) -> None:
        """A missing target or grant is not worth the retries: it stays missing."""
        told = {"ERROR_CODE": reason, "SCHEDULE_ARN": source, "TARGET_ARN": target["Arn"]}
        attributes = {
            name: {"DataType": "String", "StringValue": value} for name, value in told.items()
        }
        try:
            if not (dlq := target.get("DeadLetterConfig", {}).get("Arn")):
                raise TargetError(reason)
            self._send(dlq, body, None, principal, attributes)
        except TargetError as error:
            lost = Undelivered(source=source, target=target["Arn"], reason=f"{reason}, {error}")
            self.undelivered.append(lost)

    def _scheduled_event(self, source: str) -> str:
        """What a target without an input of its own gets ("Scheduled events", EventBridge)."""
        _, _, service, region, account, _ = source.split(":", 5)
        event = {
            "version": "0",
            "id": str(uuid.UUID(int=self._chance.getrandbits(128), version=4)),
            "detail-type": "Scheduled Event",
            "source": f"aws.{service}",
            "account": account,
            "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": region,
            "resources": [source],
            "detail": {},
        }
        return json.dumps(event)
