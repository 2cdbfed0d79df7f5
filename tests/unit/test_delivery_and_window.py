"""Which delivery dates are believed, and the window that follows."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from lambdas.core.delivery import (
    DeliveryNews,
    EstimateSource,
    Promise,
    delivery_news,
    estimate_delivery,
)
from lambdas.core.window import solicitation_window
from tests.records import EARLIEST, LATEST, POLICY, SHIPPED_AT, order_change

DAY = timedelta(days=1)
INSTANTS = st.integers(0, 40).map(lambda days: SHIPPED_AT + days * DAY)
PROMISES = st.builds(Promise, news_at=INSTANTS, earliest=INSTANTS, latest=INSTANTS)
NEWS = st.builds(
    DeliveryNews,
    shipped_at=INSTANTS,
    promise=st.none() | PROMISES,
    delivered_at=st.none() | INSTANTS,
)


def estimate_of(**overrides: object) -> tuple[datetime, datetime, EstimateSource]:
    news = delivery_news(order_change(**overrides), news_at=SHIPPED_AT)
    estimate = estimate_delivery(news, now=SHIPPED_AT, policy=POLICY)
    return estimate.earliest, estimate.latest, estimate.source


def test_the_promise_is_believed() -> None:
    assert estimate_of() == (EARLIEST, LATEST, EstimateSource.PROMISE)


def test_without_dates_the_shipping_time_stands_in() -> None:
    estimate = estimate_of(earliest_delivery_date=None, latest_delivery_date=None)

    assert estimate == (SHIPPED_AT + 3 * DAY, SHIPPED_AT + 15 * DAY, EstimateSource.SHIPPED)


def test_without_dates_the_window_is_from_day_8_to_day_45_after_shipping() -> None:
    news = DeliveryNews(shipped_at=SHIPPED_AT)

    window = solicitation_window(estimate_delivery(news, now=SHIPPED_AT, policy=POLICY))

    assert window.opens_at == SHIPPED_AT + 8 * DAY
    assert window.closes_at == SHIPPED_AT + 45 * DAY


def test_one_date_stands_for_both() -> None:
    assert estimate_of(earliest_delivery_date=None)[:2] == (LATEST, LATEST)
    assert estimate_of(latest_delivery_date=None)[:2] == (EARLIEST, EARLIEST)


def test_a_reported_delivery_only_narrows() -> None:
    late = Promise(news_at=SHIPPED_AT, earliest=EARLIEST, latest=LATEST)
    early = DeliveryNews(shipped_at=SHIPPED_AT, promise=late, delivered_at=EARLIEST - DAY)
    between = DeliveryNews(shipped_at=SHIPPED_AT, promise=late, delivered_at=EARLIEST + DAY)

    assert estimate_delivery(early, now=LATEST, policy=POLICY).earliest == EARLIEST
    assert estimate_delivery(between, now=LATEST, policy=POLICY).earliest == EARLIEST + DAY
    assert estimate_delivery(between, now=LATEST, policy=POLICY).latest == LATEST


def test_dates_that_cannot_be_believed_leave_the_shipping_time() -> None:
    assert estimate_of(earliest_delivery_date=LATEST, latest_delivery_date=EARLIEST)[2] == "shipped"
    far = SHIPPED_AT + 181 * DAY
    assert estimate_of(latest_delivery_date=far)[2] == "shipped"
    assert estimate_of(latest_delivery_date=far - DAY)[2] == "promise"
    assert estimate_of(latest_delivery_date=datetime.max.replace(tzinfo=far.tzinfo))[2] == "shipped"


@given(first=NEWS, second=NEWS, third=NEWS)
def test_facts_merge_alike_in_any_order_and_any_number(
    first: DeliveryNews, second: DeliveryNews, third: DeliveryNews
) -> None:
    once = first.merge(second).merge(third)

    assert third.merge(first).merge(second) == once
    assert second.merge(third.merge(first)) == once
    assert once.merge(second).merge(once) == once


@given(news=NEWS)
def test_the_window_is_the_one_amazon_describes(news: DeliveryNews) -> None:
    estimate = estimate_delivery(news, now=SHIPPED_AT, policy=POLICY)

    window = solicitation_window(estimate)

    assert window.opens_at - estimate.earliest == 5 * DAY
    assert window.closes_at - estimate.latest == 30 * DAY


@given(news=NEWS, seconds=st.integers(-100, 60 * 86400))
def test_a_call_is_allowed_from_the_opening_to_a_minute_before_the_close(
    news: DeliveryNews, seconds: int
) -> None:
    window = solicitation_window(estimate_delivery(news, now=SHIPPED_AT, policy=POLICY))
    now = window.opens_at + timedelta(seconds=seconds)

    assert window.allows_call(now) == (
        window.opens_at <= now < window.closes_at - timedelta(seconds=60)
    )
