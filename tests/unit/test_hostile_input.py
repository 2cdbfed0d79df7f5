"""Twenty thousand bodies that nobody should send: each is read, or refused by name."""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.aws.items import from_attributes, solicitation_from, solicitation_item, to_attributes
from lambdas.core.marketplaces import Region
from lambdas.core.news import Record, on_order_change
from lambdas.core.order_change import (
    ForeignNotification,
    MalformedNotificationError,
    OrderChange,
    parse_notification,
)
from lambdas.core.policy import Policy
from lambdas.core.sending_hours import SendingHours
from lambdas.core.solicitation import Status
from tests.records import NO_SETTINGS, SHIPPED_AT, WINDOW, solicitation

BODIES = [path.read_bytes() for path in sorted(Path("tests/events").glob("*.json"))]
CANARY = "D0Q 5U0"
NOW = SHIPPED_AT + timedelta(hours=1)

KNOWN = [
    None,
    solicitation(),
    solicitation(status=Status.HELD, reason="reversed_delivery_dates"),
    solicitation(status=Status.EXPIRED),
    solicitation(status=Status.SENT),
    solicitation(status=Status.SKIPPED, reason="excluded_sku: MUG", skus=("MUG",)),
    solicitation(status=Status.SENDING, claim="claim-1", claim_until=NOW, posts_open=1),
    solicitation(status=Status.SENDING, claim_until=WINDOW.closes_at, claim="c", posts_open=1),
]
POLICY = Policy(sending_hours=SendingHours(first=9, until=21, zone=ZoneInfo("America/Chicago")))

TOKENS = [
    b"null", b"true", b"-0", b"1e999", b"NaN", b"-Infinity", b"0" * 40, b"9" * 5000, b'""',
    b'"\\ud800"', b'"\\udc00\\ud800"', b"\\u0000", b"\x00", b"\x1b[31m", b"\r\n", b"\xef\xbb\xbf",
    b"\xff\xfe", b"\xed\xa0\x80", b"[" * 50, b"{" * 50, b'{"a":' * 30, b"}", b"]", b",", b":",
    b'"SellerId":"A1",', b'"AmazonOrderId":[],', b'"Payload":{},', b'"payload":null,',
    "\N{RIGHT-TO-LEFT OVERRIDE}".encode(), "\N{FULLWIDTH DIGIT ONE}".encode(),
    b"0001-01-01T00:00:00Z", b"9999-12-31T23:59:59.999999-23:59", b"+14:00", b"2026-02-30",
    b"2026-W10-1", b"24:00", b"20260302T101500,5Z", b"T", b"Z", b"-", b".123456789",
]  # fmt: skip

VALUES: list[Any] = [
    None, True, 0, -1, 10**30, 1.5e308, float("nan"), "", " ", "\x00", "\ud800", "a" * 100_000,
    [], {}, [[[]]], {"": None}, {"SellerId": "A1"}, "Shipped", "Canceled", "SELLER", "A1#na",
    "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999Z",
    "9999-12-31T23:59:59-14:00", "2026-03-05", "2026-03-05T08:00:00.123456Z", "2026-13-45T99:99Z",
    "2026-03-05T08:00:00+00:00:00.000001", "1969-12-31T23:59:59Z", "2026-06-30T23:59:60Z",
    "903-5550101-0000001\n", "903-5550101-\N{ARABIC-INDIC DIGIT ONE}000000", "../../orders",
]  # fmt: skip


