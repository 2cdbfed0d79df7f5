"""The alarms, few, each with its heading in docs/runbook.md, and the topic they go to."""

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.metrics import DAY, HOUR, MAXIMUM, MINIMUM, SAMPLE_COUNT, SUM, WEEK, sent_metric

_OFTEN = cdk.Duration.minutes(5)
_ABOVE = cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD
_BELOW = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
_MISSING_IS_FINE = cloudwatch.TreatMissingData.NOT_BREACHING

# Nothing offered at all, of so many checks, while orders come in and are being checked: few
# checks prove nothing, and where a seller begins or has paused those that are left are the
# orders that nobody will ever offer. A count that was not sent is 0: metric math does not say what
# a missing value is beside a number.
_NOTHING_OFFERED = (
    "IF((FILL(offered, 0) == 0) AND (FILL(checked, 0) >= 30) AND (FILL(recorded, 0) > 0)"
    " AND (2 * FILL(checked, 0) >= FILL(recorded, 0)), 1, 0)"
)

# Each by itself, for the price of one alarm on all three: a sum could not tell that a queue has
# stopped reporting from that it is empty, and would not ring again for another queue.
_DEAD_LETTERS = {
    "order_changes": ("OrderChangeDlq", "What Amazon told of orders was not taken in"),
    "wake_ups": ("WakeUpDlq", "Wake-ups could not be served; the sweep finds their orders"),
    "schedules": ("ScheduleDlq", "Schedules could not wake; the sweep finds their orders"),
}

Queues = Mapping[str, sqs.IQueue]
Functions = Mapping[str, lambda_.IFunction]


