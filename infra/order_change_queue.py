"""The queue Amazon's ORDER_CHANGE notifications arrive on, and its dead-letter queue."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

# SP-API guide, "Set up notifications (Amazon Simple Queue Service workflow)"
SP_API_ACCOUNT = "437568002678"
RETENTION = cdk.Duration.days(14)


class OrderChangeQueue(Construct):
    """Encrypted with a key of its own: the notifications carry postal codes."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        self.key = kms.Key(
            self,
            "Key",
            description="Encrypts the ORDER_CHANGE notifications that Amazon sends to DayFive",
            enable_key_rotation=True,
            removal_policy=cdk.RemovalPolicy.DESTROY,  # as the messages, which go with the queues
        )
        self.dlq = sqs.Queue(
            self,
            "Dlq",
            encryption_master_key=self.key,
            enforce_ssl=True,
            retention_period=RETENTION,
        )
        self.queue = sqs.Queue(
            self,
            "Queue",
            encryption_master_key=self.key,
            enforce_ssl=True,
            retention_period=RETENTION,
            visibility_timeout=cdk.Duration.seconds(240),  # 6 x Intake's timeout, plus the window
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dlq, max_receive_count=40),
        )
        self._admit_sp_api()

    def _admit_sp_api(self) -> None:
        sp_api = iam.AccountPrincipal(SP_API_ACCOUNT)
        self.queue.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[sp_api],
                actions=["sqs:SendMessage", "sqs:GetQueueAttributes"],
                resources=[self.queue.queue_arn],
            )
        )
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[sp_api],
                actions=["kms:GenerateDataKey", "kms:Decrypt"],
                resources=["*"],  # in a key's policy: this key
            )
        )
