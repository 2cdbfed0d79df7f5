from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from lambdas.spapi.errors import (
    ForbiddenError,
    NotSentError,
    OutcomeUnknownError,
    RequestRejectedError,
    SpApiError,
    ThrottledError,
    UnavailableError,
)
from lambdas.spapi.messaging import Messaging
from tests.unit.spapi_support import MARKETPLACE, ORDER, Amazon, MovedClock, always, moved_clock

PATH = f"/messaging/v1/orders/{ORDER}"
REMOVAL = "negativeFeedbackRemoval"


@pytest.fixture(autouse=True)
def clock() -> Iterator[MovedClock]:
    with moved_clock() as clock:
        yield clock


def link(name: str) -> dict[str, str]:
    return {"href": f"{PATH}/messages/{name}?marketplaceIds={MARKETPLACE}", "name": name}


def document(*names: str, **more: Any) -> dict[str, Any]:
    return {"_links": {"actions": [link(name) for name in names], "self": {"href": PATH}}, **more}


def actions(body: object) -> frozenset[str]:
    amazon = Amazon(lambda _: httpx.Response(200, json=body))
    return Messaging(amazon.client()).get_messaging_actions_for_order(ORDER, MARKETPLACE)


def ask(amazon: Amazon, *, go: bool = True) -> str:
    return Messaging(amazon.client()).create_negative_feedback_removal(
        ORDER, MARKETPLACE, before_sending=lambda: go
    )


def test_the_actions_are_asked_for_one_order_in_one_marketplace() -> None:
    amazon = Amazon(lambda _: httpx.Response(200, json=document(REMOVAL)))

    found = Messaging(amazon.client()).get_messaging_actions_for_order(ORDER, MARKETPLACE)

    assert found == {REMOVAL}
    assert str(amazon.calls[0].url).endswith(f"{PATH}?marketplaceIds={MARKETPLACE}")


def test_no_actions_are_an_answer() -> None:
    assert actions(document()) == frozenset()


@pytest.mark.parametrize(
    "embedded",
    [
        {"name": REMOVAL},
        {"_links": {"self": {"href": PATH, "name": REMOVAL}}},
        {"_links": {"schema": {"href": PATH, "name": REMOVAL}}},
    ],
    ids=["name", "self", "schema"],
)
def test_an_action_that_is_disabled_is_not_offered(embedded: dict[str, Any]) -> None:
    schema = {**embedded, "_embedded": {"schema": {"disabled": True}}}

    found = actions(document(REMOVAL, "warranty", _embedded={"actions": [schema]}))

    assert found == {"warranty"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"_links": None},
        {"_links": {"actions": {}}},
        {"_links": {"actions": [{"title": "Ask for its removal"}]}},
        {"errors": [{"code": "InternalFailure"}], **document()},
    ],
    ids=range(5),
)
def test_another_shape_is_no_answer(body: object) -> None:
    with pytest.raises(UnavailableError):
        actions(body)


def test_the_request_is_a_post_without_a_body() -> None:
    amazon = Amazon(
        lambda _: httpx.Response(201, json={}, headers={"x-amzn-RequestId": "receipt-1"})
    )

    assert ask(amazon) == "receipt-1"
    [call] = amazon.calls
    assert (call.method, call.content) == ("POST", b"")
    assert call.url.path == f"{PATH}/messages/{REMOVAL}"


def test_nothing_goes_out_when_the_caller_says_no() -> None:
    amazon = always(lambda: httpx.Response(201, json={}))

    with pytest.raises(NotSentError):
        ask(amazon, go=False)

    assert amazon.calls == []


@pytest.mark.parametrize("status", [200, 202, 204, 302, *range(400, 600)])
def test_only_201_is_a_success_and_nothing_is_repeated(status: int) -> None:
    amazon = always(lambda: httpx.Response(status, json={}))
    definite: dict[int, type[SpApiError]] = {
        **dict.fromkeys((400, 404, 413, 415), RequestRejectedError),
        401: SpApiError,
        403: ForbiddenError,
        429: ThrottledError,
    }

    with pytest.raises(definite.get(status, OutcomeUnknownError)):
        ask(amazon)

    # A refused token is renewed once: that answer is definite.
    assert len(amazon.calls) == (2 if status == 401 else 1)


def test_an_error_in_a_created_body_is_unclear() -> None:
    with pytest.raises(OutcomeUnknownError):
        ask(always(lambda: httpx.Response(201, json={"errors": [{"code": "InternalFailure"}]})))
