"""The table that is the truth about every order and seller."""

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

OPEN_ORDERS = "open_orders"


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """Capacity units a second."""

    read: int
    write: int


# Together what is free for ever, 25 of each in an account and Region ("Pricing for Provisioned
# Capacity", Amazon DynamoDB); docs/scaling.md says why they are split so.
TABLE_UNITS = Units(read=15, write=14)
INDEX_UNITS = Units(read=10, write=11)


class OrdersTable(Construct):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        billing_mode: dynamodb.BillingMode,
        removal_policy: cdk.RemovalPolicy,
    ) -> None:
        super().__init__(scope, id)
        provisioned = billing_mode is dynamodb.BillingMode.PROVISIONED
        string = dynamodb.AttributeType.STRING
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name="seller_id", type=string),
            sort_key=dynamodb.Attribute(name="amazon_order_id", type=string),
            billing_mode=billing_mode,
            read_capacity=TABLE_UNITS.read if provisioned else None,
            write_capacity=TABLE_UNITS.write if provisioned else None,
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
            read_capacity=INDEX_UNITS.read if provisioned else None,
            write_capacity=INDEX_UNITS.write if provisioned else None,
            projection_type=dynamodb.ProjectionType.INCLUDE,
            # `regions` is a seller's own: the sweeper needs it of every seller, every hour.
            non_key_attributes=["closes_at", "likely", "regions"],
        )
        if provisioned:
            self._name_the_mode()

    def _name_the_mode(self) -> None:
        """The CDK leaves out what CloudFormation takes for a new table by default; where a table
        changes from one mode to the other, nothing is to hang on what is not said.
        """
        table = self.table.node.default_child
        assert isinstance(table, dynamodb.CfnTable)
        table.billing_mode = dynamodb.BillingMode.PROVISIONED.value

    @property
    def open_orders_arn(self) -> str:
        return f"{self.table.table_arn}/index/{OPEN_ORDERS}"
