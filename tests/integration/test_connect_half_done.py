"""Every conflict of Amazon's and every half-done state, and that `dayfive connect` mends it."""

from collections.abc import Callable
from dataclasses import replace

import boto3
import httpx
import pytest

from lambdas.core.marketplaces import Region
from ops.local_cloud.stack import Stack
from ops.simulator import Fault, FaultKind, Simulator
from ops.simulator.notifications import Destination, Subscription
from tests.integration.conftest import (
    CLIENT_ID,
    CLIENT_SECRET,
    OTHER_SELLER,
    REFRESH_TOKEN,
    SELLER,
    Run,
)
from tests.integration.test_connect import connect, seller_record
from tests.integration.test_connect_errors import refused

OTHER_QUEUE = "arn:aws:sqs:eu-west-1:123456789012:DayFive-OrderChangeQueue"


class InterruptedSimulator(Simulator):
    """Has something happen at Amazon right after a call was answered."""

    def __init__(self) -> None:
        super().__init__()
        self._planned: list[tuple[str, str, Callable[[], None]]] = []

    def after(
        self, method: str, path_end: str, then: Callable[[], None], *, calls: int = 1
    ) -> None:
        """Do this after the call that is the `calls`th of its kind."""
        self._planned += [(method, path_end, lambda: None)] * (calls - 1)
        self._planned.append((method, path_end, then))

    def handle(self, request: httpx.Request) -> httpx.Response:
        response = super().handle(request)
        for number, (method, path_end, then) in enumerate(self._planned):
            if request.method == method and request.url.path.endswith(path_end):
                del self._planned[number]
                then()
                break
        return response


@pytest.fixture
def simulator() -> InterruptedSimulator:
    simulator = InterruptedSimulator()
    simulator.add_application(CLIENT_ID, CLIENT_SECRET)
    simulator.add_seller(SELLER, Region.NA, REFRESH_TOKEN, application=CLIENT_ID)
    return simulator


def as_wanted(amazon: Simulator, stack: Stack) -> bool:
    """One destination for our queue, and one subscription on it that the record names."""
    [destination] = [
        each
        for each in amazon.notifications.destinations
        if each.arn == stack.outputs["OrderChangeQueueArn"]
    ]
    [subscription] = amazon.notifications.subscriptions
    region = seller_record()["regions"]["M"]["na"]["M"]
    return (
        subscription.destination_id == destination.destination_id
        and region["subscription_id"]["S"] == subscription.subscription_id
        and region["destination_id"]["S"] == destination.destination_id
        and "connecting_since" not in region
    )


@pytest.mark.parametrize("operation", ["createDestination", "createSubscription"])
def test_killed_after_any_call_it_goes_on_where_it_was(
    run: Run, amazon: Simulator, stack: Stack, operation: str
) -> None:
    amazon.faults = [Fault(kind=FaultKind.ERROR, operation=operation)]
    refused(run)
    amazon.faults = []

    assert connect(run)[0] == 0
    assert as_wanted(amazon, stack)


def test_killed_before_the_subscription_was_written_down(
    run: Run, amazon: Simulator, stack: Stack
) -> None:
    connect(run)
    region = {"connecting_since": {"S": "2026-03-02T12:00:00.000Z"}}
    _write_region(stack, region)

    status, printed, _ = connect(run)

    assert status == 0
    assert "subscription: found" in printed
    assert as_wanted(amazon, stack)


@pytest.mark.parametrize("operation", ["createDestination", "createSubscription"])
@pytest.mark.parametrize("kind", [FaultKind.LOST_ANSWER, FaultKind.LATE_ERROR])
def test_an_answer_that_never_came_is_looked_into(
    run: Run, amazon: Simulator, stack: Stack, operation: str, kind: FaultKind
) -> None:
    amazon.faults = [Fault(kind=kind, operation=operation)]

    assert connect(run)[0] == 0
    assert as_wanted(amazon, stack)


def test_a_lost_answer_to_the_removal_of_a_subscription(
    run: Run, amazon: Simulator, stack: Stack
) -> None:
    connect(run)
    [old] = amazon.notifications.subscriptions
    amazon.notifications.subscriptions[0] = replace(old, processing_directive=None)
    amazon.faults = [Fault(kind=FaultKind.LOST_ANSWER, operation="deleteSubscriptionById")]

    assert connect(run)[0] == 0
    assert as_wanted(amazon, stack)


def test_a_destination_that_appears_between_the_look_and_the_call(
    run: Run, amazon: InterruptedSimulator, stack: Stack
) -> None:
    arn = stack.outputs["OrderChangeQueueArn"]
    made = Destination(
        destination_id="made", region="na", client_id=CLIENT_ID, name="DayFive", arn=arn
    )
    add = amazon.notifications.destinations.append
    amazon.after("GET", "/destinations", lambda: add(made))

    status, printed, _ = connect(run)

    assert status == 0
    assert "destination: found made" in printed
    assert as_wanted(amazon, stack)


def test_a_conflict_about_a_destination_that_is_not_listed(
    run: Run, amazon: InterruptedSimulator, stack: Stack
) -> None:
    made = Destination(
        destination_id="hidden",
        region="na",
        client_id=CLIENT_ID,
        name="DayFive",
        arn=stack.outputs["OrderChangeQueueArn"],
    )
    destinations = amazon.notifications.destinations
    amazon.after("GET", "/destinations", lambda: destinations.append(made))
    amazon.after("POST", "/destinations", lambda: destinations.remove(made))

    assert refused(run).endswith("lists none: wait some minutes, then run the same command again")


