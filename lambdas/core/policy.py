"""The two timing choices a seller makes, apart from the rules that Amazon makes."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How long after delivery to check first, and how long parcels without a promise travel.

    `delay` is at least five days (Amazon's own minimum). `transit_earliest` and
    `transit_latest` are counted from the shipping time and stand in for delivery dates
    where Amazon gives none, as for every order fulfilled by Amazon.
    """

    delay: timedelta = timedelta(days=5)
    transit_earliest: timedelta = timedelta(days=3)
    transit_latest: timedelta = timedelta(days=15)
