"""Finds the deployed stack by its name, and talks to what its outputs name."""

import os
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError

from lambdas.aws.errors import translated
from lambdas.aws.orders_table import OrdersTable
from lambdas.aws.schedules import Schedules
from lambdas.aws.sellers_table import SellersTable
from lambdas.aws.settings_table import SettingsTable
from lambdas.aws.wake_up_queue import WakeUpQueue
from lambdas.config import Settings, SettingsError
from lambdas.core.policy import Policy
from lambdas.core.solicitation import Solicitation
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
        # boto3 itself reads only AWS_DEFAULT_REGION, unlike the AWS CLI and the CDK.
        session = boto3.session.Session(region_name=os.environ.get("AWS_REGION") or None)
        try:
            stacks = session.client("cloudformation").describe_stacks(StackName=STACK_NAME)
        except NoRegionError:
            raise OperatorError(
                "no AWS Region is set: set AWS_REGION to the Region that DayFive is deployed in"
            ) from None
        except NoCredentialsError:
            raise OperatorError(
                "no AWS credentials were found: sign in, or set AWS_PROFILE"
            ) from None
        except ClientError as error:
            raise OperatorError(_why_not_found(error, session.region_name)) from None
        except BotoCoreError as error:
            raise OperatorError(
                f"AWS could not be reached ({type(error).__name__}):"
                " check the network and the Region"
            ) from None
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
    code = error.response.get("Error", {}).get("Code", "")
    if code == "ValidationError":
        return f"there is no stack {STACK_NAME} in {region}: run make deploy, or set AWS_REGION"
    if code in {"AccessDenied", "AccessDeniedException"}:
        return f"these AWS credentials may not describe the stack {STACK_NAME} in {region}"
    return f"AWS refused to describe the stack {STACK_NAME} in {region} ({code}): sign in again?"
