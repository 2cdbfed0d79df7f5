"""The metrics that the functions send, as alarms and dashboards name them."""

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch

NAMESPACE = "DayFive"
DIMENSIONS = {"service": "dayfive"}

HOUR = cdk.Duration.hours(1)
DAY = cdk.Duration.days(1)
WEEK = cdk.Duration.days(7)

SUM = cloudwatch.Stats.SUM
MAXIMUM = cloudwatch.Stats.MAXIMUM
MINIMUM = cloudwatch.Stats.MINIMUM
SAMPLE_COUNT = cloudwatch.Stats.SAMPLE_COUNT


def sent_metric(
    name: str, statistic: str, *, period: cdk.Duration = HOUR, label: str | None = None
) -> cloudwatch.Metric:
    """A metric of lambdas/observability.py."""
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=name,
        dimensions_map=DIMENSIONS,
        statistic=statistic,
        period=period,
        label=label,
    )
