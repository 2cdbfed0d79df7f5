"""The FIFO queue that paces the Sender: one message group, so one run at a time, per usage plan."""

import aws_cdk as cdk
from aws_cdk import aws_sqs as sqs
from constructs import Construct

RETENTION = cdk.Duration.days(14)


class WakeUpQueue(Construct):
    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        stack_name = cdk.Stack.of(self).stack_name
        self.dlq = sqs.Queue(
            self,
            "Dlq",
            queue_name=f"{stack_name}-WakeUpDlq.fifo",
            fifo=True,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=RETENTION,
        )
        self.queue = sqs.Queue(
            self,
            "Queue",
            queue_name=f"{stack_name}-WakeUp.fifo",
            fifo=True,
            content_based_deduplication=True,  # EventBridge Scheduler sends no deduplication id
            deduplication_scope=sqs.DeduplicationScope.MESSAGE_GROUP,
            fifo_throughput_limit=sqs.FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=RETENTION,
            visibility_timeout=cdk.Duration.seconds(540),  # 6 x Sender's timeout
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dlq, max_receive_count=20),
        )
