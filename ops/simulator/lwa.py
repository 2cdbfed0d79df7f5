"""Login with Amazon: the token endpoint, and what the gateway asks about every token."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

import httpx

from lambdas.core.marketplaces import Region
from ops.simulator.accounts import Accounts, Application, Authorization
from ops.simulator.answers import Answer, success
from ops.simulator.dice import identifier
from ops.simulator.errors import (
    ACCESS_DENIED,
    SECRET_EXPIRED,
    TOKEN_EXPIRED,
    TOKEN_INVALID,
    TOKEN_MISSING,
    RefusedError,
)
from ops.simulator.operations import Operation, TokenKind

NOTIFICATIONS_SCOPE = "sellingpartnerapi::notifications"

_SCOPES = frozenset(
    {
        NOTIFICATIONS_SCOPE,
        "sellingpartnerapi::client_credential:rotation",
        "sellingpartnerapi::shipments:track",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """A token in use: a seller's (with its refresh token) or a grantless one (with a scope)."""

    value: str
    client_id: str
    expires_at: datetime
    refresh_token: str | None
    scope: str | None


class LoginWithAmazon:
    """Hands out access tokens and knows them again."""

    def __init__(self, seed: int, now: Callable[[], datetime], accounts: Accounts) -> None:
        self.token_life = timedelta(seconds=3600)
        self._accounts = accounts
        self._tokens: dict[str, AccessToken] = {}
        self._seed = seed
        self._now = now

    def find_token(self, value: str | None) -> AccessToken | None:
        return self._tokens.get(value or "")

    def grant_of(self, token: AccessToken | None) -> Authorization | None:
        """The seller's grant behind a token; a grantless one has none."""
        return self._accounts.authorizations.get(token.refresh_token or "") if token else None

    def check(self, value: str | None, operation: Operation, region: Region | None) -> None:
        """Refuse a call whose token does not allow it, as Amazon's gateway does."""
        now = self._now()
        token = self.find_token(value)
        if not value:
            raise RefusedError(TOKEN_MISSING)
        if token is None:
            raise RefusedError(TOKEN_INVALID)
        if token.expires_at <= now:
            raise RefusedError(TOKEN_EXPIRED)
        if self._accounts.applications[token.client_id].is_expired(now):
            raise RefusedError(SECRET_EXPIRED)
        if not self._allows(token, operation, region):
            raise RefusedError(ACCESS_DENIED)

    def _allows(self, token: AccessToken, operation: Operation, region: Region | None) -> bool:
        if operation.token is TokenKind.GRANTLESS:
            return token.scope == NOTIFICATIONS_SCOPE
        grant = self.grant_of(token)
        if grant is None or grant.withdrawn or grant.region is not region:
            return False
        return operation.role is None or operation.role in grant.roles

    def answer(self, request: httpx.Request, number: int) -> Answer:
        """Answer a token request; `number` tells the requests of one caller apart."""
        form = read_form(request)
        if request.method != "POST" or not _is_form(request):
            return oauth_error(400, "invalid_request", "The request is not a POST of a form.")
        grant_type = form.get("grant_type")
        if grant_type not in ("refresh_token", "client_credentials"):
            code = "unsupported_grant_type" if grant_type else "invalid_request"
            return oauth_error(400, code, "The grant type is missing or not supported.")
        application = self._accounts.applications.get(form.get("client_id", ""))
        secret = form.get("client_secret", "")
        if application is None or not application.accepts(secret, self._now()):
            return oauth_error(401, "invalid_client", "Client authentication failed")
        if grant_type == "refresh_token":
            return self._refresh(application, form.get("refresh_token"), number)
        return self._client_credentials(application, form.get("scope"), number)

    def _refresh(self, application: Application, refresh_token: str | None, number: int) -> Answer:
        if not refresh_token:
            return oauth_error(400, "invalid_request", "The refresh token is missing.")
        grant = self._accounts.authorizations.get(refresh_token)
        # RFC 6749, section 5.2: a token that was issued to another client is an invalid grant.
        if grant is None or grant.withdrawn or grant.client_id != application.client_id:
            return oauth_error(
                400,
                "invalid_grant",
                "The request has an invalid grant parameter : refresh_token. "
                "User may have revoked or didn't grant the permission.",
            )
        return self._issue(application, number, refresh_token=refresh_token)

    def _client_credentials(
        self, application: Application, scope: str | None, number: int
    ) -> Answer:
        if scope not in _SCOPES:
            return oauth_error(400, "invalid_scope", "The scope is missing or unknown.")
        return self._issue(application, number, scope=scope)

    def _issue(
        self,
        application: Application,
        number: int,
        *,
        refresh_token: str | None = None,
        scope: str | None = None,
    ) -> Answer:
        parts = (application.client_id, refresh_token, scope, number)
        token = AccessToken(
            value=f"Atza|{identifier(self._seed, 'token', *parts)}",
            client_id=application.client_id,
            expires_at=self._now() + self.token_life,
            refresh_token=refresh_token,
            scope=scope,
        )
        self._tokens[token.value] = token
        expires_in = int(self.token_life.total_seconds())
        body = {"access_token": token.value, "token_type": "bearer", "expires_in": expires_in}
        return success({**body, "refresh_token": refresh_token} if refresh_token else body)


def read_form(request: httpx.Request) -> dict[str, str]:
    """The fields of a token request; a body of another kind has none."""
    if not _is_form(request):
        return {}
    return dict(parse_qsl(request.content.decode("utf-8", "replace"), keep_blank_values=True))


def oauth_error(status: int, code: str, description: str) -> Answer:
    """An error of the token endpoint, which has an envelope of its own (RFC 6749, 5.2)."""
    answer = success({"error": code, "error_description": description}, status=status)
    return replace(answer, refusal=code)


def _is_form(request: httpx.Request) -> bool:
    content_type: str = request.headers.get("content-type", "")
    return content_type.lower().startswith("application/x-www-form-urlencoded")
