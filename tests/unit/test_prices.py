"""The bill: every unit has a price, and what a volume uses grows with it."""

from dataclasses import replace

import pytest

from ops.prices import PRICES, Standing, Unit, Volume, bill, uses_of

NOTHING = Standing(sellers=0, secrets=0, keys=0, metrics=0, alarms=0, dashboards=0)
A_THOUSAND = Volume(orders_new=1000, checks=2500, solicitations=950)


def test_every_unit_has_a_price() -> None:
    assert set(PRICES) == set(Unit)


def test_twice_the_orders_are_twice_the_price() -> None:
    twice = Volume(orders_new=2000, checks=5000, solicitations=1900)

    assert bill(twice, NOTHING).for_orders == pytest.approx(
        2 * bill(A_THOUSAND, NOTHING).for_orders
    )


def test_a_thousand_orders_cost_some_ten_cents() -> None:
    assert 0.05 < bill(A_THOUSAND, NOTHING).for_orders < 0.20


def test_what_stands_is_charged_without_orders() -> None:
    standing = Standing(sellers=1, secrets=2, keys=1, metrics=10, alarms=10, dashboards=2)
    none = Volume(orders_new=0, checks=0, solicitations=0)

    charged = bill(none, standing)

    assert charged.for_orders == 0
    assert charged.standing[Unit.DASHBOARDS] == 6.0
    assert 11 < charged.for_standing < 14
    # Of these only the secrets, the key and what polling exceeds are left.
    assert 1.8 < charged.after_allowances < 2


def test_a_provisioned_table_is_paid_by_its_units_and_not_by_the_request() -> None:
    table = replace(NOTHING, write_units=25, read_units=25)

    one_by_one, provisioned = bill(A_THOUSAND, NOTHING), bill(A_THOUSAND, table)

    assert Unit.WRITES in one_by_one.orders
    assert Unit.WRITES not in provisioned.orders
    assert provisioned.for_orders < one_by_one.for_orders
    assert provisioned.standing[Unit.WRITE_UNIT_HOURS] == pytest.approx(11.7)
    assert provisioned.after_allowances < one_by_one.after_allowances


def test_the_sweeper_and_idle_polling_are_within_a_dollar() -> None:
    none = Volume(orders_new=0, checks=0, solicitations=0)

    assert 0 < bill(none, NOTHING).for_standing < 1


def test_a_check_is_a_run_of_the_sender() -> None:
    assert uses_of(Volume(orders_new=0, checks=10, solicitations=0))[Unit.RUNS] == 10
