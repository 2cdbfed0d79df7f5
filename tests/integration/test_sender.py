"""The sender on moto against the simulator: every answer of Amazon's, and what is recorded."""

from dataclasses import replace
from datetime import datetime, timedelta

import boto3
import pytest

from lambdas.aws.schedules import schedule_name, wake_up_minute
from lambdas.core.marketplaces import Region
from lambdas.core.solicitation import Note, Status
from lambdas.deadline import Deadline
from ops.simulator.errors import ALREADY_REQUESTED
from ops.simulator.faults import Fault, FaultKind
from ops.simulator.operations import CREATE_SOLICITATION, GET_ACTIONS
from ops.simulator.orders import Listing
from tests.integration.conftest import CLIENT_ID, SELLER, START, World
from tests.integration.test_intake import body

ORDER = "903-5550101-0000001"
DAY = timedelta(days=1)
FIRST_CHECK = START + 8 * DAY + timedelta(minutes=1)


@pytest.fixture
def due(world: World) -> World:
    """One order, recorded and due, and eligible at Amazon."""
    world.sell(ORDER)
    world.deliver(body())
    world.clock.move_to(FIRST_CHECK)
    return world


def fault(kind: FaultKind, operation: str, until: datetime | None = None, **more: object) -> Fault:
    ends = {"end": until} if until else {}
    return Fault(kind=kind, operation=operation, **ends, **more)


def test_an_offered_order_is_sent_once(due: World) -> None:
    assert due.wake()
    assert due.wake()

    order = due.order(ORDER)
    assert (order.status, order.sent_at) == (Status.SENT, FIRST_CHECK)
    assert order.request_id
    assert due.calls(CREATE_SOLICITATION) == 1
    assert due.calls(GET_ACTIONS) == 1


def test_an_order_that_is_not_due_is_not_called_about(world: World) -> None:
    world.sell(ORDER)
    world.deliver(body())

    world.wake()

    assert world.calls(GET_ACTIONS) == 0


def test_an_order_not_offered_yet_is_planned_before_it_is_written(due: World) -> None:
    due.sell(ORDER, delivered_at=START + 6 * DAY)

    due.wake()

    order = due.order(ORDER)
    assert (order.status, order.reason) == (Status.WAITING, "not_offered")
    assert order.due_at == FIRST_CHECK + DAY
    assert f"{SELLER}.na.20260311T1202" in due.schedule_names()


def test_a_dry_run_posts_nothing_and_says_what_it_would_have_sent(due: World) -> None:
    due.sellers.set_live(SELLER, False)

    due.wake()

    order = due.order(ORDER)
    assert order.would_send_at == FIRST_CHECK
    assert order.status is Status.WAITING
    assert due.calls(CREATE_SOLICITATION) == 0
    due.wake_at(order.due_at)
    due.wake_at(order.window.closes_at)
    assert (due.order(ORDER).status, due.order(ORDER).reason) == (Status.EXPIRED, "dry_run")
    assert due.calls(CREATE_SOLICITATION) == 0


def test_an_answer_that_never_came_is_looked_at_again_when_the_claim_has_run_out(
    due: World,
) -> None:
    due.simulator.faults = [fault(FaultKind.LOST_ANSWER, CREATE_SOLICITATION)]
    due.sell(ORDER, second_answer=ALREADY_REQUESTED)

    due.wake()

    order = due.order(ORDER)
    assert (order.status, order.posts_open) == (Status.SENDING, 1)
    assert order.due_at == order.claim_until == order.next_look_at
    minute = wake_up_minute(order.claim_until, now=due.clock.now)
    assert schedule_name(SELLER, Region.NA, minute) in due.schedule_names()
    due.simulator.faults = []
    due.wake()
    assert due.calls(GET_ACTIONS) == 1
    due.wake_at(order.next_look_at)
    order = due.order(ORDER)
    assert (order.status, order.posts_open) == (Status.WAITING, 1)
    due.wake_at(order.window.closes_at)
    assert due.order(ORDER).status is Status.SENT_UNCONFIRMED
    assert sum(entry.accepted for entry in due.simulator.ledger) == 1


