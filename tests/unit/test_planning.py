"""When an order is checked next: by the ladder, by what was learned, or early on purpose."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.core.basis import Basis, basis_of
from lambdas.core.delivery import DeliveryNews, Promise
from lambdas.core.eligibility import Step
from lambdas.core.experience import Experience
from lambdas.core.planning import (
    EARLY_ON_PURPOSE,
    PlannedCheck,
    Why,
    lesson_of,
    plan_first_check,
    plan_next_check,
    put_off_by_plan,
)
from lambdas.core.policy import Policy
from lambdas.core.solicitation import NOT_OFFERED, OFFERED, Check, Solicitation
from lambdas.core.window import SolicitationWindow
from tests.records import EARLIEST, LATEST, SHIPPED_AT, WINDOW, solicitation
from tests.unit.test_eligibility import checked

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FBA = SolicitationWindow(opens_at=SHIPPED_AT + 8 * DAY, closes_at=SHIPPED_AT + 45 * DAY)
SHIPPED = DeliveryNews(shipped_at=SHIPPED_AT)
LADDER = [0, 1, 3, 7, 14]
NINTH_DAY = Experience(recent=checked([8.6, 8.7, 8.8, 8.9, 9.0] * 40, [0, 1, 3, 7, 8, 8.5, 9]))
KNOWN = Policy(experience={Basis.SHIPPED: NINTH_DAY})


def order(number: int = 1, *, empty: tuple[float, ...] = (), **overrides: object) -> Solicitation:
    """An order of Amazon's own fulfilment, checked in vain on these days after the opening."""
    checks = tuple(Check(at=FBA.opens_at + day * DAY, answer=NOT_OFFERED) for day in empty)
    return solicitation(
        amazon_order_id=f"903-5550101-{number:07}",
        fulfillment_type="AFN",
        window=FBA,
        news=SHIPPED,
        checks=checks,
        **overrides,
    )


def first(number: int = 1, policy: Policy = KNOWN) -> PlannedCheck:
    return plan_first_check(order(number).amazon_order_id, SHIPPED, FBA, policy=policy)


def following(checked_order: Solicitation, policy: Policy = KNOWN) -> PlannedCheck | None:
    return plan_next_check(checked_order, now=checked_order.checks[-1].at, policy=policy)


def test_while_nothing_is_known_the_ladder_stays() -> None:
    assert first(policy=Policy()) == PlannedCheck(at=FBA.opens_at, why=Why.LADDER)
    after_one = following(order(empty=(0,)), Policy())
    assert after_one == PlannedCheck(at=FBA.opens_at + DAY, why=Why.LADDER)
    other_kind = Policy(experience={Basis.PROMISE_OF_5_DAYS: NINTH_DAY})
    assert first(policy=other_kind).why is Why.LADDER


def test_what_is_known_puts_the_first_check_where_most_are_eligible() -> None:
    planned = first()

    assert planned.why is Why.LEARNED
    assert 8.5 * DAY <= planned.at - FBA.opens_at <= 9.5 * DAY
    assert planned.likely is not None
    assert planned.likely > 60


def test_a_check_is_never_before_the_sellers_delay() -> None:
    late = replace(KNOWN, delay=17 * DAY)

    planned = first(policy=late)

    assert FBA.opens_at + 12 * DAY <= planned.at <= FBA.opens_at + 12.5 * DAY


def test_one_check_in_so_many_is_made_early_on_purpose_and_always_the_same_ones() -> None:
    planned = [first(number) for number in range(4000)]

    early = [check for check in planned if check.why is Why.EARLY]
    assert len(early) / len(planned) == pytest.approx(EARLY_ON_PURPOSE, abs=0.01)
    days = [(check.at - FBA.opens_at) / DAY for check in early]
    assert {0, 1, 3, 7} < set(days)  # steps of the ladder, and where orders become eligible
    assert sum(8 <= day < 9 for day in days) / len(days) == pytest.approx(0.5, abs=0.15)
    assert planned == [first(number) for number in range(4000)]


