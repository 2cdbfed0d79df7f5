"""Login with Amazon: access tokens from credentials, and a cache that never outlives them."""

import hashlib
import json
import math
import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from lambdas.spapi.endpoints import Endpoints
from lambdas.spapi.errors import AuthorizationError, SpApiErrorDetail, UnavailableError
from lambdas.spapi.exchange import Answer, exchange

NOTIFICATIONS_SCOPE = "sellingpartnerapi::notifications"

_EXCHANGE_SECONDS = 6.0
_RENEWED_EARLY = timedelta(seconds=60)
_LONGEST_LIFE = timedelta(hours=1)
_TOKEN = re.compile(r"[!-~]{1,4096}")
_CODE = re.compile(r"[a-z_]{1,40}")
# RFC 6749 names these two for trouble of the server's own.
_PASSING = frozenset({"server_error", "temporarily_unavailable"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A seller's authorization of an application; its repr shows nothing."""

    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)


class TokenCache:
    """Access tokens by grant, for as long as they are good; it may outlive HTTP clients."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[str, datetime, datetime]] = {}

    def get(self, key: str) -> str | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        token, obtained_at, good_until = entry
        # A clock that was set back could otherwise stretch a token's life.
        return token if obtained_at <= datetime.now(UTC) < good_until else None

    def put(self, key: str, token: str, *, obtained_at: datetime, life: timedelta) -> None:
        self._entries[key] = (token, obtained_at, obtained_at + life - _RENEWED_EARLY)
        now = datetime.now(UTC)
        self._entries = {kept: entry for kept, entry in self._entries.items() if now < entry[2]}

    def forget(self, key: str) -> None:
        self._entries.pop(key, None)


class TokenSource:
    """The access token of one grant: from the cache, or by an exchange with LWA."""

    def __init__(
        self, http: httpx.Client, endpoints: Endpoints, cache: TokenCache, form: dict[str, str]
    ) -> None:
        self._http = http
        self._url = endpoints.lwa_token_url
        self._cache = cache
        self._form = form
        plain = json.dumps([self._url, sorted(form.items())])
        self._key = hashlib.sha256(plain.encode()).hexdigest()

    def token(self, deadline: float = math.inf) -> str:
        """A token that is good for a minute yet, fetched before the deadline if need be.

        Raises AuthorizationError where LWA refuses the grant, UnavailableError for its troubles.
        """
        cached = self._cache.get(self._key)
        return cached if cached is not None else self._fetch(deadline)

    def forget(self) -> None:
        """Drop the cached token, because Amazon no longer accepts it."""
        self._cache.forget(self._key)

    @property
    def _operation(self) -> str:
        return f"LWA {self._form['grant_type']}"

    def _fetch(self, deadline: float) -> str:
        obtained_at = datetime.now(UTC)
        answer = self._exchange(deadline)
        payload = answer.payload() or {}
        if answer.status != 200:
            raise self._refusal(answer.status, payload)
        token = payload.get("access_token")
        # A token outside these characters could not be sent, and httpx would print it in its error.
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise UnavailableError(self._operation, "no readable token in the answer", status=200)
        life = _life(payload.get("expires_in"))
        self._cache.put(self._key, token, obtained_at=obtained_at, life=life)
        return token

    def _exchange(self, deadline: float) -> Answer:
        request = httpx.Request(
            "POST",
            self._url,
            data=self._form,
            headers={"content-type": "application/x-www-form-urlencoded;charset=UTF-8"},
        )
        limit = min(deadline, time.monotonic() + _EXCHANGE_SECONDS)
        try:
            return exchange(self._http, request, deadline=limit)
        except httpx.HTTPError as error:
            raise UnavailableError(self._operation, type(error).__name__) from error

    def _refusal(
        self, status: int, payload: dict[str, Any]
    ) -> AuthorizationError | UnavailableError:
        # LWA's error_description is left out: it is free text about a secret.
        code = payload.get("error")
        known = code if isinstance(code, str) and _CODE.fullmatch(code) else None
        errors = (SpApiErrorDetail(code=known, message="", details=""),) if known else ()
        refused = 400 <= status < 500 and status != 429 and known and known not in _PASSING
        if refused or status == 401:
            refusal = AuthorizationError(self._operation, status=status, errors=errors)
            refusal.lwa_error = known
            return refusal
        return UnavailableError(self._operation, status=status, errors=errors)


class LwaTokens:
    """Builds the token sources of one run on its HTTP client and the longer-lived cache."""

    def __init__(self, http: httpx.Client, endpoints: Endpoints, cache: TokenCache) -> None:
        self._http = http
        self._endpoints = endpoints
        self._cache = cache

    def seller_token(self, credentials: Credentials) -> TokenSource:
        """For operations on a seller's behalf."""
        return self._source(
            {
                "grant_type": "refresh_token",
                "refresh_token": credentials.refresh_token,
                "client_id": credentials.client_id,
                "client_secret": credentials.client_secret,
            }
        )

    def grantless_token(self, client_id: str, client_secret: str, scope: str) -> TokenSource:
        """For the operations that Amazon calls grantless."""
        return self._source(
            {
                "grant_type": "client_credentials",
                "scope": scope,
                "client_id": client_id,
                "client_secret": client_secret,
            }
        )

    def _source(self, form: dict[str, str]) -> TokenSource:
        return TokenSource(self._http, self._endpoints, self._cache, form)


def _life(expires_in: object) -> timedelta:
    """How long a token may be kept: Amazon's word up to its usual hour, not at all without one."""
    if isinstance(expires_in, int | float) and expires_in > 0:
        return timedelta(seconds=min(expires_in, _LONGEST_LIFE.total_seconds()))
    return timedelta()
