"""How records lie in DynamoDB: one plain item each, times as ISO-8601 text of one width."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from lambdas.aws.errors import CorruptRecordError
from lambdas.core.delivery import DeliveryNews, Promise
from lambdas.core.marketplaces import Region
from lambdas.core.seller import RegionState, Seller
from lambdas.core.seller_settings import SellerSettings
from lambdas.core.solicitation import Check, Note, Solicitation, Status
from lambdas.core.window import SolicitationWindow

Item = dict[str, Any]

SELLER_SORT_KEY = "SELLER"
SETTINGS_SORT_KEY = "SETTINGS"
EXPERIENCE_SORT_KEY = "EXPERIENCE"
SELLERS_OPEN_KEY = "SELLERS"

_serializer = TypeSerializer()
_deserializer = TypeDeserializer()


def to_attributes(item: Mapping[str, Any]) -> Item:
    """A plain mapping as DynamoDB's typed attributes."""
    # Most are texts, and the serializer would try eight other types first.
    return {
        name: {"S": value} if type(value) is str else _serializer.serialize(value)
        for name, value in item.items()
    }


def from_attributes(attributes: Mapping[str, Any]) -> Item:
    """DynamoDB's typed attributes as a plain mapping."""
    return {name: _deserializer.deserialize(value) for name, value in attributes.items()}


def open_key(seller_id: str, region: Region, *, held: bool = False) -> str:
    """The index partition that lists one seller's open orders in one region.

    Those that are held lie apart, so that counting them never reads the others.
    """
    return f"{seller_id}#{region}#HELD" if held else f"{seller_id}#{region}"


def to_text(instant: datetime) -> str:
    """An instant as text whose order is the order of time."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_text(text: str) -> datetime:
    return datetime.fromisoformat(text)


def solicitation_item(solicitation: Solicitation) -> Item:
    """An order's record as it is stored; absent values are left out."""
    s = solicitation
    item = {
        "seller_id": s.seller_id,
        "amazon_order_id": s.amazon_order_id,
        "open_key": _open_key(s),
        "due_at": to_text(s.due_at),
        "marketplace_id": s.marketplace_id,
        "region": str(s.region),
        "fulfillment_type": s.fulfillment_type,
        "status": str(s.status),
        "reason": s.reason,
        "version": s.version,
        "opens_at": to_text(s.window.opens_at),
        "closes_at": to_text(s.window.closes_at),
        "skus": list(s.skus) or None,
        "checks": [f"{to_text(check.at)} {check.answer}" for check in s.checks] or None,
        "claim": s.claim,
        "claim_until": _text(s.claim_until),
        "posts_open": s.posts_open or None,
        "note": _note_item(s.note) if s.note else None,
        "would_send_at": _text(s.would_send_at),
        "sent_at": _text(s.sent_at),
        "request_id": s.request_id,
        "failures": s.failures or None,
        "plan": s.plan,
        "likely": s.likely,
        "expires_at": int(s.expires_at.timestamp()),
        **(_news_item(s.news) if s.news else {}),
    }
    return {name: value for name, value in item.items() if value is not None}


def solicitation_from(item: Item) -> Solicitation:
    """Read an order's record. Raises CorruptRecordError, naming the key."""
    try:
        return Solicitation(
            seller_id=item["seller_id"],
            amazon_order_id=item["amazon_order_id"],
            marketplace_id=item["marketplace_id"],
            region=Region(item["region"]),
            fulfillment_type=item["fulfillment_type"],
            status=Status(item["status"]),
            reason=item["reason"],
            version=int(item["version"]),
            window=SolicitationWindow(
                opens_at=from_text(item["opens_at"]), closes_at=from_text(item["closes_at"])
            ),
            due_at=from_text(item["due_at"]),
            expires_at=datetime.fromtimestamp(int(item["expires_at"]), UTC),
            skus=tuple(item.get("skus", ())),
            news=_news_from(item),
            checks=tuple(_check_from(text) for text in item.get("checks", ())),
            claim=item.get("claim"),
            claim_until=_instant(item, "claim_until"),
            posts_open=int(item.get("posts_open", 0)),
            note=_note_from(item["note"]) if "note" in item else None,
            would_send_at=_instant(item, "would_send_at"),
            sent_at=_instant(item, "sent_at"),
            request_id=item.get("request_id"),
            failures=int(item.get("failures", 0)),
            plan=item.get("plan"),
            likely=int(item["likely"]) if "likely" in item else None,
        )
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        key = f"{item.get('seller_id')}/{item.get('amazon_order_id')}"
        raise CorruptRecordError(f"the record of order {key} cannot be read") from error


