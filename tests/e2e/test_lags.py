"""The metrics that are opted for: the functions measure them where their environment says so."""

from datetime import timedelta
from typing import get_args

from lambdas.observability import LAG_UNITS, Lag
from ops.demo.canaries import Canaries
from ops.demo.stage import CLIENT_ID, CLIENT_SECRET, Stage, authorize
from ops.demo.story import START
from ops.local_cloud import LocalCloud
from ops.local_cloud.template import synthesise
from ops.simulator.server import serve
from ops.simulator.simulator import Simulator
from tests.e2e.test_alarms import SELLER, Scene

HOUR = timedelta(hours=1)


def test_lags_and_latency_are_sent_where_they_are_asked_for() -> None:
    simulator = Simulator(1)
    with serve(simulator) as server:
        variables = {
            "SP_API_ENDPOINT": server.sp_api_endpoint,
            "LWA_ENDPOINT": server.lwa_endpoint,
            "LAG_METRICS": "on",
        }
        with LocalCloud.create(synthesise(), start=START, environment=variables) as cloud:
            simulator.add_application(CLIENT_ID, CLIENT_SECRET)
            authorize(simulator, SELLER)
            canaries = Canaries(())
            lagging = Scene(
                Stage(cloud=cloud, simulator=simulator, canaries=canaries, start=START, seed=1)
            )
            lagging.ship(START, checked_after=HOUR)
            lagging.run(2 * HOUR)
            sent = {each.name: each for each in cloud.metrics if each.name in get_args(Lag)}

    assert {name: each.unit for name, each in sent.items()} == {
        lag: unit.value for lag, unit in LAG_UNITS.items()
    }
    # Taken in when its batch's minute is over; checked soon after the minute of the schedule.
    assert 0 <= sent["NotificationLag"].value <= 65
    assert 0 <= sent["CheckLag"].value < 300
