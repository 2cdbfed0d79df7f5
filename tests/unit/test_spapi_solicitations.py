import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.core.decisions import ACTION
from lambdas.spapi.errors import (
    ForbiddenError,
    NotSentError,
    OutcomeUnknownError,
    SpApiError,
    UnavailableError,
)
from lambdas.spapi.solicitations import Solicitations
from tests.unit.spapi_support import (
    MARKETPLACE,
    ODD_BODIES,
    ORDER,
    Amazon,
    MovedClock,
    actions_body,
    error_body,
    moved_clock,
)

HREF = f"/solicitations/v1/orders/{ORDER}/solicitations/{ACTION}"
SELF = {"href": f"/solicitations/v1/orders/{ORDER}?marketplaceIds={MARKETPLACE}"}


@pytest.fixture
def clock() -> Iterator[MovedClock]:
    with moved_clock() as clock:
        yield clock


def names(body: object) -> frozenset[str]:
    amazon = Amazon(lambda _: httpx.Response(200, json=body))
    return (
        Solicitations(amazon.client()).get_solicitation_actions_for_order(ORDER, MARKETPLACE).names
    )


def links(*actions: object, **more: Any) -> dict[str, Any]:
    return {"_links": {"actions": list(actions), "self": SELF}, **more}


def create(amazon: Amazon, *, go: bool = True) -> str:
    return Solicitations(amazon.client()).create_product_review_and_seller_feedback_solicitation(
        ORDER, MARKETPLACE, before_sending=lambda: go
    )


def create_failed(response: httpx.Response, *, go: bool = True) -> SpApiError:
    with pytest.raises(SpApiError) as caught:
        create(Amazon(lambda _: response), go=go)
    return caught.value


def test_the_check_asks_for_one_order_in_one_marketplace(clock: MovedClock) -> None:
    headers = {"x-amzn-RequestId": "r-1"}
    amazon = Amazon(lambda _: httpx.Response(200, json=actions_body(ACTION), headers=headers))

    found = Solicitations(amazon.client()).get_solicitation_actions_for_order(ORDER, MARKETPLACE)

    assert found.names == {ACTION}
    assert found.request_id == "r-1"
    assert amazon.calls[0].method == "GET"
    assert amazon.calls[0].url.raw_path.decode() == (
        f"/solicitations/v1/orders/{ORDER}?marketplaceIds={MARKETPLACE}"
    )


def test_the_create_call_has_the_marketplace_in_the_query_and_no_body(clock: MovedClock) -> None:
    headers = {"x-amzn-RequestId": "r-2"}
    amazon = Amazon(lambda _: httpx.Response(201, json={}, headers=headers))

    assert create(amazon) == "r-2"
    assert amazon.calls[0].method == "POST"
    assert amazon.calls[0].content == b""
    assert amazon.calls[0].url.raw_path.decode() == f"{HREF}?marketplaceIds={MARKETPLACE}"


def embedded(*, disabled: object, name: str | None = ACTION) -> dict[str, Any]:
    """An embedded action as the Messaging API has been seen to give it."""
    return {
        "actions": [
            {
                "_links": {"schema": {"href": f"{HREF}/schema", "name": ACTION}},
                "_embedded": {"schema": {"disabled": disabled, "disabledReason": "why"}},
                **({"name": name} if name else {}),
            }
        ]
    }


@pytest.mark.parametrize(
    "body",
    [
        links({"href": HREF, "name": ACTION}),
        links({"href": "", "name": ACTION}),
        links({"name": ACTION}),
        links({"href": "/x", "name": f"{ACTION}Solicitation"}),
        links({"href": f"{HREF}?marketplaceIds={MARKETPLACE}"}),
        links({"href": f"https://host{HREF}/?a=/b/c"}),
        links({"href": HREF, "name": None}),
        links({"href": HREF, "name": "anotherName"}),
        links({"name": "other"}, {"href": HREF, "name": ACTION}),
        links({"href": HREF, "name": ACTION}, _embedded=embedded(disabled=False)),
        links({"href": HREF, "name": ACTION}, _embedded=embedded(disabled="true")),
        links({"href": HREF, "name": ACTION}, _embedded={"actions": []}),
        links({"href": HREF, "name": ACTION}, _embedded={"actions": None}),
        links({"href": HREF, "name": ACTION}, _embedded={"actions": [None, 1, {}]}),
        links({"href": HREF, "name": ACTION}, _embedded="junk"),
        links({"href": HREF, "name": ACTION}, errors=[{"code": "X", "message": "Y"}]),
        {"_links": {"actions": [{"href": HREF, "name": ACTION}]}},
    ],
    ids=range(17),
)
def test_the_action_is_found_however_amazon_spells_it(clock: MovedClock, body: object) -> None:
    assert ACTION in names(body)


