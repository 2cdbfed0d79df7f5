"""Wake-ups that do not come from a schedule: continuations, sweeps and the operator's."""

import json
from typing import Any
from uuid import uuid4

from lambdas.aws.errors import translated
from lambdas.aws.schedules import message_group
from lambdas.core.marketplaces import Region


class WakeUpQueue:
    """Sends wake-ups to the FIFO queue.

    An id that repeats is swallowed for five minutes even after its twin was consumed, so
    every origin has ids of its own. Raises AwsUnavailableError and AwsRefusedError.
    """

    def __init__(self, client: Any, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def wake(self, seller_id: str, region: Region) -> None:
        """Wake this seller's sender now."""
        self._send(seller_id, region, str(uuid4()))

    def go_on(self, seller_id: str, region: Region, *, message_id: str, receive_count: str) -> None:
        """Wake it once more after the run of this message; a repeat of the run sends no second."""
        self._send(seller_id, region, f"{message_id}.{receive_count}")

    def _send(self, seller_id: str, region: Region, deduplication_id: str) -> None:
        with translated("sqs:SendMessage"):
            self._client.send_message(
                QueueUrl=self._queue_url,
                MessageBody=json.dumps({"seller_id": seller_id, "region": str(region)}),
                MessageGroupId=message_group(seller_id, region),
                MessageDeduplicationId=deduplication_id,
            )
