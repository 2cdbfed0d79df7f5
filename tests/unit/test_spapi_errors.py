import pytest

from lambdas.spapi.errors import (
    AuthorizationError,
    ConflictError,
    ForbiddenError,
    NotSentError,
    OutcomeUnknownError,
    RequestRejectedError,
    SpApiError,
    SpApiErrorDetail,
    ThrottledError,
    UnavailableError,
)

KINDS = [
    AuthorizationError,
    ConflictError,
    ForbiddenError,
    NotSentError,
    OutcomeUnknownError,
    RequestRejectedError,
    ThrottledError,
    UnavailableError,
]


def test_every_kind_is_an_error_of_its_own() -> None:
    assert sorted(SpApiError.__subclasses__(), key=lambda kind: kind.__name__) == KINDS


def test_the_text_names_operation_status_words_and_request() -> None:
    detail = SpApiErrorDetail(code="Unauthorized", message="Denied.", details="Expired.")

    error = ForbiddenError("getX", status=403, request_id="r-1", errors=(detail,))

    assert str(error) == "getX: HTTP 403, Unauthorized: Denied.: Expired. (request r-1)"
    assert (error.operation, error.status, error.request_id) == ("getX", 403, "r-1")
    assert (error.code, error.message, error.details) == ("Unauthorized", "Denied.", "Expired.")


def test_the_text_does_without_what_is_not_known() -> None:
    error = UnavailableError("getX", "ReadTimeout")

    assert str(error) == "getX: ReadTimeout"
    assert (error.status, error.errors, error.code, error.message) == (None, (), "", "")


def test_amazons_words_are_cut_and_made_printable_in_the_text_only() -> None:
    message = "line\nline\x1b[31m\u202e " + "x" * 1000
    error = ForbiddenError(
        "getX", errors=(SpApiErrorDetail(code="C", message=message, details=""),)
    )

    assert str(error).startswith("getX: C: line line [31m xxx")
    assert str(error).isprintable()
    assert len(str(error)) <= len("getX: ") + 200
    assert error.message == message


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_may_come_with_nothing_but_its_operation(kind: type[SpApiError]) -> None:
    assert str(kind("getX", "why")) == "getX: why"
