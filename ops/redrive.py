"""`dayfive redrive`: sends messages back from the dead-letter queues, one by one.

Amazon SQS's own redrive sends back all or nothing, and knows no way from the ScheduleDlq to the
FIFO queue. A message is deleted only when its copy was accepted; a stop between the two leaves it
where it is, and a second copy does no harm.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass

from lambdas.aws.errors import translated
from lambdas.core.marketplaces import Region
from ops.dead_letter_reasons import DeadLetter, Reader
from ops.dead_letters import DeadLetterQueue, Dlq
from ops.deployment import Deployment

Choose = Callable[[DeadLetter], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What lies in one queue: those that were read, and about how many there are in all."""

    dlq: Dlq
    letters: tuple[DeadLetter, ...]
    count: int


class Redrive:
    """Looks at the dead-letter queues and empties them of what is chosen.

    Raises AwsUnavailableError and AwsRefusedError for AWS's troubles.
    """

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._sqs = deployment.client("sqs")
        self._reader = Reader(deployment)
        self._woken: set[tuple[str, Region]] = set()

    def look(self, dlq: Dlq, *, limit: int) -> Look:
        """Read up to `limit` messages; none is taken away."""
        queue = DeadLetterQueue(self._deployment, dlq)
        letters = tuple(self._reader.read(dlq, held) for held in queue.hold(limit=limit))
        return Look(dlq=dlq, letters=letters, count=max(queue.count(), len(letters)))

    def send_back(self, dlq: Dlq, choose: Choose, *, limit: int) -> Iterator[DeadLetter]:
        """Send back what is chosen; gives each message when it is done."""
        return self._settle(dlq, choose, self._copy, limit=limit)

    def delete(self, dlq: Dlq, choose: Choose, *, limit: int) -> Iterator[DeadLetter]:
        """Delete what is chosen; gives each message when it is done."""
        return self._settle(dlq, choose, lambda _: None, limit=limit)

    def _settle(
        self, dlq: Dlq, choose: Choose, first: Callable[[DeadLetter], None], *, limit: int
    ) -> Iterator[DeadLetter]:
        queue = DeadLetterQueue(self._deployment, dlq)
        with closing(queue.hold(limit=limit)) as held:
            for message in held:
                letter = self._reader.read(dlq, message)
                if choose(letter):
                    first(letter)
                    queue.delete(message)
                    yield letter

    def _copy(self, letter: DeadLetter) -> None:
        if letter.dlq is Dlq.ORDER_CHANGE:
            with translated("sqs:SendMessage"):
                self._sqs.send_message(
                    QueueUrl=self._deployment.output("OrderChangeQueueUrl"),
                    MessageBody=letter.message.body,
                )
            return
        reading = letter.reading
        if reading.seller_id is None or reading.region is None:
            raise ValueError("this message names nobody to wake")
        # Each says the same: one that was accepted stands for all of its seller and region.
        if (reading.seller_id, reading.region) not in self._woken:
            self._deployment.wake_up_queue.wake(reading.seller_id, reading.region)
            self._woken.add((reading.seller_id, reading.region))
