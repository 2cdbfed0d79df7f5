"""What a call to Amazon can end with, so that a caller always knows what has happened.

SpApiError
  AuthorizationError     LWA refused the grant, or 401 even with a new token: stop and page
  ForbiddenError         403: a business refusal or access denied, only Amazon's words tell which
  RequestRejectedError   400, 404, 413, 415: our mistake or a wrong order; final
  ConflictError          409 where Amazon declares it: what was to be made is there already
  ThrottledError         429: no header tells how long, so the pacer has doubled its interval
  UnavailableError       nothing was sent, or a read got no readable answer: try later
  OutcomeUnknownError    a write went out and no clear answer came back: look before any repeat
  NotSentError           the caller held the call back at the last moment: nothing went out
    NoSlotError          the plan is slower than this call may wait

A status outside this table counts as 5xx. A text names the operation, the status, Amazon's own
words and the request id, and never a token, a secret, a query, a header or a whole body.
"""

from dataclasses import dataclass

_WORDS_LIMIT = 200


def printable(text: str) -> str:
    """Foreign text made fit for one line of a log: one spacing, no control characters, cut."""
    start = text[: 10 * _WORDS_LIMIT]
    spaced = "".join(character if character.isprintable() else " " for character in start)
    return " ".join(spaced.split())[:_WORDS_LIMIT]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpApiErrorDetail:
    """One entry of Amazon's `errors` array, as it was received."""

    code: str
    message: str
    details: str


class SpApiError(Exception):
    """Base of everything raised by lambdas.spapi about a call; `reason` is in our own words."""

    def __init__(
        self,
        operation: str,
        reason: str = "",
        *,
        status: int | None = None,
        request_id: str = "",
        errors: tuple[SpApiErrorDetail, ...] = (),
    ) -> None:
        self.operation = operation
        self.status = status
        self.request_id = request_id
        self.errors = errors
        known = (f"HTTP {status}" if status else "", reason, self._words())
        text = ", ".join(part for part in known if part)
        receipt = f" (request {request_id})" if request_id else ""
        super().__init__(f"{operation}: {text}{receipt}")

    @property
    def code(self) -> str:
        return self.errors[0].code if self.errors else ""

    @property
    def message(self) -> str:
        return self.errors[0].message if self.errors else ""

    @property
    def details(self) -> str:
        return self.errors[0].details if self.errors else ""

    def _words(self) -> str:
        return printable(
            ": ".join(part for part in (self.code, self.message, self.details) if part)
        )


class AuthorizationError(SpApiError):
    """Amazon does not accept the credentials."""

    lwa_error: str | None = None
    """LWA's code, such as `invalid_grant`, where it was LWA that refused."""


class ForbiddenError(SpApiError):
    """403. Where the body cannot be parsed, its beginning stands as the message."""


class RequestRejectedError(SpApiError):
    """400, 404, 413 or 415, or an id that fits no path; the same call will never work."""


class ConflictError(SpApiError):
    """409: the destination or subscription exists already."""


class ThrottledError(SpApiError):
    """429: the usage plan is exhausted."""


class UnavailableError(SpApiError):
    """Amazon could not be reached, or a read had no readable answer; nothing has been changed."""


class OutcomeUnknownError(SpApiError):
    """A write may or may not have been carried out."""


class NotSentError(SpApiError):
    """`before_sending` said no: nothing went out, or only a call that Amazon refused."""


class NoSlotError(NotSentError):
    """The next slot of the usage plan lies past the call's deadline; that is no trouble."""
