"""The Sellers API: the marketplaces that a seller takes part in."""

from collections.abc import Mapping
from typing import Any

from lambdas.core.marketplaces import Region, country_of
from ops.simulator.answers import Answer, success
from ops.simulator.calls import Call

# Where a seller of each region sells, unless it is said otherwise.
_USUAL_MARKETPLACES: Mapping[Region, tuple[str, ...]] = {
    Region.NA: ("ATVPDKIKX0DER", "A2EUQ1WTGCTBG2", "A1AM78C64UM0Y8"),
    Region.EU: (
        "A1PA6795UKMFR9",
        "A1F83G8C2ARO7P",
        "A13V1IB3VIYZZH",
        "APJ6JRA9NG5V4",
        "A1RKKUPIHCS9HS",
    ),
    Region.FE: ("A1VC38T7YXB528", "A39IBJ37TRP1C6", "A19VAU5U5O7RUS"),
}

# Domain, currency and language by country (https://developer-docs.amazon.com/sp-api/docs/marketplace-ids).
_SITES = {
    "US": ("amazon.com", "USD", "en_US"),
    "CA": ("amazon.ca", "CAD", "en_CA"),
    "MX": ("amazon.com.mx", "MXN", "es_MX"),
    "DE": ("amazon.de", "EUR", "de_DE"),
    "UK": ("amazon.co.uk", "GBP", "en_GB"),
    "FR": ("amazon.fr", "EUR", "fr_FR"),
    "IT": ("amazon.it", "EUR", "it_IT"),
    "ES": ("amazon.es", "EUR", "es_ES"),
    "JP": ("amazon.co.jp", "JPY", "ja_JP"),
    "AU": ("amazon.com.au", "AUD", "en_AU"),
    "SG": ("amazon.sg", "SGD", "en_SG"),
}


def get_marketplace_participations(call: Call) -> Answer:
    marketplaces = _USUAL_MARKETPLACES[call.region] if call.region else ()
    return success({"payload": [_participation(m) for m in marketplaces]})


def _participation(marketplace_id: str) -> dict[str, Any]:
    country = country_of(marketplace_id)
    domain, currency, language = _SITES[country]
    return {
        "marketplace": {
            "id": marketplace_id,
            "name": domain.capitalize(),
            "countryCode": "GB" if country == "UK" else country,
            "defaultCurrencyCode": currency,
            "defaultLanguageCode": language,
            "domainName": f"www.{domain}",
        },
        "storeName": "DayFive test store",
        "participation": {"isParticipating": True, "hasSuspendedListings": False},
    }
