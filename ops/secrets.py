"""Writes the credentials that the sender reads; it never prints one."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from lambdas.aws.credentials import APP_SECRET, seller_secret
from lambdas.aws.errors import error_code, translated
from lambdas.core.marketplaces import Region
from ops.errors import OperatorError

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """The names of the secrets that changed, and since when this client secret is stored.

    `client_secret_since` is None where nobody knows any more: it was stored before.
    """

    changed: list[str]
    shares_application: bool
    client_secret_since: datetime | None


class Secrets:
    """The two kinds of secret of a deployment: the application's, and one for each seller."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def application(self) -> Fields | None:
        """The stored application, or None."""
        return self._read(APP_SECRET)

    def store(
        self, seller_id: str, region: Region, *, client_id: str, client_secret: str, token: str
    ) -> Stored:
        """Store what one seller and region needs.

        A seller whose application is not the deployment's own keeps that application beside its
        token, so that connecting it does not break the others.
        """
        application = self.application()
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
            client_secret_since=self._application_since()
            if shared
            else _own_since(known.get(str(region)), client_secret),
        )

    def _application_since(self) -> datetime:
        """When its present version was written, which holds nothing but the application."""
        with translated("secretsmanager:GetSecretValue"):
            since: datetime = self._client.get_secret_value(SecretId=APP_SECRET)["CreatedDate"]
        return since

    def _read(self, name: str) -> Fields | None:
        with translated("secretsmanager:GetSecretValue"):
            try:
                text = self._client.get_secret_value(SecretId=name)["SecretString"]
            except ClientError as error:
                if error_code(error) == "ResourceNotFoundException":
                    return None
                raise
        try:
            fields = json.loads(text)
        except ValueError:
            fields = None
        if not isinstance(fields, dict):
            raise OperatorError(
                f"the secret {name} is not a JSON object: delete it and connect again"
            )
        return fields

    def _write(self, name: str, fields: Fields) -> bool:
        """Write the secret unless it is the same already."""
        known = self._read(name)
        if known == fields:
            return False
        text = json.dumps(fields)
        with translated("secretsmanager:PutSecretValue"):
            if known is None:
                self._client.create_secret(Name=name, SecretString=text)
            else:
                self._client.put_secret_value(SecretId=name, SecretString=text)
        return True


def _own_since(known: Any, client_secret: str) -> datetime | None:
    """Now, unless the seller's own entry held this client secret before."""
    same = isinstance(known, dict) and known.get("client_secret") == client_secret
    return None if same else datetime.now(UTC)
