"""What a seller does not want asked about: mechanical rules, all off until the seller sets one."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from lambdas.core.marketplaces import region_of

FULFILLMENT_TYPES = ("AFN", "MFN")

# Amazon's own limit is 40 characters. Control characters and halves of a character cannot be
# stored, or would not look alike everywhere.
SKU = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{1,100}")

# By far the most orders have one or two; a record is to stay small even where one has hundreds.
SKUS_KEPT = 100


# How the reason of every excluded order begins.
EXCLUDED = "excluded_"


class Exclusion(StrEnum):
    """What may be excluded; the values are the words of a record's reason."""

    MARKETPLACE = "excluded_marketplace"
    FULFILLMENT_TYPE = "excluded_fulfillment_type"
    SKU = "excluded_sku"


class SettingsEntryError(ValueError):
    """An entry that can never match an order; the text says what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SellerSettings:
    """A seller's exclusions. An order is left out if its marketplace, its fulfilment type or
    any one of its items' SKUs is among them."""

    excluded_marketplaces: frozenset[str] = frozenset()
    excluded_fulfillment_types: frozenset[str] = frozenset()
    excluded_skus: frozenset[str] = frozenset()

    def why_excluded(
        self, marketplace_id: str, fulfillment_type: str, skus: Collection[str]
    ) -> str | None:
        """The reason, which names what is excluded, or None. The same for any order of SKUs."""
        if marketplace_id in self.excluded_marketplaces:
            return f"{Exclusion.MARKETPLACE}: {marketplace_id}"
        if fulfillment_type in self.excluded_fulfillment_types:
            return f"{Exclusion.FULFILLMENT_TYPE}: {fulfillment_type}"
        excluded = self.excluded_skus.intersection(skus)
        return f"{Exclusion.SKU}: {min(excluded)}" if excluded else None


def checked_entries(kind: Exclusion, entries: Iterable[str]) -> frozenset[str]:
    """The entries as they are compared. Raises SettingsEntryError, naming the first wrong one."""
    found = frozenset(entries)
    for entry in sorted(found):
        match kind:
            case Exclusion.MARKETPLACE if region_of(entry) is None:
                raise SettingsEntryError(f"{entry!r} is not the id of one of Amazon's marketplaces")
            case Exclusion.FULFILLMENT_TYPE if entry not in FULFILLMENT_TYPES:
                raise SettingsEntryError(f"{entry!r} is neither of {', '.join(FULFILLMENT_TYPES)}")
            case Exclusion.SKU if not SKU.fullmatch(entry):
                raise SettingsEntryError(f"{entry!r} is not a SKU: 1 to 100 characters of one line")
    return found


def kept_skus(skus: Iterable[str]) -> tuple[str, ...]:
    """What a record keeps of an order's SKUs: which ones does not depend on their order."""
    return tuple(sorted(set(skus))[:SKUS_KEPT])
