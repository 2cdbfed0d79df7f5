"""The rules that alarms are judged by here are those that CloudWatch's own guide shows."""

from datetime import UTC, datetime, timedelta

import pytest

from ops.alarms.alarm import Alarm, Metric, State
from ops.alarms.measured import Measured
from ops.alarms.metric_math import UnknownExpressionError, evaluate

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
BEFORE = State.OK
KEPT = "kept"


def alarm(
    missing: str, *, breaching: int = 3, periods: int = 3, warm_up: timedelta = timedelta()
) -> Alarm:
    metric = Metric(
        namespace="N", name="Errors", dimensions={"service": "dayfive"}, statistic="Maximum"
    )
    return Alarm(
        name="DayFive-Errors",
        metrics={"only": metric},
        expression=None,
        period=5 * MINUTE,
        periods=periods,
        breaching_to_alarm=breaching,
        comparison="GreaterThanThreshold",
        threshold=0,
        missing=missing,
        warm_up=warm_up,
    )


def measured(points: str) -> Measured:
    """As the guide writes them, the newest last: 0 is fine, X breaches, - is missing."""
    found = Measured()
    for age, point in enumerate(reversed(points.split())):
        if point != "-":
            at = NOW - age * 5 * MINUTE - MINUTE
            found.add("N", "Errors", {"service": "dayfive"}, at, float(point == "X"))
    return found


def judge(alarm: Alarm, points: str) -> str:
    """The state, or that it was kept, whichever it was."""
    states = [
        alarm.judge(measured(points), made_at=NOW - timedelta(days=1), now=NOW, before=before)
        for before in State
    ]
    return KEPT if states == list(State) else str(states[0])


# "Configuring how CloudWatch alarms treat missing data": the two tables of examples there. The
# columns are missing, ignore, breaching and notBreaching.
ALL_OF_THREE = [
    ("0 - X - X", "OK OK OK OK"),
    ("0 - - - -", "OK OK OK OK"),
    ("- - - - -", "INSUFFICIENT_DATA kept ALARM OK"),
    ("0 X X - X", "ALARM ALARM ALARM ALARM"),
    ("- - - - X", "INSUFFICIENT_DATA kept ALARM OK"),
    ("X - - - -", "ALARM kept ALARM OK"),
]
TWO_OF_THREE = [
    ("0 - X - X", "ALARM ALARM ALARM ALARM"),
    ("0 0 X 0 X", "ALARM ALARM ALARM ALARM"),
    ("0 - X - -", "OK OK ALARM OK"),
    ("- - - - 0", "OK OK ALARM OK"),
    ("- - - - X", "INSUFFICIENT_DATA kept ALARM OK"),
]


@pytest.mark.parametrize(
    ("breaching", "points", "expected"),
    [(3, *row) for row in ALL_OF_THREE] + [(2, *row) for row in TWO_OF_THREE],
)
def test_missing_data_is_treated_as_in_the_guides_tables(
    breaching: int, points: str, expected: str
) -> None:
    treatments = ("missing", "ignore", "breaching", "notBreaching")

    found = [judge(alarm(each, breaching=breaching), points) for each in treatments]

    assert " ".join(found) == expected


def test_an_alarm_that_warms_up_waits_for_its_first_datapoints() -> None:
    """ "Alarm warm-up periods", CloudWatch User Guide: it ends when the window is filled."""
    warming = alarm("breaching", warm_up=timedelta(hours=3))

    def at(age: timedelta, points: str) -> State:
        return warming.judge(
            measured(points), made_at=NOW - age, now=NOW, before=State.INSUFFICIENT_DATA
        )

    assert at(timedelta(hours=1), "- - - - X") is State.INSUFFICIENT_DATA
    assert at(timedelta(hours=1), "- - X X X") is State.ALARM
    assert at(timedelta(hours=3), "- - - - -") is State.ALARM


def test_periods_slide_with_the_moment_of_evaluation() -> None:
    found = Measured()
    found.add("N", "Errors", {"service": "dayfive"}, NOW - 4 * MINUTE, 1)
    one = alarm("notBreaching", breaching=1, periods=1)

    states = [
        one.judge(found, made_at=NOW, now=NOW + later, before=BEFORE)
        for later in (timedelta(), 20 * MINUTE)
    ]

    assert states == [State.ALARM, State.OK]


@pytest.mark.parametrize(
    ("statistic", "expected"),
    [("Sum", 6), ("Maximum", 3), ("Minimum", 1), ("SampleCount", 3), ("Average", 2)],
)
def test_statistics_are_of_what_came_in_the_period(statistic: str, expected: float) -> None:
    found = Measured()
    for minutes, value in ((6, 100), (5, 3), (3, 2), (0, 1)):
        found.add("N", "Sent", {}, NOW - minutes * MINUTE, value)

    period = (NOW - 5.5 * MINUTE, NOW)

    assert found.statistic("N", "Sent", {}, statistic, *period) == expected
    assert found.statistic("N", "Sent", {"service": "other"}, statistic, *period) is None


# "Using math expressions with CloudWatch metrics": metric1 is 30, 20, 0, 0, metric2 20, -, 20, -.
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("(metric1 < metric2)", [0, 0, 1, 0]),
        ("(metric1 >= 30)", [1, 0, 0, 0]),
        ("(metric1 > 15 AND metric2 > 15)", [1, 0, 0, 0]),
        ("metric1 + metric2", [50, 20, 20, 0]),
        ("2 * metric2", [40, None, 40, None]),
        ("metric1 / metric2", [1.5, None, 0, None]),
        ("IF(metric2 > 15, metric1, 7)", [30, None, 0, None]),
        ("IF(metric1 > 15, metric2, 7)", [20, 0, 7, 7]),
        ("IF(metric1 > 15, 7, metric2)", [7, 7, 20, None]),
        ("FILL(metric2, 0)", [20, 0, 20, 0]),
        ("FILL(metric2, 0) == 0", [0, 1, 0, 1]),
        ("metric2 == 0", [0, None, 0, None]),
    ],
)
def test_metric_math_gives_what_the_guide_says(
    expression: str, expected: list[float | None]
) -> None:
    moments = zip([30, 20, 0, 0], [20, None, 20, None], strict=True)

    found = [evaluate(expression, {"metric1": one, "metric2": two}) for one, two in moments]

    assert found == expected


@pytest.mark.parametrize(
    "expression",
    ["MAX(metric1)", "metric3 + 1", "FILL(metric1, REPEAT)", "FILL(metric3, 0)", "a if b"],
)
def test_an_expression_that_is_not_modelled_is_refused(expression: str) -> None:
    with pytest.raises((UnknownExpressionError, SyntaxError)):
        evaluate(expression, {"metric1": 1})
