"""The application's and the sellers' credentials in Secrets Manager."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from lambdas.aws.errors import AwsRefusedError, CredentialsMissingError, translated
from lambdas.core.marketplaces import Region

APP_SECRET = "dayfive/app"
CACHED_FOR = timedelta(minutes=5)


def seller_secret(seller_id: str) -> str:
    """The name of the secret that holds one seller's refresh tokens, by region."""
    return f"dayfive/sellers/{seller_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCredentials:
    """What Login with Amazon needs for one seller and region; `version` names the stored state."""

    client_id: str
    client_secret: str
    refresh_token: str
    version: str

    def __repr__(self) -> str:
        return f"StoredCredentials(version={self.version!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Secret:
    fields: Mapping[str, Any]
    version: str
    read_at: datetime


class CredentialsStore:
    """Reads credentials, and keeps what it has read for at most five minutes.

    Raises CredentialsMissingError where `dayfive connect` has not been run for this seller
    and region, AwsUnavailableError and AwsRefusedError for Secrets Manager's troubles.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._cache: dict[str, _Secret] = {}

    def get(self, seller_id: str, region: Region, *, fresh: bool = False) -> StoredCredentials:
        """The credentials of this seller and region; `fresh` reads past the cache."""
        name = seller_secret(seller_id)
        app, seller = self._read(APP_SECRET, fresh), self._read(name, fresh)
        entry = seller.fields.get(str(region))
        own = entry if isinstance(entry, dict) else {"refresh_token": entry}
        return StoredCredentials(
            client_id=_text(own, "client_id", name)
            if "client_id" in own
            else _app(app, "client_id"),
            client_secret=_text(own, "client_secret", name)
            if "client_secret" in own
            else _app(app, "client_secret"),
            refresh_token=_text(own, "refresh_token", f"{name}, region {region}"),
            version=f"{app.version}.{seller.version}",
        )

    def _read(self, name: str, fresh: bool) -> _Secret:
        now = datetime.now(UTC)
        cached = self._cache.get(name)
        if cached and not fresh and timedelta() <= now - cached.read_at < CACHED_FOR:
            return cached
        try:
            with translated("secretsmanager:GetSecretValue"):
                answer = self._client.get_secret_value(SecretId=name)
        except AwsRefusedError as error:
            # A grant by the secret's name does not cover the name of one that is not there.
            if error.code in {"ResourceNotFoundException", "AccessDeniedException"}:
                raise CredentialsMissingError(
                    f"there is no secret {name}, or it may not be read: run dayfive connect"
                ) from error
            raise
        self._cache[name] = _Secret(
            fields=_fields(answer.get("SecretString"), name),
            version=answer["VersionId"],
            read_at=now,
        )
        return self._cache[name]


def _fields(text: str | None, name: str) -> Mapping[str, Any]:
    # The exception of json has the text in it, so it must not become a cause.
    try:
        fields = json.loads(text or "")
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise CredentialsMissingError(f"the secret {name} is not a JSON object")
    return fields


def _text(fields: Mapping[str, Any], field: str, where: str) -> str:
    value = fields.get(field)
    if not isinstance(value, str) or not value:
        raise CredentialsMissingError(f"the secret {where} has no {field}")
    return value


def _app(app: _Secret, field: str) -> str:
    return _text(app.fields, field, APP_SECRET)
