"""Puts the stack together and does what moto does not: it makes one thing lead to the next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from moto.dynamodb.models import dynamodb_backends
from moto.scheduler.models import scheduler_backends
from moto.sqs.models import sqs_backends

from ops.local_cloud.calls import Calls
from ops.local_cloud.functions import Definition, Function, Record
from ops.local_cloud.mappings import Chain, EventSourceMapping, MappingRefusedError
from ops.local_cloud.permissions import Permissions, polling_needs
from ops.local_cloud.queues import LocalQueue, LocalSqs
from ops.local_cloud.rules import Rules
from ops.local_cloud.scheduler import Firings, LocalScheduler
from ops.local_cloud.stack import ACCOUNT, Resource, Stack, Template, definitions
from ops.local_cloud.tables import Expiry, LocalDynamoDB
from ops.local_cloud.targets import Targets
from ops.local_cloud.world import World


class Pump:
    def __init__(
        self,
        template: Template,
        world: World,
        calls: Calls,
        *,
        region: str,
        code: Path,
        environment: Mapping[str, str],
    ) -> None:
        self._world = world
        self._calls = calls
        self._code = code
        self._environment = environment
        self._chain = Chain()
        self.record = Record()
        self.functions: dict[str, Function] = {}
        self.permissions = Permissions(ACCOUNT, region)
        self.sqs = self._take_over_sqs(region)
        self.dynamodb = self._take_over_dynamodb(region)
        self.targets = Targets(
            world, sqs=self.sqs, functions=self.functions, permissions=self.permissions
        )
        self.scheduler = self._take_over_scheduler(region)
        self.stack = Stack(template, region)
        for definition in definitions(self.stack):
            self.functions[definition.arn] = self._function(definition)
            self.permissions.roles[definition.name] = definition.role
        calls.hooks.append(self.permissions.check)
        mappings = self.stack.of_type("AWS::Lambda::EventSourceMapping")
        self._mappings = [self._mapping(mapping) for mapping in mappings]
        rules = Rules(world, self.targets.deliver)
        for rule in self.stack.of_type("AWS::Events::Rule"):
            rules.add(rule.arn, rule.properties)

    @property
    def next_at(self) -> datetime | None:
        """When the next thing happens; what a long run has delayed was due in the past."""
        moments = [self._world.agenda.next_at, *(mapping.next_at for mapping in self._mappings)]
        return min((moment for moment in moments if moment is not None), default=None)

    def run_next(self) -> None:
        """Pollers take turns, as in AWS no queue's backlog makes another wait."""
        now = self._world.clock.now
        if (noted := self._world.agenda.next_at) and noted <= now:
            with self._chain.of({}):
                self._world.agenda.run_next()
            return
        for mapping in self._mappings:
            if (due := mapping.next_at) and due <= now:
                self._mappings.remove(mapping)
                self._mappings.append(mapping)
                mapping.poll()
                return

    def queue(self, name: str) -> LocalQueue:
        """By its name, its URL or its ARN."""
        queue = self.sqs.get_queue(name.rsplit("/", 1)[-1].rsplit(":", 1)[-1])
        assert isinstance(queue, LocalQueue)
        return queue

    # moto forgets these backends with everything else when the mock ends.

    def _take_over_sqs(self, region: str) -> LocalSqs:
        backend = sqs_backends[ACCOUNT][region] = LocalSqs(region, ACCOUNT)
        backend.chance = self._world.chance("queues")
        backend.duplicate_rate = self._world.behaviour.duplicate_deliveries
        backend.current_lineage = self._chain.snapshot
        return backend

    def _take_over_dynamodb(self, region: str) -> LocalDynamoDB:
        backend = dynamodb_backends[ACCOUNT][region] = LocalDynamoDB(region, ACCOUNT)
        backend.index_lag = self._world.behaviour.index_lag
        Expiry(self._world, backend)
        return backend

    def _take_over_scheduler(self, region: str) -> LocalScheduler:
        backend = scheduler_backends[ACCOUNT][region] = LocalScheduler(region, ACCOUNT)
        backend.may_assume = self.permissions.scheduler_may_assume
        Firings(self._world, backend, self.targets.deliver)
        return backend

    def _function(self, definition: Definition) -> Function:
        return Function(
            definition,
            self._world,
            calls=self._calls,
            code=self._code,
            overrides=self._environment,
            record=self.record,
        )

    def _mapping(self, resource: Resource) -> EventSourceMapping:
        properties = resource.properties
        queue, called = self.queue(properties["EventSourceArn"]), properties["FunctionName"]
        functions = self.functions.values()
        function = next(
            one for one in functions if called in (one.definition.name, one.definition.arn)
        )
        for action, arn in polling_needs(queue):
            if not self.permissions.role_may(function.definition.role, action, arn):
                raise MappingRefusedError(
                    f"The provided execution role does not have permissions to call {action}"
                )
        return EventSourceMapping(
            properties, queue=queue, function=function, clock=self._world.clock, chain=self._chain
        )
