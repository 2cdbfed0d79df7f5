import json
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.spapi.errors import (
    AuthorizationError,
    ConflictError,
    ForbiddenError,
    OutcomeUnknownError,
    RequestRejectedError,
    ThrottledError,
    UnavailableError,
)
from lambdas.spapi.operation import Operation
from tests.unit.spapi_support import (
    ODD_BODIES,
    OUTSIDE,
    READ,
    WRITE,
    Amazon,
    MovedClock,
    Streamed,
    always,
    ask,
    error_body,
    failed,
    moved_clock,
    ok,
)

MANAGED = Operation(name="manageThing", method="POST", path="/t/{id}", declares_conflict=True)


DEFINITE = {
    400: RequestRejectedError,
    401: AuthorizationError,
    403: ForbiddenError,
    404: RequestRejectedError,
    413: RequestRejectedError,
    415: RequestRejectedError,
    429: ThrottledError,
}

ODD_STATUSES = [*range(202, 210), 226, *range(300, 309), *range(400, 600)]


@pytest.fixture
def clock() -> Iterator[MovedClock]:
    with moved_clock() as clock:
        yield clock


@pytest.mark.parametrize("status", ODD_STATUSES)
@pytest.mark.parametrize("operation", [READ, WRITE], ids=["GET", "POST"])
def test_every_status_is_an_error_whatever_its_body(operation: Operation, status: int) -> None:
    unclear = UnavailableError if operation is READ else OutcomeUnknownError
    bodies = [*ODD_BODIES.values(), json.dumps(OUTSIDE).encode(), b"{}"]
    for body in bodies:
        with moved_clock():
            amazon = Amazon(lambda _, body=body: httpx.Response(status, content=body))
            error = failed(amazon, operation)

        assert type(error) is DEFINITE.get(status, unclear)
        assert (error.operation, error.status) == (operation.name, status)
        retried = operation is READ and status not in DEFINITE
        assert len(amazon.calls) == (4 if retried else 2 if status == 401 else 1)


def test_another_success_than_the_operations_own_is_none(clock: MovedClock) -> None:
    assert isinstance(failed(Amazon(ok), WRITE), OutcomeUnknownError)
    assert isinstance(failed(always(lambda: httpx.Response(201, json={}))), UnavailableError)


@pytest.mark.parametrize(
    "name", ["html", "cut short", "not utf-8", "a list", "null", "deep", "huge number"]
)
def test_a_success_that_cannot_be_read_is_none(clock: MovedClock, name: str) -> None:
    body = ODD_BODIES[name]

    assert isinstance(failed(always(lambda: httpx.Response(200, content=body))), UnavailableError)
    error = failed(always(lambda: httpx.Response(201, content=body)), WRITE)
    assert isinstance(error, OutcomeUnknownError)
    assert str(error) == "createThing: HTTP 201, unreadable answer"


@pytest.mark.parametrize("body", [b"", b" \n", b"{}", b'{"a":1}'])
def test_a_success_is_returned_with_its_request_id(clock: MovedClock, body: bytes) -> None:
    headers = {"x-amzn-RequestId": "r-1", "content-type": "text/html"}
    amazon = always(lambda: httpx.Response(201, content=body, headers=headers))

    reply = ask(amazon, WRITE)

    assert reply.payload == (json.loads(body) if body.strip() else {})
    assert reply.request_id == "r-1"


@given(body=st.binary(max_size=200))
def test_no_body_at_all_gives_more_than_a_reply_or_an_error_of_ours(body: bytes) -> None:
    for operation in (READ, WRITE):
        with moved_clock():
            amazon = Amazon(
                lambda _, status=operation.success: httpx.Response(status, content=body)
            )
            try:
                reply = ask(amazon, operation)
            except (UnavailableError, OutcomeUnknownError):
                pass
            else:
                assert not body.strip() or reply.payload == json.loads(body)


def test_409_is_a_conflict_only_where_amazon_declares_it(clock: MovedClock) -> None:
    conflict = always(lambda: httpx.Response(409, json=error_body("Conflict", "It is there.")))

    assert isinstance(failed(conflict, MANAGED), ConflictError)
    assert isinstance(failed(conflict, WRITE), OutcomeUnknownError)
    assert isinstance(failed(conflict, READ), UnavailableError)


def test_a_deletion_without_a_clear_end_is_unknown_and_not_repeated(clock: MovedClock) -> None:
    amazon = always(lambda: httpx.Response(503))
    delete = Operation(name="deleteThing", method="DELETE", path="/things/{id}")

    assert isinstance(failed(amazon, delete), OutcomeUnknownError)
    assert len(amazon.calls) == 1
    assert "content-length" not in amazon.calls[0].headers


def test_amazons_words_come_through_as_they_were_sent(clock: MovedClock) -> None:
    error = failed(always(lambda: httpx.Response(403, json=OUTSIDE)))

    assert error.code == "Unauthorized"
    assert error.message == OUTSIDE["errors"][0]["message"]
    assert error.details == ""


def test_mojibake_comes_through_as_it_was_sent(clock: MovedClock) -> None:
    body = error_body("Unauthorized", "You can\u00e2\u20ac\u2122t use this feature")

    assert failed(always(lambda: httpx.Response(403, json=body))).message.startswith(
        "You can\u00e2\u20ac\u2122t use"
    )


def test_a_403_cut_short_has_its_text_as_the_message(clock: MovedClock) -> None:
    cut = json.dumps(OUTSIDE, ensure_ascii=False).encode()[:-9]

    error = failed(always(lambda: httpx.Response(403, content=cut)), WRITE)

    assert isinstance(error, ForbiddenError)
    assert "outside the 5-30 day range after the order delivery date" in error.message


def test_a_403_whose_line_breaks_is_still_a_refusal(clock: MovedClock) -> None:
    pieces = (json.dumps(OUTSIDE).encode(), httpx.ReadError("x"))
    amazon = always(lambda: httpx.Response(403, stream=Streamed(clock, *pieces)))

    error = failed(amazon, WRITE)

    assert isinstance(error, ForbiddenError)
    assert error.code == "Unauthorized"


def test_the_raw_text_of_a_403_is_cleaned_and_cut(clock: MovedClock) -> None:
    page = "<html>\r\n\x00\x1b" + "x" * 5000

    error = failed(always(lambda: httpx.Response(403, text=page)))

    assert error.message == ("<html> " + "x" * 200)[:200]


def test_other_statuses_do_not_repeat_a_body_that_is_not_amazons(clock: MovedClock) -> None:
    for status in (400, 500):
        error = failed(always(lambda status=status: httpx.Response(status, text="<html>secret")))
        assert error.errors == ()
        assert "html" not in str(error)


def test_entries_of_odd_shape_are_passed_over_and_long_ones_cut(clock: MovedClock) -> None:
    body = {
        "errors": [None, {"code": 1}, {"code": "C", "message": "m" * 9999}] + [{"code": "D"}] * 99
    }

    error = failed(always(lambda: httpx.Response(400, json=body)))

    assert (error.code, len(error.message), len(error.errors)) == ("C", 500, 8)


def test_half_a_surrogate_pair_does_not_come_through(clock: MovedClock) -> None:
    body = b'{"errors":[{"code":"X","message":"cut \\ud83d"}]}'

    assert failed(always(lambda: httpx.Response(403, content=body))).message == "cut ?"
