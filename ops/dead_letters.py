"""The dead-letter queues: what lies in them, held for a moment, and let go again."""

import time
from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from botocore.exceptions import ClientError

from lambdas.aws.errors import error_code, translated
from ops.deployment import Deployment

# Long enough to act on ten messages; after a kill they are visible again by then.
_HELD_FOR = 60
_BATCH = 10

# A short poll asks only some of SQS's servers, so that one empty answer says little.
_FRUITLESS_BATCHES = 3

# Visible again is not at once, on a clock that moves by hand least of all.
_VISIBLE_AGAIN_AFTER = 0.01

# What SQS answers about a message that is visible again, or gone.
_NOT_HELD = frozenset({"MessageNotInflight", "ReceiptHandleIsInvalid", "InvalidParameterValue"})


class Dlq(StrEnum):
    """The three dead-letter queues, as the operator names them."""

    ORDER_CHANGE = "order-change"
    WAKE_UP = "wake-up"
    SCHEDULE = "schedule"

    @property
    def shown(self) -> str:
        """The queue's name in the documents, such as `OrderChangeDlq`."""
        return f"{''.join(map(str.capitalize, self.split('-')))}Dlq"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldMessage:
    """A message that nobody else sees for a minute; its repr shows nothing of its body.

    `attributes` are the message's own, which EventBridge Scheduler uses to say what failed.
    """

    message_id: str
    sent_at: datetime
    receipt_handle: str = field(repr=False)
    body: str = field(repr=False)
    attributes: dict[str, str] = field(repr=False)


class DeadLetterQueue:
    """One dead-letter queue. Raises AwsUnavailableError and AwsRefusedError for AWS's troubles."""

    def __init__(self, deployment: Deployment, dlq: Dlq) -> None:
        self._sqs = deployment.client("sqs")
        self._url = deployment.output(f"{dlq.shown}Url")
        self._held: dict[str, HeldMessage] = {}

    def count(self) -> int:
        """About how many messages there are, those in flight included."""
        names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        with translated("sqs:GetQueueAttributes"):
            answer = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=[*names])
        return sum(int(answer["Attributes"][name]) for name in names)

    def hold(self, *, limit: int) -> Generator[HeldMessage, None, None]:
        """Receive up to `limit` messages; what is not deleted is let go when it ends.

        Of a FIFO group no more than ten can be seen until some of them are gone.
        """
        seen: set[str] = set()
        fruitless = 0
        try:
            while len(seen) < limit and fruitless < _FRUITLESS_BATCHES:
                batch = self._receive(min(_BATCH, limit - len(seen)))
                self._held |= {message.message_id: message for message in batch}
                fresh = [message for message in batch if message.message_id not in seen]
                seen |= {message.message_id for message in fresh}
                fruitless = 0 if fresh else fruitless + 1
                yield from fresh
        finally:
            self._let_go()

    def delete(self, message: HeldMessage) -> None:
        """Take a message away for good."""
        with translated("sqs:DeleteMessage"):
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message.receipt_handle)
        self._held.pop(message.message_id, None)

    def _receive(self, at_most: int) -> list[HeldMessage]:
        with translated("sqs:ReceiveMessage"):
            answer = self._sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=at_most,
                VisibilityTimeout=_HELD_FOR,
                MessageSystemAttributeNames=["SentTimestamp"],
                MessageAttributeNames=["All"],
            )
        return [_held_message(message) for message in answer.get("Messages", [])]

    def _let_go(self) -> None:
        for message in self._held.values():
            with translated("sqs:ChangeMessageVisibility"):
                try:
                    self._sqs.change_message_visibility(
                        QueueUrl=self._url,
                        ReceiptHandle=message.receipt_handle,
                        VisibilityTimeout=0,
                    )
                except ClientError as error:
                    if error_code(error) not in _NOT_HELD:
                        raise
        self._held.clear()
        time.sleep(_VISIBLE_AGAIN_AFTER)


def _held_message(message: dict[str, Any]) -> HeldMessage:
    sent_at = int(message["Attributes"]["SentTimestamp"]) / 1000
    attributes = message.get("MessageAttributes", {})
    return HeldMessage(
        message_id=message["MessageId"],
        sent_at=datetime.fromtimestamp(sent_at, UTC),
        receipt_handle=message["ReceiptHandle"],
        body=message["Body"],
        attributes={name: str(value.get("StringValue")) for name, value in attributes.items()},
    )
