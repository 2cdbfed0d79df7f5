"""What can go wrong at AWS, translated once.

AwsError
  AwsUnavailableError      throttled, failing or out of reach, after botocore's own attempts
  AwsRefusedError          AWS refused the request: a missing grant or a fault of ours
  CredentialsMissingError  the secret is not there, or not what `dayfive connect` writes
  SettingsFullError        a seller's settings would be larger than one item may be
  CorruptRecordError       a record in the table cannot be read
"""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError


class AwsError(Exception):
    """Base of everything raised by lambdas.aws."""


class AwsUnavailableError(AwsError):
    """AWS throttled, failed or could not be reached; the same call may work later."""


class AwsRefusedError(AwsError):
    """AWS refused the call, and will refuse it again until something is mended."""

    def __init__(self, text: str, code: str) -> None:
        super().__init__(text)
        self.code = code


class CredentialsMissingError(AwsError):
    """The application's or the seller's credentials are not in Secrets Manager."""


class SettingsFullError(AwsError):
    """A seller's settings would be larger than one item may be; the text says which."""


class CorruptRecordError(AwsError):
    """A record cannot be read; the text names its key."""


_PASSING = frozenset(
    {
        "InternalFailure",
        "InternalServerError",
        "InternalServiceError",
        "InternalServiceErrorException",
        "KmsThrottled",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "ServiceQuotaExceededException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionConflictException",
    }
)


def error_code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def translated(operation: str) -> Iterator[None]:
    """Turn botocore's exceptions into ours; the text has the operation and AWS's code only."""
    try:
        yield
    except ClientError as error:
        code = error_code(error)
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code in _PASSING or status >= 500 or status == 429:
            raise AwsUnavailableError(f"{operation}: {code}") from error
        raise AwsRefusedError(f"{operation}: {code}", code) from error
    except BotoCoreError as error:
        raise AwsUnavailableError(f"{operation}: {type(error).__name__}") from error
