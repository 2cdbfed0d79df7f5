"""Where the one-shot schedules live, and what they may do when they fire."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.acknowledged import acknowledge


class Schedules(Construct):
    """The functions create schedules at run time; the group, the role and the DLQ are theirs."""

    def __init__(self, scope: Construct, id: str, *, target: sqs.IQueue) -> None:
        super().__init__(scope, id)
        self.group = scheduler.ScheduleGroup(
            self, "Group", removal_policy=cdk.RemovalPolicy.DESTROY
        )
        # A standard queue: EventBridge Scheduler does not take a FIFO one.
        self.dlq = sqs.Queue(
            self,
            "Dlq",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
        )
        acknowledge(
            self.dlq,
            "AwsSolutions-SQS3",
            "It is a dead-letter queue: the schedules name it, which are made at run time",
        )
        self.role = iam.Role(self, "Role", assumed_by=self._scheduler())
        self.role.add_to_policy(
            iam.PolicyStatement(
                actions=["sqs:SendMessage"], resources=[target.queue_arn, self.dlq.queue_arn]
            )
        )

    @property
    def schedule_arns(self) -> str:
        """All schedules of the group: their names are made at run time."""
        return cdk.Stack.of(self).format_arn(
            service="scheduler",
            resource="schedule",
            resource_name=f"{self.group.schedule_group_name}/*",
        )

    def _scheduler(self) -> iam.IPrincipal:
        """EventBridge Scheduler, for this group only (its user guide, "Confused deputy")."""
        source = {
            "aws:SourceAccount": cdk.Stack.of(self).account,
            "aws:SourceArn": self.group.schedule_group_arn,
        }
        return iam.ServicePrincipal("scheduler.amazonaws.com", conditions={"StringEquals": source})