@pytest.mark.parametrize("directive", [None, {"eventFilter": None, "filterExpression": "true"}])
def test_a_subscription_with_another_filter_is_replaced_and_still_believed(
    run: Run, amazon: Simulator, stack: Stack, directive: dict[str, str] | None
) -> None:
    connect(run)
    [old] = amazon.notifications.subscriptions
    amazon.notifications.subscriptions[0] = replace(old, processing_directive=directive)

    status, printed, _ = connect(run)

    assert status == 0
    assert "subscription: created" in printed
    assert as_wanted(amazon, stack)
    replaced = seller_record()["regions"]["M"]["na"]["M"]["replaced"]["M"]
    assert old.subscription_id in replaced


def test_a_subscription_that_appears_between_the_look_and_the_call(
    run: Run, amazon: InterruptedSimulator, stack: Stack
) -> None:
    amazon.after("GET", "/ORDER_CHANGE", lambda: _subscribe(amazon, filtered=True), calls=2)

    status, printed, _ = connect(run)

    assert status == 0
    assert "subscription: created made" in printed
    assert as_wanted(amazon, stack)


def test_one_that_appears_there_without_the_filter_is_replaced(
    run: Run, amazon: InterruptedSimulator, stack: Stack
) -> None:
    amazon.after("GET", "/ORDER_CHANGE", lambda: _subscribe(amazon, filtered=False), calls=2)

    assert connect(run)[0] == 0
    assert as_wanted(amazon, stack)


def test_a_conflict_about_a_subscription_that_is_not_shown(
    run: Run, amazon: InterruptedSimulator
) -> None:
    subscriptions = amazon.notifications.subscriptions
    amazon.after("GET", "/ORDER_CHANGE", lambda: _subscribe(amazon, filtered=True), calls=2)
    amazon.after("POST", "/ORDER_CHANGE", subscriptions.clear)

    assert refused(run).endswith(
        "shows no subscription: wait some minutes, then run the same command again"
    )


def test_a_destination_that_ends_between_the_look_and_the_call(
    run: Run, amazon: InterruptedSimulator
) -> None:
    amazon.after("POST", "/destinations", amazon.notifications.destinations.clear)

    error = refused(run)

    assert "No destination with id" in error
    assert error.endswith("run the same command again")
    assert connect(run)[0] == 0


def test_a_subscription_to_a_destination_that_is_gone_is_replaced_without_a_question(
    run: Run, amazon: Simulator, stack: Stack
) -> None:
    connect(run)
    [old] = amazon.notifications.subscriptions
    amazon.notifications.subscriptions[0] = replace(old, destination_id="gone")

    assert connect(run)[0] == 0
    assert as_wanted(amazon, stack)


def elsewhere(amazon: Simulator) -> None:
    """What is there leads to a queue in another AWS Region."""
    [destination] = amazon.notifications.destinations
    amazon.notifications.destinations[0] = replace(destination, arn=OTHER_QUEUE)


def test_notifications_that_go_to_another_queue_are_moved_only_when_asked(
    run: Run, amazon: Simulator, stack: Stack
) -> None:
    connect(run)
    elsewhere(amazon)

    assert refused(run).startswith(
        f"this seller's ORDER_CHANGE notifications go to {OTHER_QUEUE} and not to"
        f" {stack.outputs['OrderChangeQueueArn']}: set AWS_REGION to that queue's Region if it is"
        " DayFive's, or let this command move them here (--yes)"
    )
    assert connect(run, "na", "--yes")[0] == 0
    assert as_wanted(amazon, stack)


def test_an_only_destination_for_another_queue_is_ended_only_when_asked(
    run: Run, amazon: Simulator, stack: Stack
) -> None:
    connect(run)
    amazon.notifications.one_destination_each = True
    elsewhere(amazon)

    assert OTHER_QUEUE in refused(run)
    assert connect(run, "na", "--yes")[0] == 0
    assert as_wanted(amazon, stack)
    assert len(amazon.notifications.destinations) == 1


def test_an_only_destination_that_others_use_stays_and_so_does_the_subscription(
    run: Run, amazon: Simulator
) -> None:
    connect(run)
    amazon.notifications.one_destination_each = True
    elsewhere(amazon)
    [own] = amazon.notifications.subscriptions
    others = replace(own, subscription_id="others", seller_id=OTHER_SELLER)
    amazon.notifications.subscriptions.append(others)

    assert "has other subscriptions, so Amazon keeps it" in refused(run, "--yes")

    left = {each.seller_id: each for each in amazon.notifications.subscriptions}
    assert left.keys() == {SELLER, OTHER_SELLER}
    assert left[SELLER].destination_id == own.destination_id
    assert left[SELLER].processing_directive == own.processing_directive


def _subscribe(amazon: Simulator, *, filtered: bool) -> None:
    [destination] = amazon.notifications.destinations
    directive = {
        "eventFilter": {
            "eventFilterType": "ORDER_CHANGE",
            "orderChangeTypes": ["OrderStatusChange"],
        }
    }
    amazon.notifications.subscriptions.append(
        Subscription(
            subscription_id="made",
            region=destination.region,
            client_id=CLIENT_ID,
            application_id=amazon.accounts.applications[CLIENT_ID].application_id,
            seller_id=SELLER,
            notification_type="ORDER_CHANGE",
            payload_version="1.0",
            destination_id=destination.destination_id,
            processing_directive=directive if filtered else None,
        )
    )


def _write_region(stack: Stack, region: dict[str, dict[str, str]]) -> None:
    boto3.client("dynamodb").update_item(
        TableName=stack.outputs["OrdersTableName"],
        Key={"seller_id": {"S": SELLER}, "amazon_order_id": {"S": "SELLER"}},
        UpdateExpression="SET regions.na = :region",
        ExpressionAttributeValues={":region": {"M": region}},
    )
