"""The pump polls as Lambda polls; the page of AWS's documentation stands with each rule."""

import boto3
from pathlib import Path

from tests.e2e.pump_stack import (
    START,
    cloud_of,
    function,
    mapping,
    queue,
    redriven_to,
    said,
    seconds,
    stack,
)

ECHO = """
    import json

    def handler(event, context):
        print(json.dumps([record["body"] for record in event["Records"]]))
"""


def test_a_batch_is_no_larger_than_the_mapping_says(tmp_path: Path) -> None:
    """ "Using Lambda with Amazon SQS": BatchSize."""
    template = stack(
        Queue=queue(), Function=function("handlers.handler"), Mapping=mapping("Queue", BatchSize=3)
    )
    with cloud_of(template, tmp_path, ECHO) as cloud:
        for number in range(7):
            boto3.client("sqs").send_message(
                QueueUrl=cloud.outputs["Queue"], MessageBody=str(number)
            )
        cloud.run_until(START + seconds(1))
        print(said(cloud), cloud.errors, cloud.log_lines)
        assert sorted(map(len, said(cloud))) == [1, 3, 3]
        assert cloud.queue_depth(cloud.outputs["Queue"]) == 0
