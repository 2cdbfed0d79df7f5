"""The dashboards' bodies as CloudWatch reads them, and that they speak of metrics there are.

CloudWatch API Reference, "Dashboard Body Structure and Syntax".
"""

import json
import re
from collections.abc import Iterator
from typing import Any, get_args

import aws_cdk as cdk
import pytest

from infra.settings import SettingError, Settings
from lambdas.config import Settings as RuntimeSettings
from lambdas.observability import NAMESPACE, SERVICE, Counted, Gauge, Lag
from tests.infra.readable import ReadableStack
from tests.infra.test_alarms import CONTEXT, synthesised

Body = dict[str, Any]
BOTH = ("DayFive-Business", "DayFive-Operations")

# "Monitoring Amazon SQS queues using CloudWatch"; "Types of metrics for Lambda functions";
# "Monitoring Amazon EventBridge Scheduler with CloudWatch"; "DynamoDB metrics and dimensions".
OF_AWS = {
    "AWS/SQS": (
        {"ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"},
        [{"QueueName"}],
    ),
    "AWS/Lambda": ({"Invocations", "Errors", "Throttles", "Duration"}, [{"FunctionName"}]),
    "AWS/Scheduler": (
        {"InvocationAttemptCount", "TargetErrorCount", "InvocationDroppedCount"},
        [{"ScheduleGroup"}],
    ),
    "AWS/DynamoDB": (
        {"ReadThrottleEvents", "WriteThrottleEvents"},
        [{"TableName"}, {"TableName", "GlobalSecondaryIndexName"}],
    ),
}


def bodies(stack: ReadableStack) -> dict[str, Body]:
    found = stack.of_type("AWS::CloudWatch::Dashboard").values()
    return {each["DashboardName"]: json.loads(each["DashboardBody"]) for each in found}


@pytest.fixture(scope="module")
def with_lags() -> ReadableStack:
    return synthesised(lag_metrics=True)


@pytest.fixture(scope="module", params=BOTH)
def body(request: pytest.FixtureRequest, with_lags: ReadableStack) -> Body:
    return bodies(with_lags)[request.param]


