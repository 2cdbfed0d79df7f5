"""Amazon offering nothing is noticed, and usual days never look like it: a sample of the figures
in docs/promises.md, which `python -m ops.alarms` makes in full.
"""

from datetime import timedelta
from random import Random

import aws_cdk as cdk
import pytest

from ops.alarms.alarm import Alarm
from ops.alarms.eligibility import (
    NAMES,
    START,
    Played,
    Trade,
    alarms_of,
    nearest_miss,
    rings,
)

DAY, WEEK = timedelta(days=1), timedelta(days=7)
LEFT_AFTER = 45

USUAL = [
    Trade(a_day=1, kind="mixed", seed=11, seasons=[(0, 50)]),
    Trade(a_day=2, kind="AFN", seed=12, seasons=[(0, 50)]),
    Trade(a_day=5, kind="MFN", seed=13, seasons=[(0, 40)]),
    Trade(a_day=15, kind="mixed", seed=14, seasons=[(0, 30)]),
    Trade(a_day=25, kind="MFN", seed=15, seasons=[(0, 20)]),
    Trade(a_day=15, kind="MFN", seed=16, seasons=[(0, 15), (40, 10)]),
]


@pytest.fixture(scope="module")
def alarms(assembly: cdk.cx_api.CloudAssembly) -> dict[str, Alarm]:
    return alarms_of(assembly.get_stack_by_name("DayFive").template)


@pytest.mark.parametrize("trade", USUAL, ids=lambda trade: f"{trade.a_day:g} {trade.kind}")
def test_usual_days_never_look_like_an_outage(alarms: dict[str, Alarm], trade: Trade) -> None:
    played = Played(trade)
    until = trade.days + LEFT_AFTER

    assert [ring for name in NAMES for ring in rings(alarms[name], played, until_day=until)] == []
    # The alarms ask for 30 checks: not even two thirds of them came together.
    assert nearest_miss(played, lasts=DAY, until_day=until) < 20
    assert nearest_miss(played, lasts=WEEK, until_day=until) < 20


@pytest.mark.parametrize(
    ("a_day", "name", "days"),
    [(25, "NothingOfferedForADay", 1.5), (3, "NothingOfferedForAWeek", 8.5)],
)
def test_an_outage_is_noticed(
    alarms: dict[str, Alarm], a_day: float, name: str, days: float
) -> None:
    begin = 25
    played = Played(Trade(a_day=a_day, kind="mixed", seed=21, outage=(begin, begin + 12)))

    first = next(rings(alarms[name], played, until_day=begin + 12))

    assert begin < first < begin + days


def test_an_outage_that_ends_the_same_day_is_not_worth_an_alarm(alarms: dict[str, Alarm]) -> None:
    played = Played(Trade(a_day=15, kind="mixed", seed=22, seasons=[(0, 30)], outage=(20, 20.4)))

    assert [ring for name in NAMES for ring in rings(alarms[name], played, until_day=40)] == []


@pytest.mark.parametrize(
    ("a_day", "name", "days"),
    [(40, "NothingOfferedForADay", 1.5), (8, "NothingOfferedForAWeek", 8.5)],
)
def test_the_rule_holds_for_plans_without_a_check_in_vain(
    alarms: dict[str, Alarm], a_day: int, name: str, days: float
) -> None:
    """One check for each order, eight days after it was recorded; offered until the outage."""
    begin, planned = 25, Played(Trade(a_day=0, kind="mixed", seed=31))
    luck = Random(a_day)
    for _ in range(a_day * 45):
        day = luck.random() * 45
        planned.count("OrdersRecorded", START + day * DAY, 1)
        planned.count("ActionsChecked", START + (day + 8) * DAY, 1)
        planned.count("SolicitationsOffered", START + (day + 8) * DAY, int(day + 8 < begin))

    rung = [*rings(alarms[name], planned, until_day=begin + 12)]

    assert len(rung) == 1
    assert begin < rung[0] < begin + days
