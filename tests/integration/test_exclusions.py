"""What a seller leaves out or pauses, from the notification to the sender."""

from collections.abc import Callable
from datetime import timedelta

import boto3
import httpx
import pytest

from lambdas.core.operator_acts import Changed, on_resume
from lambdas.core.policy import Policy
from lambdas.core.seller_settings import Exclusion
from lambdas.core.solicitation import Status
from ops.simulator.operations import CREATE_SOLICITATION, GET_ACTIONS
from tests.integration.conftest import SELLER, START, US, World
from tests.integration.test_intake import body

ORDER, CANADIAN = "903-5550101-0000001", "903-5550102-0000002"
CANADA = "A2EUQ1WTGCTBG2"
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
FIRST_CHECK = START + 8 * DAY + MINUTE


def items(*skus: str) -> list[dict[str, object]]:
    return [
        {"order_item_id": f"5555{number:010}", "seller_sku": sku, "quantity": 1}
        for number, sku in enumerate(skus)
    ]


def exclude(world: World, *skus: str) -> None:
    world.environment.seller_settings.exclude(SELLER, Exclusion.SKU, skus)


@pytest.fixture
def due(world: World) -> World:
    """An order of each of two marketplaces, recorded, due, and eligible at Amazon."""
    for order_id, marketplace in ((ORDER, US), (CANADIAN, CANADA)):
        world.sell(order_id, marketplace_id=marketplace)
        world.deliver(
            body(amazon_order_id=order_id, marketplace_id=marketplace, order_items=items("MUG"))
        )
    world.clock.move_to(FIRST_CHECK)
    return world


def test_without_settings_nothing_is_left_out(due: World) -> None:
    due.wake()

    assert due.order(ORDER).status is due.order(CANADIAN).status is Status.SENT


@pytest.mark.parametrize(
    ("kind", "entry"),
    [
        (Exclusion.SKU, "MUG"),
        (Exclusion.MARKETPLACE, US),
        (Exclusion.FULFILLMENT_TYPE, "AFN"),
    ],
)
def test_an_excluded_order_is_skipped_when_it_is_announced(
    world: World, kind: Exclusion, entry: str
) -> None:
    world.environment.seller_settings.exclude(SELLER, kind, [entry])

    world.deliver(body(order_items=items("PLATE", "MUG")))

    order = world.order(ORDER)
    assert (order.status, order.reason) == (Status.SKIPPED, f"{kind}: {entry}")
    assert world.schedule_names() == set()


@pytest.mark.parametrize("skus", [("MUG", "PLATE"), ("PLATE", "MUG")])
def test_items_that_come_in_separate_notifications_count_together(
    world: World, skus: tuple[str, str]
) -> None:
    exclude(world, "PLATE")

    for sku in skus:
        world.deliver(body(notification_level="OrderItemLevel", order_items=items(sku)))

    order = world.order(ORDER)
    assert (order.status, order.skus) == (Status.SKIPPED, ("MUG", "PLATE"))


def test_an_exclusion_set_later_stops_a_waiting_order_before_it_is_checked(due: World) -> None:
    exclude(due, "MUG")

    due.wake()

    assert due.order(ORDER).reason == "excluded_sku: MUG"
    assert due.simulator.ledger == []


def test_the_intake_sees_a_new_exclusion_within_a_minute(world: World) -> None:
    world.deliver(body(order_items=items("MUG")))
    exclude(world, "MUG")

    world.clock.move_to(world.clock.now + MINUTE)
    world.deliver(body(amazon_order_id=CANADIAN, order_items=items("MUG")))

    assert world.order(CANADIAN).status is Status.SKIPPED


def test_an_order_with_many_items_stays_a_small_record(world: World) -> None:
    exclude(world, "SKU-0999")
    skus = [f"SKU-{number:04}" for number in range(1000)]

    world.deliver(body(order_items=items(*skus[:999])))
    kept = world.order(ORDER)
    world.deliver(body(order_items=items(*skus)))

    assert (kept.status, kept.skus) == (Status.WAITING, tuple(skus[:100]))
    assert world.order(ORDER).reason == "excluded_sku: SKU-0999"


