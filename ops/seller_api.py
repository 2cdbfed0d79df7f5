"""An operator's way to Amazon for a connected seller, and what to do about each refusal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx

from lambdas.aws.credentials import CredentialsStore
from lambdas.aws.errors import CredentialsMissingError
from lambdas.core.marketplaces import Region
from lambdas.spapi.auth import Credentials
from lambdas.spapi.client import SpApiClient
from lambdas.spapi.errors import ForbiddenError, RequestRejectedError, SpApiError
from ops.advice import explained, is_access_denied, is_secret_over
from ops.deployment import Deployment
from ops.errors import OperatorError
from ops.seller_access import SellerAccess, endpoints_in_force


@contextmanager
def amazon(
    deployment: Deployment, seller_id: str, region: Region
) -> Iterator[Callable[[], SpApiClient]]:
    """Makes clients with the stored credentials, each with a pace of its own, while it is open.

    Raises OperatorError if the seller was not connected in this region.
    """
    endpoints = endpoints_in_force()
    store = CredentialsStore(deployment.client("secretsmanager"))
    try:
        stored = store.get(seller_id, region)
    except CredentialsMissingError as error:
        raise OperatorError(
            f"{error} (dayfive connect --seller {seller_id} --region {region})"
        ) from None
    credentials = Credentials(
        client_id=stored.client_id,
        client_secret=stored.client_secret,
        refresh_token=stored.refresh_token,
    )
    with httpx.Client(trust_env=False) as http:
        access = SellerAccess(http, endpoints)
        yield lambda: access.client(credentials, region)


def refused(error: SpApiError, *, role: str) -> OperatorError:
    """What to tell the operator of a call that failed; `role` is what the operation takes."""
    match error:
        case ForbiddenError() if is_access_denied(error) and not is_secret_over(error):
            return OperatorError(
                f"{error}: give the application the role {role}, authorise it again and run dayfive"
                " connect with the new refresh token; the same answer comes when the authorisation"
                " was withdrawn or has expired"
            )
        case RequestRejectedError():
            return OperatorError(f"{error}: Amazon will refuse this again")
        case _:
            return OperatorError(explained(error))
