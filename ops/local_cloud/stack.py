"""The stack as moto's CloudFormation made it of a template, with every reference resolved."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import boto3
from moto.cloudformation.models import cloudformation_backends
from moto.cloudformation.parsing import clean_json
from moto.core.models import DEFAULT_ACCOUNT_ID

from ops.local_cloud.cloudformation import extend_cloudformation
from ops.local_cloud.functions import Definition

ACCOUNT = DEFAULT_ACCOUNT_ID
STACK_NAME = "DayFive"
BOOTSTRAP_VERSION = "30"  # an account without the CDK's bootstrap refuses its templates

Template = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    physical_id: str
    arn: str
    properties: Mapping[str, Any]


class Stack:
    def __init__(self, template: Template, region: str) -> None:
        extend_cloudformation()
        self._template = copy.deepcopy(dict(template))
        self._bootstrap(region)
        client = boto3.client("cloudformation", region_name=region)
        client.create_stack(StackName=STACK_NAME, TemplateBody=json.dumps(template))
        self._made = cloudformation_backends[ACCOUNT][region].get_stack(STACK_NAME)
        self.outputs = {one.key: str(one.value) for one in self._made.output_map.values() if one}

    def of_type(self, kind: str) -> Iterator[Resource]:
        resources = self._made.resource_map
        for name, declared in self._template["Resources"].items():
            if declared["Type"] == kind and (made := resources[name]):
                yield Resource(
                    physical_id=made.physical_resource_id,
                    arn=_arn(made),
                    properties=clean_json(declared.get("Properties", {}), resources),
                )

    def _bootstrap(self, region: str) -> None:
        """What the CDK's bootstrap leaves in an account, and its templates ask for."""
        client = boto3.client("ssm", region_name=region)
        for parameter in self._template.get("Parameters", {}).values():
            if parameter["Type"] == "AWS::SSM::Parameter::Value<String>":
                name = parameter["Default"]
                client.put_parameter(Name=name, Value=BOOTSTRAP_VERSION, Type="String")


def definitions(stack: Stack) -> Iterator[Definition]:
    retries = {
        one.properties["FunctionName"]: int(one.properties["MaximumRetryAttempts"])
        for one in stack.of_type("AWS::Lambda::EventInvokeConfig")
        if "MaximumRetryAttempts" in one.properties
    }
    for function in stack.of_type("AWS::Lambda::Function"):
        properties = function.properties
        yield Definition(
            name=function.physical_id,
            arn=function.arn,
            handler=properties["Handler"],
            timeout=timedelta(seconds=int(properties.get("Timeout", 3))),
            memory_mb=int(properties.get("MemorySize", 128)),
            variables=properties.get("Environment", {}).get("Variables", {}),
            role=properties["Role"],
            recursion_allowed=properties.get("RecursiveLoop") == "Allow",
            asynchronous_retries=retries.get(function.physical_id, 2),
        )


def _arn(made: Any) -> str:
    has_arn = hasattr(made, "get_cfn_attribute") and type(made).has_cfn_attr("Arn")
    return str(made.get_cfn_attribute("Arn")) if has_arn else ""
