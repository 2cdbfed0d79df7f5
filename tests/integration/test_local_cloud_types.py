"""What moto's CloudFormation lacks or cuts short, made, changed and removed by plain boto3."""

import json
from typing import Any

import boto3
import pytest
from moto import mock_aws

from ops.local_cloud import extend_cloudformation
from tests.e2e.pump_stack import Properties, allow, arn, queue, ref, resource, role, stack

METRIC = {"MetricName": "Sent", "Namespace": "DayFive"}
COMPARED = {
    "ComparisonOperator": "GreaterThanThreshold",
    "EvaluationPeriods": 1,
    "Threshold": 0,
}
RESOURCES: dict[str, Properties] = {
    "Queue": queue(),
    "Policy": resource(
        "AWS::SQS::QueuePolicy",
        Queues=[ref("Queue")],
        PolicyDocument={"Version": "2012-10-17", "Statement": [allow("sqs:SendMessage")]},
    ),
    "Role": role("scheduler", allow("sqs:SendMessage")),
    "Group": resource("AWS::Scheduler::ScheduleGroup"),
    "Schedule": resource(
        "AWS::Scheduler::Schedule",
        GroupName=ref("Group"),
        ScheduleExpression="rate(1 hour)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": arn("Queue"), "RoleArn": arn("Role")},
    ),
    "Secret": resource("AWS::SecretsManager::Secret", Name="dayfive/test", SecretString="s"),
    "Alarm": resource("AWS::CloudWatch::Alarm", Period=60, Statistic="Sum", **METRIC, **COMPARED),
    "Ratio": resource(
        "AWS::CloudWatch::Alarm",
        Metrics=[
            {"Id": "ratio", "Expression": "sent * 2"},
            {
                "Id": "sent",
                "ReturnData": False,
                "MetricStat": {
                    "Metric": {**METRIC, "Dimensions": [{"Name": "service", "Value": "dayfive"}]},
                    "Period": 60,
                    "Stat": "Sum",
                },
            },
        ],
        **COMPARED,
    ),
    "Topic": resource("AWS::SNS::Topic"),
    "Subscription": resource(
        "AWS::SNS::Subscription", TopicArn=ref("Topic"), Protocol="sqs", Endpoint=arn("Queue")
    ),
    "Table": resource(
        "AWS::DynamoDB::GlobalTable",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        TimeToLiveSpecification={"AttributeName": "expires_at", "Enabled": True},
        Replicas=[
            {
                "Region": "us-east-1",
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
            }
        ],
    ),
    "Composite": resource("AWS::CloudWatch::CompositeAlarm"),
    "Metadata": resource("AWS::CDK::Metadata"),
}


def deploy(resources: dict[str, Properties], verb: str = "create_stack") -> dict[str, str]:
    client = boto3.client("cloudformation")
    getattr(client, verb)(StackName="Types", TemplateBody=json.dumps(stack(**resources)))
    (made,) = client.describe_stacks(StackName="Types")["Stacks"]
    return {one["OutputKey"]: one["OutputValue"] for one in made["Outputs"]}


@pytest.fixture
def outputs() -> Any:
    extend_cloudformation()
    with mock_aws(config={"lambda": {"use_docker": False}}):
        yield deploy(RESOURCES)


def test_each_type_is_there_for_its_own_service(outputs: dict[str, str]) -> None:
    sqs, scheduler = boto3.client("sqs"), boto3.client("scheduler")
    policy = sqs.get_queue_attributes(QueueUrl=outputs["Queue"], AttributeNames=["Policy"])
    assert "sqs:SendMessage" in policy["Attributes"]["Policy"]
    schedule = scheduler.get_schedule(GroupName=outputs["Group"], Name=outputs["Schedule"])
    assert schedule["ScheduleExpression"] == "rate(1 hour)"
    secret = boto3.client("secretsmanager").get_secret_value(SecretId=outputs["Secret"])
    assert secret["SecretString"] == "s"
    subscriptions = boto3.client("sns").list_subscriptions()["Subscriptions"]
    assert [one["TopicArn"] for one in subscriptions] == [outputs["Topic"]]


def test_a_table_keeps_its_expiry_and_its_recovery(outputs: dict[str, str]) -> None:
    client, table = boto3.client("dynamodb"), outputs["Table"]
    expiry = client.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    assert expiry == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}
    backups = client.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    recovery = backups["PointInTimeRecoveryDescription"]
    assert recovery["PointInTimeRecoveryStatus"] == "ENABLED"


def test_an_alarm_keeps_what_it_watches(outputs: dict[str, str]) -> None:
    alarms = boto3.client("cloudwatch").describe_alarms()["MetricAlarms"]
    by_name = {alarm["AlarmName"]: alarm for alarm in alarms}
    assert by_name[outputs["Alarm"]]["MetricName"] == "Sent"
    assert {query["Id"] for query in by_name[outputs["Ratio"]]["Metrics"]} == {"ratio", "sent"}


def test_a_changed_resource_is_made_anew_under_its_name(outputs: dict[str, str]) -> None:
    alarm = resource("AWS::CloudWatch::Alarm", Period=300, Statistic="Sum", **METRIC, **COMPARED)
    assert deploy(RESOURCES | {"Alarm": alarm}, "update_stack")["Alarm"] == outputs["Alarm"]

    (found,) = boto3.client("cloudwatch").describe_alarms(AlarmNames=[outputs["Alarm"]])[
        "MetricAlarms"
    ]
    assert found["Period"] == 300


def test_everything_goes_with_the_stack(outputs: dict[str, str]) -> None:
    boto3.client("cloudformation").delete_stack(StackName="Types")

    groups = boto3.client("scheduler").list_schedule_groups()["ScheduleGroups"]
    assert [group["Name"] for group in groups] == ["default"]
    assert boto3.client("cloudwatch").describe_alarms()["MetricAlarms"] == []
    assert boto3.client("sns").list_subscriptions()["Subscriptions"] == []
    assert boto3.client("secretsmanager").list_secrets()["SecretList"] == []
