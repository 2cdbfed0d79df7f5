"""A Lambda function of the stack: its code, role and log group, and what starts it."""

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.acknowledged import acknowledge
from infra.asset import ARCHITECTURE, RUNTIME
from infra.settings import Settings


class Function(Construct):
    """Runs lambdas/<id in lower case>.py, and may do only what it is allowed by name."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        description: str,
        code: lambda_.Code,
        environment: Mapping[str, str],
        settings: Settings,
        timeout: cdk.Duration,
        memory_mb: int,
        recursive_loop: lambda_.RecursiveLoop | None = None,
    ) -> None:
        super().__init__(scope, id)
        # Both of our own: the role that CDK would make may write to every log group, and the
        # log group that Lambda would make keeps everything for ever.
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        log_group = logs.LogGroup(
            self,
            "Logs",
            retention=settings.log_retention,
            removal_policy=settings.removal_policy,
        )
        log_group.grant_write(self.role)
        self.function = lambda_.Function(
            self,
            "Function",
            description=description,
            code=code,
            handler=f"lambdas.{id.lower()}.lambda_handler",
            runtime=RUNTIME,
            architecture=ARCHITECTURE,
            memory_size=memory_mb,
            timeout=timeout,
            environment=environment,
            role=self.role,
            log_group=log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            recursive_loop=recursive_loop,
        )
        acknowledge(
            self.function,
            "AwsSolutions-L1",
            "A newer runtime is taken on purpose, once the tests run on it",
        )

    def allow(self, resource: str, *actions: str, **conditions: Mapping[str, str]) -> None:
        """Every action by name: CDK's ready-made grants would allow more."""
        self.role.add_to_policy(
            iam.PolicyStatement(actions=list(actions), resources=[resource], conditions=conditions)
        )

    def poll(
        self, queue: sqs.IQueue, *, batch_size: int, window: cdk.Duration | None = None
    ) -> None:
        self.allow(
            queue.queue_arn,
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
        )
        self.function.add_event_source_mapping(
            "Messages",
            event_source_arn=queue.queue_arn,
            batch_size=batch_size,
            max_batching_window=window,
            report_batch_item_failures=True,
        )

    def run_every(self, interval: cdk.Duration) -> None:
        """By a rule of EventBridge: unlike a schedule, it runs when EventBridge Scheduler fails."""
        events.Rule(
            self,
            "Timer",
            description=f"Runs DayFive's {self.node.id}",
            schedule=events.Schedule.rate(interval),
            targets=[targets.LambdaFunction(self.function)],
        )
