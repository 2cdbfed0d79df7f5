"""Three questions to the logs, saved in CloudWatch Logs Insights for whoever needs them."""

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

ORDER_TO_BE_FILLED_IN = "000-0000000-0000000"

# The names are what an operator looks for; each line of a query is one command.
SAVED_QUERIES = {
    "what happened to this order": (
        "fields @timestamp, message, status, reason, attempt, due_at, operation, problem, error",
        f'filter amazon_order_id = "{ORDER_TO_BE_FILLED_IN}"',
        "sort @timestamp asc",
    ),
    "what was held": (
        "fields @timestamp, seller_id, amazon_order_id, marketplace_id, attempt, reason",
        'filter status = "HELD"',
        "sort @timestamp desc",
        "dedup seller_id, amazon_order_id",
    ),
    "what was throttled": (
        'filter message = "throttled"',
        "stats count(*) as refused, count_distinct(amazon_order_id) as orders"
        " by bin(1h) as hour, seller_id, operation",
        "sort hour desc",
    ),
}


class SavedQueries(Construct):
    def __init__(
        self, scope: Construct, id: str, *, functions: Mapping[str, lambda_.Function]
    ) -> None:
        super().__init__(scope, id)
        stack_name = cdk.Stack.of(self).stack_name
        for name, commands in SAVED_QUERIES.items():
            logs.CfnQueryDefinition(
                self,
                "".join(word.capitalize() for word in name.split()),
                name=f"{stack_name}/{name}",
                query_string="\n| ".join(commands),
                log_group_names=[
                    function.log_group.log_group_name for function in functions.values()
                ],
            )
