"""Two dashboards: what became of the orders, and how the machinery runs."""

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.metrics import DAY, HOUR, MAXIMUM, MINIMUM, SUM, sent_metric
from infra.orders_table import OPEN_ORDERS

_OFTEN = cdk.Duration.minutes(5)
_WHOLE, _HALF, _THIRD = 24, 12, 8  # of the 24 columns of a dashboard

_OF_AN_ORDER = "filter ispresent(amazon_order_id) and ispresent(status)"
WHAT_WILL_BE = (
    _OF_AN_ORDER,
    "fields substr(due_at, 0, 10) as due_day",
    "stats latest(status) as state, latest(due_day) as day by seller_id, amazon_order_id",
    'filter state = "WAITING"',
    "stats count(*) as orders by day",
    "sort day asc",
)
WHAT_WAS_NOT = (
    _OF_AN_ORDER,
    "stats latest(status) as state, latest(reason) as why by seller_id, amazon_order_id",
    'filter state not in ["WAITING", "SENDING", "SENT"]',
    "stats count(*) as orders by state, why",
    "sort orders desc",
)
WHO_WAS_ASKED = (
    'filter message = "solicitation_created"',
    "stats count(*) as asked by seller_id, marketplace_id, fulfillment_type",
    "sort asked desc",
)
WHAT_WENT_WRONG = (
    'filter level in ["ERROR", "WARNING"]',
    "fields @timestamp, level, message, error, reason, seller_id, amazon_order_id",
    "sort @timestamp desc",
    "limit 50",
)

Functions = Mapping[str, lambda_.Function]
Queues = Mapping[str, sqs.Queue]


class BusinessDashboard(Construct):
    """What was asked, what will be, and what was not and why."""

    def __init__(self, scope: Construct, id: str, *, functions: Functions) -> None:
        super().__init__(scope, id)
        asked = sent_metric("SolicitationsSent", SUM, period=DAY, label="asked")
        new = sent_metric("OrdersRecorded", SUM, period=DAY, label="new orders")
        checked = sent_metric("ActionsChecked", SUM, period=DAY, label="checked")
        offered = sent_metric("SolicitationsOffered", SUM, period=DAY, label="offered")
        held = sent_metric("OrdersHeld", MAXIMUM, label="orders held")
        closest = sent_metric("HoursToClosestShut", MINIMUM, label="hours")
        totals = cloudwatch.SingleValueWidget(
            title="In this time",
            metrics=[new, checked, offered, asked],
            set_period_to_time_range=True,
            width=_WHOLE,
            height=4,
        )
        _dashboard(
            self,
            [
                [totals],
                [_graph("Asked, a day", asked), _graph("New orders, a day", new)],
                [
                    _graph("Checked and offered, a day", checked, offered, width=_THIRD),
                    _graph("Held for a person", held, width=_THIRD),
                    _graph("Closest end of a held or overdue order", closest, width=_THIRD),
                ],
                [
                    _logs("What will be: the day of the next look", functions, WHAT_WILL_BE),
                    _logs("What was not, and why", functions, WHAT_WAS_NOT),
                ],
                [_logs("Who was asked for", functions, WHO_WAS_ASKED, width=_WHOLE)],
            ],
            shows=cdk.Duration.days(30),
        )


