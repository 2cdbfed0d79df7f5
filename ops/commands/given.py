"""Reads what a seller types: an order's id, a marketplace, a time."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from lambdas.core.marketplaces import marketplace_in, region_of
from lambdas.core.order_change import AMAZON_ORDER_ID
from lambdas.core.seller_settings import FULFILLMENT_TYPES
from lambdas.core.solicitation import Status


def given_state(text: str) -> Status:
    """A state, in whatever case. Raises BadParameter."""
    try:
        return Status(text.upper())
    except ValueError:
        raise typer.BadParameter(f"must be one of {', '.join(Status)}") from None


StatesOption = Annotated[
    list[Status] | None,
    typer.Option(
        "--state",
        metavar="STATE",
        help="Only this state; may be given more than once.",
        parser=given_state,
    ),
]
OrderIdArgument = Annotated[
    str, typer.Argument(metavar="ORDER_ID", help="Amazon's order id, as 903-5550101-0000001.")
]
OrderIdsArgument = Annotated[
    list[str],
    typer.Argument(metavar="ORDER_ID", help="Amazon's order ids, as 903-5550101-0000001."),
]


OneMarketplaceOption = Annotated[
    str | None, typer.Option(metavar="COUNTRY", help="Only this marketplace: US, or its id.")
]
OneSkuOption = Annotated[str | None, typer.Option(metavar="SKU", help="Only with this SKU.")]

_SELLERS_WORDS = {"FBA": "AFN", "FBM": "MFN"}


def checked_order_id(text: str) -> str:
    """The id as it was given. Raises BadParameter if it cannot be one."""
    if not AMAZON_ORDER_ID.fullmatch(text):
        raise typer.BadParameter(f"{text} is not an order id: it looks like 903-5550101-0000001")
    return text


def given_marketplace(text: str | None) -> str | None:
    """A marketplace's id from its country code or its id. Raises BadParameter."""
    if text is None or region_of(text):
        return text
    country = text.upper()
    found = marketplace_in("UK" if country == "GB" else country)
    if found is None:
        raise typer.BadParameter(
            f"Amazon has no marketplace {text}: it is a country's two letters, such"
            " as US, or a marketplace id"
        )
    return found


def given_fulfillment_type(text: str) -> str:
    """Amazon's word, also from the sellers' own (FBA, FBM). Raises BadParameter."""
    word = _SELLERS_WORDS.get(text.upper(), text.upper())
    if word not in FULFILLMENT_TYPES:
        raise typer.BadParameter(
            f"{text} is no fulfilment type: it is AFN (by Amazon, FBA) or MFN (by the seller, FBM)"
        )
    return word


def given_time(text: str | None, option: str) -> datetime | None:
    """A day or a time, in UTC unless it says otherwise. Raises BadParameter."""
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{option}: {text} is not a time: write 2026-04-01 or 2026-04-01T09:00"
        ) from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
