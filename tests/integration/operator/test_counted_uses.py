"""What the forecast takes an order to use is what the meters count."""

from collections.abc import Mapping
from functools import cache

import pytest

from ops.bench.cost import uses_played
from ops.bench.month import Played, play
from ops.bench.standing import function
from ops.prices import PER_CHECK, PER_NOTIFICATION, PER_ORDER, PER_SOLICITATION, Unit, added


@cache
def played() -> Played:
    memory = {name: function(name).memory_mb for name in ("intake", "sender")}
    return play(orders=12, a_month=1000, sellers=1, memory_mb=memory)


def forecast(month: Played) -> Mapping[Unit, float]:
    return added(
        (month.notifications, PER_NOTIFICATION),
        (month.shipped, PER_ORDER),
        (month.checks, PER_CHECK),
        (month.sent, PER_SOLICITATION),
    )


@pytest.mark.parametrize(
    "unit",
    [
        Unit.FIFO_REQUESTS,
        Unit.GB_SECONDS,
        Unit.LOGGED_GB,
        Unit.READS,
        Unit.REQUESTS,
        Unit.RUNS,
        Unit.SCHEDULES,
        Unit.SECRET_CALLS,
        Unit.WRITES,
    ],
)
def test_what_is_forecast_of_a_month_is_about_what_it_used(unit: Unit) -> None:
    assert forecast(played())[unit] == pytest.approx(uses_played(played())[unit], rel=0.3)
