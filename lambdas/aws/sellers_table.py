"""The sellers' own records, in the same table as their orders."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from lambdas.aws.errors import CorruptRecordError, error_code, translated
from lambdas.aws.items import (
    SELLER_SORT_KEY,
    SELLERS_OPEN_KEY,
    Item,
    from_attributes,
    seller_from,
    to_attributes,
    to_text,
)
from lambdas.aws.orders_table import OPEN_ORDERS
from lambdas.core.marketplaces import Region
from lambdas.core.seller import NOTIFICATION_SEEN_EVERY, Seller

_REGION_FIELDS_OF_A_BLOCK = ("blocked_until", "blocked_version", "blocked_reason")
_REGION_FIELDS_OF_SLOWNESS = ("slowed_until", "slow_steps")


class SellersTable:
    """Reads and writes sellers' records, one attribute at a time, so that writers do not collide.

    Raises AwsUnavailableError and AwsRefusedError for DynamoDB's troubles.
    """

    def __init__(self, client: Any, table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def get(self, seller_id: str) -> Seller | None:
        """The seller as it is now (a consistent read), or None if it was never connected."""
        with translated("dynamodb:GetItem"):
            answer = self._client.get_item(
                TableName=self._table_name, Key=_key(seller_id), ConsistentRead=True
            )
        item = answer.get("Item")
        return seller_from(from_attributes(item)) if item else None

    def all(self, *, on_corrupt: Callable[[CorruptRecordError], None]) -> Iterator[Seller]:
        """Every connected seller with its regions, as the index shows it (a moment late).

        A record that cannot be read is told to `on_corrupt`, and does not stop the others.
        """
        query: Item = {
            "TableName": self._table_name,
            "IndexName": OPEN_ORDERS,
            "KeyConditionExpression": "open_key = :sellers",
            "ExpressionAttributeValues": to_attributes({":sellers": SELLERS_OPEN_KEY}),
        }
        while True:
            with translated("dynamodb:Query"):
                page = self._client.query(**query)
            for item in page["Items"]:
                try:
                    yield seller_from(from_attributes(item))
                except CorruptRecordError as error:
                    on_corrupt(error)
            if "LastEvaluatedKey" not in page:
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def create(self, seller_id: str, *, now: datetime) -> None:
        """Write a new seller, neither live nor paused; one that is there stays as it is."""
        item = {
            "seller_id": seller_id,
            "amazon_order_id": SELLER_SORT_KEY,
            "open_key": SELLERS_OPEN_KEY,
            "due_at": to_text(now),
            "status": "SELLER",
            "live": False,
            "paused": False,
            "regions": {},
        }
        with translated("dynamodb:PutItem"):
            try:
                self._client.put_item(
                    TableName=self._table_name,
                    Item=to_attributes(item),
                    ConditionExpression="attribute_not_exists(seller_id)",
                )
            except ClientError as error:
                if error_code(error) != "ConditionalCheckFailedException":
                    raise

    def set_region(self, seller_id: str, region: Region, state: Item) -> None:
        """Replace all that is known of a seller in one region; `state` is a plain mapping."""
        self._update(
            seller_id,
            "SET regions.#region = :state",
            values={":state": state},
            names={"#region": str(region)},
        )

    def set_live(self, seller_id: str, live: bool) -> None:
        self._update(seller_id, "SET live = :live", values={":live": live})

    def set_paused(self, seller_id: str, paused: bool, *, now: datetime | None = None) -> None:
        """Stop or allow all calls for this seller; since when it is paused is noted with `now`."""
        if paused and now:
            expression = "SET paused = :paused, paused_since = if_not_exists(paused_since, :now)"
            self._update(seller_id, expression, values={":paused": True, ":now": to_text(now)})
        elif paused:
            self._update(seller_id, "SET paused = :paused", values={":paused": True})
        else:
            expression = "SET paused = :paused REMOVE paused_since"
            self._update(seller_id, expression, values={":paused": False})

    def pause_marketplace(self, seller_id: str, marketplace_id: str) -> None:
        """Stop calls for this seller's orders of one marketplace; the others go on."""
        self._update(seller_id, "ADD paused_marketplaces :ids", values={":ids": {marketplace_id}})

    def resume_marketplace(self, seller_id: str, marketplace_id: str) -> None:
        """Allow them again; the orders that were set aside meanwhile have to be planned anew."""
        self._update(
            seller_id, "DELETE paused_marketplaces :ids", values={":ids": {marketplace_id}}
        )

    def block(
        self, seller_id: str, region: Region, *, until: datetime, version: str, reason: str
    ) -> None:
        """Record that these credentials, in this version, were refused."""
        values = {":until": to_text(until), ":version": version, ":reason": reason}
        self._update(
            seller_id,
            "SET regions.#region.blocked_until = :until, regions.#region.blocked_reason = :reason,"
            " regions.#region.blocked_version = :version",
            values=values,
            names={"#region": str(region)},
        )

    def lift_block(self, seller_id: str, region: Region, *, version: str | None = None) -> None:
        """Forget a block; with `version`, only if it is about those credentials."""
        self._remove(seller_id, region, _REGION_FIELDS_OF_A_BLOCK, version)

    def slow(self, seller_id: str, region: Region, *, until: datetime, steps: int) -> None:
        """Leave Amazon alone for this seller and region until then."""
        self._update(
            seller_id,
            "SET regions.#region.slowed_until = :until, regions.#region.slow_steps = :steps",
            values={":until": to_text(until), ":steps": steps},
            names={"#region": str(region)},
        )

    def forget_slowness(self, seller_id: str, region: Region) -> None:
        self._remove(seller_id, region, _REGION_FIELDS_OF_SLOWNESS, None)

    def saw_notification(
        self,
        seller_id: str,
        region: Region,
        *,
        application_id: str | None,
        usual_gap: timedelta | None,
        now: datetime,
    ) -> None:
        """Note that Amazon's notifications arrive, at most once every 15 minutes."""
        values: Item = {":now": to_text(now), ":before": to_text(now - NOTIFICATION_SEEN_EVERY)}
        expression = "SET regions.#region.last_notification_at = :now"
        if usual_gap is not None:
            expression += ", regions.#region.usual_gap_seconds = :gap"
            values[":gap"] = round(usual_gap.total_seconds())
        if application_id is not None:
            expression += ", application_id = :application"
            values[":application"] = application_id
        self._update(
            seller_id,
            expression,
            values=values,
            names={"#region": str(region)},
            condition="(attribute_not_exists(regions.#region.last_notification_at)"
            " OR regions.#region.last_notification_at < :before)",
        )

    def _remove(
        self, seller_id: str, region: Region, fields: tuple[str, ...], version: str | None
    ) -> None:
        self._update(
            seller_id,
            "REMOVE " + ", ".join(f"regions.#region.{field}" for field in fields),
            values={":version": version} if version else {},
            names={"#region": str(region)},
            condition="regions.#region.blocked_version = :version" if version else None,
        )

    def _update(
        self,
        seller_id: str,
        expression: str,
        *,
        values: Item,
        names: dict[str, str] | None = None,
        condition: str | None = None,
    ) -> None:
        """One update of a seller that is there; where `condition` fails nothing is written."""
        conditions = ["attribute_exists(seller_id)", *([condition] if condition else [])]
        request: Item = {
            "TableName": self._table_name,
            "Key": _key(seller_id),
            "UpdateExpression": expression,
            "ConditionExpression": " AND ".join(conditions),
            **({"ExpressionAttributeValues": to_attributes(values)} if values else {}),
            **({"ExpressionAttributeNames": names} if names else {}),
        }
        with translated("dynamodb:UpdateItem"):
            try:
                self._client.update_item(**request)
            except ClientError as error:
                if error_code(error) != "ConditionalCheckFailedException":
                    raise


def _key(seller_id: str) -> Item:
    return to_attributes({"seller_id": seller_id, "amazon_order_id": SELLER_SORT_KEY})
