"""Amazon's marketplaces and the SP-API region that serves each of them."""

from enum import StrEnum


class Region(StrEnum):
    """A selling region of SP-API; each has its own endpoint, tokens and subscriptions."""

    NA = "na"
    EU = "eu"
    FE = "fe"


# https://developer-docs.amazon.com/sp-api/docs/marketplace-ids
# The time zones are our own choice: where a country has several, one that keeps the hours
# bearable for all of its large cities.
_MARKETPLACES = {
    "A2EUQ1WTGCTBG2": ("CA", Region.NA, "America/Toronto"),
    "ATVPDKIKX0DER": ("US", Region.NA, "America/Chicago"),
    "A1AM78C64UM0Y8": ("MX", Region.NA, "America/Mexico_City"),
    "A2Q3Y263D00KWC": ("BR", Region.NA, "America/Sao_Paulo"),
    "A28R8C7NBKEWEA": ("IE", Region.EU, "Europe/Dublin"),
    "A1RKKUPIHCS9HS": ("ES", Region.EU, "Europe/Madrid"),
    "A1F83G8C2ARO7P": ("UK", Region.EU, "Europe/London"),
    "A13V1IB3VIYZZH": ("FR", Region.EU, "Europe/Paris"),
    "AMEN7PMS3EDWL": ("BE", Region.EU, "Europe/Brussels"),
    "A1805IZSGTT6HS": ("NL", Region.EU, "Europe/Amsterdam"),
    "A1PA6795UKMFR9": ("DE", Region.EU, "Europe/Berlin"),
    "APJ6JRA9NG5V4": ("IT", Region.EU, "Europe/Rome"),
    "A2NODRKZP88ZB9": ("SE", Region.EU, "Europe/Stockholm"),
    "AE08WJ6YKNBMC": ("ZA", Region.EU, "Africa/Johannesburg"),
    "A1C3SOZRARQ6R3": ("PL", Region.EU, "Europe/Warsaw"),
    "ARBP9OOSHTCHU": ("EG", Region.EU, "Africa/Cairo"),
    "A33AVAJ2PDY3EV": ("TR", Region.EU, "Europe/Istanbul"),
    "A17E79C6D8DWNP": ("SA", Region.EU, "Asia/Riyadh"),
    "A2VIGQ35RCS4UG": ("AE", Region.EU, "Asia/Dubai"),
    "A21TJRUUN4KGV": ("IN", Region.EU, "Asia/Kolkata"),
    "A19VAU5U5O7RUS": ("SG", Region.FE, "Asia/Singapore"),
    "A39IBJ37TRP1C6": ("AU", Region.FE, "Australia/Sydney"),
    "A1VC38T7YXB528": ("JP", Region.FE, "Asia/Tokyo"),
}


def region_of(marketplace_id: str) -> Region | None:
    """The region that serves this marketplace, or None for an id Amazon has not published."""
    known = _MARKETPLACES.get(marketplace_id)
    return known[1] if known else None


def zone_of(marketplace_id: str) -> str | None:
    """The IANA time zone by whose clock its buyers are asked, or None for an unknown id."""
    known = _MARKETPLACES.get(marketplace_id)
    return known[2] if known else None


def country_of(marketplace_id: str) -> str:
    """Amazon's country code for this marketplace, or the id itself when it is unknown."""
    known = _MARKETPLACES.get(marketplace_id)
    return known[0] if known else marketplace_id


def marketplace_in(country: str) -> str | None:
    """The marketplace of this country code, or None where Amazon has none."""
    found = (each for each, known in _MARKETPLACES.items() if known[0] == country)
    return next(found, None)
