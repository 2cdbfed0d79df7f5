"""What a run tells CloudWatch: one line with its metrics and, beside them, plain fields."""

import json
from typing import Any, get_args

import httpx
import pytest

from lambdas.latency import latency_hooks
from lambdas.observability import Counted, Gauge, Lag, Telemetry, make_logger

Printed = pytest.CaptureFixture[str]


def lines(capsys: Printed) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def metrics(line: dict[str, Any]) -> dict[str, str]:
    """Names and units of what this line sends to be stored as metrics."""
    [directive] = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "DayFive"
    assert directive["Dimensions"] == [["service"]]
    return {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]}


def test_a_run_ends_in_one_line_of_metrics_and_plain_fields(capsys: Printed) -> None:
    telemetry = Telemetry(make_logger())
    telemetry.count("ActionsChecked")
    telemetry.count("ActionsChecked")
    telemetry.count("SolicitationsOffered", 0)
    telemetry.gauge("HoursToClosestShut", 47.5)
    telemetry.tally("states", "WAITING")
    telemetry.tally("states", "WAITING")
    telemetry.note(seller_id="A1", region="na")

    telemetry.flush("wake_up_served")

    [line] = lines(capsys)
    assert set(metrics(line)) == {"ActionsChecked", "SolicitationsOffered", "HoursToClosestShut"}
    assert line["ActionsChecked"] == [2]
    assert line["SolicitationsOffered"] == [0]
    assert line["HoursToClosestShut"] == [47.5]
    assert line["states"] == {"WAITING": 2}
    assert (line["message"], line["level"], line["service"]) == (
        "wake_up_served",
        "INFO",
        "dayfive",
    )
    assert (line["seller_id"], line["region"]) == ("A1", "na")


def test_a_run_without_metrics_still_tells_what_it_tallied(capsys: Printed) -> None:
    telemetry = Telemetry(make_logger())
    telemetry.tally("ignored", "not_shipped")

    telemetry.flush("batch_taken_in")

    [line] = lines(capsys)
    assert "_aws" not in line
    assert line["message"] == "batch_taken_in"
    assert line["ignored"] == {"not_shipped": 1}


def test_a_run_with_nothing_to_tell_prints_nothing_and_no_run_repeats_the_last(
    capsys: Printed,
) -> None:
    telemetry = Telemetry(make_logger())
    telemetry.count("OrdersRecorded")
    telemetry.tally("states", "WAITING")
    telemetry.note(seller_id="A1")
    telemetry.flush("first")
    telemetry.note(seller_id="A2")
    telemetry.flush("second")

    assert [line["message"] for line in lines(capsys)] == ["first"]


def test_about_ten_metrics_are_paid_for() -> None:
    assert len(get_args(Counted)) + len(get_args(Gauge)) == 12
    assert len(get_args(Lag)) == 3


def test_lags_are_metrics_for_those_who_ask_for_them(capsys: Printed) -> None:
    for lags in (False, True):
        telemetry = Telemetry(make_logger(), lags=lags)
        telemetry.count("OrdersRecorded")
        telemetry.measure("NotificationLag", 3.5)
        telemetry.measure("NotificationLag", -2)
        telemetry.flush("batch_taken_in")

    without, with_lags = lines(capsys)
    assert set(metrics(without)) == {"OrdersRecorded"}
    assert metrics(with_lags) == {"OrdersRecorded": "Count", "NotificationLag": "Seconds"}
    assert with_lags["NotificationLag"] == [3.5, 0]


def test_one_line_holds_no_more_values_than_cloudwatch_reads(capsys: Printed) -> None:
    """CloudWatch User Guide, "Specification: Embedded metric format": 100 values of a metric."""
    telemetry = Telemetry(make_logger(), lags=True)
    for _ in range(250):
        telemetry.measure("CheckLag", 1)

    telemetry.flush("wake_up_served")

    [line] = lines(capsys)
    assert len(line["CheckLag"]) == 99


def test_amazons_latency_is_the_time_to_the_head_of_its_answer(capsys: Printed) -> None:
    telemetry = Telemetry(make_logger(), lags=True)
    answer = httpx.MockTransport(lambda request: httpx.Response(200))

    with httpx.Client(transport=answer, event_hooks=latency_hooks(telemetry)) as http:
        http.get("https://example.com/")
    telemetry.flush("wake_up_served")

    [line] = lines(capsys)
    assert metrics(line) == {"AmazonLatency": "Milliseconds"}
    [milliseconds] = line["AmazonLatency"]
    assert 0 <= milliseconds < 10_000