def test_an_order_of_which_ten_checks_are_kept_is_not_checked_early_for_ever() -> None:
    ten = [quarter / 4 for quarter in range(10)]
    numbers = range(2000)

    early = [
        {number for number in numbers if _is_early(order(number, empty=(*ten, last)[-10:]))}
        for last in (3, 5)
    ]

    assert all(early)
    assert len(early[0] & early[1]) < len(early[0]) / 4


def _is_early(checked_order: Solicitation) -> bool:
    planned = following(checked_order)
    return planned is not None and planned.why is Why.EARLY


def test_after_an_empty_check_the_next_follows_from_its_time() -> None:
    planned = following(order(empty=(3,)))

    assert planned is not None
    assert planned.why is Why.LEARNED
    assert 8.5 * DAY <= planned.at - FBA.opens_at <= 9.5 * DAY


def test_the_end_is_the_same_two_checks_whatever_is_known() -> None:
    for policy in (KNOWN, Policy()):
        for empty, hours in (((9, 35), 28), ((9, 37 - 28 / 24), 3)):
            planned = following(order(empty=empty), policy)
            assert planned is not None
            assert (planned.at, planned.why) == (FBA.closes_at - hours * HOUR, Why.LAST)
        assert following(order(empty=(37 - 3 / 24,)), policy) is None


def test_an_order_that_was_offered_before_keeps_to_the_ladder() -> None:
    offered = Check(at=FBA.opens_at, answer=OFFERED)
    once_offered = order(empty=(2,))
    once_offered = replace(once_offered, checks=(offered, *once_offered.checks))

    planned = following(once_offered)

    assert planned == PlannedCheck(at=FBA.opens_at + 3 * DAY, why=Why.LADDER)


@given(
    empty=st.lists(st.floats(0, 36.8), min_size=1, max_size=6, unique=True).map(sorted),
    number=st.integers(0, 500),
    delay=st.integers(5, 25),
)
def test_every_check_lies_inside_the_window_and_after_the_one_before(
    empty: list[float], number: int, delay: int
) -> None:
    policy = replace(KNOWN, delay=delay * DAY)
    checked_order = order(number, empty=tuple(empty))

    planned = following(checked_order, policy)

    if planned:
        assert planned.at > checked_order.checks[-1].at
        assert FBA.allows_call(planned.at)


def test_a_check_that_is_due_is_put_off_where_more_is_known_by_now() -> None:
    due = order(due_at=FBA.opens_at)

    planned = put_off_by_plan(due, now=FBA.opens_at, policy=KNOWN)

    assert planned == first()
    assert put_off_by_plan(due, now=FBA.opens_at, policy=Policy()) is None
    assert put_off_by_plan(due, now=FBA.opens_at + 9 * DAY, policy=KNOWN) is None


def test_neither_the_last_checks_nor_an_order_that_was_offered_are_put_off() -> None:
    for hours in (28, 27, 3, 2):
        now = FBA.closes_at - hours * HOUR
        assert put_off_by_plan(order(empty=(3,)), now=now, policy=KNOWN) is None
    opened = FBA.opens_at + HOUR
    for overrides in ({"would_send_at": FBA.opens_at}, {"posts_open": 1}):
        assert put_off_by_plan(order(**overrides), now=opened, policy=KNOWN) is None


def test_a_check_teaches_between_which_two_times_the_order_became_eligible() -> None:
    lesson = lesson_of(order(empty=(1, 3)), offered=True, now=FBA.opens_at + 7 * DAY)

    assert lesson is not None
    assert lesson.basis == Basis.SHIPPED
    assert lesson.offered
    assert lesson.step == (12, 28)  # quarters of a day


