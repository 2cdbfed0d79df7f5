"""The table that is the truth about every order and seller."""

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

OPEN_ORDERS = "open_orders"


class OrdersTable(Construct):
    def __init__(self, scope: Construct, id: str, *, removal_policy: cdk.RemovalPolicy) -> None:
        super().__init__(scope, id)
        string = dynamodb.AttributeType.STRING
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name="seller_id", type=string),
            sort_key=dynamodb.Attribute(name="amazon_order_id", type=string),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute="expires_at",
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            removal_policy=removal_policy,
            deletion_protection=removal_policy is cdk.RemovalPolicy.RETAIN,
        )
        self.table.add_global_secondary_index(
            index_name=OPEN_ORDERS,
            partition_key=dynamodb.Attribute(name="open_key", type=string),
            sort_key=dynamodb.Attribute(name="due_at", type=string),
            projection_type=dynamodb.ProjectionType.INCLUDE,
            # `regions` is a seller's own: the sweeper needs it of every seller, every hour.
            non_key_attributes=["status", "closes_at", "likely", "regions"],
        )

    @property
    def open_orders_arn(self) -> str:
        return f"{self.table.table_arn}/index/{OPEN_ORDERS}"