class Alarms(Construct):
    """The topic is told when an alarm begins; the dashboard shows which go on."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        queues: Queues,
        dead_letters: Queues,
        functions: Functions,
        email: str | None,
    ) -> None:
        super().__init__(scope, id)
        self.topic = self._topic(email)
        self.all: list[cloudwatch.Alarm] = []
        self._watch_messages(queues, dead_letters)
        self._watch_functions(functions)
        self._watch_sellers()
        self._watch_orders()
        self._watch_amazon()

    def _watch_messages(self, queues: Queues, dead_letters: Queues) -> None:
        for name, queue in dead_letters.items():
            id, meaning = _DEAD_LETTERS[name]
            self._ring(
                id,
                f"{meaning}: messages wait in {id}, where nothing takes them up by itself.",
                queue.metric_approximate_number_of_messages_visible(
                    period=_OFTEN, statistic=MAXIMUM
                ),
                above=0,
                # A queue that nobody touches may stop reporting while a message still lies in it.
                missing=cloudwatch.TreatMissingData.IGNORE,
            )
        ages = {
            name: queue.metric_approximate_age_of_oldest_message(period=_OFTEN, statistic=MAXIMUM)
            for name, queue in queues.items()
        }
        one, other = ages
        self._ring(
            "OldestMessage",
            "A message has waited for an hour: a queue is not being served, or too slowly.",
            # A queue without a message reports no age: beside another's it counts as 0. Filled in,
            # the newest age would be 0 whenever SQS is late, and three in a row never be reached.
            _expression(f"IF({one} > {other}, {one}, {other})", _OFTEN, **ages),
            above=3600,
            periods=3,
        )

    def _watch_functions(self, functions: Functions) -> None:
        errors = {
            name: function.metric_errors(period=HOUR, statistic=SUM)
            for name, function in functions.items()
        }
        self._ring(
            "FunctionErrors",
            "Functions have failed three times within an hour; one failure is tried again.",
            # A function that did not run reports nothing, neither errors nor that there were none.
            _expression(" + ".join(f"FILL({name}, 0)" for name in errors), HOUR, **errors),
            above=2,
        )
        alarm = self._ring(
            "SweepMissing",
            "The hourly sweep has not been heard of: lost wake-ups are no longer found.",
            sent_metric("OrdersOverdue", SAMPLE_COUNT),
            below=1,
            periods=2,
            missing=cloudwatch.TreatMissingData.BREACHING,
        )
        # Or it would ring on the day it is made, before the first sweep.
        made = alarm.node.default_child
        assert isinstance(made, cloudwatch.CfnAlarm)
        made.warm_up_configuration = cloudwatch.CfnAlarm.WarmUpConfigurationProperty(
            warm_up_period_duration_in_minutes=180
        )

    def _watch_sellers(self) -> None:
        self._ring(
            "CredentialsRefused",
            "Amazon refuses a seller's credentials: nothing is asked for this seller.",
            sent_metric("SellersBlocked", MAXIMUM),
            above=0,
            # A block is lifted and made again every six hours, and may be missed in between.
            periods=3,
            breaching=1,
        )
        self._ring(
            "SellerSilent",
            "No notification of a seller for longer than its usual gaps allow.",
            sent_metric("SellersSilent", MAXIMUM),
            above=0,
        )
        self._ring(
            "ClientSecretOld",
            "A client secret is over 150 days old: at 180 Amazon ends it, and everything stops.",
            sent_metric("ClientSecretsOld", MAXIMUM),
            above=0,
        )

    def _watch_orders(self) -> None:
        self._ring(
            "OrdersOverdue",
            "Orders have been overdue at three sweeps in a row: they are not being looked at.",
            sent_metric("OrdersOverdue", MAXIMUM),
            above=0,
            periods=3,
        )
        self._ring(
            "WindowAboutToShut",
            "The window of an order that is held or overdue shuts within two days.",
            sent_metric("HoursToClosestShut", MINIMUM),
            below=48,
            periods=2,
        )

    def _watch_amazon(self) -> None:
        names = {
            "offered": "SolicitationsOffered",
            "checked": "ActionsChecked",
            "recorded": "OrdersRecorded",
        }
        for id, period, span in (
            ("NothingOfferedForADay", DAY, "a day"),
            ("NothingOfferedForAWeek", WEEK, "a week"),
        ):
            counts = {short: sent_metric(name, SUM, period=period) for short, name in names.items()}
            self._ring(
                id,
                f"Amazon has offered no solicitation for {span}, of 30 or more orders checked.",
                _expression(_NOTHING_OFFERED, period, **counts),
                above=0,
            )

    def _ring(
        self,
        id: str,
        meaning: str,
        metric: cloudwatch.IMetric,
        *,
        above: float | None = None,
        below: float | None = None,
        periods: int = 1,
        breaching: int | None = None,
        missing: cloudwatch.TreatMissingData = _MISSING_IS_FINE,
    ) -> cloudwatch.Alarm:
        """One alarm; `breaching` of the last `periods` begin it, all of them if not given."""
        alarm = cloudwatch.Alarm(
            self,
            id,
            alarm_name=f"{cdk.Stack.of(self).stack_name}-{id}",
            alarm_description=f'{meaning} What to do: docs/runbook.md, "{id}".',
            metric=metric,
            comparison_operator=_BELOW if above is None else _ABOVE,
            threshold=(below if above is None else above) or 0,
            evaluation_periods=periods,
            datapoints_to_alarm=breaching or periods,
            treat_missing_data=missing,
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))
        self.all.append(alarm)
        return alarm

    def _topic(self, email: str | None) -> sns.Topic:
        # Its messages are the descriptions above: nothing that a key of our own should hide.
        topic = sns.Topic(self, "Topic", display_name="DayFive", enforce_ssl=True)
        stack = cdk.Stack.of(self)
        ours = stack.format_arn(
            service="cloudwatch",
            resource="alarm",
            resource_name=f"{stack.stack_name}-*",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={
                    "StringEquals": {"aws:SourceAccount": stack.account},
                    "ArnLike": {"aws:SourceArn": ours},
                },
            )
        )
        if email:
            topic.add_subscription(subscriptions.EmailSubscription(email))
        return topic


def _expression(
    expression: str, period: cdk.Duration, **metrics: cloudwatch.IMetric
) -> cloudwatch.MathExpression:
    return cloudwatch.MathExpression(expression=expression, period=period, using_metrics=metrics)