@pytest.mark.parametrize(
    "body",
    [
        links(),
        links(_embedded={"actions": []}),
        links(errors=[]),
        links(errors=None),
        links({"name": "other", "href": "/x/other"}),
        links({"href": f"{HREF}/schema"}),
        links({"href": HREF, "name": ACTION}, _embedded=embedded(disabled=True)),
        links({"href": HREF, "name": ACTION}, _embedded=embedded(disabled=True, name=f"{ACTION}X"))
        | {"_links": {"actions": []}},
        links(
            {"href": HREF, "name": ACTION},
            _embedded={
                "actions": [
                    {
                        "_links": {"self": {"href": HREF}},
                        "_embedded": {"schema": {"disabled": True}},
                    }
                ]
            },
        ),
        links(
            {"href": HREF, "name": ACTION},
            _embedded={"actions": [{"_embedded": {"schema": {"name": ACTION, "disabled": True}}}]},
        ),
    ],
    ids=range(10),
)
def test_an_action_that_is_absent_or_disabled_is_not_offered(
    clock: MovedClock, body: object
) -> None:
    assert ACTION not in names(body)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"_links": None},
        {"_links": []},
        {"_links": {}},
        {"_links": {"actions": None}},
        {"_links": {"actions": {}}},
        {"_links": {"actions": "none"}},
        {"actions": []},
        {"_embedded": {"actions": []}},
        links(None),
        links("junk"),
        links({}),
        links({"name": ""}),
        links({"name": 1, "href": 2}),
        links({"href": "/"}),
        links({"href": HREF, "name": ACTION}, None),
        links(errors=[{"code": "InternalFailure", "message": "x"}]),
        links(errors="trouble"),
        {"errors": [{"code": "InternalFailure", "message": "x"}]},
    ],
    ids=range(19),
)
def test_an_answer_that_cannot_be_read_never_looks_like_not_offered(
    clock: MovedClock, body: object
) -> None:
    with pytest.raises(UnavailableError):
        names(body)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["_links", "_embedded", "actions", "name", "href", "schema", "disabled", "errors"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=25,
)


@given(body=json_values)
def test_only_a_list_of_links_is_ever_read_as_an_answer(body: object) -> None:
    with moved_clock():
        try:
            found = names(body)
        except UnavailableError:
            return
    assert isinstance(body, dict)
    assert isinstance(body["_links"]["actions"], list)
    assert found or not body["_links"]["actions"] or "_embedded" in body


@pytest.mark.parametrize("body", [b"", b"{}", b'{"errors":[]}', b'{"errors":null}', b'{"x":1}'])
def test_201_is_a_solicitation_made(clock: MovedClock, body: bytes) -> None:
    create(Amazon(lambda _: httpx.Response(201, content=body)))


@pytest.mark.parametrize("status", [200, 202, 203, 204, 206, 301, 307, 409, 500])
def test_no_other_status_is_a_solicitation_made(clock: MovedClock, status: int) -> None:
    assert type(create_failed(httpx.Response(status, json={}))) is OutcomeUnknownError


@pytest.mark.parametrize("name", sorted(ODD_BODIES.keys() - {"empty"}))
def test_201_with_an_odd_body_leaves_the_outcome_unknown(clock: MovedClock, name: str) -> None:
    error = create_failed(httpx.Response(201, content=ODD_BODIES[name]))

    assert type(error) is OutcomeUnknownError
    assert error.status == 201


def test_201_that_reports_errors_leaves_the_outcome_unknown(clock: MovedClock) -> None:
    body = error_body("InternalFailure", "We encountered an internal error.")
    response = httpx.Response(201, json=body, headers={"x-amzn-RequestId": "r-3"})

    error = create_failed(response)

    assert type(error) is OutcomeUnknownError
    assert error.request_id == "r-3"


@pytest.mark.parametrize("body", ODD_BODIES.values(), ids=ODD_BODIES)
def test_403_is_a_refusal_whatever_its_body(clock: MovedClock, body: bytes) -> None:
    assert type(create_failed(httpx.Response(403, content=body))) is ForbiddenError


def test_each_known_refusal_keeps_its_words(clock: MovedClock) -> None:
    for message in (
        "The requested solicitation is not available for this amazonOrderId.",
        "You have already requested a review for this order.",
        "You can\u2019t use this feature to request a review outside the 5-30 day range after the"
        " order delivery date.",
    ):
        body = json.dumps(error_body("Unauthorized", message), ensure_ascii=False)
        error = create_failed(httpx.Response(403, content=body.encode()))
        assert (error.code, error.message) == ("Unauthorized", message)


def test_the_callers_last_look_decides(clock: MovedClock) -> None:
    assert type(create_failed(httpx.Response(201), go=False)) is NotSentError


def test_a_check_too_can_be_held_back_at_the_last_moment(clock: MovedClock) -> None:
    amazon = Amazon(lambda _: httpx.Response(200, json=actions_body(ACTION)))

    with pytest.raises(NotSentError):
        Solicitations(amazon.client()).get_solicitation_actions_for_order(
            ORDER, MARKETPLACE, before_sending=lambda: False
        )
    assert amazon.calls == []
