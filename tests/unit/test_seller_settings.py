"""Exclusions: any item is enough, the reason names it, and nothing is excluded by default."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.core.seller_settings import (
    SKUS_KEPT,
    Exclusion,
    SellerSettings,
    SettingsEntryError,
    checked_entries,
    kept_skus,
)

US = "ATVPDKIKX0DER"
SKUS = st.lists(st.sampled_from([f"SKU-{number}" for number in range(300)]))


def test_nothing_is_excluded_by_default() -> None:
    assert SellerSettings().why_excluded(US, "AFN", ["MUG"]) is None


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (SellerSettings(excluded_marketplaces=frozenset({US})), f"excluded_marketplace: {US}"),
        (
            SellerSettings(excluded_fulfillment_types=frozenset({"AFN"})),
            "excluded_fulfillment_type: AFN",
        ),
        (SellerSettings(excluded_skus=frozenset({"PLATE", "MUG"})), "excluded_sku: MUG"),
    ],
)
def test_an_order_is_left_out_for_any_one_of_these(settings: SellerSettings, reason: str) -> None:
    assert settings.why_excluded(US, "AFN", ["SPOON", "PLATE", "MUG"]) == reason


def test_a_sku_excludes_itself_only() -> None:
    settings = SellerSettings(excluded_skus=frozenset({"MUG"}))

    assert settings.why_excluded(US, "MFN", ["MUG-BLUE", "mug", "MU"]) is None


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (Exclusion.MARKETPLACE, "US"),
        (Exclusion.FULFILLMENT_TYPE, "FBA"),
        (Exclusion.SKU, ""),
        (Exclusion.SKU, "two\nlines"),
        (Exclusion.SKU, "\ud800"),
        (Exclusion.SKU, "x" * 101),
    ],
)
def test_an_entry_that_can_never_match_is_refused(kind: Exclusion, wrong: str) -> None:
    with pytest.raises(SettingsEntryError):
        checked_entries(kind, [wrong])


def test_entries_that_can_match_are_taken_once() -> None:
    assert checked_entries(Exclusion.MARKETPLACE, [US, US]) == {US}
    assert checked_entries(Exclusion.FULFILLMENT_TYPE, ["AFN", "MFN"]) == {"AFN", "MFN"}
    assert checked_entries(Exclusion.SKU, ["Tasse groß 1/2"]) == {"Tasse groß 1/2"}


@given(first=SKUS, second=SKUS)
def test_what_is_kept_of_the_skus_does_not_depend_on_their_order(
    first: list[str], second: list[str]
) -> None:
    kept = kept_skus([*first, *second])

    assert kept == kept_skus([*kept_skus(second), *kept_skus(first)])
    assert len(kept) <= SKUS_KEPT
    assert set(kept) <= {*first, *second}