def seller_from(item: Item) -> Seller:
    """Read a seller's own record. Raises CorruptRecordError, naming the seller."""
    try:
        return Seller(
            seller_id=item["seller_id"],
            live=bool(item.get("live", False)),
            paused=bool(item.get("paused", False)),
            paused_since=_instant(item, "paused_since"),
            paused_marketplaces=frozenset(item.get("paused_marketplaces", ())),
            application_id=item.get("application_id"),
            regions={
                Region(name): _region_from(region)
                for name, region in item.get("regions", {}).items()
            },
        )
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise CorruptRecordError(f"the seller {item.get('seller_id')} cannot be read") from error


def settings_from(item: Item) -> SellerSettings:
    """Read a seller's settings; what is not there is empty. Raises CorruptRecordError."""
    try:
        return SellerSettings(
            excluded_marketplaces=frozenset(item.get("excluded_marketplaces", ())),
            excluded_fulfillment_types=frozenset(item.get("excluded_fulfillment_types", ())),
            excluded_skus=frozenset(item.get("excluded_skus", ())),
        )
    except TypeError as error:
        text = f"the settings of seller {item.get('seller_id')} cannot be read"
        raise CorruptRecordError(text) from error


def _region_from(item: Item) -> RegionState:
    return RegionState(
        subscription_id=item.get("subscription_id"),
        destination_id=item.get("destination_id"),
        connecting_since=_instant(item, "connecting_since"),
        replaced={name: from_text(at) for name, at in item.get("replaced", {}).items()},
        blocked_until=_instant(item, "blocked_until"),
        blocked_version=item.get("blocked_version"),
        blocked_reason=item.get("blocked_reason"),
        slowed_until=_instant(item, "slowed_until"),
        slow_steps=int(item.get("slow_steps", 0)),
        connected_at=_instant(item, "connected_at"),
        secret_stored_at=_instant(item, "secret_stored_at"),
        shares_application=bool(item.get("shares_application", True)),
        last_notification_at=_instant(item, "last_notification_at"),
        usual_gap=_seconds(item, "usual_gap_seconds"),
    )


def _news_item(news: DeliveryNews) -> Item:
    item: Item = {"shipped_at": to_text(news.shipped_at)}
    if news.promise:
        item["news_at"] = to_text(news.promise.news_at)
        item["earliest_delivery_date"] = to_text(news.promise.earliest)
        item["latest_delivery_date"] = to_text(news.promise.latest)
    if news.delivered_at:
        item["delivered_at"] = to_text(news.delivered_at)
    return item


def _news_from(item: Item) -> DeliveryNews | None:
    if "shipped_at" not in item:
        return None
    promise = None
    if "news_at" in item:
        promise = Promise(
            news_at=from_text(item["news_at"]),
            earliest=from_text(item["earliest_delivery_date"]),
            latest=from_text(item["latest_delivery_date"]),
        )
    return DeliveryNews(
        shipped_at=from_text(item["shipped_at"]),
        promise=promise,
        delivered_at=_instant(item, "delivered_at"),
    )


def _note_item(note: Note) -> Item:
    flags = {"canceled": note.canceled, "replacement": note.replacement}
    rest = {"excluded": note.excluded, "skus": list(note.skus)}
    return {
        **{name: value for name, value in {**flags, **rest}.items() if value},
        **(_news_item(note.news) if note.news else {}),
    }


def _note_from(item: Item) -> Note:
    return Note(
        canceled=bool(item.get("canceled", False)),
        replacement=bool(item.get("replacement", False)),
        excluded=item.get("excluded"),
        skus=tuple(item.get("skus", ())),
        news=_news_from(item),
    )


def _check_from(text: str) -> Check:
    at, _, answer = text.partition(" ")
    return Check(at=from_text(at), answer=answer)


def _open_key(solicitation: Solicitation) -> str | None:
    if not solicitation.is_open:
        return None
    held = solicitation.status is Status.HELD
    return open_key(solicitation.seller_id, solicitation.region, held=held)


def _text(instant: datetime | None) -> str | None:
    return to_text(instant) if instant else None


def _instant(item: Item, name: str) -> datetime | None:
    return from_text(item[name]) if name in item else None


def _seconds(item: Item, name: str) -> timedelta | None:
    return timedelta(seconds=int(item[name])) if name in item else None
