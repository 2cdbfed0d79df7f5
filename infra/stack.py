"""DayFive's stack: what there is, who may do what with it, and how an operator finds it."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.functions import Functions
from infra.order_change_queue import OrderChangeQueue
from infra.orders_table import OrdersTable
from infra.schedules import Schedules
from infra.settings import Settings
from infra.wake_up_queue import WakeUpQueue

DESCRIPTION = "DayFive: asks every Amazon buyer for a review, once and inside Amazon's window"

# What a function's role needs for Lambda to poll a queue on its behalf.
POLL = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


class DayFiveStack(cdk.Stack):
    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id, description=DESCRIPTION)
        settings = Settings.from_context(self.node)
        self.orders = OrdersTable(self, "OrdersTable", removal_policy=settings.removal_policy)
        self.order_changes = OrderChangeQueue(self, "OrderChangeQueue")
        self.wake_ups = WakeUpQueue(self, "WakeUpQueue")
        self.schedules = Schedules(self, "Schedules", target=self.wake_ups.queue)
        self.functions = Functions(
            self,
            "Functions",
            environment=self._environment(settings),
            order_changes=self.order_changes.queue,
            wake_ups=self.wake_ups.queue,
            settings=settings,
        )
        self._grant()
        self._output()

    def _environment(self, settings: Settings) -> dict[str, str]:
        earliest, latest = settings.transit_days
        return {
            "ORDERS_TABLE_NAME": self.orders.table.table_name,
            "SCHEDULE_GROUP_NAME": self.schedules.group.schedule_group_name,
            "SCHEDULE_ROLE_ARN": self.schedules.role.role_arn,
            "SCHEDULE_DLQ_ARN": self.schedules.dlq.queue_arn,
            "WAKE_UP_QUEUE_ARN": self.wake_ups.queue.queue_arn,
            "WAKE_UP_QUEUE_URL": self.wake_ups.queue.queue_url,
            "DELAY_DAYS": f"{settings.delay_days}",
            "TRANSIT_DAYS": f"{earliest}-{latest}",
            "POWERTOOLS_SERVICE_NAME": "dayfive",
            "POWERTOOLS_METRICS_NAMESPACE": "DayFive",
            "POWERTOOLS_LOG_LEVEL": "INFO",
        }

    def _grant(self) -> None:
        """Every action by name; CDK's ready-made grants would allow more."""
        intake, sender = self.functions.intake, self.functions.sender
        sweeper = self.functions.sweeper
        table, index = self.orders.table.table_arn, self.orders.open_orders_arn
        wake_ups = self.wake_ups.queue.queue_arn

        _allow(intake, self.order_changes.queue.queue_arn, *POLL)
        _allow(intake, self.order_changes.key.key_arn, "kms:Decrypt")
        _allow(sender, wake_ups, *POLL, "sqs:SendMessage")
        _allow(sweeper, wake_ups, "sqs:SendMessage")

        for writer in (intake, sender):
            _allow(writer, table, "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem")
            _allow(writer, self.schedules.schedule_arns, "scheduler:CreateSchedule")
            writer.add_to_role_policy(self._pass_scheduler_role())
        _allow(sweeper, table, "dynamodb:GetItem", "dynamodb:UpdateItem")
        for reader in (sender, sweeper):
            _allow(reader, index, "dynamodb:Query")

        # Secrets Manager ends a secret's ARN with a dash and six characters of its own.
        for secret in ("dayfive/app-??????", "dayfive/sellers/*"):
            _allow(sender, self._secret_arn(secret), "secretsmanager:GetSecretValue")

    def _pass_scheduler_role(self) -> iam.PolicyStatement:
        return iam.PolicyStatement(
            actions=["iam:PassRole"],
            resources=[self.schedules.role.role_arn],
            conditions={"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}},
        )

    def _secret_arn(self, name: str) -> str:
        return self.format_arn(
            service="secretsmanager",
            resource="secret",
            resource_name=name,
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )

    def _output(self) -> None:
        """What the operator's command reads; the names are its contract."""
        outputs = {
            "OrdersTableName": self.orders.table.table_name,
            "OrderChangeQueueArn": self.order_changes.queue.queue_arn,
            "OrderChangeQueueUrl": self.order_changes.queue.queue_url,
            "OrderChangeDlqUrl": self.order_changes.dlq.queue_url,
            "WakeUpQueueUrl": self.wake_ups.queue.queue_url,
            "WakeUpDlqUrl": self.wake_ups.dlq.queue_url,
            "ScheduleDlqUrl": self.schedules.dlq.queue_url,
            "ScheduleGroupName": self.schedules.group.schedule_group_name,
            "IntakeFunctionName": self.functions.intake.function_name,
            "SenderFunctionName": self.functions.sender.function_name,
            "SweeperFunctionName": self.functions.sweeper.function_name,
        }
        for name, value in outputs.items():
            cdk.CfnOutput(self, name, value=value)


def _allow(function: lambda_.Function, resource: str, *actions: str) -> None:
    function.add_to_role_policy(iam.PolicyStatement(actions=list(actions), resources=[resource]))
