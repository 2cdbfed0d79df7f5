from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from lambdas.spapi.errors import UnavailableError
from lambdas.spapi.sellers import MarketplaceParticipation, Sellers
from tests.unit.spapi_support import Amazon, MovedClock, moved_clock

MARKETPLACE: dict[str, Any] = {
    "id": "ATVPDKIKX0DER",
    "name": "Amazon.com",
    "countryCode": "US",
    "defaultCurrencyCode": "USD",
    "defaultLanguageCode": "en_US",
    "domainName": "www.amazon.com",
}
PARTICIPATION: dict[str, Any] = {"isParticipating": True, "hasSuspendedListings": False}
ENTRY = {"marketplace": MARKETPLACE, "participation": PARTICIPATION, "storeName": "S"}


@pytest.fixture
def clock() -> Iterator[MovedClock]:
    with moved_clock() as clock:
        yield clock


def participations(payload: object) -> tuple[MarketplaceParticipation, ...]:
    amazon = Amazon(lambda _: httpx.Response(200, json={"payload": payload}))
    found = Sellers(amazon.client()).get_marketplace_participations()
    assert amazon.calls[0].url.raw_path == b"/sellers/v1/marketplaceParticipations"
    return found


def test_a_sellers_marketplaces_are_listed(clock: MovedClock) -> None:
    left = {**ENTRY, "participation": {**PARTICIPATION, "isParticipating": False}}

    assert participations([ENTRY, left]) == (
        MarketplaceParticipation(
            marketplace_id="ATVPDKIKX0DER", country_code="US", is_participating=True
        ),
        MarketplaceParticipation(
            marketplace_id="ATVPDKIKX0DER", country_code="US", is_participating=False
        ),
    )


def test_a_seller_may_take_part_in_none(clock: MovedClock) -> None:
    assert participations([]) == ()


@pytest.mark.parametrize(
    "payload",
    [
        None,
        {},
        "x",
        [None],
        [{}],
        [{**ENTRY, "marketplace": None}],
        [{**ENTRY, "marketplace": {"id": 1, "countryCode": "US"}}],
        [{**ENTRY, "participation": {"isParticipating": "yes"}}],
    ],
    ids=range(8),
)
def test_another_shape_is_no_answer(clock: MovedClock, payload: object) -> None:
    with pytest.raises(UnavailableError):
        participations(payload)
