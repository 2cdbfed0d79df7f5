from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lambdas.core.marketplaces import Region
from lambdas.spapi.orders import OrdersPage, PastOrder
from ops.backfill.place import Place, Span
from ops.backfill.reading import BURST, INTERVAL, Pace

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SPAN = Span.of("A1DAYFIVENA001", Region.NA, days=30, now=NOW)
Order = tuple[int, ...]


def past_order(days_ago: float) -> PastOrder:
    placed = NOW - days_ago * DAY
    return PastOrder(
        amazon_order_id=f"903-5550101-{round(days_ago * 1000):07}",
        marketplace_id="ATVPDKIKX0DER",
        sold_on_amazon=True,
        fulfillment_status="SHIPPED",
        fulfilled_by="AMAZON",
        created_time=placed,
        last_updated_time=placed + DAY,
        ship_by=None,
        earliest_delivery_date=None,
        latest_delivery_date=placed + 3 * DAY,
        is_replacement=False,
        skus=("MUG-BLUE",),
    )


def page(*days_ago: float, token: str | None = "next", malformed: int = 0) -> OrdersPage:
    return OrdersPage(
        orders=tuple(past_order(each) for each in days_ago),
        malformed=("an order without an id: orderId is missing",) * malformed,
        next_token=token,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "place.jsonl"


def place_with(path: Path, *pages: OrdersPage, span: Span = SPAN) -> Place:
    place = Place(path=path, span=span)
    for number, each in enumerate(pages):
        place.add(each, at=NOW + number * INTERVAL)
    return place


def found(path: Path, *, span: Span = SPAN, after: timedelta = timedelta(hours=1)) -> Place:
    return Place.find(path, span, now=NOW + after)


def test_a_place_is_found_again_as_it_was(path: Path) -> None:
    left = place_with(path, page(9, 8, malformed=1), page(7, token=None))

    again = found(path, span=Span.of("A1DAYFIVENA001", Region.NA, days=30, now=NOW + DAY / 2))

    assert (again.orders, again.malformed, again.calls) == (left.orders, left.malformed, left.calls)
    assert (again.span, again.next_token) == (left.span, None)
    assert again.is_complete


@pytest.mark.parametrize(
    "span",
    [
        Span.of("A1DAYFIVENA001", Region.NA, days=31, now=NOW),
        Span.of("A1DAYFIVENA001", Region.EU, days=30, now=NOW),
        Span.of("A1DAYFIVENA002", Region.NA, days=30, now=NOW),
    ],
    ids=["days", "region", "seller"],
)
def test_a_place_of_another_question_is_not_used(path: Path, span: Span) -> None:
    place_with(path, page(9))

    assert found(path, span=span).calls == []


def test_a_place_is_good_for_a_day_and_never_from_the_future(path: Path) -> None:
    place_with(path, page(9))

    assert found(path, after=timedelta(hours=23.9)).calls
    assert not found(path, after=timedelta(hours=24)).calls
    assert not found(path, after=-timedelta(minutes=1)).calls


@pytest.mark.parametrize("text", ["", "{}", "null", "not json", '{"seller_id": 5}\n[]'])
def test_a_file_that_is_no_place_is_a_new_one(path: Path, text: str) -> None:
    path.write_text(text)

    assert found(path).calls == []


def test_a_torn_page_is_read_again_and_none_after_it_is_lost(path: Path) -> None:
    place_with(path, page(9), page(8))
    whole = path.read_text()
    path.write_text(whole[: -len(whole) // 4])

    torn = found(path)
    assert len(torn.calls) == 1
    torn.add(page(8), at=NOW + INTERVAL)
    torn.add(page(7, token=None), at=NOW + 2 * INTERVAL)

    assert len(found(path).orders) == 3
    assert found(path).is_complete


def test_an_order_that_comes_twice_counts_once(path: Path) -> None:
    assert len(place_with(path, page(9, 8), page(8, 7)).orders) == 3


@pytest.mark.parametrize(
    ("pages", "left"),
    [
        ([(30, 25), (25, 20)], 4),
        ([(0.1, 5), (5, 10)], 4),
        ([(30, 25)], None),
        ([(30, 20), (25, 15)], None),
        ([(9,), (9,)], None),
        ([], None),
    ],
    ids=["oldest first", "newest first", "one page", "in no order", "one moment", "none"],
)
def test_the_pages_left_are_guessed_only_from_an_order_in_time(
    path: Path, pages: list[tuple[float, ...]], left: int | None
) -> None:
    guess = place_with(path, *(page(*each) for each in pages)).pages_left()

    assert left == (round(guess) if guess is not None else None)


def test_the_plan_allows_a_burst_and_then_a_call_in_each_interval() -> None:
    pace = Pace([])
    for _ in range(BURST):
        assert pace.pause(NOW) == timedelta()
        pace.called(NOW)

    assert pace.pause(NOW) == INTERVAL
    assert pace.pause(NOW, calls=5) == 5 * INTERVAL
    assert pace.pause(NOW + INTERVAL) == timedelta()
    assert pace.pause(NOW + BURST * INTERVAL, calls=BURST) == timedelta()
    assert pace.pause(NOW + 10 * BURST * INTERVAL, calls=BURST + 2) == 2 * INTERVAL


def test_an_earlier_runs_calls_count() -> None:
    assert Pace([NOW] * BURST).pause(NOW) == INTERVAL
    assert Pace([NOW - DAY] * BURST).pause(NOW) == timedelta()


def test_after_a_refusal_the_next_interval_brings_one_call() -> None:
    pace = Pace([])
    pace.refused(NOW)

    assert pace.pause(NOW) == INTERVAL
    pace.called(NOW + INTERVAL)
    assert pace.pause(NOW + INTERVAL) == INTERVAL
