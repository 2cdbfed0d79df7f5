"""Which of more due orders than the usage plan can take goes first."""

from datetime import timedelta

from lambdas.core.precedence import precedence
from tests.records import SHIPPED_AT

DAY = timedelta(days=1)


def key(days_left: float, likely: int | None) -> tuple[object, ...]:
    return precedence(closes_at=SHIPPED_AT + days_left * DAY, likely=likely, now=SHIPPED_AT)


def test_what_shuts_soon_goes_first_the_soonest_before_all() -> None:
    assert key(0.1, 1) < key(1, 99) < key(1.9, 100) < key(2.1, 100)


def test_the_rest_goes_by_how_likely_it_is_offered_and_then_by_its_shut() -> None:
    assert key(20, 90) < key(5, 60) < key(4, 59) < key(3, 10)
    assert key(5, 60) < key(6, 60)


def test_an_order_of_which_nothing_is_known_stands_in_the_middle() -> None:
    assert key(20, 60) < key(10, None) < key(11, None) < key(5, 40)