def test_a_call_that_was_dropped_before_it_took_effect_is_made_again(due: World) -> None:
    due.simulator.faults = [
        fault(FaultKind.DROP, CREATE_SOLICITATION, until=FIRST_CHECK + timedelta(minutes=1))
    ]

    due.wake()
    due.wake_at(due.order(ORDER).next_look_at)

    assert due.order(ORDER).status is Status.SENT
    assert sum(entry.accepted for entry in due.simulator.ledger) == 1


def test_an_order_asked_about_by_hand_is_no_longer_offered(due: World) -> None:
    due.sell(ORDER, solicited_at=FIRST_CHECK)

    due.wake()

    assert due.order(ORDER).reason == "not_offered"
    assert due.calls(CREATE_SOLICITATION) == 0


def test_a_disabled_action_and_other_actions_are_no_offer(due: World) -> None:
    for listing in (Listing.DISABLED, Listing.OTHER_ACTIONS):
        due.sell(ORDER, listing=listing)
        due.wake_at(due.order(ORDER).due_at)
        assert due.order(ORDER).reason == "not_offered"
    assert due.calls(CREATE_SOLICITATION) == 0


def test_an_unknown_403_holds_the_order_with_its_text(due: World) -> None:
    due.simulator.faults = [fault(FaultKind.HTML_403, CREATE_SOLICITATION)]

    due.wake()

    order = due.order(ORDER)
    assert order.status is Status.HELD
    assert "HTTP 403" in order.reason
    assert (order.posts_open, order.due_at) == (0, order.window.closes_at)


def test_a_throttled_check_is_made_again_after_two_seconds(due: World) -> None:
    due.simulator.faults = [
        fault(FaultKind.THROTTLE, GET_ACTIONS, until=FIRST_CHECK + timedelta(seconds=1))
    ]

    due.wake()

    assert due.order(ORDER).status is Status.SENT
    assert due.clock.now >= FIRST_CHECK + timedelta(seconds=2)


def test_a_second_refusal_slows_the_seller_and_leaves_the_order_as_it_is(due: World) -> None:
    due.simulator.faults = [fault(FaultKind.THROTTLE, GET_ACTIONS)]
    before = due.order(ORDER)

    due.wake()

    assert due.calls(GET_ACTIONS) == 2
    assert due.order(ORDER) == before
    state = due.sellers.get(SELLER).regions[Region.NA]
    assert state.slowed_until is not None
    due.simulator.faults = []
    due.wake()
    assert due.calls(GET_ACTIONS) == 2
    due.wake_at(state.slowed_until)
    assert due.order(ORDER).status is Status.SENT
    assert due.sellers.get(SELLER).regions[Region.NA].slow_steps == 0


def test_a_throttled_create_call_waits_for_a_fresh_check(due: World) -> None:
    due.simulator.faults = [
        fault(FaultKind.THROTTLE, CREATE_SOLICITATION, until=FIRST_CHECK + timedelta(seconds=30))
    ]

    due.wake()

    order = due.order(ORDER)
    assert (order.status, order.reason, order.posts_open) == (Status.WAITING, "throttled", 0)
    due.wake_at(order.due_at)
    assert due.order(ORDER).status is Status.SENT


def test_trouble_on_one_order_is_its_own(due: World) -> None:
    closes_sooner = "903-5550102-0000002"
    due.sell(closes_sooner, shipped_at=START - DAY, delivered_at=START)
    due.deliver(body(amazon_order_id=closes_sooner, time_of_order_change=START - DAY))
    due.simulator.faults = [
        fault(FaultKind.ERROR, GET_ACTIONS, until=FIRST_CHECK + timedelta(seconds=5))
    ]

    due.wake()

    troubled = due.order(closes_sooner)
    assert troubled.status is Status.WAITING
    assert troubled.due_at - FIRST_CHECK > timedelta(minutes=59)
    assert due.order(ORDER).status is Status.SENT
    assert due.sellers.get(SELLER).regions[Region.NA].slowed_until is None


