"""One call as it arrives: what is asked, by whom, and for how manieth time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import httpx

from lambdas.core.marketplaces import Region
from ops.simulator.dice import identifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request that has been told apart, but neither authorised nor checked.

    `number` counts the calls of one operation about one order (or else one seller, or one
    application), so that chance does not depend on what others ask in between.
    """

    request: httpx.Request
    at: datetime
    region: Region | None
    operation: str
    ids: Mapping[str, str]
    seller_id: str | None
    client_id: str | None
    number: int

    @property
    def amazon_order_id(self) -> str | None:
        return self.ids.get("amazonOrderId")

    @property
    def subject(self) -> str:
        return subject(self.ids, self.seller_id, self.client_id)

    @property
    def marketplace_ids(self) -> list[str]:
        """The query's marketplaces, whether repeated or joined by commas."""
        values = self.request.url.params.get_list("marketplaceIds")
        return [part for value in values for part in value.split(",")]

    def request_id(self, seed: int) -> str:
        return identifier(seed, "request", self.operation, self.subject, self.number)


def subject(ids: Mapping[str, str], seller_id: str | None, client_id: str | None) -> str:
    """Whom or what a call is about, as far as it is known."""
    return ids.get("amazonOrderId") or seller_id or client_id or ""
