"""The resource types that moto's CloudFormation does not know."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, ClassVar, Self

from moto.cloudwatch.models import (
    Dimension,
    Metric,
    MetricDataQuery,
    MetricStat,
    cloudwatch_backends,
)
from moto.core.common_models import CloudFormationModel
from moto.scheduler.models import scheduler_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

Properties = dict[str, Any]

WITHOUT_EFFECT = (
    "AWS::CDK::Metadata",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Logs::MetricFilter",
    "AWS::Logs::QueryDefinition",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy",
)


class Added:
    """A type of ours. moto finds the direct subclasses of its own model only, so both are bases."""

    type: ClassVar[str]
    named_by: ClassVar[str] = ""
    has: ClassVar[tuple[str, ...]] = ()

    def __init__(self, name: str, properties: Properties, account: str, region: str) -> None:
        self.name, self.properties, self.account, self.region = name, properties, account, region
        self.create()

    def create(self) -> None: ...

    def delete(self, account: str, region: str) -> None: ...

    @property
    def physical_resource_id(self) -> str:
        return self.name

    def attributes(self) -> dict[str, str]:
        return {}

    def get_cfn_attribute(self, attribute: str) -> str:
        return self.attributes()[attribute]

    def is_created(self) -> bool:
        return True

    @classmethod
    def has_cfn_attr(cls, attribute: str) -> bool:
        return attribute in cls.has

    @classmethod
    def cloudformation_type(cls) -> str:
        return cls.type

    @classmethod
    def cloudformation_name_type(cls) -> str:
        return cls.named_by

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: Properties,
        account_id: str,
        region_name: str,
        **kwargs: Any,
    ) -> Self:
        return cls(resource_name, cloudformation_json["Properties"], account_id, region_name)

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Self,
        new_resource_name: str,
        cloudformation_json: Properties,
        account_id: str,
        region_name: str,
    ) -> Self:
        original_resource.delete(account_id, region_name)
        properties = cloudformation_json["Properties"]
        return cls(original_resource.name, properties, account_id, region_name)


class ScheduleGroup(Added, CloudFormationModel):
    type = "AWS::Scheduler::ScheduleGroup"
    has = ("Arn", "State")
    named_by = "Name"

    def create(self) -> None:
        backend = scheduler_backends[self.account][self.region]
        self.group = backend.create_schedule_group(self.name, tags=[])

    def delete(self, account: str, region: str) -> None:
        scheduler_backends[account][region].delete_schedule_group(self.name)

    def attributes(self) -> dict[str, str]:
        return {"Arn": self.group.arn, "State": "ACTIVE"}


class Schedule(Added, CloudFormationModel):
    type = "AWS::Scheduler::Schedule"
    has = ("Arn",)
    named_by = "Name"

    def create(self) -> None:
        given: Callable[..., Any] = self.properties.get
        self.schedule = scheduler_backends[self.account][self.region].create_schedule(
            name=self.name,
            group_name=given("GroupName"),
            schedule_expression=self.properties["ScheduleExpression"],
            schedule_expression_timezone=given("ScheduleExpressionTimezone"),
            flexible_time_window=self.properties["FlexibleTimeWindow"],
            target=self.properties["Target"],
            state=given("State"),
            description=given("Description"),
            kms_key_arn=given("KmsKeyArn"),
            start_date=given("StartDate"),
            end_date=given("EndDate"),
            action_after_completion=None,
        )

    def delete(self, account: str, region: str) -> None:
        groups = scheduler_backends[account][region].schedule_groups
        if group := groups.get(self.properties.get("GroupName", "default")):
            group.schedules.pop(self.name, None)

    def attributes(self) -> dict[str, str]:
        return {"Arn": self.schedule.arn}


class QueuePolicy(Added, CloudFormationModel):
    type = "AWS::SQS::QueuePolicy"

    def create(self) -> None:
        self._apply(json.dumps(self.properties["PolicyDocument"]))

    def delete(self, account: str, region: str) -> None:
        self._apply(None)

    def _apply(self, policy: str | None) -> None:
        queues = sqs_backends[self.account][self.region].queues
        for url in self.properties["Queues"]:
            if queue := queues.get(url.rsplit("/", 1)[-1]):  # a stack's end has no order
                queue.policy = policy


class Secret(Added, CloudFormationModel):
    type = "AWS::SecretsManager::Secret"
    has = ("Id",)
    named_by = "Name"

    def create(self) -> None:
        self.arn: str = json.loads(
            secretsmanager_backends[self.account][self.region].create_secret(
                name=self.name,
                secret_string=self.properties.get("SecretString"),
                secret_binary=None,
                description=self.properties.get("Description"),
                tags=None,
                kms_key_id=self.properties.get("KmsKeyId"),
                client_request_token=None,
                replica_regions=[],
                force_overwrite=False,
            )
        )["ARN"]

    def delete(self, account: str, region: str) -> None:
        secretsmanager_backends[account][region].delete_secret(
            self.arn, recovery_window_in_days=None, force_delete_without_recovery=True
        )

    @property
    def physical_resource_id(self) -> str:
        return self.arn

    def attributes(self) -> dict[str, str]:
        return {"Id": self.arn}


class Subscription(Added, CloudFormationModel):
    type = "AWS::SNS::Subscription"

    def create(self) -> None:
        topic, endpoint = self.properties["TopicArn"], self.properties["Endpoint"]
        backend = sns_backends[self.account][self.region]
        self.arn: str = backend.subscribe(topic, endpoint, self.properties["Protocol"]).arn

    def delete(self, account: str, region: str) -> None:
        sns_backends[account][region].unsubscribe(self.arn)

    @property
    def physical_resource_id(self) -> str:
        return self.arn


class Alarm(Added, CloudFormationModel):
    type = "AWS::CloudWatch::Alarm"
    has = ("Arn",)
    named_by = "AlarmName"

    def create(self) -> None:
        given: Callable[..., Any] = self.properties.get
        queries = [_query(query) for query in given("Metrics", [])]
        self.alarm = cloudwatch_backends[self.account][self.region].put_metric_alarm(
            name=self.name,
            namespace=given("Namespace"),
            metric_name=given("MetricName"),
            comparison_operator=self.properties["ComparisonOperator"],
            evaluation_periods=self.properties["EvaluationPeriods"],
            datapoints_to_alarm=given("DatapointsToAlarm"),
            period=given("Period"),
            threshold=given("Threshold"),
            statistic=given("Statistic"),
            extended_statistic=given("ExtendedStatistic"),
            description=given("AlarmDescription"),
            dimensions=given("Dimensions", []),
            alarm_actions=given("AlarmActions", []),
            ok_actions=given("OKActions", []),
            insufficient_data_actions=given("InsufficientDataActions", []),
            metric_data_queries=queries or None,
            treat_missing_data=given("TreatMissingData"),
        )

    def delete(self, account: str, region: str) -> None:
        cloudwatch_backends[account][region].delete_alarms([self.name])

    def attributes(self) -> dict[str, str]:
        return {"Arn": self.alarm.alarm_arn}


def _query(given: Any) -> MetricDataQuery:
    statistic = None
    if "MetricStat" in given:
        stat, metric = given["MetricStat"], given["MetricStat"]["Metric"]
        given_dimensions = metric.get("Dimensions", [])
        dimensions = [Dimension(name=one["Name"], value=one["Value"]) for one in given_dimensions]
        measured = Metric(metric["MetricName"], metric["Namespace"], dimensions)
        statistic = MetricStat(measured, stat["Period"], stat["Stat"], stat.get("Unit"))
    return MetricDataQuery(
        query_id=given["Id"],
        label=given.get("Label"),
        period=given.get("Period"),
        return_data=given.get("ReturnData", True),
        expression=given.get("Expression"),
        metric_stat=statistic,
    )


PLACEHOLDERS = tuple(
    type(name, (Added, CloudFormationModel), {"type": name, "__module__": __name__})
    for name in WITHOUT_EFFECT
)
