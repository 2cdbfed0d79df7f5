"""The sellers' settings: an item beside each seller's own, for they may hold thousands of SKUs."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from lambdas.aws.errors import SettingsFullError, error_code, translated
from lambdas.aws.items import (
    SETTINGS_SORT_KEY,
    Item,
    from_attributes,
    settings_from,
    to_attributes,
)
from lambdas.core.seller_settings import Exclusion, SellerSettings, checked_entries

_FIELDS = {
    Exclusion.MARKETPLACE: "excluded_marketplaces",
    Exclusion.FULFILLMENT_TYPE: "excluded_fulfillment_types",
    Exclusion.SKU: "excluded_skus",
}


class SettingsTable:
    """Reads and changes sellers' settings, entry by entry, so that two changes never collide.

    Raises AwsUnavailableError and AwsRefusedError for DynamoDB's troubles.
    """

    def __init__(self, client: Any, table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def get(self, seller_id: str) -> SellerSettings:
        """The settings as they are now (a consistent read); a seller without any has the empty."""
        with translated("dynamodb:GetItem"):
            answer = self._client.get_item(
                TableName=self._table_name, Key=_key(seller_id), ConsistentRead=True
            )
        return settings_from(from_attributes(answer.get("Item", {})))

    def exclude(self, seller_id: str, kind: Exclusion, entries: Iterable[str]) -> SellerSettings:
        """Add entries, whether they were there or not; gives the settings after it.

        Raises SettingsEntryError for an entry that could never match, SettingsFullError when
        DynamoDB's 400 KB for an item are used up; then nothing was added.
        """
        return self._change("ADD", seller_id, kind, checked_entries(kind, entries))

    def include(self, seller_id: str, kind: Exclusion, entries: Iterable[str]) -> SellerSettings:
        """Take entries away, whether they were there or not; gives the settings after it."""
        return self._change("DELETE", seller_id, kind, frozenset(entries))

    def end_at(self, seller_id: str, at: datetime) -> bool:
        """Let the table forget the settings then (DynamoDB's TTL), for a seller that has left.

        False if there are none.
        """
        return self._if_there(
            seller_id,
            UpdateExpression="SET expires_at = :at",
            ExpressionAttributeValues=to_attributes({":at": int(at.timestamp())}),
        )

    def keep(self, seller_id: str) -> None:
        """Take that back, for a seller that is here again."""
        self._if_there(seller_id, UpdateExpression="REMOVE expires_at")

    def _if_there(self, seller_id: str, **request: Any) -> bool:
        with translated("dynamodb:UpdateItem"):
            try:
                self._client.update_item(
                    TableName=self._table_name,
                    Key=_key(seller_id),
                    ConditionExpression="attribute_exists(seller_id)",
                    **request,
                )
            except ClientError as error:
                if error_code(error) == "ConditionalCheckFailedException":
                    return False
                raise
        return True

    def _change(
        self, verb: str, seller_id: str, kind: Exclusion, entries: frozenset[str]
    ) -> SellerSettings:
        if not entries:  # DynamoDB has no empty set
            return self.get(seller_id)
        request: Item = {
            "TableName": self._table_name,
            "Key": _key(seller_id),
            "UpdateExpression": f"{verb} {_FIELDS[kind]} :entries",
            "ExpressionAttributeValues": to_attributes({":entries": set(entries)}),
            "ReturnValues": "ALL_NEW",
        }
        with translated("dynamodb:UpdateItem"):
            try:
                answer = self._client.update_item(**request)
            except ClientError as error:
                if _is_too_large(error):
                    raise SettingsFullError(
                        f"{_FIELDS[kind]} of seller {seller_id} would not fit into the 400 KB of"
                        " one item (about 9,000 SKUs of 40 characters); nothing was added"
                    ) from error
                raise
        return settings_from(from_attributes(answer["Attributes"]))


def _is_too_large(error: ClientError) -> bool:
    # "Item size to update has exceeded the maximum allowed size" comes as a ValidationException.
    message = str(error.response.get("Error", {}).get("Message", ""))
    return error_code(error) == "ValidationException" and "size" in message


def _key(seller_id: str) -> Item:
    return to_attributes({"seller_id": seller_id, "amazon_order_id": SETTINGS_SORT_KEY})
