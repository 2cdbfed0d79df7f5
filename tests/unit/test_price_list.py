"""Where each price is from, and what of a month's uses is charged after AWS's allowances."""

import re

import pytest

from ops.prices import ALWAYS_FREE, PRICE_LIST, PRICES, Unit, charged


@pytest.mark.parametrize("unit", Unit)
def test_a_price_names_its_page_and_its_month(unit: Unit) -> None:
    price = PRICE_LIST[unit]

    assert price.dollars > 0
    assert "ricing" in price.page
    assert re.fullmatch(r"20\d\d-\d\d", price.as_of)
    assert PRICES[unit] == price.dollars


def test_an_allowance_names_its_page_and_its_month_and_no_unit_has_two() -> None:
    units = [unit for allowance in ALWAYS_FREE for unit in allowance.units]

    assert len(units) == len(set(units))
    for allowance in ALWAYS_FREE:
        assert "ricing" in allowance.page
        assert re.fullmatch(r"20\d\d-\d\d", allowance.as_of)


def test_what_is_within_an_allowance_is_not_charged() -> None:
    left = charged({Unit.RUNS: 900_000, Unit.WRITES: 100, Unit.LOGGED_GB: 7})

    assert left == {Unit.RUNS: 0, Unit.WRITES: 100, Unit.LOGGED_GB: 2}


def test_both_kinds_of_queues_share_one_allowance_and_the_cheaper_takes_it_first() -> None:
    left = charged({Unit.REQUESTS: 800_000, Unit.FIFO_REQUESTS: 800_000})

    assert left == {Unit.REQUESTS: 0, Unit.FIFO_REQUESTS: 600_000}
