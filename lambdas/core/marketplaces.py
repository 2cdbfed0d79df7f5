"""Amazon's marketplaces and the SP-API region that serves each of them."""

from enum import StrEnum


class Region(StrEnum):
    """A selling region of SP-API; each has its own endpoint, tokens and subscriptions."""

    NA = "na"
    EU = "eu"
    FE = "fe"


# https://developer-docs.amazon.com/sp-api/docs/marketplace-ids
_MARKETPLACES = {
    "A2EUQ1WTGCTBG2": ("CA", Region.NA),
    "ATVPDKIKX0DER": ("US", Region.NA),
    "A1AM78C64UM0Y8": ("MX", Region.NA),
    "A2Q3Y263D00KWC": ("BR", Region.NA),
    "A28R8C7NBKEWEA": ("IE", Region.EU),
    "A1RKKUPIHCS9HS": ("ES", Region.EU),
    "A1F83G8C2ARO7P": ("UK", Region.EU),
    "A13V1IB3VIYZZH": ("FR", Region.EU),
    "AMEN7PMS3EDWL": ("BE", Region.EU),
    "A1805IZSGTT6HS": ("NL", Region.EU),
    "A1PA6795UKMFR9": ("DE", Region.EU),
    "APJ6JRA9NG5V4": ("IT", Region.EU),
    "A2NODRKZP88ZB9": ("SE", Region.EU),
    "AE08WJ6YKNBMC": ("ZA", Region.EU),
    "A1C3SOZRARQ6R3": ("PL", Region.EU),
    "ARBP9OOSHTCHU": ("EG", Region.EU),
    "A33AVAJ2PDY3EV": ("TR", Region.EU),
    "A17E79C6D8DWNP": ("SA", Region.EU),
    "A2VIGQ35RCS4UG": ("AE", Region.EU),
    "A21TJRUUN4KGV": ("IN", Region.EU),
    "A19VAU5U5O7RUS": ("SG", Region.FE),
    "A39IBJ37TRP1C6": ("AU", Region.FE),
    "A1VC38T7YXB528": ("JP", Region.FE),
}


def region_of(marketplace_id: str) -> Region | None:
    """The region that serves this marketplace, or None for an id Amazon has not published."""
    known = _MARKETPLACES.get(marketplace_id)
    return known[1] if known else None


def country_of(marketplace_id: str) -> str:
    """Amazon's country code for this marketplace, or the id itself when it is unknown."""
    known = _MARKETPLACES.get(marketplace_id)
    return known[0] if known else marketplace_id


def marketplace_in(country: str) -> str | None:
    """The marketplace of this country code, or None where Amazon has none."""
    found = (each for each, known in _MARKETPLACES.items() if known[0] == country)
    return next(found, None)
