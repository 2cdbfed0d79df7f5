"""`dayfive settings`: what a seller does not want asked about."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from lambdas.core.marketplaces import country_of
from lambdas.core.seller_settings import Exclusion, SellerSettings
from ops.commands.console import (
    DryRunOption,
    JsonOption,
    OneSellerOption,
    command_group,
    say,
    say_facts,
    say_json,
    waiting,
    warn_corrupt,
)
from ops.commands.given import given_fulfillment_type, given_marketplace
from ops.deployment import Deployment
from ops.exclusions import Concerned, change, changed, checked, concerned, read_skus
from ops.orders import all_sellers
from ops.wording import counted

app = command_group()

_SKUS_SHOWN = 20

Entries = dict[Exclusion, frozenset[str]]


_ExcludeMarketplaceOption = Annotated[
    list[str] | None,
    typer.Option(metavar="COUNTRY", help="Do not ask in this marketplace: US, or its id."),
]
_IncludeMarketplaceOption = Annotated[
    list[str] | None, typer.Option(metavar="COUNTRY", help="Ask there again.")
]
_ExcludeTypeOption = Annotated[
    list[str] | None,
    typer.Option(metavar="AFN|MFN", help="Do not ask about orders fulfilled so."),
]
_IncludeTypeOption = Annotated[
    list[str] | None, typer.Option(metavar="AFN|MFN", help="Ask about them again.")
]
_ExcludeSkuOption = Annotated[
    list[str] | None,
    typer.Option(metavar="SKU", help="Do not ask about orders with this SKU in them."),
]
_IncludeSkuOption = Annotated[
    list[str] | None, typer.Option(metavar="SKU", help="Ask about them again.")
]
_SkusFromOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Exclude this file's SKUs, one a line.")
]


@app.command(epilog="Example: dayfive settings --seller A3EXAMPLE00001 --exclude-sku MUG-BLUE")
def settings(
    seller: OneSellerOption = None,
    exclude_marketplace: _ExcludeMarketplaceOption = None,
    include_marketplace: _IncludeMarketplaceOption = None,
    exclude_type: _ExcludeTypeOption = None,
    include_type: _IncludeTypeOption = None,
    exclude_sku: _ExcludeSkuOption = None,
    include_sku: _IncludeSkuOption = None,
    skus_from: _SkusFromOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show what a seller leaves out, or change it.

    Nothing is left out unless it is set here. Every option may be given more than once.
    """
    skus = frozenset(exclude_sku or ()) | (read_skus(skus_from) if skus_from else frozenset())
    exclude = _entries(exclude_marketplace, exclude_type, skus)
    include = _entries(include_marketplace, include_type, frozenset(include_sku or ()))
    if (exclude or include) and seller is None:
        raise typer.BadParameter("say whose settings are to be changed: --seller SELLER_ID")
    checked(exclude, include)
    deployment, now = Deployment.find(), datetime.now(UTC)
    for each in all_sellers(deployment, only=seller, on_corrupt=warn_corrupt):
        before = deployment.seller_settings.get(each.seller_id)
        after = changed(before, exclude, include)
        if after != before and not dry_run:
            change(deployment, each.seller_id, exclude, include)
        with waiting("Counting orders ..."):
            touched = concerned(deployment, each.seller_id, after, now=now, on_corrupt=warn_corrupt)
        if as_json:
            say_json(_as_json(each.seller_id, after, touched))
        else:
            _show(each.seller_id, after, touched, what=_what(before, after, dry_run=dry_run))


def _entries(
    marketplaces: list[str] | None, types: list[str] | None, skus: frozenset[str]
) -> Entries:
    ids = (given_marketplace(each) for each in marketplaces or ())
    found = {
        Exclusion.MARKETPLACE: frozenset(each for each in ids if each),
        Exclusion.FULFILLMENT_TYPE: frozenset(map(given_fulfillment_type, types or ())),
        Exclusion.SKU: skus,
    }
    return {kind: entries for kind, entries in found.items() if entries}


def _what(before: SellerSettings, after: SellerSettings, *, dry_run: bool) -> str:
    if before == after:
        return ""
    return ", as they would be" if dry_run else ", changed"


def _show(seller_id: str, settings: SellerSettings, touched: Concerned, *, what: str) -> None:
    say(f"{seller_id}: settings{what}")
    marketplaces = sorted(map(country_of, settings.excluded_marketplaces))
    skus = sorted(settings.excluded_skus)
    more = f" and {len(skus) - _SKUS_SHOWN:,} more" if len(skus) > _SKUS_SHOWN else ""
    facts = [
        ("excluded marketplaces", ", ".join(marketplaces) or "none"),
        ("excluded fulfilment", ", ".join(sorted(settings.excluded_fulfillment_types)) or "none"),
        ("excluded SKUs", f"{', '.join(skus[:_SKUS_SHOWN])}{more}" if skus else "none"),
    ]
    if settings != SellerSettings() or what:
        facts.append(("takes effect", _effect(touched)))
    if touched.releasable:
        facts.append(
            (
                "could be released",
                f"{counted(touched.releasable, 'order')} that an earlier setting left out: dayfive"
                f" orders --state SKIPPED --reason excluded --seller {seller_id}, then dayfive"
                " release ORDER_ID",
            )
        )
    say_facts(facts, indent=2)


def _effect(touched: Concerned) -> str:
    skipped = counted(touched.waiting, "open order is", "open orders are")
    return (
        "within a minute for orders that come in; one that waits already is skipped when it falls"
        f" due. {skipped} concerned now"
    )


def _as_json(seller_id: str, settings: SellerSettings, touched: Concerned) -> dict[str, object]:
    return {
        "seller_id": seller_id,
        "excluded_marketplaces": settings.excluded_marketplaces,
        "excluded_fulfillment_types": settings.excluded_fulfillment_types,
        "excluded_skus": settings.excluded_skus,
        "open_orders_concerned": touched.waiting,
        "skipped_orders_that_could_be_released": touched.releasable,
    }
