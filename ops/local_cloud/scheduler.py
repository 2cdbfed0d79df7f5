"""EventBridge Scheduler: moto stores the schedules, this refuses bad ones and fires good ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

from moto.scheduler import urls
from moto.scheduler.exceptions import ScheduleGroupNotFound, ValidationException
from moto.scheduler.models import EventBridgeSchedulerBackend, Schedule

from ops.local_cloud.constraints import input_shape, validation_message
from ops.local_cloud.expressions import ExpressionError, parse_at, parse_rate
from ops.local_cloud.targets import Deliver
from ops.local_cloud.world import World


class LocalScheduler(EventBridgeSchedulerBackend):
    """Takes the place of moto's own for as long as the mock is on."""

    on_change: Callable[[Schedule], None]
    may_assume: Callable[[str, str], bool]

    _url_module = urls  # moto would look for it beside this module

    def create_schedule(self, *_: Any, **given: Any) -> Schedule:
        self._refuse_what_aws_refuses(given)
        schedule = super().create_schedule(**given)
        self.on_change(schedule)
        return schedule

    def update_schedule(self, *_: Any, **given: Any) -> Schedule:
        self._refuse_what_aws_refuses(given)
        schedule = super().update_schedule(**given | {"state": given.get("state") or "ENABLED"})
        self.on_change(schedule)
        return schedule

    def _refuse_what_aws_refuses(self, given: Mapping[str, Any]) -> None:
        named = {"".join(map(str.title, key.split("_"))): value for key, value in given.items()}
        if message := validation_message(input_shape("scheduler", "CreateSchedule"), named):
            raise ValidationException(message)
        group = given.get("group_name") or "default"
        if group not in self.schedule_groups:
            raise ScheduleGroupNotFound(group)
        expression = given["schedule_expression"]
        zone = given.get("schedule_expression_timezone") or "UTC"
        try:
            moment = parse_at(expression, zone)
            moment or parse_rate(expression)
        except (ExpressionError, ZoneInfoNotFoundError) as error:
            raise ValidationException(f"Invalid Schedule Expression {expression}.") from error
        if moment and moment <= datetime.now(UTC):
            raise ValidationException(f"Invalid Schedule Expression {expression}: in the past.")
        if not self.may_assume(given["target"]["RoleArn"], self.schedule_groups[group].arn):
            raise ValidationException(
                "The execution role you provide must allow AWS EventBridge Scheduler to assume the"
                " role."
            )


class Firings:
    """Fires each schedule at or after its minute, at least once, and deletes what is completed."""

    def __init__(self, world: World, backend: LocalScheduler, deliver: Deliver) -> None:
        self._backend = backend
        self._deliver = deliver
        self._clock = world.clock
        self._agenda = world.agenda
        self._behaviour = world.behaviour
        self._chance = world.chance("schedules")
        self._plans: dict[str, object] = {}
        backend.on_change = self._plan

    def _plan(self, schedule: Schedule) -> None:
        zone = schedule.schedule_expression_timezone
        moment = parse_at(schedule.schedule_expression, zone)
        # A rate without a start date begins at once ("Rate-based schedules", Scheduler).
        self._plan_at(schedule, moment or self._clock.now)

    def _plan_at(self, schedule: Schedule, moment: datetime) -> None:
        plan = self._plans[schedule.arn] = object()
        when = moment + self._within(self._behaviour.lateness)
        self._agenda.at(when, partial(self._fire, schedule, moment, plan))

    def _fire(self, schedule: Schedule, moment: datetime, plan: object) -> None:
        if not self._stands(schedule) or self._plans[schedule.arn] is not plan:
            return
        if schedule.state == "ENABLED":
            self._invoke(schedule)
            if self._chance.random() < self._behaviour.double_firings:
                again = self._clock.now + self._within(self._behaviour.lateness)
                self._agenda.at(again, partial(self._invoke, schedule))
        if not schedule.schedule_expression.startswith("at("):
            self._plan_at(schedule, moment + parse_rate(schedule.schedule_expression))
        elif schedule.action_after_completion == "DELETE":
            gone = self._clock.now + self._within(self._behaviour.completion_lag)
            self._agenda.at(gone, partial(self._delete, schedule))

    def _invoke(self, schedule: Schedule) -> None:
        self._deliver(schedule.target, schedule.arn)

    def _delete(self, schedule: Schedule) -> None:
        if self._stands(schedule):
            self._backend.delete_schedule(schedule.group_name, schedule.name)
            del self._plans[schedule.arn]

    def _stands(self, schedule: Schedule) -> bool:
        group = self._backend.schedule_groups.get(schedule.group_name)
        return group is not None and group.schedules.get(schedule.name) is schedule

    def _within(self, most: timedelta) -> timedelta:
        return most * self._chance.random()
