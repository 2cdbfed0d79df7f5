"""The resource types that moto's CloudFormation knows but cuts short."""

from __future__ import annotations

import json
from typing import Any

from moto.awslambda.models import EventSourceMapping, LambdaFunction
from moto.core.common_models import CloudFormationModel
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import Table
from moto.kms.models import Key
from moto.logs.models import LogGroup
from moto.s3.models import s3_backends
from moto.sqs.models import sqs_backends

Properties = dict[str, Any]


class UnbuiltFunction(LambdaFunction, CloudFormationModel):
    """moto wants the code's zip even though it never runs it; a bare template brings none."""

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: Properties,
        account_id: str,
        region_name: str,
        **kwargs: Any,
    ) -> Any:
        properties = cloudformation_json["Properties"]
        bucket = properties["Code"].get("S3Bucket")
        if bucket and bucket not in s3_backends[account_id]["aws"].buckets:
            properties["Code"] = {"ZipFile": ""}
        return super().create_from_cloudformation_json(
            resource_name, cloudformation_json, account_id, region_name, **kwargs
        )


class PumpedMapping(EventSourceMapping, CloudFormationModel):
    """Left on its queue, moto would receive every message, run nothing and delete it."""

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: Properties,
        account_id: str,
        region_name: str,
        **kwargs: Any,
    ) -> Any:
        mapping = super().create_from_cloudformation_json(
            resource_name, cloudformation_json, account_id, region_name, **kwargs
        )
        for queue in sqs_backends[account_id][region_name].queues.values():
            queue.lambda_event_source_mappings.pop(mapping.function_arn, None)
        return mapping


class CompleteTable(Table, CloudFormationModel):
    """moto drops what expires items and what restores them."""

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: Properties,
        account_id: str,
        region_name: str,
        **kwargs: Any,
    ) -> Any:
        properties = cloudformation_json["Properties"]
        table = super().create_from_cloudformation_json(
            resource_name, cloudformation_json, account_id, region_name, **kwargs
        )
        backend = dynamodb_backends[account_id][region_name]
        if expiry := properties.get("TimeToLiveSpecification"):
            backend.update_time_to_live(table.name, expiry)
        if recovery := properties.get("PointInTimeRecoverySpecification"):
            backend.update_continuous_backups(table.name, recovery)
        return table


class GlobalTable(CompleteTable, CloudFormationModel):
    """What the CDK's `TableV2` becomes: the replica of this Region holds half the settings."""

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::DynamoDB::GlobalTable"

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: Properties,
        account_id: str,
        region_name: str,
        **kwargs: Any,
    ) -> Any:
        properties = cloudformation_json["Properties"]
        here = (replica for replica in properties["Replicas"] if replica["Region"] == region_name)
        whole = {**cloudformation_json, "Properties": properties | next(here)}
        return super().create_from_cloudformation_json(
            resource_name, whole, account_id, region_name, **kwargs
        )


class CompleteLogGroup(LogGroup, CloudFormationModel):
    """Its `Arn` ends with a wildcard for the streams, which moto cuts and policies count on."""

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: Properties,
        account_id: str,
        region_name: str,
        **kwargs: Any,
    ) -> Any:
        group = super().create_from_cloudformation_json(
            resource_name, cloudformation_json, account_id, region_name, **kwargs
        )
        group.__class__ = cls  # made and kept by the backend of Logs, which asks for no class
        return group

    def get_cfn_attribute(self, attribute: str) -> str:
        value: str = super().get_cfn_attribute(attribute)
        return f"{value}:*" if attribute == "Arn" else value


class CompleteKey(Key, CloudFormationModel):
    """moto keeps the policy as the object that came, and then cannot describe the key."""

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: Properties,
        account_id: str,
        region_name: str,
        **kwargs: Any,
    ) -> Any:
        properties = cloudformation_json["Properties"]
        in_text = {**properties, "KeyPolicy": json.dumps(properties["KeyPolicy"])}
        return super().create_from_cloudformation_json(
            resource_name,
            {**cloudformation_json, "Properties": in_text},
            account_id,
            region_name,
            **kwargs,
        )
