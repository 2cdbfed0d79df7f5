"""Trouble on purpose: each kind does what it says, where and when it is told to."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from lambdas.core.marketplaces import Region
from ops.simulator import Fault, FaultKind
from ops.simulator.operations import CREATE_SOLICITATION, GET_ACTIONS, TOKEN
from tests.unit.simulator_support import (
    EU_SELLER,
    ORDER,
    REFRESH_TOKEN,
    SELLER,
    START,
    Amazon,
    action_names,
    error_of,
    simulated_order,
)

HOUR = timedelta(hours=1)


def test_in_an_empty_outage_every_check_finds_nothing_but_a_solicitation_is_taken() -> None:
    amazon = Amazon()
    amazon.simulator.faults.append(Fault(kind=FaultKind.EMPTY))

    assert amazon.check().status_code == 200
    assert action_names(amazon.check()) == []
    assert amazon.solicit().status_code == 201


@pytest.mark.parametrize("status", [500, 503])
def test_an_error_answers_json_or_a_page_and_has_no_effect(status: int) -> None:
    amazon = Amazon()
    amazon.simulator.faults.append(Fault(kind=FaultKind.ERROR, status=status))
    json_answer = amazon.solicit()
    amazon.simulator.faults[0] = Fault(kind=FaultKind.ERROR, status=status, html=True)
    html_answer = amazon.solicit()

    assert json_answer.status_code == html_answer.status_code == status
    assert error_of(json_answer)["code"] == "InternalFailure"
    assert html_answer.text.startswith("<!DOCTYPE html>")
    assert amazon.simulator.solicitations.accepted == {}


def test_throttling_does_not_need_an_empty_bucket() -> None:
    amazon = Amazon()
    amazon.simulator.faults.append(Fault(kind=FaultKind.THROTTLE))

    assert amazon.check().status_code == 429
    assert amazon.simulator.ledger[-1].throttled


def test_a_dropped_call_has_no_effect() -> None:
    amazon = Amazon()
    token = amazon.seller_token()
    amazon.simulator.faults.append(Fault(kind=FaultKind.DROP))

    with pytest.raises((httpx.ConnectError, httpx.RemoteProtocolError)):
        amazon.solicit(token=token)

    entry = amazon.simulator.ledger[-1]
    assert (entry.dropped, entry.status, entry.accepted) == (True, None, False)
    assert (entry.operation, entry.amazon_order_id) == (CREATE_SOLICITATION, ORDER)
    assert amazon.simulator.solicitations.accepted == {}


def test_a_lost_answer_leaves_the_solicitation_accepted() -> None:
    amazon = Amazon()
    token = amazon.seller_token()
    amazon.simulator.faults.append(Fault(kind=FaultKind.LOST_ANSWER))

    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        amazon.solicit(token=token)

    entry = amazon.simulator.ledger[-1]
    assert (entry.dropped, entry.status, entry.accepted) == (True, None, True)
    amazon.simulator.faults.clear()
    assert amazon.solicit(token=token).status_code == 403


def test_a_late_error_leaves_the_solicitation_accepted() -> None:
    amazon = Amazon()
    amazon.simulator.faults.append(Fault(kind=FaultKind.LATE_ERROR))

    assert amazon.solicit().status_code == 504
    assert amazon.simulator.ledger[-1].accepted


def test_a_lost_answer_to_a_refusal_accepts_nothing() -> None:
    amazon = Amazon()
    token = amazon.seller_token()
    amazon.simulator.add_order(simulated_order(delivered_at=None))
    amazon.simulator.faults.append(Fault(kind=FaultKind.LOST_ANSWER))

    with pytest.raises(httpx.TransportError):
        amazon.solicit(token=token)

    assert not amazon.simulator.ledger[-1].accepted


def test_every_kind_of_broken_connection_turns_up() -> None:
    amazon = Amazon()
    token = amazon.seller_token()
    met: dict[FaultKind, set[type]] = {}

    for kind in (FaultKind.DROP, FaultKind.LOST_ANSWER):
        amazon.simulator.faults[:] = [Fault(kind=kind)]
        for _ in range(20):
            amazon.clock.move(seconds=1)
            with pytest.raises(httpx.TransportError) as raised:
                amazon.check(token=token)
            met.setdefault(kind, set()).add(raised.type)

    assert met[FaultKind.DROP] == {httpx.ConnectError, httpx.RemoteProtocolError}
    assert met[FaultKind.LOST_ANSWER] == {httpx.ReadError, httpx.RemoteProtocolError}


def test_the_gateways_own_refusal_is_a_page() -> None:
    amazon = Amazon()
    amazon.simulator.faults.append(Fault(kind=FaultKind.HTML_403))

    response = amazon.check()

    assert response.status_code == 403
    assert response.headers["content-type"] == "text/html"


def test_an_outage_lasts_from_its_start_until_its_end() -> None:
    amazon = Amazon()
    amazon.simulator.faults.append(
        Fault(kind=FaultKind.ERROR, start=START + HOUR, end=START + 2 * HOUR)
    )
    statuses = []

    for minutes in (59, 1, 59, 1):
        amazon.clock.move(minutes=minutes)
        statuses.append(amazon.check().status_code)

    assert statuses == [200, 500, 500, 200]


@pytest.mark.parametrize(
    ("scope", "strikes"),
    [
        ({"operation": GET_ACTIONS}, True),
        ({"operation": CREATE_SOLICITATION}, False),
        ({"region": Region.NA}, True),
        ({"region": Region.EU}, False),
        ({"seller_id": SELLER}, True),
        ({"seller_id": EU_SELLER}, False),
    ],
)
def test_a_fault_keeps_to_its_scope(scope: dict[str, Any], strikes: bool) -> None:
    amazon = Amazon()
    amazon.simulator.faults.append(Fault(kind=FaultKind.ERROR, **scope))

    assert amazon.check().status_code == (500 if strikes else 200)


def test_the_token_endpoint_fails_only_when_it_is_named() -> None:
    amazon = Amazon()
    form = {"grant_type": "refresh_token", "refresh_token": REFRESH_TOKEN}
    amazon.simulator.faults.append(Fault(kind=FaultKind.ERROR))
    assert amazon.token_request(**form).status_code == 200

    statuses = []
    for kind in (FaultKind.ERROR, FaultKind.THROTTLE, FaultKind.HTML_403):
        amazon.simulator.faults[:] = [Fault(kind=kind, operation=TOKEN, status=503)]
        statuses.append(amazon.token_request(**form).status_code)

    assert statuses == [503, 429, 403]


def test_a_rate_strikes_its_share_of_calls_and_the_same_ones_each_time() -> None:
    runs = []
    for _ in range(2):
        amazon = Amazon(seed=7)
        amazon.simulator.faults.append(Fault(kind=FaultKind.THROTTLE, rate=0.2))
        for _ in range(300):
            amazon.clock.move(seconds=1)
            amazon.check()
        runs.append([entry.throttled for entry in amazon.simulator.ledger])

    assert runs[0] == runs[1]
    assert 0.1 < sum(runs[0]) / 300 < 0.3


def test_an_order_is_offered_from_the_end_of_the_outage_that_hides_it() -> None:
    simulator = Amazon().simulator
    order = simulated_order()
    opens = order.eligible_from
    assert opens is not None

    assert simulator.eligible_from(order) == opens
    simulator.faults += [
        Fault(kind=FaultKind.EMPTY, start=opens, end=opens + HOUR, operation=GET_ACTIONS),
        Fault(kind=FaultKind.ERROR, start=opens + HOUR, end=opens + 3 * HOUR),
        Fault(kind=FaultKind.ERROR, start=opens, end=opens + 9 * HOUR, region=Region.EU),
        Fault(kind=FaultKind.LOST_ANSWER),
        Fault(kind=FaultKind.THROTTLE, rate=0.5),
    ]
    assert simulator.eligible_from(order) == opens + 3 * HOUR
    simulator.faults.append(Fault(kind=FaultKind.EMPTY))
    assert simulator.eligible_from(order) is None
