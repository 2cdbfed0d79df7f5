"""`dayfive settings`: what a seller leaves out, and which orders that concerns."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from lambdas.aws.errors import SettingsFullError
from lambdas.core.seller_settings import (
    EXCLUDED,
    Exclusion,
    SellerSettings,
    SettingsEntryError,
    checked_entries,
)
from lambdas.core.solicitation import Solicitation, Status
from ops.deployment import Deployment
from ops.errors import OperatorError
from ops.orders import OnCorrupt, all_orders

Entries = Mapping[Exclusion, frozenset[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Concerned:
    """Orders of a seller that its settings touch: `waiting` will be skipped when they fall due,
    `releasable` were skipped by an exclusion that is no more, and their windows are open."""

    waiting: int
    releasable: int


def read_skus(path: Path) -> frozenset[str]:
    """The SKUs of a file, one a line; empty lines do not count. Raises OperatorError."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise OperatorError(f"{path} is not UTF-8 text") from None
    except OSError as error:
        raise OperatorError(f"{path} cannot be read: {error.strerror}") from None
    found = frozenset(line.strip() for line in text.splitlines() if line.strip())
    if not found:
        raise OperatorError(f"{path} has no SKU: it takes one a line")
    return found


def checked(exclude: Entries, include: Entries) -> None:
    """Raises OperatorError for what could never match, or is to be both."""
    for kind, entries in exclude.items():
        try:
            checked_entries(kind, entries)
        except SettingsEntryError as error:
            raise OperatorError(str(error)) from None
        if both := sorted(entries & include.get(kind, frozenset())):
            raise OperatorError(f"{both[0]} cannot be excluded and included at once")


def changed(settings: SellerSettings, exclude: Entries, include: Entries) -> SellerSettings:
    """What the settings would be."""

    def after(kind: Exclusion, known: frozenset[str]) -> frozenset[str]:
        return (known | exclude.get(kind, frozenset())) - include.get(kind, frozenset())

    return SellerSettings(
        excluded_marketplaces=after(Exclusion.MARKETPLACE, settings.excluded_marketplaces),
        excluded_fulfillment_types=after(
            Exclusion.FULFILLMENT_TYPE, settings.excluded_fulfillment_types
        ),
        excluded_skus=after(Exclusion.SKU, settings.excluded_skus),
    )


def change(deployment: Deployment, seller_id: str, exclude: Entries, include: Entries) -> None:
    """Write it, kind by kind. Raises OperatorError where it does not fit."""
    table = deployment.seller_settings
    try:
        for kind, entries in exclude.items():
            table.exclude(seller_id, kind, entries)
    except SettingsFullError as error:
        raise OperatorError(str(error)) from None
    for kind, entries in include.items():
        table.include(seller_id, kind, entries)


def concerned(
    deployment: Deployment,
    seller_id: str,
    settings: SellerSettings,
    *,
    now: datetime,
    on_corrupt: OnCorrupt,
) -> Concerned:
    """How many of the seller's orders these settings touch."""
    waiting = releasable = 0
    for order in all_orders(deployment, seller_id, on_corrupt=on_corrupt):
        if order.is_open:
            waiting += _is_excluded(order, settings)
        elif order.status is Status.SKIPPED and order.reason.startswith(EXCLUDED):
            releasable += not _is_excluded(order, settings) and not order.window.has_shut(now)
    return Concerned(waiting=waiting, releasable=releasable)


def _is_excluded(order: Solicitation, settings: SellerSettings) -> bool:
    excluded = settings.why_excluded(order.marketplace_id, order.fulfillment_type, order.skus)
    return excluded is not None
