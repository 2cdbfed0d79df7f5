"""What each timing setting of cdk.json does to orders, from the functions' environment on."""

from datetime import datetime, timedelta

import pytest

from lambdas.config import Settings, SettingsError
from lambdas.core.solicitation import Status
from lambdas.wiring import Environment
from ops.simulator.operations import CREATE_SOLICITATION, GET_ACTIONS
from tests.integration.conftest import START, World
from tests.integration.test_intake import body

ORDER = "903-5550101-0000001"
CANADA = "A2EUQ1WTGCTBG2"
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
PROMISED = {
    "fulfillment_type": "MFN",
    "earliest_delivery_date": START + 3 * DAY,
    "latest_delivery_date": START + 4 * DAY,
}


def with_variables(world: World, **variables: str) -> World:
    """The same world, its functions deployed with other settings."""
    known = world.environment.settings
    settings = Settings.from_env(
        {
            "ORDERS_TABLE_NAME": known.orders_table_name,
            "SCHEDULE_GROUP_NAME": known.schedule_group_name,
            "SCHEDULE_ROLE_ARN": known.schedule_role_arn,
            "SCHEDULE_DLQ_ARN": known.schedule_dlq_arn,
            "WAKE_UP_QUEUE_ARN": known.wake_up_queue_arn,
            "WAKE_UP_QUEUE_URL": known.wake_up_queue_url,
            "DELAY_DAYS": "5",
            "TRANSIT_DAYS": "3-15",
            **variables,
        }
    )
    return World(Environment(settings), world.simulator, world.clock)


def first_check(world: World, **news: object) -> datetime:
    assert world.deliver(body(**news)) == []
    due_at = world.order(ORDER).due_at
    assert isinstance(due_at, datetime)
    return due_at


@pytest.mark.parametrize(
    ("news", "days"),
    [
        ({"fulfillment_type": "AFN"}, 3 + 6),
        (PROMISED, 3 + 5),
        ({"fulfillment_type": "AFN", "marketplace_id": CANADA}, 3 + 8),
        ({**PROMISED, "marketplace_id": CANADA}, 3 + 7),
    ],
)
def test_the_first_check_comes_after_the_most_specific_delay(
    world: World, news: dict[str, object], days: int
) -> None:
    changed = with_variables(world, DELAY_DAYS="5,AFN=6,CA=7,CA/AFN=8")

    assert first_check(changed, **news) == START + days * DAY


def test_the_sender_waits_for_the_delay_though_the_window_is_open(world: World) -> None:
    changed = with_variables(world, DELAY_DAYS="9")
    changed.sell(ORDER)
    due_at = first_check(changed)

    changed.wake_at(START + 8 * DAY + MINUTE)
    assert changed.calls(GET_ACTIONS) == 0
    changed.wake_at(due_at)

    assert due_at == START + 12 * DAY
    assert changed.order(ORDER).status is Status.SENT


@pytest.mark.parametrize(("marketplace", "days"), [(CANADA, (2, 9)), ("ATVPDKIKX0DER", (4, 15))])
def test_transit_days_stand_in_for_dates_that_amazon_does_not_give(
    world: World, marketplace: str, days: tuple[int, int]
) -> None:
    changed = with_variables(world, TRANSIT_DAYS="4-15,CA=2-9")

    first_check(changed, marketplace_id=marketplace)

    window = changed.order(ORDER).window
    assert window.opens_at == START + (days[0] + 5) * DAY
    assert window.closes_at == START + (days[1] + 30) * DAY


def test_sending_hours_put_a_first_check_off_until_the_marketplaces_morning(world: World) -> None:
    changed = with_variables(world, SENDING_HOURS="9-21")
    changed.sell(ORDER)

    due_at = first_check(changed)
    changed.wake_at(due_at)

    # Seven in the morning in Chicago, where summer time has begun the night before.
    assert due_at == START + 8 * DAY + 2 * HOUR
    assert changed.order(ORDER).sent_at == due_at


def test_an_order_that_is_late_into_the_night_is_asked_in_the_morning(world: World) -> None:
    changed = with_variables(world, SENDING_HOURS="9-21")
    changed.sell(ORDER)
    first_check(changed)
    night = START + 9 * DAY - 9 * HOUR
    morning = START + 9 * DAY + 2 * HOUR

    changed.wake_at(night)
    put_off = changed.order(ORDER)
    changed.wake_at(morning)

    assert (put_off.status, put_off.due_at) == (Status.WAITING, morning)
    assert any(name.endswith("20260311T1401") for name in changed.schedule_names())
    assert changed.order(ORDER).status is Status.SENT
    assert [entry.operation for entry in changed.simulator.ledger if entry.at < morning] == []


def test_an_order_that_is_never_offered_is_only_asked_about_in_the_hours_and_ends(
    world: World,
) -> None:
    changed = with_variables(world, SENDING_HOURS="10-12")
    changed.sell(ORDER, delivered_at=None)
    first_check(changed)

    while changed.order(ORDER).is_open:
        changed.wake_at(changed.order(ORDER).due_at + MINUTE)

    checks = [entry.at for entry in changed.simulator.ledger if entry.operation == GET_ACTIONS]
    assert changed.order(ORDER).reason == "never_offered"
    assert len(checks) > 5
    assert {check.hour for check in checks} <= {15, 16}  # ten and eleven in Chicago
    assert checks[-1] - checks[-2] >= DAY
    assert changed.calls(CREATE_SOLICITATION) == 0


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"DELAY_DAYS": "4"}, "DELAY_DAYS must be numbers of days, 5 or more"),
        ({"DELAY_DAYS": "5,AFN"}, "DELAY_DAYS must be numbers of days"),
        ({"DELAY_DAYS": "5,XX=6"}, "DELAY_DAYS must name marketplaces by country"),
        ({"TRANSIT_DAYS": "3"}, "TRANSIT_DAYS must be two numbers of days"),
        ({"TRANSIT_DAYS": "3-15,DE/AFN=9-2"}, "TRANSIT_DAYS must be two numbers of days"),
        ({"SENDING_HOURS": "21-9"}, "SENDING_HOURS must be two hours of the day"),
        ({"SENDING_HOURS": "9-25"}, "SENDING_HOURS must be two hours of the day"),
    ],
)
def test_a_variable_that_cannot_be_read_is_named(
    world: World, variables: dict[str, str], message: str
) -> None:
    with pytest.raises(SettingsError, match=message):
        with_variables(world, **variables)
