"""DayFive's stack: what there is, who may do what with it, and how an operator finds it."""

from functools import partial

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.acknowledged import acknowledge_pattern
from infra.alarms import Alarms
from infra.asset import lambda_asset
from infra.choices import as_variable
from infra.dashboards import BusinessDashboard, OperationsDashboard
from infra.functions import Function
from infra.order_change_queue import OrderChangeQueue
from infra.orders_table import OrdersTable
from infra.saved_queries import SavedQueries
from infra.schedules import Schedules
from infra.settings import Settings
from infra.wake_up_queue import WakeUpQueue

DESCRIPTION = "DayFive: asks every Amazon buyer for a review, once and inside Amazon's window"


class DayFiveStack(cdk.Stack):
    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id, description=DESCRIPTION, tags={"application": "DayFive"})
        # The CDK writes dependencies that references imply already.
        self.template_options.metadata = {"cfn-lint": {"config": {"ignore_checks": ["W3005"]}}}
        settings = Settings.from_context(self.node)
        seconds = cdk.Duration.seconds

        self.orders = OrdersTable(
            self,
            "OrdersTable",
            billing_mode=settings.table_capacity,
            removal_policy=settings.removal_policy,
        )
        self.order_changes = OrderChangeQueue(self, "OrderChangeQueue")
        self.wake_ups = WakeUpQueue(self, "WakeUpQueue")
        self.schedules = Schedules(self, "Schedules", target=self.wake_ups.queue)

        function = partial(
            Function,
            self,
            code=lambda_asset(),
            environment=self._environment(settings),
            settings=settings,
        )
        self.intake = function(
            "Intake",
            description="Takes in ORDER_CHANGE notifications: records orders, plans their checks",
            timeout=seconds(30),
            memory_mb=512,
        )
        # An order is not due for days: the fuller a batch, the fewer runs and requests of SQS.
        self.intake.poll(self.order_changes.queue, batch_size=100, window=seconds(60))
        # The Sender continues a long backlog by a message to its own queue.
        self.sender = function(
            "Sender",
            description="Asks Amazon about a seller's due orders and sends the solicitations",
            timeout=seconds(90),
            memory_mb=192,  # it waits out the usage plan's second, and waiting is charged by memory
            recursive_loop=lambda_.RecursiveLoop.ALLOW,
        )
        self.sender.poll(self.wake_ups.queue, batch_size=1)
        self.sweeper = function(
            "Sweeper",
            description="Wakes sellers whose due orders nobody looked at, and measures how all is",
            timeout=seconds(300),
            memory_mb=512,
        )
        self.sweeper.run_every(cdk.Duration.hours(1))

        self._grant()
        self._watch(settings)
        self._output()

    def _environment(self, settings: Settings) -> dict[str, str]:
        hours = settings.sending_hours
        return {
            "ORDERS_TABLE_NAME": self.orders.table.table_name,
            "SCHEDULE_GROUP_NAME": self.schedules.group.schedule_group_name,
            "SCHEDULE_ROLE_ARN": self.schedules.role.role_arn,
            "SCHEDULE_DLQ_ARN": self.schedules.dlq.queue_arn,
            "WAKE_UP_QUEUE_ARN": self.wake_ups.queue.queue_arn,
            "WAKE_UP_QUEUE_URL": self.wake_ups.queue.queue_url,
            "DELAY_DAYS": as_variable(settings.delay_days, str),
            "TRANSIT_DAYS": as_variable(settings.transit_days, "{0[0]}-{0[1]}".format),
            **({"SENDING_HOURS": f"{hours[0]}-{hours[1]}"} if hours else {}),
            "CHECKS_PER_DAY": f"{settings.checks_per_day:g}",
            **({"LAG_METRICS": "on"} if settings.lag_metrics else {}),
            "POWERTOOLS_LOG_LEVEL": "INFO",
        }

    def _grant(self) -> None:
        table, index = self.orders.table.table_arn, self.orders.open_orders_arn
        wake_ups = self.wake_ups.queue.queue_arn

        self.intake.allow(self.order_changes.key.key_arn, "kms:Decrypt")
        self.sender.allow(wake_ups, "sqs:SendMessage")
        self.sweeper.allow(wake_ups, "sqs:SendMessage")
        self.sweeper.allow(table, "dynamodb:GetItem", "dynamodb:UpdateItem")
        for writer in (self.intake, self.sender):
            writer.allow(table, "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem")
            writer.allow(self.schedules.schedule_arns, "scheduler:CreateSchedule")
            acknowledge_pattern(
                writer,
                self.schedules.schedule_arns,
                "Schedules are made at run time, and named after seller and minute",
            )
            writer.allow(
                self.schedules.role.role_arn,
                "iam:PassRole",
                StringEquals={"iam:PassedToService": "scheduler.amazonaws.com"},
            )
        for reader in (self.sender, self.sweeper):
            reader.allow(index, "dynamodb:Query")
        # Secrets Manager ends a secret's ARN with a dash and six characters of its own.
        for secret in ("dayfive/app-??????", "dayfive/sellers/*"):
            self.sender.allow(self._secret_arn(secret), "secretsmanager:GetSecretValue")
        acknowledge_pattern(
            self.sender,
            self._secret_arn("dayfive/sellers/*"),
            "Secrets are made at run time, one for each seller that is connected",
        )

    def _watch(self, settings: Settings) -> None:
        queues = {"order_changes": self.order_changes.queue, "wake_ups": self.wake_ups.queue}
        dead_letters = {
            "order_changes": self.order_changes.dlq,
            "wake_ups": self.wake_ups.dlq,
            "schedules": self.schedules.dlq,
        }
        functions = {
            "intake": self.intake.function,
            "sender": self.sender.function,
            "sweeper": self.sweeper.function,
        }
        alarms = Alarms(
            self,
            "Alarms",
            queues=queues,
            dead_letters=dead_letters,
            functions=functions,
            email=settings.alarm_email,
        )
        SavedQueries(self, "SavedQueries", functions=functions)
        if "business" in settings.dashboards:
            BusinessDashboard(self, "BusinessDashboard", functions=functions)
        if "operations" in settings.dashboards:
            OperationsDashboard(
                self,
                "OperationsDashboard",
                alarms=alarms.all,
                queues=queues,
                dead_letters=dead_letters,
                functions=functions,
                schedules=self.schedules.group,
                table=self.orders.table,
                lag_metrics=settings.lag_metrics,
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
            "IntakeFunctionName": self.intake.function.function_name,
            "SenderFunctionName": self.sender.function.function_name,
            "SweeperFunctionName": self.sweeper.function.function_name,
        }
        for name, value in outputs.items():
            cdk.CfnOutput(self, name, value=value)
