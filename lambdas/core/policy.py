"""The timing choices a seller makes, apart from the rules that Amazon makes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from lambdas.core.experience import Experience
from lambdas.core.marketplaces import zone_of
from lambdas.core.sending_hours import SendingHours

DEFAULT = "default"
CHECKS_PER_DAY = 0.4

Choice = TypeVar("Choice")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What holds for one order.

    `delay` is how long after delivery to check first, at least five days (Amazon's own
    minimum). `transit_earliest` and `transit_latest` are counted from the shipping time and
    stand in for delivery dates where Amazon gives none, as for every order fulfilled by
    Amazon. Without `sending_hours` any hour will do. `checks_per_day` is how many checks it
    is worth to ask a buyer a day sooner. `experience` is what earlier orders have shown, by
    the basis of their windows (lambdas.core.basis).
    """

    delay: timedelta = timedelta(days=5)
    transit_earliest: timedelta = timedelta(days=3)
    transit_latest: timedelta = timedelta(days=15)
    sending_hours: SendingHours | None = None
    checks_per_day: float = CHECKS_PER_DAY
    experience: Mapping[str, Experience] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """The choices by `marketplace/fulfilment type`, marketplace, fulfilment type or "default".

    `hours` are the first and the last of the sending hours, or None for any.
    """

    delays: tuple[tuple[str, timedelta], ...]
    transits: tuple[tuple[str, tuple[timedelta, timedelta]], ...]
    hours: tuple[int, int] | None = None
    checks_per_day: float = CHECKS_PER_DAY

    def of(
        self,
        marketplace_id: str,
        fulfillment_type: str,
        experience: Mapping[str, Experience] | None = None,
    ) -> Policy:
        """What holds for an order of this marketplace and fulfilment type."""
        earliest, latest = _most_specific(self.transits, marketplace_id, fulfillment_type)
        zone = zone_of(marketplace_id)
        return Policy(
            delay=_most_specific(self.delays, marketplace_id, fulfillment_type),
            transit_earliest=earliest,
            transit_latest=latest,
            sending_hours=_sending_hours(self.hours, zone) if self.hours and zone else None,
            checks_per_day=self.checks_per_day,
            experience=experience or {},
        )


def _sending_hours(hours: tuple[int, int], zone: str) -> SendingHours:
    # Few sellers set hours, and this import reads how Python was built, which takes a while.
    from zoneinfo import ZoneInfo

    return SendingHours(first=hours[0], until=hours[1], zone=ZoneInfo(zone))


def _most_specific(
    choices: tuple[tuple[str, Choice], ...], marketplace_id: str, fulfillment_type: str
) -> Choice:
    both = f"{marketplace_id}/{fulfillment_type}"
    found = dict(choices)
    keys = (both, marketplace_id, fulfillment_type, DEFAULT)
    return next(found[key] for key in keys if key in found)
