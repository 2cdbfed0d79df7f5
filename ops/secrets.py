"""Writes the credentials that the sender reads; it never prints one."""

import json
from typing import Any

from botocore.exceptions import ClientError

from lambdas.aws.credentials import APP_SECRET, seller_secret
from lambdas.aws.errors import error_code, translated
from lambdas.core.marketplaces import Region
from ops.errors import OperatorError

Fields = dict[str, Any]


class Secrets:
    """The two kinds of secret of a deployment: the application's, and one for each seller."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def application(self) -> Fields | None:
        """The stored application, or None."""
        return self._read(APP_SECRET)

    def store(
        self, seller_id: str, region: Region, *, client_id: str, client_secret: str, token: str
    ) -> list[str]:
        """Store what one seller and region needs; gives the names of the secrets that changed.

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
        fields = {**(self._read(name) or {}), str(region): token if shared else own}
        if self._write(name, fields):
            changed.append(name)
        return changed

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
