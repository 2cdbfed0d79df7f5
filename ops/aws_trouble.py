"""Opens AWS with the user's own credentials, and says of each trouble with it what to do."""

import os
from typing import Any

import boto3
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    InvalidRegionError,
    NoCredentialsError,
    NoRegionError,
)
from botocore.exceptions import (
    ConnectionError as NoConnectionError,
)

from lambdas.aws.errors import (
    AwsError,
    AwsRefusedError,
    AwsUnavailableError,
    CredentialsMissingError,
    error_code,
)

_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError"})
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"})
_SIGN_IN = "sign in, or set AWS_PROFILE"


def aws_session() -> Any:
    """A session of boto3's. Raises BotoCoreError for a profile that is not there."""
    # boto3 itself reads only AWS_DEFAULT_REGION, unlike the AWS CLI and the CDK.
    return boto3.session.Session(region_name=os.environ.get("AWS_REGION") or None)


def why_no_answer(error: BotoCoreError) -> tuple[str, str]:
    """What is wrong where AWS was not even asked, or did not answer; and what to do."""
    match error:
        case NoRegionError():
            return (
                "no AWS Region is set",
                "set AWS_REGION to the Region that DayFive is deployed in",
            )
        case InvalidRegionError():
            return "AWS_REGION is not a Region's name", "it looks like us-east-1"
        case NoCredentialsError():
            return "no AWS credentials were found", _SIGN_IN
        case HTTPClientError() | NoConnectionError():
            name = type(error).__name__
            return f"AWS could not be reached ({name})", "check the network and AWS_REGION"
        case _:
            # A profile that is not there, or a sign-in that is over: botocore's text tells which.
            text = " ".join(str(error).split()).removesuffix(".")
            return f"the AWS credentials cannot be used ({text})", _SIGN_IN


def why_refused(error: ClientError) -> tuple[str, str]:
    """What is wrong with the credentials that AWS has refused, and what to do."""
    code = error_code(error)
    if code in _EXPIRED:
        return "the AWS credentials have expired", "sign in again"
    return f"the AWS credentials are refused ({code})", _SIGN_IN


def is_denied(error: ClientError) -> bool:
    """Whether the credentials are good, and may not do this."""
    return error_code(error) in _DENIED


def told(error: AwsError | BotoCoreError | ClientError) -> str:
    """The error and the next step, as one line."""
    match error:
        case BotoCoreError():
            return ": ".join(why_no_answer(error))
        case ClientError() if is_denied(error):
            return f"{error}: {may_not(error.operation_name)}"
        case ClientError():
            return ": ".join(why_refused(error))
        case AwsRefusedError(code=code) if code in _DENIED:
            return f"{error}: {may_not(_action(error))}"
        case AwsUnavailableError():
            return f"{error}: AWS has trouble or is out of reach; run the same command again later"
        case CredentialsMissingError():
            return f"{error}: run dayfive connect"
        case _:
            return f"{error}: dayfive doctor looks for the cause"


def _action(error: AwsRefusedError) -> str:
    """The right that lacks, by the call itself where it was one of several."""
    action, cause = str(error).partition(": ")[0], error.__cause__
    if not isinstance(cause, ClientError):
        return action
    return f"{action.partition(':')[0]}:{cause.operation_name}"


def may_not(action: str) -> str:
    """What to do about a right that is lacking."""
    return (
        f"these AWS credentials may not do that; have them allowed {action}, or set AWS_PROFILE"
        " to others"
    )