def test_a_paused_marketplace_holds_up_no_other(due: World) -> None:
    due.sellers.pause_marketplace(SELLER, US)

    due.wake()

    paused = due.order(ORDER)
    assert (paused.status, paused.reason) == (Status.WAITING, "marketplace_paused")
    assert paused.due_at == paused.window.closes_at
    assert due.order(CANADIAN).status is Status.SENT
    assert due.calls(GET_ACTIONS) == 1


def test_a_paused_marketplaces_window_ends_without_a_call(due: World) -> None:
    due.sellers.pause_marketplace(SELLER, US)
    due.wake()

    due.wake_at(due.order(ORDER).window.closes_at)

    assert (due.order(ORDER).status, due.order(ORDER).reason) == (
        Status.EXPIRED,
        "marketplace_paused",
    )
    assert due.calls(GET_ACTIONS) == 1  # the other marketplace's


def resume(world: World) -> None:
    """What the operator's command does."""
    world.sellers.resume_marketplace(SELLER, US)
    order = world.order(ORDER)
    resumed = on_resume(order, policy=Policy())
    if isinstance(resumed, Changed):
        world.orders.put(resumed.solicitation, known=order)


def test_a_resumed_marketplaces_orders_are_planned_inside_their_windows(due: World) -> None:
    due.sellers.pause_marketplace(SELLER, US)
    due.wake()

    due.clock.move_to(FIRST_CHECK + 10 * DAY)
    resume(due)
    due.wake()

    assert due.order(ORDER).status is Status.SENT


class Meddler:
    """Lets something happen once, in the middle of a run."""

    def __init__(self, act: Callable[[], None]) -> None:
        self.act: Callable[[], None] | None = act

    def __call__(self, *_: object, **__: object) -> None:
        if self.act:
            act, self.act = self.act, None
            act()


def test_a_resume_while_the_order_is_being_set_aside_loses_nothing(due: World) -> None:
    due.sellers.pause_marketplace(SELLER, US)
    meddler = Meddler(lambda: due.sellers.resume_marketplace(SELLER, US))
    events = due.environment.orders._client.meta.events
    events.register("before-call.dynamodb.PutItem", meddler)

    due.wake()
    set_aside = due.order(ORDER)
    due.wake()

    # The operator's look at the table came before the order was set aside, so the sender has to.
    assert set_aside.reason == "marketplace_resumed"
    assert due.order(ORDER).status is Status.SENT


def test_a_marketplace_paused_during_a_run_is_not_sent_to(due: World) -> None:
    meddler = Meddler(lambda: due.sellers.pause_marketplace(SELLER, US))
    handle = due.simulator.handle

    def pausing(request: httpx.Request) -> httpx.Response:
        answer = handle(request)
        if ORDER in request.url.path:
            meddler()
        return answer

    due.simulator.handle = pausing  # type: ignore[method-assign]  # it watches, and answers the same
    due.wake()

    order = due.order(ORDER)
    assert (order.status, order.would_send_at) == (Status.WAITING, None)
    assert due.calls(CREATE_SOLICITATION) == 1  # the other marketplace's
    resume(due)
    due.wake()
    assert due.order(ORDER).status is Status.SENT


def test_settings_lie_beside_the_sellers_record_and_are_no_order(due: World) -> None:
    exclude(due, "PLATE")

    items = boto3.client("dynamodb").scan(TableName="orders")["Items"]
    beside = [item for item in items if item["amazon_order_id"]["S"] == "SETTINGS"]

    assert [set(item) for item in beside] == [{"seller_id", "amazon_order_id", "excluded_skus"}]
    due.wake()
    assert due.order(ORDER).status is Status.SENT
