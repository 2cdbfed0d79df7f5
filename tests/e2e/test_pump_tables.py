"""Tables: each rule with the page of AWS's documentation that states it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3

from ops.local_cloud import CALM, LocalCloud
from tests.e2e.pump_stack import START, cloud_of, resource, seconds, stack

TEMPLATE = stack(
    Table=resource(
        "AWS::DynamoDB::Table",
        KeySchema=[
            {"AttributeName": "seller", "KeyType": "HASH"},
            {"AttributeName": "order", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("seller", "order", "open")
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_open",
                "KeySchema": [{"AttributeName": "open", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
        TimeToLiveSpecification={"AttributeName": "expires_at", "Enabled": True},
    )
)


def write(cloud: LocalCloud, order: str, **attributes: Any) -> None:
    item = {"seller": {"S": "A1"}, "order": {"S": order}, **attributes}
    boto3.client("dynamodb").put_item(TableName=cloud.outputs["Table"], Item=item)


def open_orders(cloud: LocalCloud) -> list[str]:
    found = boto3.client("dynamodb").query(
        TableName=cloud.outputs["Table"],
        IndexName="by_open",
        KeyConditionExpression="#open = :open",
        ExpressionAttributeNames={"#open": "open"},
        ExpressionAttributeValues={":open": {"S": "yes"}},
    )
    return sorted(item["order"]["S"] for item in found["Items"])


def orders(cloud: LocalCloud) -> list[str]:
    return [item["order"] for item in cloud.table_items()]


def test_an_expired_item_is_deleted_hours_later_and_never_before(tmp_path: Path) -> None:
    """Using time to live (TTL) in DynamoDB: within a few days of expiration."""
    late = replace(CALM, expiry_lag=timedelta(hours=48))
    with cloud_of(TEMPLATE, tmp_path, "", late) as cloud:
        expires = START + timedelta(hours=10)
        for number in range(20):
            write(cloud, f"{number}", expires_at={"N": f"{expires.timestamp():.0f}"})
        cloud.run_until(expires - seconds(1))
        assert len(orders(cloud)) == 20

        cloud.run_until(expires + timedelta(hours=24))
        assert 0 < len(orders(cloud)) < 20

        cloud.run_until(expires + timedelta(hours=52))
        assert orders(cloud) == []


def test_an_item_without_a_number_there_or_long_expired_stays(tmp_path: Path) -> None:
    """Using time to live (TTL) in DynamoDB: a Number, and not more than five years ago."""
    with cloud_of(TEMPLATE, tmp_path, "") as cloud:
        past = START - timedelta(days=6 * 365)
        write(cloud, "never")
        write(cloud, "text", expires_at={"S": f"{START.timestamp():.0f}"})
        write(cloud, "ancient", expires_at={"N": f"{past.timestamp():.0f}"})
        write(cloud, "gone", expires_at={"N": f"{START.timestamp():.0f}"})
        cloud.run_until(START + timedelta(days=3))

        assert orders(cloud) == ["ancient", "never", "text"]


def test_an_index_shows_the_table_as_it_was_a_moment_ago(tmp_path: Path) -> None:
    """Using Global Secondary Indexes in DynamoDB: eventually consistent reads."""
    lagging = replace(CALM, index_lag=timedelta(seconds=2))
    is_open = {"open": {"S": "yes"}}
    with cloud_of(TEMPLATE, tmp_path, "", lagging) as cloud:
        write(cloud, "old", **is_open)
        cloud.run_until(START + seconds(5))
        write(cloud, "old")
        write(cloud, "new", **is_open)
        assert open_orders(cloud) == ["old"]
        assert orders(cloud) == ["new", "old"]

        cloud.run_until(START + seconds(6.9))
        assert open_orders(cloud) == ["old"]

        cloud.run_until(START + seconds(7))
        assert open_orders(cloud) == ["new"]


def test_what_was_written_is_read_again_whatever_its_type(tmp_path: Path) -> None:
    """Of the local cloud: its shortcuts through moto change no answer."""
    written = {
        "text": {"S": "é"},
        "number": {"N": "1.5"},
        "flag": {"BOOL": False},
        "nothing": {"NULL": True},
        "bytes": {"B": b"\x00\xff"},
        "texts": {"SS": ["u", "v"]},
        "many_bytes": {"BS": [b"x", b"y"]},
        "nested": {"L": [{"M": {"deep": {"B": b"z"}, "empty": {"L": []}}}, {"S": ""}]},
    }
    with cloud_of(TEMPLATE, tmp_path, "") as cloud:
        write(cloud, "1", **written)
        key = {"seller": {"S": "A1"}, "order": {"S": "1"}}
        table = cloud.outputs["Table"]
        found = boto3.client("dynamodb").get_item(TableName=table, Key=key, ConsistentRead=True)

        assert found["Item"] == key | written


def test_an_index_without_lag_shows_a_write_at_once(tmp_path: Path) -> None:
    """Of the local cloud: the lag is a setting."""
    with cloud_of(TEMPLATE, tmp_path, "") as cloud:
        write(cloud, "new", open={"S": "yes"})

        assert open_orders(cloud) == ["new"]