def mangled(dice: random.Random) -> str:
    """A real body after one to six accidents to its bytes."""
    body = bytearray(dice.choice(BODIES))
    for _ in range(dice.randint(1, 6)):
        at = dice.randrange(len(body) + 1)
        upto = min(len(body), at + dice.choice([1, 1, 2, 8, 64, 512]))
        match dice.randrange(7):
            case 0:
                body[at:upto] = dice.randbytes(upto - at)
            case 1:
                del body[at:upto]
            case 2:
                body[at:at] = dice.choice(TOKENS)
            case 3:
                body[at:upto] = dice.choice(TOKENS)
            case 4:
                body[at:at] = body[at:upto] * dice.randint(1, 4)
            case 5:
                other = dice.choice(BODIES)
                body[at:] = other[min(at, len(other)) :]
            case 6 if body:
                body[min(at, len(body) - 1)] ^= 1 << dice.randrange(8)
    return body.decode(errors="replace")


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container in a document with every key or index in it."""
    keys = value.keys() if isinstance(value, dict) else range(len(value))
    for key in list(keys):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from places(value[key])


def rewritten(dice: random.Random) -> str:
    """A real body, sound as JSON, with one to four of its values gone, changed or doubled."""
    document = json.loads(dice.choice([body for body in BODIES if body.endswith(b"}\n")]))
    doubled = ""
    for _ in range(dice.randint(1, 4)):
        found = list(places(document))
        if not found:
            break
        place, key = dice.choice(found)
        match dice.randrange(5):
            case 0:
                del place[key]
            case 1 if isinstance(place, dict):
                place[dice.choice([key.lower(), key.upper(), key + " ", "\ud800"])] = place[key]
            case 2 if isinstance(place, dict):
                doubled = f"{json.dumps(key)}:{json.dumps(dice.choice(VALUES))},"
            case _:
                place[key] = dice.choice(VALUES)
    return json.dumps(document).replace("{", "{" + doubled, 1 if doubled else 0)


def outcome(body: str) -> str:
    """What becomes of a body, which must be one of these words; and no refusal quotes it."""
    try:
        change = parse_notification(body)
    except MalformedNotificationError as error:
        refusal = str(error)
    else:
        return " ".join(sorted(all_told(change)))
    assert CANARY not in refusal
    assert len(refusal) < 200
    return "malformed"


def all_told(change: OrderChange | ForeignNotification) -> set[str]:
    if not isinstance(change, OrderChange):
        return {"foreign"}
    return {told(change, number) for number in range(len(KNOWN))}


def told(change: OrderChange, number: int) -> str:
    known = KNOWN[number]
    decision = on_order_change(
        known, change, region=Region.NA, sent_at=NOW, now=NOW, policy=POLICY, settings=NO_SETTINGS
    )
    if not isinstance(decision, Record):
        return f"ignored: {decision.reason}"
    order = decision.solicitation
    assert CANARY not in repr(order)
    read = solicitation_from(from_attributes(to_attributes(solicitation_item(order))))
    assert read == replace(order, expires_at=order.expires_at.replace(microsecond=0))
    if known is None:
        repeat = on_order_change(
            read,
            change,
            region=Region.NA,
            sent_at=NOW,
            now=NOW,
            policy=POLICY,
            settings=NO_SETTINGS,
        )
        assert not isinstance(repeat, Record)
    if order.is_open:
        assert order.due_at <= order.window.closes_at
    return order.status


@pytest.mark.parametrize(
    ("hostile", "number"), [(mangled, 14_000), (rewritten, 8_000)], ids=["bytes", "values"]
)
def test_a_mutated_notification_is_read_or_refused(
    hostile: Callable[[random.Random], str], number: int
) -> None:
    dice = random.Random(5)

    seen = Counter(outcome(hostile(dice)) for _ in range(number))

    assert seen["malformed"] > number / 20
    assert number - seen["malformed"] > number / 20
    assert len(seen) > 8


@pytest.mark.parametrize(
    "body",
    [
        "[" * 1_000_000,
        '{"Payload":' * 90_000,
        '{"NotificationType":"ORDER_CHANGE","Payload":' + "[" * 90_000 + "]" * 90_000 + "}",
        '{"a":' * 100_000 + "1" + "}" * 100_000,
        '{"NotificationType":"' + "A" * 1_000_000 + '"}',
        '{"NotificationType":' + "9" * 1_000_000 + "}",
        '{"NotificationType":"ORDER_CHANGE","Payload":{"OrderChangeNotification":{"SellerId":"'
        + "A" * 1_000_000
        + '"}}}',
        "{" + ",".join(f'"{n}":0' for n in range(90_000)) + "}",
        "\x00" * 1_000_000,
        " " * 1_000_000,
        "",
    ],
    ids=range(11),
)
def test_a_megabyte_of_rubbish_is_refused(body: str) -> None:
    with pytest.raises(MalformedNotificationError):
        parse_notification(body)


FIELDS = st.sampled_from(
    ["NotificationType", "Payload", "OrderChangeNotification", "Summary", "NotificationMetadata",
     "SellerId", "AmazonOrderId", "EventTime", "OrderStatus", "OrderPrograms"]
)  # fmt: skip
RUBBISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes().map(str),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(FIELDS | st.text(), inner),
    max_leaves=20,
)


@settings(max_examples=200, deadline=None)
@given(document=RUBBISH, type_first=st.booleans())
def test_any_json_is_read_or_refused(document: Any, type_first: bool) -> None:
    if type_first and isinstance(document, dict):
        document["NotificationType"] = "ORDER_CHANGE"

    assert outcome(json.dumps(document))


@settings(max_examples=400, deadline=None)
@given(body=st.text())
def test_any_text_is_read_or_refused(body: str) -> None:
    assert outcome(body)


TIMES = st.datetimes(timezones=st.just(UTC))


@settings(max_examples=600, deadline=None)
@given(
    changed_at=TIMES,
    earliest=st.none() | TIMES,
    latest=st.none() | TIMES,
    number=st.integers(0, len(KNOWN) - 1),
    delivered=st.booleans(),
)
def test_any_dates_are_recorded_as_they_will_be_read(
    changed_at: datetime,
    earliest: datetime | None,
    latest: datetime | None,
    number: int,
    delivered: bool,
) -> None:
    document = json.loads(Path("tests/events/order_change_shipped_mfn.json").read_bytes())
    news = document["Payload"]["OrderChangeNotification"]
    news["OrderChangeTrigger"]["TimeOfOrderChange"] = changed_at.isoformat()
    news["Summary"]["EarliestDeliveryDate"] = earliest and earliest.isoformat()
    news["Summary"]["LatestDeliveryDate"] = latest and latest.isoformat()
    change = parse_notification(json.dumps(document))
    assert isinstance(change, OrderChange)

    assert told(replace(change, is_delivered=delivered), number)