@given(
    days_to_earliest=st.integers(1, 40),
    span=st.integers(0, 30),
    number=st.integers(0, 500),
    checks_per_day=st.floats(0.01, 3),
)
def test_whoever_got_the_parcel_at_once_can_still_be_asked_at_the_first_check(
    days_to_earliest: int, span: int, number: int, checks_per_day: float
) -> None:
    earliest = SHIPPED_AT + days_to_earliest * DAY
    promise = Promise(news_at=SHIPPED_AT, earliest=earliest, latest=earliest + span * DAY)
    news = DeliveryNews(shipped_at=SHIPPED_AT, promise=promise)
    window = SolicitationWindow(opens_at=earliest + 5 * DAY, closes_at=promise.latest + 30 * DAY)
    policy = Policy(experience={basis_of(news, window): NINTH_DAY}, checks_per_day=checks_per_day)

    planned = plan_first_check(order(number).amazon_order_id, news, window, policy=policy)

    assert planned.at <= max(window.opens_at, SHIPPED_AT + 29 * DAY)


def test_what_parcels_of_one_promise_have_shown_holds_for_a_longer_one_by_its_own_last_day() -> (
    None
):
    counts: dict[Step, tuple[float, float]] = {}
    for day, offered in ((2.0, False), (3.0, True)):
        checked_order = replace(
            promised(3), checks=promised(3, empty=(2,)).checks if offered else ()
        )
        now = checked_order.window.opens_at + day * DAY
        lesson = lesson_of(checked_order, offered=offered, now=now)
        assert lesson is not None
        counts[lesson.step] = (300 * offered, 300 * (not offered))
    policy = Policy(experience={Basis.PROMISE_OF_5_DAYS: Experience(recent=counts)})

    longer = promised(5)
    planned = plan_first_check("903-5550101-0000001", longer.news, longer.window, policy=policy)

    assert planned.why is Why.LEARNED
    assert 4 * DAY <= planned.at - longer.window.opens_at <= 5.5 * DAY


def promised(span: int, *, empty: tuple[float, ...] = ()) -> Solicitation:
    """An order whose promise is of so many days."""
    promise = Promise(news_at=SHIPPED_AT, earliest=EARLIEST, latest=EARLIEST + span * DAY)
    window = SolicitationWindow(opens_at=EARLIEST + 5 * DAY, closes_at=EARLIEST + (span + 30) * DAY)
    return solicitation(
        news=DeliveryNews(shipped_at=SHIPPED_AT, promise=promise),
        window=window,
        checks=tuple(Check(at=window.opens_at + day * DAY, answer=NOT_OFFERED) for day in empty),
    )


def test_a_first_check_teaches_and_one_after_an_offer_does_not() -> None:
    assert lesson_of(order(), offered=False, now=FBA.opens_at).step == (-1, 0)  # type: ignore[union-attr] # it is there
    offered = replace(order(), checks=(Check(at=FBA.opens_at, answer=OFFERED),))
    assert lesson_of(offered, offered=True, now=FBA.opens_at + DAY) is None


@pytest.mark.parametrize(
    ("span", "basis"),
    [
        (timedelta(), Basis.PROMISE_OF_2_DAYS),
        (2 * DAY, Basis.PROMISE_OF_2_DAYS),
        (3 * DAY, Basis.PROMISE_OF_5_DAYS),
        (10 * DAY, Basis.PROMISE_OF_10_DAYS),
        (11 * DAY, Basis.LONGER_PROMISE),
    ],
)
def test_promises_are_told_apart_by_their_span(span: timedelta, basis: Basis) -> None:
    promise = Promise(news_at=SHIPPED_AT, earliest=EARLIEST, latest=EARLIEST + span)
    window = SolicitationWindow(opens_at=EARLIEST + 5 * DAY, closes_at=EARLIEST + span + 30 * DAY)

    assert basis_of(DeliveryNews(shipped_at=SHIPPED_AT, promise=promise), window) is basis


def test_a_window_that_follows_from_a_reported_delivery_has_a_basis_of_its_own() -> None:
    promise = Promise(news_at=SHIPPED_AT, earliest=EARLIEST, latest=LATEST)
    delivered: datetime = EARLIEST + DAY
    news = DeliveryNews(shipped_at=SHIPPED_AT, promise=promise, delivered_at=delivered)

    assert basis_of(news, replace(WINDOW, opens_at=delivered + 5 * DAY)) is Basis.DELIVERED
    assert basis_of(None, WINDOW) is Basis.SHIPPED