def test_trouble_on_the_only_order_that_may_be_asked_about_is_the_sellers(due: World) -> None:
    later = "903-5550102-0000002"
    due.simulator.faults = [fault(FaultKind.LOST_ANSWER, CREATE_SOLICITATION)]
    due.wake()
    assert due.order(ORDER).status is Status.SENDING
    due.deliver(body(amazon_order_id=later, time_of_order_change=START))
    due.simulator.faults = [fault(FaultKind.ERROR, GET_ACTIONS)]

    due.wake()

    troubled = due.order(later)
    assert (troubled.status, troubled.reason) == (Status.WAITING, "shipped")
    assert due.sellers.get(SELLER).regions[Region.NA].slowed_until is not None


def test_an_outage_slows_the_seller_and_harms_no_order(due: World) -> None:
    due.simulator.faults = [
        fault(FaultKind.ERROR, GET_ACTIONS, until=FIRST_CHECK + timedelta(hours=6), status=503)
    ]

    for _ in range(12):
        due.wake()
        state = due.sellers.get(SELLER).regions[Region.NA]
        if state.slowed_until is None:
            break
        due.clock.move_to(max(due.clock.now, state.slowed_until))

    assert due.order(ORDER).status is Status.SENT
    assert due.calls(GET_ACTIONS) < 60


def test_refused_credentials_block_the_seller_and_burn_no_attempt(due: World) -> None:
    due.simulator.accounts.rotate_secret(CLIENT_ID, "amzn1.oa2-cs.v1.newer")
    due.clock.move_to(FIRST_CHECK + 7 * DAY)
    before = due.order(ORDER)

    due.wake()

    state = due.sellers.get(SELLER).regions[Region.NA]
    assert state.blocked_until == due.clock.now + timedelta(hours=6)
    assert due.order(ORDER) == before
    assert due.calls(GET_ACTIONS) == 0
    due.wake()
    assert due.calls("token") == 1


def test_a_secret_replaced_while_blocked_lifts_the_block(due: World) -> None:
    due.simulator.accounts.rotate_secret(CLIENT_ID, "amzn1.oa2-cs.v1.newer")
    due.clock.move_to(FIRST_CHECK + 7 * DAY)
    due.wake()
    due.store("amzn1.oa2-cs.v1.newer")
    due.clock.move_to(due.clock.now + timedelta(minutes=6))

    due.wake()

    assert due.order(ORDER).status is Status.SENT
    assert due.sellers.get(SELLER).regions[Region.NA].blocked_until is None


def test_a_secret_rotated_while_running_is_picked_up_past_the_cache(due: World) -> None:
    due.sellers.set_live(SELLER, False)
    due.wake()
    due.simulator.accounts.rotate_secret(CLIENT_ID, "amzn1.oa2-cs.v1.newer")
    due.store("amzn1.oa2-cs.v1.newer")
    due.sellers.set_live(SELLER, True)

    due.wake_at(due.order(ORDER).due_at)

    assert due.sellers.get(SELLER).regions[Region.NA].blocked_until is None
    assert due.order(ORDER).status is Status.WAITING


def test_a_withdrawn_role_blocks_the_seller(due: World) -> None:
    due.simulator.accounts.revoke(SELLER, Region.NA)

    due.wake()

    assert due.sellers.get(SELLER).regions[Region.NA].blocked_until is not None
    assert due.order(ORDER).status is Status.WAITING


