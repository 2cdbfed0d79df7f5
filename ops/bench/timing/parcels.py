"""Orders as the timing benchmark sees them: what Amazon says, and what only it knows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from lambdas.core.delivery import DeliveryNews, Promise, estimate_delivery
from lambdas.core.marketplaces import Region
from lambdas.core.policy import Policy
from lambdas.core.solicitation import Solicitation, Status
from lambdas.core.window import LAST_CALL_BEFORE_CLOSE, SolicitationWindow, solicitation_window

START = datetime(2026, 3, 2, tzinfo=UTC)
POLICY = Policy()
_DAY = timedelta(days=1)
_ELIGIBLE_AFTER = timedelta(days=5)
_ELIGIBLE_UNTIL = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """One order's way, in days after it shipped; never delivered means never eligible."""

    delivered: float | None
    promised: tuple[float, float] | None = None
    fulfillment_type: str = "AFN"


Draw = Callable[[Random, float], Journey]
"""A journey by chance; the number is the day on which the order ships."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One order of a population; `regime` numbers the truth that holds when it ships."""

    number: int
    regime: int
    shipped_at: datetime
    news: DeliveryNews
    window: SolicitationWindow
    fulfillment_type: str
    eligible_from: datetime | None
    eligible_until: datetime | None

    @property
    def amazon_order_id(self) -> str:
        return f"900-0000000-{self.number:07}"

    @property
    def askable(self) -> tuple[datetime, datetime] | None:
        """From when to when it could be asked about, inside both its windows, or None."""
        if self.eligible_from is None or self.eligible_until is None:
            return None
        start = max(self.eligible_from, self.window.opens_at)
        end = min(self.eligible_until, self.window.closes_at - LAST_CALL_BEFORE_CLOSE)
        return (start, end) if start <= end else None

    def record(self) -> Solicitation:
        """The order as the intake puts it on record."""
        return Solicitation(
            seller_id="A1DAYFIVENA001",
            amazon_order_id=self.amazon_order_id,
            marketplace_id="ATVPDKIKX0DER",
            region=Region.NA,
            fulfillment_type=self.fulfillment_type,
            status=Status.WAITING,
            reason="shipped",
            window=self.window,
            due_at=self.window.opens_at,
            expires_at=self.window.closes_at,
            news=self.news,
        )


def parcels(
    regimes: Sequence[Draw], *, orders: int, a_day: float, seed: int, first: int = 0
) -> list[Parcel]:
    """So many orders, shipped evenly over the days; each regime has an equal part of the time."""
    days = orders / a_day
    found = []
    for number in range(first, first + orders):
        luck = Random(f"{seed}/{number}")
        day = (number - first + luck.random()) / a_day
        regime = min(int(day / days * len(regimes)), len(regimes) - 1)
        found.append(_parcel(number, regime, day, regimes[regime](luck, day)))
    return found


def _parcel(number: int, regime: int, day: float, journey: Journey) -> Parcel:
    shipped_at = START + day * _DAY
    promise = None
    if journey.promised:
        # Whole days, as Amazon promises them: from a midnight to the last second of a day.
        midnight = shipped_at.replace(hour=8, minute=0, second=0, microsecond=0)
        earliest, latest = journey.promised
        promise = Promise(
            news_at=shipped_at,
            earliest=midnight + round(earliest) * _DAY,
            latest=midnight + (round(latest) + 1) * _DAY - timedelta(seconds=1),
        )
    news = DeliveryNews(shipped_at=shipped_at, promise=promise)
    delivered_at = None if journey.delivered is None else shipped_at + journey.delivered * _DAY
    return Parcel(
        number=number,
        regime=regime,
        shipped_at=shipped_at,
        news=news,
        window=solicitation_window(estimate_delivery(news, now=shipped_at, policy=POLICY)),
        fulfillment_type=journey.fulfillment_type,
        eligible_from=delivered_at and delivered_at + _ELIGIBLE_AFTER,
        eligible_until=delivered_at and delivered_at + _ELIGIBLE_UNTIL,
    )
