"""Notifications as they really come: what is read of them, and what is refused by its field."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.core.order_change import (
    ForeignNotification,
    MalformedNotificationError,
    OrderChange,
    parse_notification,
)
from tests.builders import ABSENT, order_change_body

EVENTS = Path(__file__).parents[1] / "events"


def parsed(**overrides: Any) -> OrderChange:
    change = parse_notification(order_change_body(**overrides))
    assert isinstance(change, OrderChange)
    return change


def test_a_shipped_order_with_its_promise_is_read() -> None:
    change = parsed()

    assert change.order_status == "Shipped"
    assert change.changed_at == datetime(2026, 3, 2, 10, 15, tzinfo=UTC)
    assert change.earliest_delivery_date == datetime(2026, 3, 5, 8, 0, tzinfo=UTC)


def test_nothing_private_is_kept() -> None:
    canary = "99950-CANARY"

    change = parsed(destination_postal_code=canary)

    assert canary not in repr(change)


def test_amazons_own_example_is_read() -> None:
    change = parse_notification((EVENTS / "order_change_example_from_amazon.json").read_text())

    assert isinstance(change, OrderChange)
    assert change.order_change_type == "BuyerRequestedChange"
    assert change.is_delivered


def test_a_notification_of_another_type_is_foreign() -> None:
    body = (EVENTS / "account_status_changed.json").read_text()

    assert parse_notification(body) == ForeignNotification(
        notification_type="ACCOUNT_STATUS_CHANGED"
    )


def test_top_level_keys_are_read_in_any_case() -> None:
    document = json.loads(order_change_body())
    in_camel_case = {key[0].lower() + key[1:]: value for key, value in document.items()}

    assert parse_notification(json.dumps(in_camel_case)) == parsed()


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-03-05T08:00:00Z", datetime(2026, 3, 5, 8, tzinfo=UTC)),
        ("2026-03-05T08:00:00.5Z", datetime(2026, 3, 5, 8, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-03-05T08:00:00.123456789Z", datetime(2026, 3, 5, 8, 0, 0, 123_000, tzinfo=UTC)),
        ("2026-03-05T01:00:00-07:00", datetime(2026, 3, 5, 8, tzinfo=UTC)),
        ("2026-03-05T08:00:00", datetime(2026, 3, 5, 8, tzinfo=UTC)),
        ("2026-03-05", datetime(2026, 3, 5, tzinfo=UTC)),
    ],
)
def test_times_are_read_with_and_without_fractions_and_offsets(
    text: str, instant: datetime
) -> None:
    assert parsed(earliest_delivery_date=text).earliest_delivery_date == instant


@pytest.mark.parametrize("nothing", [None, "", ABSENT])
def test_missing_null_and_empty_dates_are_alike(nothing: object) -> None:
    change = parsed(earliest_delivery_date=nothing, latest_delivery_date=nothing)

    assert change.earliest_delivery_date is None
    assert change.latest_delivery_date is None


def test_without_a_time_of_the_change_the_event_time_stands_for_it() -> None:
    change = parsed(time_of_order_change=None, event_time="2026-03-02T11:00:00Z")

    assert change.changed_at == datetime(2026, 3, 2, 11, tzinfo=UTC)


def test_unknown_values_are_read_as_they_are() -> None:
    body = (EVENTS / "order_change_shipped_unknown_values.json").read_text()

    assert isinstance(parse_notification(body), OrderChange)
    assert parsed(order_status="UpComing").order_status == "UpComing"


def test_what_an_order_can_do_without_refuses_nothing() -> None:
    change = parsed(
        easy_ship_shipment_status="Out For Delivery",
        order_programs="Business",
        application_id="an id with spaces",
    )

    assert not change.is_delivered
    assert not change.is_replacement
    assert change.application_id is None


def test_the_skus_of_the_items_are_read_once_each_and_in_order() -> None:
    items = [{"seller_sku": sku, "quantity": 1} for sku in ("PLATE", "MUG Ø 9", "PLATE")]

    assert parsed(order_items=items).skus == ("MUG Ø 9", "PLATE")


@pytest.mark.parametrize(
    "items",
    [
        ABSENT,
        None,
        "MUG",
        [],
        [{"quantity": 1}],
        [
            {"seller_sku": 7},
            {"seller_sku": ""},
            {"seller_sku": "\ud800"},
            {"seller_sku": "x" * 101},
        ],
    ],
)
def test_items_without_a_sku_that_could_be_excluded_refuse_nothing(items: object) -> None:
    assert parsed(order_items=items).skus == ()


@pytest.mark.parametrize(
    ("overrides", "field"),
    [
        ({"amazon_order_id": ABSENT}, "AmazonOrderId"),
        ({"amazon_order_id": "../../orders"}, "AmazonOrderId"),
        ({"amazon_order_id": "٩٠٣-5550101-0000001"}, "AmazonOrderId"),
        ({"seller_id": "A1#eu"}, "SellerId"),
        ({"seller_id": "A" * 41}, "SellerId"),
        ({"marketplace_id": 7}, "MarketplaceId"),
        ({"subscription_id": ""}, "SubscriptionId"),
        ({"latest_delivery_date": "soon"}, "LatestDeliveryDate"),
        ({"latest_delivery_date": "0001-01-01T00:00:00+10:00"}, "LatestDeliveryDate"),
        ({"latest_delivery_date": 1772700000}, "LatestDeliveryDate"),
        ({"order_status": None}, "OrderStatus"),
        ({"order_status": "Shipped\n"}, "OrderStatus"),
    ],
)
def test_a_malformed_field_is_named_and_its_value_is_not_quoted(
    overrides: dict[str, Any], field: str
) -> None:
    with pytest.raises(MalformedNotificationError) as refused:
        parse_notification(order_change_body(**overrides))

    assert refused.value.field == field
    value = next(iter(overrides.values()))
    assert not isinstance(value, str) or not value or value not in str(refused.value)


@pytest.mark.parametrize(
    "body", ["", "{", "null", "[]", '"text"', "[" * 100_000, "1" * 10_000, "{}", '{"Payload":1}']
)
def test_what_is_not_a_notification_is_malformed(body: str) -> None:
    with pytest.raises(MalformedNotificationError):
        parse_notification(body)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda children: (
        st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=12), children, max_size=4)
    ),
    max_leaves=12,
)
PATHS = [
    ("NotificationType",),
    ("EventTime",),
    ("Payload",),
    ("Payload", "OrderChangeNotification"),
    ("Payload", "OrderChangeNotification", "SellerId"),
    ("Payload", "OrderChangeNotification", "OrderChangeTrigger"),
    ("Payload", "OrderChangeNotification", "OrderChangeTrigger", "TimeOfOrderChange"),
    ("Payload", "OrderChangeNotification", "Summary"),
    ("Payload", "OrderChangeNotification", "Summary", "OrderPrograms"),
    ("Payload", "OrderChangeNotification", "Summary", "EasyShipShipmentStatus"),
    ("Payload", "OrderChangeNotification", "Summary", "LatestDeliveryDate"),
    ("Payload", "OrderChangeNotification", "Summary", "OrderItems"),
    ("NotificationMetadata",),
]


def read_or_refused(body: str) -> object:
    """What was read, or the field that was refused; any other exception fails the test."""
    try:
        return parse_notification(body)
    except MalformedNotificationError as refused:
        return refused.field


@given(path=st.sampled_from(PATHS), value=JSON_VALUES)
def test_any_value_in_any_field_is_read_or_refused_by_name(
    path: tuple[str, ...], value: Any
) -> None:
    document = json.loads(order_change_body())
    parent = document
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value

    assert read_or_refused(json.dumps(document))


@given(body=st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_any_text_at_all_is_refused_by_name(body: str) -> None:
    with pytest.raises(MalformedNotificationError):
        parse_notification(body)