def test_missing_credentials_block_the_seller_until_it_is_connected(due: World) -> None:
    boto3.client("secretsmanager").delete_secret(
        SecretId=f"dayfive/sellers/{SELLER}", ForceDeleteWithoutRecovery=True
    )
    due.fresh_environments()

    due.wake()

    assert due.sellers.get(SELLER).regions[Region.NA].blocked_until is not None
    due.store("amzn1.oa2-cs.v1.canary-secret")
    due.wake()
    assert due.order(ORDER).status is Status.SENT


def test_a_paused_seller_is_not_called_about_but_its_windows_end(due: World) -> None:
    boto3.client("dynamodb").update_item(
        TableName="orders",
        Key={"seller_id": {"S": SELLER}, "amazon_order_id": {"S": "SELLER"}},
        UpdateExpression="SET paused = :paused",
        ExpressionAttributeValues={":paused": {"BOOL": True}},
    )

    due.wake()
    assert due.order(ORDER).status is Status.WAITING
    due.wake_at(due.order(ORDER).window.closes_at)

    assert due.order(ORDER).status is Status.EXPIRED
    assert due.simulator.ledger == []


def test_a_note_of_a_sender_that_died_is_applied_before_anything_else(due: World) -> None:
    order = due.order(ORDER)
    dead = replace(
        order,
        status=Status.SENDING,
        claim="dead",
        claim_until=due.clock.now,
        posts_open=1,
        note=Note(canceled=True),
    )
    due.orders.put(dead, known=order)

    due.wake()

    assert due.order(ORDER).status is Status.CANCELED
    assert due.simulator.ledger == []


def test_a_wake_up_that_cannot_be_read_fails_alone(world: World) -> None:
    record = {"messageId": "broken", "body": "{", "attributes": {}}

    assert not world.sender.handle(record, Deadline(None, timeout_seconds=90))


def test_a_wake_up_of_a_stranger_is_acknowledged(world: World) -> None:
    assert world.wake("A1STRANGER0001")


def test_a_backlog_goes_at_the_plans_pace_and_soonest_to_close_first(world: World) -> None:
    for number in range(60):
        order_id = f"903-5550101-{number:07}"
        shipped = START - timedelta(hours=number)
        world.sell(order_id, shipped_at=shipped, delivered_at=START - 2 * DAY)
        world.deliver(body(amazon_order_id=order_id, time_of_order_change=shipped))
    world.clock.move_to(FIRST_CHECK)

    world.wake()

    sent = [entry for entry in world.simulator.ledger if entry.accepted]
    assert 45 <= len(sent) <= 52
    assert sent[0].amazon_order_id == "903-5550101-0000059"
    assert all(not entry.throttled for entry in world.simulator.ledger)
    assert (world.clock.now - sent[-1].at).total_seconds() >= 1
    assert world.wake_ups_queued() == 1
    world.wake()
    assert sum(entry.accepted for entry in world.simulator.ledger) == 60


def test_the_sweeper_wakes_a_seller_whose_order_nobody_looked_at(due: World) -> None:
    due.sweeper.sweep()
    assert due.wake_ups_queued() == 0

    due.clock.move_to(FIRST_CHECK + timedelta(minutes=15))
    due.sweeper.sweep()

    assert due.wake_ups_queued() == 1
    assert due.simulator.ledger == []


def test_the_sweeper_lifts_a_block_whose_time_is_over(
    due: World, capsys: pytest.CaptureFixture[str]
) -> None:
    until = FIRST_CHECK + timedelta(hours=6)
    due.sellers.block(SELLER, Region.NA, until=until, version="1.1", reason="refused")

    due.sweeper.sweep()
    assert '"SellersBlocked":[1.0]' in capsys.readouterr().out.replace(" ", "")
    due.clock.move_to(until)
    due.sweeper.sweep()

    assert due.sellers.get(SELLER).regions[Region.NA].blocked_until is None


def test_a_page_from_in_front_of_amazon_holds_no_order_that_was_only_checked(due: World) -> None:
    due.simulator.faults = [fault(FaultKind.HTML_403, GET_ACTIONS)]

    due.wake()

    assert due.order(ORDER).status is Status.WAITING
    assert due.sellers.get(SELLER).regions[Region.NA].slowed_until is not None


