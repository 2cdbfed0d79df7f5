"""`dayfive settings`: what a seller leaves out, when that takes effect, and whom it concerns."""

import json
from pathlib import Path

from lambdas.core.seller_settings import Exclusion
from lambdas.core.solicitation import Status
from tests.integration.conftest import SELLER, US, Run
from tests.integration.operator.conftest import Shop


def test_nothing_is_left_out_at_first(shop: Shop, dayfive: Run) -> None:
    assert dayfive("settings")[1] == (
        f"{SELLER}: settings\n"
        "  excluded marketplaces  none\n"
        "  excluded fulfilment    none\n"
        "  excluded SKUs          none\n"
    )


def test_what_is_excluded_says_when_it_takes_effect_and_whom_it_concerns(
    shop: Shop, dayfive: Run
) -> None:
    shop.put(1, skus=("MUG",))
    shop.put(2, skus=("LAMP",))

    status, printed, _ = dayfive("settings", "--seller", SELLER, "--exclude-sku", "MUG")

    assert status == 0
    assert " ".join(printed.split()) == (
        f"{SELLER}: settings, changed excluded marketplaces none excluded fulfilment none excluded"
        " SKUs MUG takes effect within a minute for orders that come in; one that waits already is"
        " skipped when it falls due. 1 open order is concerned now"
    )
    assert shop.deployment.seller_settings.get(SELLER).excluded_skus == {"MUG"}


def test_every_kind_is_excluded_and_included_again(shop: Shop, dayfive: Run) -> None:
    change = ("settings", "--seller", SELLER, "--json")

    excluded = json.loads(
        dayfive(*change, "--exclude-marketplace", "us", "--exclude-type", "afn")[1]
    )
    assert excluded["excluded_marketplaces"] == [US]
    assert excluded["excluded_fulfillment_types"] == ["AFN"]

    included = json.loads(dayfive(*change, "--include-marketplace", US, "--include-type", "AFN")[1])
    assert included["excluded_marketplaces"] == included["excluded_fulfillment_types"] == []


def test_orders_that_an_earlier_setting_left_out_could_be_released(
    shop: Shop, dayfive: Run
) -> None:
    shop.put(1, status=Status.SKIPPED, reason="excluded_sku: MUG", skus=("MUG",))
    shop.deployment.seller_settings.exclude(SELLER, Exclusion.SKU, ["MUG"])

    printed = dayfive("settings", "--seller", SELLER, "--include-sku", "MUG")[1]

    assert "could be released 1 order that an earlier setting" in " ".join(printed.split())


def test_skus_come_from_a_file(shop: Shop, dayfive: Run, tmp_path: Path) -> None:
    file = tmp_path / "skus.txt"
    file.write_text("".join(f"SKU-{number:03}\n\n" for number in range(30)))

    printed = dayfive("settings", "--seller", SELLER, "--skus-from", str(file))[1]

    assert "SKU-019 and 10 more" in " ".join(printed.split())
    assert len(shop.deployment.seller_settings.get(SELLER).excluded_skus) == 30


def test_a_fulfilment_type_may_be_named_as_sellers_do(shop: Shop, dayfive: Run) -> None:
    dayfive("settings", "--seller", SELLER, "--exclude-type", "fba")

    assert shop.deployment.seller_settings.get(SELLER).excluded_fulfillment_types == {"AFN"}


def test_a_dry_run_changes_nothing(shop: Shop, dayfive: Run) -> None:
    printed = dayfive("settings", "--seller", SELLER, "--exclude-sku", "MUG", "--dry-run")[1]

    assert printed.startswith(f"{SELLER}: settings, as they would be\n")
    assert not shop.deployment.seller_settings.get(SELLER).excluded_skus


def test_what_cannot_be_set_is_one_line(shop: Shop, dayfive: Run, tmp_path: Path) -> None:
    empty = tmp_path / "empty.txt"
    empty.write_text("\n")
    change = ("settings", "--seller", SELLER)

    errors = [
        dayfive("settings", "--exclude-sku", "MUG")[2],
        dayfive(*change, "--exclude-type", "PRIME")[2],
        dayfive(*change, "--exclude-marketplace", "XX")[2],
        dayfive(*change, "--exclude-sku", "MUG", "--include-sku", "MUG")[2],
        dayfive(*change, "--skus-from", str(empty))[2],
    ]

    assert errors == [
        "dayfive: say whose settings are to be changed: --seller SELLER_ID; see: dayfive settings"
        " --help\n",
        "dayfive: PRIME is no fulfilment type: it is AFN (by Amazon, FBA) or MFN (by the seller,"
        " FBM); see: dayfive settings --help\n",
        "dayfive: Amazon has no marketplace XX: it is a country's two letters, such as US, or a"
        " marketplace id; see: dayfive settings --help\n",
        "dayfive: MUG cannot be excluded and included at once\n",
        f"dayfive: {empty} has no SKU: it takes one a line\n",
    ]
