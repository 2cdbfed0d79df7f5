"""What Amazon's models declare of an operation, and what each status then means."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lambdas.spapi.errors import (
    AuthorizationError,
    ConflictError,
    ForbiddenError,
    OutcomeUnknownError,
    RequestRejectedError,
    SpApiError,
    ThrottledError,
    UnavailableError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation as the model has it: operationId, method, path and its status of success."""

    name: str
    method: str
    path: str
    success: int = 200
    declares_conflict: bool = False

    @property
    def reads(self) -> bool:
        return self.method == "GET"

    @property
    def unclear(self) -> type[UnavailableError] | type[OutcomeUnknownError]:
        """The error of an end that says nothing: harmless for a read, an open question else."""
        return UnavailableError if self.reads else OutcomeUnknownError

    def error_for(self, status: int) -> type[SpApiError]:
        match status:
            case 401:
                return AuthorizationError
            case 403:
                return ForbiddenError
            case 400 | 404 | 413 | 415:
                return RequestRejectedError
            case 409 if self.declares_conflict:
                return ConflictError
            case 429:
                return ThrottledError
            case _:
                return self.unclear


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer with the operation's status of success."""

    operation: Operation
    payload: Mapping[str, Any]
    request_id: str

    def unreadable(self) -> SpApiError:
        """The error to raise where the payload does not have the model's shape."""
        return self.operation.unclear(
            self.operation.name,
            "the answer does not have the shape of the model",
            status=self.operation.success,
            request_id=self.request_id,
        )
