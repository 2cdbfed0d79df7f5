"""Reads, writes and removes the credentials that the sender uses; it never prints one."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from lambdas.aws.credentials import APP_SECRET, seller_secret
from lambdas.aws.errors import error_code, translated
from lambdas.core.marketplaces import Region
from lambdas.spapi.auth import Credentials
from ops.errors import OperatorError

Fields = dict[str, Any]

KEPT_DAYS = 7
"""How long AWS keeps a removed secret, so that a mistake can be undone; the least it allows."""

# What AWS answers about a secret that was removed and is not gone yet.
_REMOVED = "InvalidRequestException"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """The names of the secrets that changed, and since when this client secret is stored.

    `client_secret_since` is None where nobody knows any more: it was stored before.
    """

    changed: list[str]
    shares_application: bool
    client_secret_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is stored for one seller and region, as far as it is; its repr shows nothing."""

    client_id: str | None = field(repr=False)
    client_secret: str | None = field(repr=False)
    refresh_token: str | None = field(repr=False)
    shares_application: bool

    def credentials(self) -> Credentials | None:
        """All three, or None where one is missing."""
        if self.client_id and self.client_secret and self.refresh_token:
            return Credentials(
                client_id=self.client_id,
                client_secret=self.client_secret,
                refresh_token=self.refresh_token,
            )
        return None


class Secrets:
    """The two kinds of secret of a deployment: the application's, and one for each seller.

    Raises AwsUnavailableError and AwsRefusedError for Secrets Manager's troubles, and
    OperatorError for a secret that is not what `connect` writes.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    def known(self, seller_id: str, region: Region) -> Known:
        """What is stored for this seller and region; the deployment's application stands in."""
        application = self._read(APP_SECRET) or {}
        entry = (self._read(seller_secret(seller_id)) or {}).get(str(region))
        own = entry if isinstance(entry, dict) else {"refresh_token": entry}
        shares = "client_id" not in own
        return Known(
            client_id=_text(application if shares else own, "client_id"),
            client_secret=_text(application if shares else own, "client_secret"),
            refresh_token=_text(own, "refresh_token"),
            shares_application=shares,
        )

    def regions(self, seller_id: str) -> list[Region]:
        """The regions for which something of this seller is stored."""
        fields = self._read(seller_secret(seller_id)) or {}
        return [region for region in Region if region in fields]

    def others_of_own_application(
        self, client_id: str, but: tuple[str, Region]
    ) -> Iterator[tuple[str, Region]]:
        """Who else keeps this application as its own, each with a client secret beside it."""
        for seller_id, fields in self._sellers():
            for region in Region:
                entry = fields.get(str(region))
                same = isinstance(entry, dict) and entry.get("client_id") == client_id
                if same and (seller_id, region) != but:
                    yield seller_id, region

    def application_stored_at(self) -> datetime | None:
        """Since when the deployment's own application has its present client secret."""
        # The secret holds nothing else, so its version is as old as that.
        with translated("secretsmanager:GetSecretValue"):
            try:
                answer = self._client.get_secret_value(SecretId=APP_SECRET)
            except ClientError as error:
                if error_code(error) in {"ResourceNotFoundException", _REMOVED}:
                    return None
                raise
        stored_at: datetime = answer["CreatedDate"]
        return stored_at

    def store(
        self, seller_id: str, region: Region, *, client_id: str, client_secret: str, token: str
    ) -> Stored:
        """Store what one seller and region needs.

        A seller whose application is not the deployment's own keeps that application beside its
        token, so that connecting it does not break the others.
        """
        application = self._read(APP_SECRET)
        shared = application is None or application.get("client_id") == client_id
        changed = []
        if shared and self._write(
            APP_SECRET, {"client_id": client_id, "client_secret": client_secret}
        ):
            changed.append(APP_SECRET)
        own = {"refresh_token": token, "client_id": client_id, "client_secret": client_secret}
        name = seller_secret(seller_id)
        known = self._read(name) or {}
        if self._write(name, {**known, str(region): token if shared else own}):
            changed.append(name)
        return Stored(
            changed=changed,
            shares_application=shared,
            client_secret_since=self.application_stored_at()
            if shared
            else _own_since(known.get(str(region)), client_secret),
        )

    def remove(self, seller_id: str, region: Region, *, is_last_seller: bool) -> list[str]:
        """Remove what is stored for this seller and region; gives the names that changed.

        The application goes with the last seller, and before it, so that a stop between the two
        leaves a seller to go on with. What is removed whole can be had back for KEPT_DAYS days.
        """
        name = seller_secret(seller_id)
        fields = self._read(name) or {}
        left = {key: value for key, value in fields.items() if key != region}
        changed = []
        # Secrets Manager lists a new secret late, so it is not the only one that is asked.
        alone = is_last_seller and all(other == seller_id for other, _ in self._sellers())
        if alone and not left and self._read(APP_SECRET) is not None:
            self._delete(APP_SECRET)
            changed.append(APP_SECRET)
        if left != fields:
            if left:
                self._write(name, left)
            else:
                self._delete(name)
            changed.append(name)
        return changed

    def _sellers(self) -> Iterator[tuple[str, Fields]]:
        prefix = seller_secret("")
        pages = self._client.get_paginator("list_secrets").paginate(
            Filters=[{"Key": "name", "Values": [prefix]}]
        )
        with translated("secretsmanager:ListSecrets"):
            names = [each["Name"] for page in pages for each in page["SecretList"]]
        for name in names:
            fields = self._read(name)
            if fields is not None:
                yield name.removeprefix(prefix), fields

    def _read(self, name: str) -> Fields | None:
        with translated("secretsmanager:GetSecretValue"):
            try:
                text = self._client.get_secret_value(SecretId=name).get("SecretString", "")
            except ClientError as error:
                if error_code(error) in {"ResourceNotFoundException", _REMOVED}:
                    return None
                raise
        try:
            fields = json.loads(text)
        except ValueError:
            fields = None
        if not isinstance(fields, dict):
            raise OperatorError(
                f"the secret {name} is not a JSON object: delete it in Secrets Manager and run"
                " dayfive connect again"
            )
        return fields

    def _write(self, name: str, fields: Fields) -> bool:
        """Write the secret unless it is the same already."""
        known = self._read(name)
        if known == fields:
            return False
        text = json.dumps(fields)
        with translated("secretsmanager:PutSecretValue"):
            if known is not None or not self._create(name, text):
                self._client.put_secret_value(SecretId=name, SecretString=text)
        return True

    def _create(self, name: str, text: str) -> bool:
        """False where a removed secret of this name had to be had back instead."""
        try:
            self._client.create_secret(Name=name, SecretString=text)
        except ClientError as error:
            if error_code(error) not in {"ResourceExistsException", _REMOVED}:
                raise
            self._client.restore_secret(SecretId=name)
            return False
        return True

    def _delete(self, name: str) -> None:
        with translated("secretsmanager:DeleteSecret"):
            self._client.delete_secret(SecretId=name, RecoveryWindowInDays=KEPT_DAYS)


def _own_since(known: Any, client_secret: str) -> datetime | None:
    """Now, unless the seller's own entry held this client secret before."""
    same = isinstance(known, dict) and known.get("client_secret") == client_secret
    return None if same else datetime.now(UTC)


def _text(fields: Fields, name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) and value else None
