"""Sellers API v1: the marketplaces a seller takes part in, which shows that a token works.

The shapes are those of sellers.json in amzn/selling-partner-api-models.
"""

from dataclasses import dataclass

from lambdas.spapi.client import SpApiClient
from lambdas.spapi.operation import Operation, Reply

_GET_PARTICIPATIONS = Operation(
    name="getMarketplaceParticipations",
    method="GET",
    path="/sellers/v1/marketplaceParticipations",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketplaceParticipation:
    marketplace_id: str
    country_code: str
    is_participating: bool


class Sellers:
    """Rated at 0.016 calls a second with a burst of 15: for a person's command, not for a loop."""

    def __init__(self, client: SpApiClient) -> None:
        self._client = client

    def get_marketplace_participations(self) -> tuple[MarketplaceParticipation, ...]:
        reply = self._client.request(_GET_PARTICIPATIONS)
        listed = reply.payload.get("payload")
        if not isinstance(listed, list):
            raise reply.unreadable()
        return tuple(_participation(reply, entry) for entry in listed)


def _participation(reply: Reply, entry: object) -> MarketplaceParticipation:
    match entry:
        case {
            "marketplace": {"id": str(marketplace_id), "countryCode": str(country_code)},
            "participation": {"isParticipating": bool(is_participating)},
        }:
            return MarketplaceParticipation(
                marketplace_id=marketplace_id,
                country_code=country_code,
                is_participating=is_participating,
            )
        case _:
            raise reply.unreadable()
