"""Scheduled rules of EventBridge: they fire at a rate, and know nothing of a start date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from ops.local_cloud.expressions import parse_rate
from ops.local_cloud.targets import Deliver
from ops.local_cloud.world import World


class Rules:
    def __init__(self, world: World, deliver: Deliver) -> None:
        self._deliver = deliver
        self._clock = world.clock
        self._agenda = world.agenda
        self._behaviour = world.behaviour
        self._chance = world.chance("rules")

    def add(self, arn: str, properties: Mapping[str, Any]) -> None:
        """The first time is one interval after the rule was made."""
        if "EventPattern" in properties:
            raise NotImplementedError(f"{arn} has an event pattern, which is not modelled")
        if properties.get("State", "ENABLED") == "ENABLED":
            interval = parse_rate(properties["ScheduleExpression"])
            self._plan(arn, properties, self._clock.now + interval)

    def _plan(self, arn: str, properties: Mapping[str, Any], moment: datetime) -> None:
        late = self._behaviour.lateness * self._chance.random()
        self._agenda.at(moment + late, partial(self._fire, arn, properties, moment))

    def _fire(self, arn: str, properties: Mapping[str, Any], moment: datetime) -> None:
        again = self._chance.random() < self._behaviour.double_firings
        for target in properties.get("Targets", []) * (1 + again):
            self._deliver(target, arn)
        interval = parse_rate(properties["ScheduleExpression"])
        self._plan(arn, properties, moment + interval)
