"""Finds the deployed stack by its name, and talks to what its outputs name."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.aws.errors import error_code, translated
from lambdas.aws.orders_table import OrdersTable
from lambdas.aws.schedules import Schedules
from lambdas.aws.sellers_table import SellersTable
from lambdas.aws.settings_table import SettingsTable
from lambdas.aws.wake_up_queue import WakeUpQueue
from lambdas.config import Settings, SettingsError
from lambdas.core.policy import Policy
from lambdas.core.solicitation import Solicitation
from ops.aws_trouble import aws_session, is_denied, may_not, why_no_answer, why_refused
from ops.errors import OperatorError

STACK_NAME = "DayFive"


class Deployment:
    """The DayFive of the AWS account and Region that the environment points to."""

    def __init__(self, session: Any, outputs: Mapping[str, str]) -> None:
        self._session = session
        self._outputs = outputs

    @classmethod
    def find(cls) -> "Deployment":
        """Find the stack. Raises OperatorError, saying what is missing."""
        try:
            session = aws_session()
            client = session.client("cloudformation")
            stacks = client.describe_stacks(StackName=STACK_NAME)
        except ClientError as error:
            raise OperatorError(_why_not_found(error, client.meta.region_name)) from None
        except BotoCoreError as error:
            raise OperatorError(": ".join(why_no_answer(error))) from None
        outputs = stacks["Stacks"][0].get("Outputs", [])
        return cls(session, {each["OutputKey"]: each["OutputValue"] for each in outputs})

    def output(self, name: str) -> str:
        """One output of the stack. Raises OperatorError where the stack is an older one."""
        if name not in self._outputs:
            raise OperatorError(
                f"the stack {STACK_NAME} has no output {name}:"
                " run make deploy to bring it up to date"
            )
        return self._outputs[name]

    def client(self, service: str) -> Any:
        return self._session.client(service)

    @cached_property
    def orders(self) -> OrdersTable:
        return OrdersTable(self.dynamodb, self.output("OrdersTableName"))

    @cached_property
    def sellers(self) -> SellersTable:
        return SellersTable(self.dynamodb, self.output("OrdersTableName"))

    @cached_property
    def seller_settings(self) -> SettingsTable:
        return SettingsTable(self.dynamodb, self.output("OrdersTableName"))

    @cached_property
    def wake_up_queue(self) -> WakeUpQueue:
        return WakeUpQueue(self.client("sqs"), self.output("WakeUpQueueUrl"))

    @cached_property
    def settings(self) -> Settings:
        """What the deployed functions are told; the policy among it. Raises OperatorError."""
        name = self.output("SenderFunctionName")
        with translated("lambda:GetFunctionConfiguration"):
            function = self.client("lambda").get_function_configuration(FunctionName=name)
        try:
            return Settings.from_env(function.get("Environment", {}).get("Variables", {}))
        except SettingsError as error:
            raise OperatorError(f"the function {name} is not set up: {error}") from None

    def policy_of(self, order: Solicitation) -> Policy:
        """What the functions go by for this order. Raises OperatorError."""
        return self.settings.policies.of(order.marketplace_id, order.fulfillment_type)

    @cached_property
    def schedules(self) -> Schedules:
        """Plans wake-ups as the functions do."""
        return Schedules(
            self.client("scheduler"),
            group_name=self.settings.schedule_group_name,
            target_arn=self.settings.wake_up_queue_arn,
            role_arn=self.settings.schedule_role_arn,
            dlq_arn=self.settings.schedule_dlq_arn,
        )

    @cached_property
    def dynamodb(self) -> Any:
        return self.client("dynamodb")


def _why_not_found(error: ClientError, region: str | None) -> str:
    if error_code(error) == "ValidationError":
        return f"there is no stack {STACK_NAME} in {region}: run make deploy, or set AWS_REGION"
    if is_denied(error):
        return f"the stack {STACK_NAME} in {region}: {may_not('cloudformation:DescribeStacks')}"
    return ": ".join(why_refused(error))
