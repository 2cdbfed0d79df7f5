"""How far out of the window a clock that is wrong can lead: as far as it is wrong."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lambdas.core.marketplaces import Region
from lambdas.core.solicitation import Status
from ops.simulator.operations import GET_ACTIONS
from ops.simulator.simulator import Simulator
from tests.integration.conftest import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, SELLER, World
from tests.integration.test_intake import body

ORDER = "903-5550101-0000001"
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def ahead(request: pytest.FixtureRequest) -> timedelta:
    """How far our clock is ahead of Amazon's."""
    return timedelta(minutes=request.param)


@pytest.fixture
def simulator(ahead: timedelta) -> Simulator:
    simulator = Simulator(now=lambda: datetime.now(UTC) - ahead)
    simulator.add_application(CLIENT_ID, CLIENT_SECRET)
    simulator.add_seller(SELLER, Region.NA, REFRESH_TOKEN, application=CLIENT_ID)
    return simulator


def checked_at(world: World) -> list[datetime]:
    """When Amazon was asked, by its own clock."""
    return [entry.at for entry in world.simulator.ledger if entry.operation == GET_ACTIONS]


@pytest.mark.parametrize("ahead", [-5, 0, 5], indirect=True)
def test_a_window_opens_early_by_as_much_as_the_clock_is_ahead(
    world: World, ahead: timedelta
) -> None:
    dates = {
        "earliest_delivery_date": world.clock.now,
        "latest_delivery_date": world.clock.now + DAY,
    }
    world.sell(ORDER, delivered_at=world.clock.now)
    world.deliver(body(amazon_order_id=ORDER, **dates))
    opens_at = world.order(ORDER).window.opens_at

    world.wake_at(opens_at - MINUTE)
    assert checked_at(world) == []
    world.wake_at(opens_at)

    assert checked_at(world) == [opens_at - ahead]
    early = ahead > timedelta()
    assert world.order(ORDER).status is (Status.WAITING if early else Status.SENT)
    # Amazon's empty answer to a call that came too early costs a day, and no more.
    world.wake_at(opens_at + DAY + MINUTE)
    assert world.order(ORDER).status is Status.SENT


@pytest.mark.parametrize("ahead", [-5, -1, 0, 5], indirect=True)
def test_a_window_shuts_late_by_as_much_as_the_clock_is_behind_but_for_a_minute(
    world: World, ahead: timedelta
) -> None:
    world.sell(ORDER)
    world.deliver(body(amazon_order_id=ORDER))
    order = world.order(ORDER)
    closes_at = order.window.closes_at
    world.orders.put(replace(order, due_at=closes_at - 90 * SECOND), known=order)

    world.wake_at(closes_at - 61 * SECOND)
    assert checked_at(world) == [closes_at - 61 * SECOND - ahead]
    world.wake_at(closes_at - MINUTE)

    assert len(checked_at(world)) == 1
    assert world.order(ORDER).status in {Status.EXPIRED, Status.WAITING}
    world.wake_at(closes_at)
    assert world.order(ORDER).status is Status.EXPIRED
