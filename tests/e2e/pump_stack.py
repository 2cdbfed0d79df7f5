"""A small template written by hand, with the resource types of the real one."""

from collections.abc import Mapping
from typing import Any

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