def metrics(body: Body) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Namespace, name and dimensions of each metric that is drawn."""
    for widget in body["widgets"]:
        for namespace, name, *rest in widget["properties"].get("metrics", []):
            pairs = [each for each in rest if isinstance(each, str)]
            yield namespace, name, dict(zip(pairs[::2], pairs[1::2], strict=True))


def test_widgets_lie_on_the_grid_and_not_on_each_other(body: Body) -> None:
    taken: set[tuple[int, int]] = set()
    for widget in body["widgets"]:
        x, y, width, height = (widget[each] for each in ("x", "y", "width", "height"))
        cells = {(x + right, y + down) for right in range(width) for down in range(height)}

        assert 0 <= x <= x + width <= 24
        assert 1 <= height <= 1000
        assert not cells & taken
        taken |= cells
    assert len(body["widgets"]) <= 500


def test_widgets_have_the_properties_of_their_type(body: Body) -> None:
    for widget in body["widgets"]:
        properties = widget["properties"]
        match widget["type"]:
            case "metric":
                assert properties["region"] == "${AWS::Region}"
                assert properties["view"] in {"timeSeries", "singleValue"}
                for metric in properties["metrics"]:
                    _check_metric(metric)
            case "log":
                assert properties["region"] == "${AWS::Region}"
                assert properties["view"] == "table"
                assert re.match(r"SOURCE '\$\{IntakeLogs\}' \| SOURCE ", properties["query"])
            case "alarm":
                assert 1 <= len(properties["alarms"]) <= 100
                assert all(arn.endswith(".Arn}") for arn in properties["alarms"])
            case other:
                pytest.fail(f"a widget of type {other}")


def test_a_graph_of_days_shows_days_whatever_time_is_shown(stack: ReadableStack) -> None:
    """Where a dashboard does not say otherwise, the periods of its graphs follow its time range."""
    both = bodies(stack)
    of_days = [
        widget["properties"]
        for widget in both["DayFive-Business"]["widgets"]
        if widget["properties"]["title"].endswith(", a day")
    ]

    assert {body["periodOverride"] for body in both.values()} == {"inherit"}
    assert len(of_days) == 3
    assert {metric[-1]["period"] for each in of_days for metric in each["metrics"]} == {24 * 3600}


def _check_metric(metric: list[Any]) -> None:
    *words, options = metric
    assert len(words) >= 2
    assert all(isinstance(word, str) for word in words)
    assert len(words) % 2 == 0
    assert set(options) <= {"label", "period", "stat", "color", "yAxis", "id", "visible"}
    assert re.fullmatch("Sum|Maximum|Minimum|Average|SampleCount|p[0-9.]+", options["stat"])
    assert options.get("period", 300) % 60 == 0


def test_every_metric_is_sent_by_the_functions_or_by_aws(body: Body) -> None:
    ours = {*get_args(Counted), *get_args(Gauge), *get_args(Lag)}
    for namespace, name, dimensions in metrics(body):
        if namespace == NAMESPACE:
            assert name in ours
            assert dimensions == {"service": SERVICE}
        else:
            names, sets_of_dimensions = OF_AWS[namespace]
            assert name in names
            assert set(dimensions) in sets_of_dimensions


def test_throttles_of_the_index_are_shown_beside_those_of_the_table(stack: ReadableStack) -> None:
    """ "DynamoDB metrics and dimensions", WriteThrottleEvents: what is of the table alone leaves
    out what its indexes throttle.
    """
    drawn = [
        dimensions.get("GlobalSecondaryIndexName")
        for namespace, _, dimensions in metrics(bodies(stack)["DayFive-Operations"])
        if namespace == "AWS/DynamoDB"
    ]

    [index] = stack["OrdersTable"]["GlobalSecondaryIndexes"]
    assert drawn == [None, None, index["IndexName"], index["IndexName"]]


def test_everything_that_is_sent_is_shown(with_lags: ReadableStack) -> None:
    shown = {name for body in bodies(with_lags).values() for _, name, _ in metrics(body)}

    assert {*get_args(Counted), *get_args(Gauge), *get_args(Lag)} <= shown


def test_the_operations_dashboard_shows_every_alarm(stack: ReadableStack) -> None:
    widgets = bodies(stack)["DayFive-Operations"]["widgets"]
    [shown] = [each["properties"]["alarms"] for each in widgets if each["type"] == "alarm"]

    assert len(shown) == len(stack.of_type("AWS::CloudWatch::Alarm"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (["business", "operations"], set(BOTH)),
        (["business"], {"DayFive-Business"}),
        ("operations", {"DayFive-Operations"}),
        ("business,operations", set(BOTH)),
        ([], set()),
        ("", set()),
    ],
)
def test_each_dashboard_can_be_switched_off(value: object, expected: set[str]) -> None:
    assert set(bodies(synthesised(dashboards=value))) == expected


@pytest.mark.parametrize("value", [None, True, ["sales"], "sales", [["business"]]])
def test_a_dashboard_there_is_not_is_refused(value: object) -> None:
    with pytest.raises(SettingError, match=r"dashboards .* a list of none, one or both of"):
        Settings.from_context(cdk.App(context={**CONTEXT, "dashboards": value}).node)


def test_lags_are_measured_and_shown_for_those_who_ask(
    stack: ReadableStack, with_lags: ReadableStack
) -> None:
    def lags(stack: ReadableStack) -> set[str]:
        drawn = metrics(bodies(stack)["DayFive-Operations"])
        return {name for _, name, _ in drawn} & set(get_args(Lag))

    assert RuntimeSettings.from_env(with_lags.environment("IntakeFunction")).lag_metrics
    assert lags(with_lags) == set(get_args(Lag))
    assert not RuntimeSettings.from_env(stack.environment("IntakeFunction")).lag_metrics
    assert lags(stack) == set()


@pytest.mark.parametrize("value", [None, "yes", 1, []])
def test_lag_metrics_are_on_or_off(value: object) -> None:
    with pytest.raises(SettingError, match=r"lag_metrics .* true or false"):
        Settings.from_context(cdk.App(context={**CONTEXT, "lag_metrics": value}).node)
