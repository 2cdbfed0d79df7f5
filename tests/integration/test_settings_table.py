"""Sellers' settings in DynamoDB: entry by entry, beside the seller's record, up to its limit."""

import boto3
import pytest

from lambdas.aws.errors import SettingsFullError
from lambdas.aws.settings_table import SettingsTable
from lambdas.core.seller_settings import Exclusion, SellerSettings
from tests.integration.conftest import SELLER, US, World


@pytest.fixture
def table(world: World) -> SettingsTable:
    return world.environment.seller_settings


def test_a_seller_has_no_settings_until_one_is_set(table: SettingsTable) -> None:
    assert table.get(SELLER) == SellerSettings()
    assert table.exclude(SELLER, Exclusion.SKU, []) == SellerSettings()


def test_entries_are_added_and_taken_away_one_by_one(table: SettingsTable) -> None:
    table.exclude(SELLER, Exclusion.SKU, ["MUG", "PLATE"])
    table.exclude(SELLER, Exclusion.SKU, ["PLATE", "SPOON"])
    table.exclude(SELLER, Exclusion.MARKETPLACE, [US])
    after = table.include(SELLER, Exclusion.SKU, ["PLATE", "never there"])

    assert after == SellerSettings(
        excluded_marketplaces=frozenset({US}), excluded_skus=frozenset({"MUG", "SPOON"})
    )
    assert table.get(SELLER) == after
    table.include(SELLER, Exclusion.SKU, ["MUG", "SPOON"])
    assert table.include(SELLER, Exclusion.MARKETPLACE, [US]) == SellerSettings()


def test_thousands_of_skus_fit_and_do_not_lie_on_the_record_read_before_each_claim(
    world: World, table: SettingsTable
) -> None:
    skus = [f"SKU-{number:036}" for number in range(9_000)]

    table.exclude(SELLER, Exclusion.SKU, skus)

    assert len(table.get(SELLER).excluded_skus) == 9_000
    key = {"seller_id": {"S": SELLER}, "amazon_order_id": {"S": "SELLER"}}
    item = boto3.client("dynamodb").get_item(TableName="orders", Key=key)["Item"]
    assert "SKU-" not in str(item)


def test_more_than_one_item_can_hold_is_refused_by_name(table: SettingsTable) -> None:
    # moto weighs an item only when it gets a new attribute, and not when a set of it grows.
    table.exclude(SELLER, Exclusion.SKU, [f"SKU-{number:036}" for number in range(11_000)])

    with pytest.raises(
        SettingsFullError, match=rf"excluded_marketplaces of seller {SELLER} .* 400"
    ):
        table.exclude(SELLER, Exclusion.MARKETPLACE, [US])


def test_a_marketplace_is_paused_and_resumed_on_the_sellers_record(world: World) -> None:
    world.sellers.pause_marketplace(SELLER, US)
    world.sellers.pause_marketplace(SELLER, US)
    paused = world.sellers.get(SELLER)
    world.sellers.resume_marketplace(SELLER, US)
    resumed = world.sellers.get(SELLER)

    assert paused
    assert paused.paused_marketplaces == {US}
    assert resumed
    assert resumed.paused_marketplaces == frozenset()
