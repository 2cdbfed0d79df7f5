"""The three Lambda functions: one asset, a role and a log group each, and what starts them."""

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.asset import ARCHITECTURE, RUNTIME, lambda_asset
from infra.settings import Settings


class Functions(Construct):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        environment: Mapping[str, str],
        order_changes: sqs.IQueue,
        wake_ups: sqs.IQueue,
        settings: Settings,
    ) -> None:
        super().__init__(scope, id)
        self._code = lambda_asset()
        self._environment = environment
        self._settings = settings

        self.intake = self._function("Intake", timeout=30)
        self.intake.add_event_source_mapping(
            "OrderChanges",
            event_source_arn=order_changes.queue_arn,
            batch_size=100,
            max_batching_window=cdk.Duration.seconds(5),
            report_batch_item_failures=True,
        )
        self.sender = self._function(
            "Sender",
            timeout=90,
            recursive_loop=lambda_.RecursiveLoop.ALLOW,  # it continues through its own queue
        )
        self.sender.add_event_source_mapping(
            "WakeUps",
            event_source_arn=wake_ups.queue_arn,
            batch_size=1,
            report_batch_item_failures=True,
        )
        self.sweeper = self._function("Sweeper", timeout=300)
        # A rule of EventBridge and not one of its schedules: the Sweeper mends what Scheduler lost.
        events.Rule(
            self,
            "Hourly",
            schedule=events.Schedule.rate(cdk.Duration.hours(1)),
            targets=[targets.LambdaFunction(self.sweeper)],
        )

    def _function(
        self, id: str, *, timeout: int, recursive_loop: lambda_.RecursiveLoop | None = None
    ) -> lambda_.Function:
        log_group = logs.LogGroup(
            self,
            f"{id}Logs",
            retention=self._settings.log_retention,
            removal_policy=self._settings.removal_policy,
        )
        # A role of our own: the one Function would make may write to every log group.
        role = iam.Role(self, f"{id}Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        log_group.grant_write(role)
        return lambda_.Function(
            self,
            id,
            code=self._code,
            handler=f"lambdas.{id.lower()}.lambda_handler",
            runtime=RUNTIME,
            architecture=ARCHITECTURE,
            memory_size=512,
            timeout=cdk.Duration.seconds(timeout),
            environment=self._environment,
            role=role,
            log_group=log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            recursive_loop=recursive_loop,
        )
