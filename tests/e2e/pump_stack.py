"""A small template written by hand, with the resource types of the real one."""

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import dedent
from typing import Any

import boto3

from ops.local_cloud import CALM, Behaviour, LocalCloud

Template = dict[str, Any]
Properties = dict[str, Any]


def ref(name: str) -> Properties:
    return {"Ref": name}


def arn(name: str) -> Properties:
    return {"Fn::GetAtt": [name, "Arn"]}


def resource(kind: str, **properties: Any) -> Properties:
    return {"Type": kind, "Properties": properties}


def queue(**properties: Any) -> Properties:
    return resource("AWS::SQS::Queue", **{"VisibilityTimeout": 60} | properties)


def fifo_queue(name: str, **properties: Any) -> Properties:
    high_throughput = {
        "FifoQueue": True,
        "ContentBasedDeduplication": True,
        "DeduplicationScope": "messageGroup",
        "FifoThroughputLimit": "perMessageGroupId",
    }
    return queue(QueueName=f"{name}.fifo", **high_throughput | properties)


def redriven_to(dead_letters: str, after: int) -> Properties:
    return {"RedrivePolicy": {"deadLetterTargetArn": arn(dead_letters), "maxReceiveCount": after}}


def function(
    handler: str, variables: Mapping[str, Any] | None = None, **properties: Any
) -> Properties:
    defaults = {
        "Code": {"S3Bucket": "assets", "S3Key": "code.zip"},
        "Handler": handler,
        "Runtime": "python3.13",
        "Role": arn("FunctionRole"),
        "Timeout": 10,
        "Environment": {"Variables": dict(variables or {})},
    }
    return resource("AWS::Lambda::Function", **defaults | properties)


def mapping(source: str, target: str = "Function", **properties: Any) -> Properties:
    defaults = {
        "EventSourceArn": arn(source),
        "FunctionName": ref(target),
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
    }
    return resource("AWS::Lambda::EventSourceMapping", **defaults | properties)


def role(service: str, *statements: Properties) -> Properties:
    return resource(
        "AWS::IAM::Role",
        AssumeRolePolicyDocument=_policy(
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"Service": f"{service}.amazonaws.com"},
            }
        ),
        Policies=[{"PolicyName": "Inline", "PolicyDocument": _policy(*statements)}],
    )


def allow(*actions: str, on: Any = "*") -> Properties:
    return {"Effect": "Allow", "Action": list(actions), "Resource": on}


def stack(outputs: tuple[str, ...] = (), /, **resources: Properties) -> Template:
    """The resources, a role that may do everything, and a `Ref` of each as an output."""
    everything = {"FunctionRole": role("lambda", allow("*")), **resources}
    named = {name: {"Value": ref(name)} for name in outputs or resources}
    return {"Resources": everything, "Outputs": named}


def _policy(*statements: Properties) -> Properties:
    return {"Version": "2012-10-17", "Statement": list(statements)}


START = datetime(2027, 3, 1, 12, 0, 0, tzinfo=UTC)


def cloud_of(
    template: Template, tmp_path: Path, handlers: str, behaviour: Behaviour = CALM, seed: int = 0
) -> AbstractContextManager[LocalCloud]:
    """The template with a module `handlers` of this source."""
    (tmp_path / "handlers.py").write_text(dedent(handlers))
    return LocalCloud.create(template, start=START, code=tmp_path, behaviour=behaviour, seed=seed)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def said(cloud: LocalCloud) -> list[Any]:
    """What the handlers printed, each line as JSON."""
    return [json.loads(line.text) for line in cloud.log_lines if line.text[:1] in '{["']


def put(cloud: LocalCloud, queue: str, *bodies: str, **more: str) -> None:
    """Sends to the queue of this logical id, as any client would."""
    client = boto3.client("sqs")
    for body in bodies:
        client.send_message(QueueUrl=cloud.outputs[queue], MessageBody=body, **more)
