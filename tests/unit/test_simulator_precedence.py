"""Which of several reasons the simulated Amazon refuses a call for."""

import httpx
import pytest

from ops.simulator import Fault, FaultKind
from tests.unit.simulator_support import (
    NA_HOST,
    ORDER,
    US,
    Amazon,
    error_of,
)

GET_PATH = f"/solicitations/v1/orders/{ORDER}"
POST_PATH = f"{GET_PATH}/solicitations/productReviewAndSellerFeedback"


def last_refusal(amazon: Amazon) -> str | None:
    return amazon.simulator.ledger[-1].refusal


def test_each_check_hides_those_behind_it() -> None:
    amazon = Amazon()
    token = amazon.seller_token()
    for kind in (FaultKind.HTML_403, FaultKind.THROTTLE, FaultKind.ERROR):
        amazon.simulator.faults.append(Fault(kind=kind))
    refusals = []

    amazon.solicit("903-0000000-0000000", token="Atza|made-up", params={})
    refusals.append(last_refusal(amazon))
    del amazon.simulator.faults[0]
    amazon.solicit("903-0000000-0000000", token="Atza|made-up", params={})
    refusals.append(last_refusal(amazon))
    amazon.solicit("903-0000000-0000000", token=token, params={})
    refusals.append(last_refusal(amazon))
    del amazon.simulator.faults[0]
    amazon.solicit("903-0000000-0000000", token=token, params={})
    refusals.append(last_refusal(amazon))
    amazon.solicit("903-0000000-0000000", token=token)
    refusals.append(last_refusal(amazon))
    del amazon.simulator.faults[0]
    amazon.solicit("903-0000000-0000000", token=token)
    refusals.append(last_refusal(amazon))

    assert refusals == ["html", "E6", "E10", "E4", "E11", "E13"]


def test_a_refused_token_takes_nothing_from_the_bucket() -> None:
    amazon = Amazon()

    for _ in range(10):
        amazon.solicit(token="Atza|made-up")

    assert amazon.solicit().status_code == 201


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"marketplaceIds": ""},
        {"marketplaceIds": [US, "A2EUQ1WTGCTBG2"]},
        {"marketplaceIds": f"{US},A2EUQ1WTGCTBG2"},
        {"MarketplaceIds": US},
    ],
)
def test_exactly_one_marketplace_is_wanted(params: dict[str, object]) -> None:
    amazon = Amazon()

    for response in (amazon.check(params=params), amazon.solicit(params=params)):
        assert response.status_code == 400
        assert error_of(response)["message"].endswith("[marketplaceIds]")


def test_marketplaces_in_the_body_are_ignored() -> None:
    amazon = Amazon()

    assert amazon.solicit(params={}, json={"marketplaceIds": [US]}).status_code == 400
    assert amazon.solicit(params={}, data={"marketplaceIds": US}).status_code == 400
    assert amazon.solicit(json={"marketplaceIds": ["nonsense"]}).status_code == 201


def test_a_get_with_a_body_never_reaches_the_api() -> None:
    response = Amazon().check(content=b"{}")

    assert response.status_code == 403
    assert response.headers["content-type"] == "text/html"


@pytest.mark.parametrize(
    ("headers", "missing"),
    [
        ({"x-amz-date": "2026-03-01T12:00:00Z"}, "x-amz-date"),
        ({"x-amz-date": ""}, "x-amz-date"),
        ({"user-agent": ""}, "user-agent"),
        ({"user-agent": "a" * 501}, "user-agent"),
    ],
)
def test_the_headers_that_amazon_documents_are_due(headers: dict[str, str], missing: str) -> None:
    response = Amazon().check(headers=headers)

    assert response.status_code == 400
    assert error_of(response)["message"] == f"Missing or invalid request parameters: [{missing}]"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", GET_PATH),
        ("GET", POST_PATH),
        ("PUT", POST_PATH),
        ("GET", GET_PATH + "/"),
        ("GET", "/solicitations/v1/orders/"),
        ("GET", "/orders/v0/orders"),
        ("POST", POST_PATH.replace("productReview", "product_review")),
    ],
)
def test_an_unknown_path_or_method_is_denied(method: str, path: str) -> None:
    amazon = Amazon()

    response = amazon.call(method, path, token=amazon.seller_token(), params={"marketplaceIds": US})

    assert response.status_code == 403
    assert error_of(response)["message"] == "Access to requested resource is denied."
    assert amazon.simulator.ledger[-1].operation == "unknown"


@pytest.mark.parametrize(
    "url",
    [
        "http://sellingpartnerapi-na.amazon.com",
        "https://sellingpartnerapi-na.amazon.com.example.net",
        "https://example.com",
    ],
)
def test_nobody_else_listens(url: str) -> None:
    amazon = Amazon()

    with pytest.raises(httpx.ConnectError):
        amazon.check(host=url)

    assert [entry.operation for entry in amazon.simulator.ledger] == ["token"]


def test_the_sandbox_hosts_and_the_loopback_path_lead_to_the_same_region() -> None:
    amazon = Amazon()

    for host in (
        NA_HOST,
        "https://sandbox.sellingpartnerapi-na.amazon.com",
        "http://127.0.0.1:8000/na",
        "http://localhost/na",
        "http://[::1]:8000/na",
    ):
        assert amazon.check(host=host).status_code == 200
    assert amazon.check(host="http://127.0.0.1:8000/eu").status_code == 403
    assert amazon.check(host="http://127.0.0.1:8000").status_code == 403