class OperationsDashboard(Construct):
    """Queues, functions, lag, errors and throttles."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        alarms: Sequence[cloudwatch.IAlarm],
        queues: Queues,
        dead_letters: Queues,
        functions: Functions,
        schedules: scheduler.ScheduleGroup,
        table: dynamodb.Table,
        lag_metrics: bool,
    ) -> None:
        super().__init__(scope, id)
        states = cloudwatch.AlarmStatusWidget(title="Alarms", alarms=alarms, width=_WHOLE, height=4)
        _dashboard(
            self,
            [
                [states],
                _of_the_queues(queues, dead_letters),
                _of_the_functions(functions),
                _of_the_services(schedules, table),
                _of_the_sellers(),
                *([_of_the_lags()] if lag_metrics else []),
                [_logs("What went wrong", functions, WHAT_WENT_WRONG, width=_WHOLE)],
            ],
            shows=DAY,
        )


def _of_the_queues(queues: Queues, dead_letters: Queues) -> list[cloudwatch.IWidget]:
    waiting = [
        queue.metric_approximate_number_of_messages_visible(
            period=_OFTEN, statistic=MAXIMUM, label=name
        )
        for name, queue in queues.items()
    ]
    oldest = [
        queue.metric_approximate_age_of_oldest_message(period=_OFTEN, statistic=MAXIMUM, label=name)
        for name, queue in queues.items()
    ]
    dead = [
        queue.metric_approximate_number_of_messages_visible(
            period=_OFTEN, statistic=MAXIMUM, label=name
        )
        for name, queue in dead_letters.items()
    ]
    return [
        _graph("Messages waiting", *waiting, width=_THIRD),
        _graph("Lag: seconds that the oldest message has waited", *oldest, width=_THIRD),
        _graph("Dead letters", *dead, width=_THIRD),
    ]


def _of_the_functions(functions: Functions) -> list[cloudwatch.IWidget]:
    each = functions.items()
    runs = [one.metric_invocations(period=_OFTEN, statistic=SUM, label=n) for n, one in each]
    errors = [one.metric_errors(period=_OFTEN, statistic=SUM, label=n) for n, one in each]
    throttles = [one.metric_throttles(period=_OFTEN, statistic=SUM, label=n) for n, one in each]
    times = [one.metric_duration(period=_OFTEN, statistic=MAXIMUM, label=n) for n, one in each]
    return [
        _graph("Runs", *runs, width=6),
        _graph("Errors", *errors, width=6),
        _graph("Throttled by Lambda", *throttles, width=6),
        _graph("Longest run, milliseconds", *times, width=6),
    ]


def _of_the_services(
    schedules: scheduler.ScheduleGroup, table: dynamodb.Table
) -> list[cloudwatch.IWidget]:
    amazon = sent_metric("Throttled", SUM, period=_OFTEN, label="calls refused")
    refused = sent_metric("NotificationsRefused", SUM, period=_OFTEN, label="refused")
    fired = [
        schedules.metric_attempts(period=_OFTEN, statistic=SUM, label="fired"),
        schedules.metric_target_errors(period=_OFTEN, statistic=SUM, label="failed"),
        schedules.metric_dropped(period=_OFTEN, statistic=SUM, label="dropped"),
    ]
    # The table's own series leave out its index, whose partitions get hot the sooner.
    of_table = {"TableName": table.table_name}
    of_index = {**of_table, "GlobalSecondaryIndexName": OPEN_ORDERS}
    throttled = [
        table.metric(
            f"{way}ThrottleEvents",
            dimensions_map=dimensions,
            period=_OFTEN,
            statistic=SUM,
            label=f"{way.lower()} {of}",
        )
        for of, dimensions in (("table", of_table), ("index", of_index))
        for way in ("Read", "Write")
    ]
    return [
        _graph("Throttled by Amazon's usage plan", amazon, width=6),
        _graph("Notifications refused", refused, width=6),
        _graph("Schedules", *fired, width=6),
        _graph("Throttled by DynamoDB", *throttled, width=6),
    ]


def _of_the_sellers() -> list[cloudwatch.IWidget]:
    return [
        _graph("Orders overdue", sent_metric("OrdersOverdue", MAXIMUM, label="orders"), width=6),
        _graph(
            "Credentials refused", sent_metric("SellersBlocked", MAXIMUM, label="sellers"), width=6
        ),
        _graph("Fallen silent", sent_metric("SellersSilent", MAXIMUM, label="sellers"), width=6),
        _graph(
            "Client secrets to rotate",
            sent_metric("ClientSecretsOld", MAXIMUM, label="secrets"),
            width=6,
        ),
    ]


def _of_the_lags() -> list[cloudwatch.IWidget]:
    titles = {
        "NotificationLag": "Lag: seconds from Amazon's event to the record",
        "CheckLag": "Lag: seconds from an order's due time to its check",
        "AmazonLatency": "Latency: milliseconds to Amazon's answer",
    }
    return [
        _graph(
            title,
            *(sent_metric(name, each, period=HOUR, label=each) for each in ("p50", "p95")),
            width=_THIRD,
        )
        for name, title in titles.items()
    ]


def _graph(title: str, *metrics: cloudwatch.IMetric, width: int = _HALF) -> cloudwatch.IWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=width)


def _logs(
    title: str, functions: Functions, commands: Sequence[str], *, width: int = _HALF
) -> cloudwatch.IWidget:
    return cloudwatch.LogQueryWidget(
        title=title,
        log_group_names=[function.log_group.log_group_name for function in functions.values()],
        query_lines=list(commands),
        view=cloudwatch.LogQueryVisualizationType.TABLE,
        width=width,
    )


def _dashboard(
    construct: Construct, rows: Sequence[Sequence[cloudwatch.IWidget]], *, shows: cdk.Duration
) -> None:
    name = f"{cdk.Stack.of(construct).stack_name}-{construct.node.id.removesuffix('Dashboard')}"
    cloudwatch.Dashboard(
        construct,
        "Dashboard",
        dashboard_name=name,
        default_interval=shows,
        # Or a graph of days would show hours, or minutes, as the time that is shown suggests.
        period_override=cloudwatch.PeriodOverride.INHERIT,
        widgets=rows,
    )