def test_orders_that_amazon_rejects_hold_up_no_other(due: World) -> None:
    for number in range(4):
        unknown = f"903-5550109-{number:07}"
        due.deliver(body(amazon_order_id=unknown, time_of_order_change=START - DAY))

    due.wake()

    assert due.order(ORDER).status is Status.SENT
    assert due.order("903-5550109-0000000").status is Status.HELD
    assert due.sellers.get(SELLER).regions[Region.NA].slowed_until is None


def test_orders_whose_create_calls_are_never_answered_hold_up_no_other(due: World) -> None:
    for number in range(2):
        closes_sooner = f"903-5550109-{number:07}"
        due.sell(closes_sooner, shipped_at=START - DAY, delivered_at=START)
        due.deliver(body(amazon_order_id=closes_sooner, time_of_order_change=START - DAY))
    due.simulator.faults = [fault(FaultKind.ERROR, CREATE_SOLICITATION)]
    due.wake()
    slowed_until = due.sellers.get(SELLER).regions[Region.NA].slowed_until
    due.simulator.faults = [
        fault(FaultKind.ERROR, CREATE_SOLICITATION, start=slowed_until + timedelta(seconds=0.5))
    ]

    due.wake_at(slowed_until)

    assert due.order(ORDER).status is Status.SENT


def test_slowness_ends_with_the_first_answer(due: World) -> None:
    due.sellers.slow(SELLER, Region.NA, until=FIRST_CHECK, steps=3)
    for number in range(2):
        later = f"903-5550109-{number:07}"
        due.sell(later)
        due.deliver(body(amazon_order_id=later, time_of_order_change=START + timedelta(seconds=1)))
    due.clock.move_to(FIRST_CHECK + timedelta(seconds=2))
    due.simulator.faults = [
        fault(FaultKind.ERROR, GET_ACTIONS, start=FIRST_CHECK + timedelta(seconds=2.5))
    ]

    due.wake()

    assert due.order(ORDER).status is Status.SENT
    state = due.sellers.get(SELLER).regions[Region.NA]
    assert state.slow_steps == 1


def test_a_plan_slower_than_a_call_may_wait_is_no_trouble(due: World) -> None:
    other = "903-5550109-0000001"
    due.sell(other)
    due.deliver(body(amazon_order_id=other, time_of_order_change=START))
    due.simulator.plans[GET_ACTIONS] = replace(due.simulator.plans[GET_ACTIONS], rate=0.05)

    due.wake()

    assert due.sellers.get(SELLER).regions[Region.NA].slowed_until is None


def test_going_live_while_a_dry_order_is_written_leaves_it_due(due: World) -> None:
    due.sellers.set_live(SELLER, False)
    # The schedule is made after the gate was read and before the row is written.
    scheduler = due.environment.schedules._client
    scheduler.meta.events.register(
        "before-call.scheduler.CreateSchedule", lambda **_: due.sellers.set_live(SELLER, True)
    )

    due.wake()

    order = due.order(ORDER)
    assert (order.status, order.reason) == (Status.WAITING, "seller_went_live")
    assert order.due_at == order.would_send_at == FIRST_CHECK
    due.wake()
    assert due.order(ORDER).status is Status.SENT


def test_an_index_row_that_cannot_be_read_stops_nobody(due: World) -> None:
    boto3.client("dynamodb").put_item(
        TableName="orders",
        Item={
            "seller_id": {"S": SELLER},
            "amazon_order_id": {"S": "903-0000000-0000000"},
            "open_key": {"S": f"{SELLER}#na"},
            "due_at": {"S": "2026-03-01T00:00:00.000Z"},
            "status": {"S": "WAITING"},
        },
    )

    assert due.wake()
    due.sweeper.sweep()

    assert due.order(ORDER).status is Status.SENT
