"""Every error text that Amazon has been seen to answer, and the headers that come with it."""

from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest

from ops.simulator import Fault, FaultKind, Garbling
from ops.simulator.errors import ALREADY_REQUESTED, NOT_AVAILABLE
from tests.unit.simulator_support import ORDER, START, Amazon, error_of, simulated_order

DENIED = "Access to requested resource is denied."
NOT_AVAILABLE_TEXT = "The requested solicitation is not available for this amazonOrderId."
OUTSIDE_TEXT = (
    "You can\u2019t use this feature to request a review outside the 5-30 day range "
    "after the order delivery date."
)


def asked_twice(amazon: Amazon) -> httpx.Response:
    amazon.solicit()
    return amazon.solicit()


def asked_twice_with_the_newer_text(amazon: Amazon) -> httpx.Response:
    amazon.simulator.add_order(simulated_order(second_answer=ALREADY_REQUESTED))
    return asked_twice(amazon)


def asked_too_early(amazon: Amazon) -> httpx.Response:
    amazon.simulator.add_order(simulated_order(delivered_at=START - timedelta(days=4)))
    return amazon.solicit()


def asked_without_marketplace(amazon: Amazon) -> httpx.Response:
    return amazon.solicit(params={})


def asked_with_an_old_token(amazon: Amazon) -> httpx.Response:
    token = amazon.seller_token()
    amazon.clock.move(hours=1)
    return amazon.solicit(token=token)


def asked_with_a_made_up_token(amazon: Amazon) -> httpx.Response:
    return amazon.solicit(token="Atza|made-up")


def asked_without_token(amazon: Amazon) -> httpx.Response:
    return amazon.call("POST", _path(), token=None)


def asked_after_the_secret_expired(amazon: Amazon) -> httpx.Response:
    amazon.clock.move(days=180, minutes=-1)
    token = amazon.seller_token()
    amazon.clock.move(minutes=1)
    return amazon.solicit(token=token)


def asked_without_the_role(amazon: Amazon) -> httpx.Response:
    return amazon.solicit(token=amazon.grantless_token())


def asked_too_often(amazon: Amazon) -> httpx.Response:
    for _ in range(5):
        amazon.solicit()
    return amazon.solicit()


def asked_while_amazon_is_down(amazon: Amazon) -> httpx.Response:
    amazon.simulator.faults.append(Fault(kind=FaultKind.ERROR))
    return amazon.solicit()


def asked_for_a_malformed_order(amazon: Amazon) -> httpx.Response:
    return amazon.solicit("903-1-1")


def asked_for_an_unknown_order(amazon: Amazon) -> httpx.Response:
    return amazon.solicit("903-0000000-0000000")


def _path() -> str:
    return f"/solicitations/v1/orders/{ORDER}/solicitations/productReviewAndSellerFeedback"


@pytest.mark.parametrize(
    ("label", "ask", "status", "error"),
    [
        ("E1", asked_twice, 403, ("Unauthorized", NOT_AVAILABLE_TEXT, "")),
        (
            "E2",
            asked_twice_with_the_newer_text,
            403,
            ("Unauthorized", "You have already requested a review for this order.", None),
        ),
        ("E3", asked_too_early, 403, ("Unauthorized", OUTSIDE_TEXT, "")),
        (
            "E4",
            asked_without_marketplace,
            400,
            ("InvalidInput", "Missing or invalid request parameters: [marketplaceIds]", None),
        ),
        (
            "E5",
            asked_with_an_old_token,
            403,
            ("Unauthorized", DENIED, "The access token you provided has expired."),
        ),
        (
            "E6",
            asked_with_a_made_up_token,
            403,
            (
                "Unauthorized",
                DENIED,
                "The access token you provided is revoked, malformed or invalid.",
            ),
        ),
        (
            "E7",
            asked_without_token,
            403,
            ("Unauthorized", DENIED, "Access token is missing in the request header."),
        ),
        (
            "E8",
            asked_after_the_secret_expired,
            403,
            ("Unauthorized", DENIED, "The LWA secret token you provided has expired."),
        ),
        ("E9", asked_without_the_role, 403, ("Unauthorized", DENIED, "")),
        (
            "E10",
            asked_too_often,
            429,
            ("QuotaExceeded", "You exceeded your quota for the requested resource.", ""),
        ),
        (
            "E11",
            asked_while_amazon_is_down,
            500,
            (
                "InternalFailure",
                "We encountered an internal error. Please try again.",
                None,
            ),
        ),
        ("E12", asked_for_a_malformed_order, 400, ("InvalidInput", "Invalid Input", "")),
        (
            "E13",
            asked_for_an_unknown_order,
            404,
            ("NotFound", "The requested resource doesn't exist.", None),
        ),
    ],
)
def test_a_refusal_has_amazons_status_and_words(
    label: str,
    ask: Callable[[Amazon], httpx.Response],
    status: int,
    error: tuple[str, str, str | None],
) -> None:
    amazon = Amazon()

    response = ask(amazon)

    code, message, details = error
    expected = {"code": code, "message": message, "details": details}
    assert response.status_code == status
    assert error_of(response) == {k: v for k, v in expected.items() if v is not None}
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-amzn-requestid"] == amazon.simulator.ledger[-1].request_id
    assert ("x-amzn-ratelimit-limit" in response.headers) == (status in (400, 404))
    assert "retry-after" not in response.headers
    assert amazon.simulator.ledger[-1].refusal == label
    assert amazon.simulator.ledger[-1].throttled == (status == 429)


def test_a_bad_request_names_its_exception_in_a_header() -> None:
    assert Amazon().solicit(params={}).headers["x-amzn-errortype"] == "BadRequestException"


def test_a_straight_apostrophe_arrives_escaped() -> None:
    assert rb"doesn\u0027t exist" in Amazon().check("903-0000000-0000000").content


def test_the_curly_apostrophe_arrives_in_utf8() -> None:
    assert "can\u2019t".encode() in asked_too_early(Amazon()).content


def test_a_body_cut_short_by_the_apostrophe_is_no_json() -> None:
    amazon = Amazon()
    amazon.simulator.solicitations.garbling = Garbling.CUT_SHORT

    response = asked_too_early(amazon)

    assert response.status_code == 403
    with pytest.raises(ValueError, match="delimiter"):
        response.json()
    assert "outside the 5-30 day range" in response.text


def test_mojibake_is_json_with_a_spoilt_apostrophe() -> None:
    amazon = Amazon()
    amazon.simulator.solicitations.garbling = Garbling.MOJIBAKE

    assert error_of(asked_too_early(amazon))["message"].startswith("You can\u00e2\u20ac\u2122t use")


def test_an_unknown_order_can_be_refused_as_not_available() -> None:
    amazon = Amazon()
    amazon.simulator.solicitations.unknown_order = NOT_AVAILABLE

    response = asked_for_an_unknown_order(amazon)

    assert response.status_code == 403
    assert error_of(response)["message"] == NOT_AVAILABLE_TEXT
