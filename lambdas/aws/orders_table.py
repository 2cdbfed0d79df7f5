"""The orders on record in DynamoDB: conditional writes only, and the index of what is open."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from lambdas.aws.errors import error_code, translated
from lambdas.aws.items import (
    Item,
    from_attributes,
    from_text,
    open_key,
    solicitation_from,
    solicitation_item,
    to_attributes,
    to_text,
)
from lambdas.core.marketplaces import Region
from lambdas.core.precedence import SHUTS_SOON, precedence
from lambdas.core.solicitation import Solicitation, Status
from lambdas.core.window import LAST_CALL_BEFORE_CLOSE

OPEN_ORDERS = "open_orders"

# SENT is written whatever the version, so a version alone does not tell what has been read.
_UNCHANGED = "version = :version AND #status = :status"
_LONG_AGO = datetime.fromtimestamp(0, UTC)

# Of a backlog; the plan serves 3,600 in an hour at most.
READ_AT_MOST = 3000
_MORE_THAN_A_RUN_SERVES = 100
_SHUT_FIRST_WITHIN = (timedelta(minutes=45), timedelta(hours=3), timedelta(hours=12))


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOrder:
    """What the index shows of an open order; it may be a moment out of date."""

    amazon_order_id: str
    due_at: datetime
    closes_at: datetime
    likely: int | None = None


class StaleRecordError(Exception):
    """The record is no longer what the writer had read; `current` is what is there now."""

    def __init__(self, current: Solicitation | None) -> None:
        super().__init__("the order's record was changed by another writer")
        self.current = current


class OrdersTable:
    """Reads and writes order records. Every write says what it expects to find.

    Raises AwsUnavailableError and AwsRefusedError for DynamoDB's troubles, and
    StaleRecordError where the condition of a write did not hold.
    """

    def __init__(self, client: Any, table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def get(self, seller_id: str, amazon_order_id: str) -> Solicitation | None:
        """The order as it is now (a consistent read), or None."""
        with translated("dynamodb:GetItem"):
            answer = self._client.get_item(
                TableName=self._table_name,
                Key=to_attributes({"seller_id": seller_id, "amazon_order_id": amazon_order_id}),
                ConsistentRead=True,
            )
        item = answer.get("Item")
        return solicitation_from(from_attributes(item)) if item else None

    def put(self, solicitation: Solicitation, *, known: Solicitation | None) -> Solicitation:
        """Write the order over `known`, or as new where `known` is None."""
        if known is None:
            return self._put(
                replace(solicitation, version=1), "attribute_not_exists(seller_id)", {}
            )
        written = replace(solicitation, version=known.version + 1)
        return self._put(written, _UNCHANGED, _as_known(known))

    def put_claim(
        self, claimed: Solicitation, *, known: Solicitation, now: datetime
    ) -> Solicitation:
        """Write a claim over `known`, if nobody else's lives, and it is due inside its window."""
        condition = (
            f"{_UNCHANGED} AND due_at <= :now AND opens_at <= :now AND closes_at > :last_call"
            " AND (attribute_not_exists(claim_until) OR claim_until <= :now)"
        )
        values = {
            **_as_known(known),
            ":now": to_text(now),
            ":last_call": to_text(now + LAST_CALL_BEFORE_CLOSE),
        }
        return self._put(replace(claimed, version=known.version + 1), condition, values)

    def put_outcome(self, outcome: Solicitation, *, claimed: Solicitation) -> Solicitation:
        """Write what came of a claim: by the claim, and with no news on it that was not seen."""
        written = replace(outcome, version=claimed.version + 1)
        if outcome.status is Status.SENT:
            # Known for certain, so nothing but another SENT may stand in its way.
            return self._put(written, "#status <> :sent", {":sent": str(Status.SENT)})
        seen = "version = :version" if claimed.note else "attribute_not_exists(note)"
        values = {":version": claimed.version} if claimed.note else {}
        return self._put(written, f"claim = :claim AND {seen}", {":claim": claimed.claim, **values})

    def due(self, seller_id: str, region: Region, *, until: datetime) -> list[OpenOrder]:
        """Open orders due by `until`, in the order to serve them (an eventually consistent read).

        Of a backlog some thousands are read, which is more than a run serves: those that are
        longest due, and whatever is about to shut.
        """
        key = open_key(seller_id, region)
        waiting = list(self._read(key, until=until, at_most=READ_AT_MOST))
        if len(waiting) == READ_AT_MOST:
            waiting += self._shutting(key, until)
        held = self._read(open_key(seller_id, region, held=True), until=until)
        return sorted(
            {order.amazon_order_id: order for order in (*waiting, *held)}.values(),
            key=lambda order: (
                precedence(closes_at=order.closes_at, likely=order.likely, now=until),
                order.amazon_order_id,
            ),
        )

    def waiting(
        self, seller_id: str, region: Region, *, until: datetime | None = None
    ) -> Iterator[OpenOrder]:
        """Orders that wait or are being sent, as the index shows them, by their due time."""
        return self._read(open_key(seller_id, region), until=until)

    def held(self, seller_id: str, region: Region) -> Iterator[OpenOrder]:
        """Orders that wait for a person, as the index shows them."""
        return self._read(open_key(seller_id, region, held=True), until=None)

    def _shutting(self, key: str, now: datetime) -> list[OpenOrder]:
        """What is due and shuts soon; where that is thousands too, what shuts first of it.

        The index is by due time, so DynamoDB looks through all that is due, 1 MB a page.
        """
        found = self._shutting_within(SHUTS_SOON, key, now)
        if len(found) < READ_AT_MOST:
            return found
        for within in _SHUT_FIRST_WITHIN:
            first = self._shutting_within(within, key, now)
            found += first
            if len(first) >= _MORE_THAN_A_RUN_SERVES:
                break
        return found

    def _shutting_within(self, within: timedelta, key: str, now: datetime) -> list[OpenOrder]:
        return list(self._read(key, until=now, shuts_by=now + within, at_most=READ_AT_MOST))

    def _read(
        self,
        key: str,
        *,
        until: datetime | None,
        shuts_by: datetime | None = None,
        at_most: int | None = None,
    ) -> Iterator[OpenOrder]:
        return islice(self._read_pages(key, until, shuts_by, at_most), at_most)

    def _read_pages(
        self,
        key: str,
        until: datetime | None,
        shuts_by: datetime | None,
        at_most: int | None,
    ) -> Iterator[OpenOrder]:
        values = {":key": key}
        condition = "open_key = :key"
        if until is not None:
            condition += " AND due_at <= :until"
            values[":until"] = to_text(until)
        query: Item = {
            "TableName": self._table_name,
            "IndexName": OPEN_ORDERS,
            "KeyConditionExpression": condition,
        }
        if shuts_by is not None:
            query["FilterExpression"] = "closes_at <= :shuts_by"
            values[":shuts_by"] = to_text(shuts_by)
        elif at_most is not None:
            query["Limit"] = at_most  # with a filter it would limit what is looked at
        query["ExpressionAttributeValues"] = to_attributes(values)
        while True:
            with translated("dynamodb:Query"):
                page = self._client.query(**query)
            yield from (_open_order(from_attributes(item)) for item in page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _put(self, written: Solicitation, condition: str, values: Item) -> Solicitation:
        item = to_attributes(solicitation_item(written))
        request: Item = {
            "TableName": self._table_name,
            "Item": item,
            "ConditionExpression": condition,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            **({"ExpressionAttributeValues": to_attributes(values)} if values else {}),
            **(
                {"ExpressionAttributeNames": {"#status": "status"}}
                if "#status" in condition
                else {}
            ),
        }
        with translated("dynamodb:PutItem"):
            try:
                self._client.put_item(**request)
            except ClientError as error:
                if error_code(error) != "ConditionalCheckFailedException":
                    raise
                # botocore repeats a write whose answer was lost: then it stands in its own way.
                if not (_was_repeated(error) and error.response.get("Item") == item):
                    raise StaleRecordError(_current(error)) from None
        return written


def _as_known(known: Solicitation) -> Item:
    return {":version": known.version, ":status": str(known.status)}


def _was_repeated(error: ClientError) -> bool:
    """Whether botocore sent it more than once ("Retries", Boto3: RetryAttempts)."""
    return bool(error.response.get("ResponseMetadata", {}).get("RetryAttempts"))


def _current(error: ClientError) -> Solicitation | None:
    item = error.response.get("Item")
    return solicitation_from(from_attributes(item)) if item else None


def _open_order(item: Item) -> OpenOrder:
    return OpenOrder(
        amazon_order_id=item["amazon_order_id"],
        due_at=_readable(item["due_at"]),
        closes_at=_readable(item.get("closes_at")),
        likely=int(likely) if isinstance(likely := item.get("likely"), Decimal) else None,
    )


def _readable(text: object) -> datetime:
    """A time in the index; without it the record goes first, so that somebody sees it fail."""
    try:
        instant = from_text(str(text))
    except ValueError:
        return _LONG_AGO
    return instant if instant.tzinfo else _LONG_AGO
