"""The record of every call, on which the promises are judged."""

from dataclasses import dataclass
from datetime import datetime

from lambdas.core.marketplaces import Region


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One call as Amazon saw it.

    `status` is None when the caller got no answer, whether or not the call took effect.
    `offered` says what a check of the actions showed, `accepted` that a solicitation went out
    to the buyer, `refusal` which error text was answered, `fault` which faults struck.
    """

    at: datetime
    region: Region | None
    operation: str
    seller_id: str | None
    client_id: str | None
    amazon_order_id: str | None
    status: int | None
    request_id: str
    offered: bool | None
    accepted: bool
    refusal: str | None
    throttled: bool
    faults: tuple[str, ...]

    @property
    def dropped(self) -> bool:
        return self.status is None
