"""The simulator on a loopback port: the same answers as in process, and quick."""

import time

import httpx
import pytest

from ops.simulator import Fault, FaultKind, serve
from ops.simulator.buckets import UsagePlan
from tests.unit.simulator_support import (
    CLIENT_ID,
    CLIENT_SECRET,
    LWA_HOST,
    NA_HOST,
    ORDER,
    REFRESH_TOKEN,
    US,
    Amazon,
    simulated_order,
)

ORDER_PATH = f"/solicitations/v1/orders/{ORDER}"
ACTION_PATH = f"{ORDER_PATH}/solicitations/productReviewAndSellerFeedback"


def a_whole_conversation(client: httpx.Client, lwa: str, sp_api: str) -> list[httpx.Response]:
    form = {
        "grant_type": "refresh_token",
        "refresh_token": REFRESH_TOKEN,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
    }
    token = client.post(f"{lwa}/auth/o2/token", data=form)
    headers = {
        "x-amz-access-token": token.json()["access_token"],
        "x-amz-date": "20260301T120000Z",
    }
    calls = [
        ("GET", ORDER_PATH, {"marketplaceIds": US}),
        ("POST", ACTION_PATH, {}),
        ("POST", ACTION_PATH, {"marketplaceIds": US}),
        ("POST", ACTION_PATH, {"marketplaceIds": US}),
        ("GET", ORDER_PATH, {"marketplaceIds": US}),
        ("GET", "/notifications/v1/destinations", {}),
        ("DELETE", "/nowhere", {}),
    ]
    return [
        token,
        *(client.request(m, sp_api + p, params=q, headers=headers) for m, p, q in calls),
    ]


def test_loopback_gives_the_same_answers_as_the_process() -> None:
    with httpx.Client(transport=httpx.MockTransport(Amazon().simulator.handle)) as client:
        expected = a_whole_conversation(client, LWA_HOST, NA_HOST)
    with serve(Amazon().simulator) as server, httpx.Client() as client:
        sp_api = server.sp_api_endpoint.format(region="na")
        answered = a_whole_conversation(client, server.lwa_endpoint, sp_api)

    assert [r.status_code for r in answered] == [200, 200, 400, 201, 403, 200, 403, 403]
    assert [(r.status_code, r.headers.raw, r.content) for r in answered] == [
        (r.status_code, r.headers.raw, r.content) for r in expected
    ]


@pytest.mark.parametrize("kind", [FaultKind.DROP, FaultKind.LOST_ANSWER])
def test_a_broken_connection_is_broken_on_the_wire(kind: FaultKind) -> None:
    amazon = Amazon()
    token = amazon.seller_token()
    amazon.simulator.faults.append(Fault(kind=kind))
    headers = {"x-amz-access-token": token, "x-amz-date": "20260301T120000Z"}

    with serve(amazon.simulator) as server, httpx.Client() as client:
        url = server.sp_api_endpoint.format(region="na") + ACTION_PATH
        with pytest.raises(httpx.TransportError):
            client.post(url, params={"marketplaceIds": US}, headers=headers)
        amazon.simulator.faults.clear()
        again = client.post(url, params={"marketplaceIds": US}, headers=headers)

    assert again.status_code == (201 if kind is FaultKind.DROP else 403)


def test_the_endpoints_fit_the_redirecting_variables() -> None:
    with serve(Amazon().simulator) as server:
        assert server.sp_api_endpoint == f"http://127.0.0.1:{server.port}/{{region}}"
        assert server.lwa_endpoint == f"http://127.0.0.1:{server.port}"


def test_nobody_listens_after_the_block_even_if_a_client_stayed() -> None:
    with httpx.Client() as client:
        with serve(Amazon().simulator) as server:
            client.get(server.lwa_endpoint)

        with pytest.raises(httpx.TransportError):
            client.get(server.lwa_endpoint)


def test_two_thousand_calls_in_process_take_well_under_a_second_of_work() -> None:
    amazon, calls = _unlimited(2000)

    started = time.process_time()
    for call in calls:
        assert amazon.simulator.handle(call).status_code == 200

    # An order of magnitude above what it takes, so that a busy machine does not fail it.
    assert time.process_time() - started < 2.0


def _unlimited(count: int) -> tuple[Amazon, list[httpx.Request]]:
    amazon = Amazon()
    token = amazon.seller_token()
    amazon.simulator.plans["getSolicitationActionsForOrder"] = UsagePlan(rate=1e6, burst=10**6)
    ids = [f"903-0000000-{number:07}" for number in range(count)]
    for amazon_order_id in ids:
        amazon.simulator.add_order(simulated_order(amazon_order_id=amazon_order_id))
    headers = {"x-amz-access-token": token, "x-amz-date": "20260301T120000Z", "user-agent": "test"}
    return amazon, [
        httpx.Request(
            "GET",
            f"{NA_HOST}/solicitations/v1/orders/{amazon_order_id}",
            params={"marketplaceIds": US},
            headers=headers,
        )
        for amazon_order_id in ids
    ]
