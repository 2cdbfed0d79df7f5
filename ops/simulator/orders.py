"""Orders as Amazon knows them: when each was delivered, and so when it may be solicited."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ops.simulator.errors import NOT_AVAILABLE, ErrorText

_OPENS_AFTER_DELIVERY = timedelta(days=5)
_CLOSES_AFTER_DELIVERY = timedelta(days=30)


class Listing(StrEnum):
    """What the actions list shows while the order's window is open."""

    OFFERED = "offered"
    DISABLED = "disabled"
    OTHER_ACTIONS = "other_actions"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """What the Orders API tells of an order beside its fate; windows are earliest and latest."""

    at: datetime
    fulfilled_by: str = "AMAZON"
    ship_by: tuple[datetime, datetime] | None = None
    deliver_by: tuple[datetime, datetime] | None = None
    replaces: str | None = None
    skus: tuple[str, ...] = ()
    on_amazon: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedOrder:
    """One order, with what happens to it in the past and in the future.

    `solicited_at` is a solicitation from elsewhere (the button in Seller Central), `flapping`
    the share of checks that show no action although it is there, and `second_answer` the
    text that answers a second solicitation: Amazon has used two. Without a `purchase` the
    Orders API does not list it.
    """

    amazon_order_id: str
    seller_id: str
    marketplace_id: str
    shipped_at: datetime | None
    delivered_at: datetime | None = None
    canceled_at: datetime | None = None
    solicited_at: datetime | None = None
    flapping: float = 0.0
    second_answer: ErrorText = NOT_AVAILABLE
    listing: Listing = Listing.OFFERED
    purchase: Purchase | None = None

    @property
    def eligible_from(self) -> datetime | None:
        """The first moment at which Amazon would take a solicitation, or None if never."""
        window = self._window()
        return window[0] if window and self.listing is Listing.OFFERED else None

    @property
    def eligible_until(self) -> datetime | None:
        """The last moment at which Amazon would take a solicitation, or None if never."""
        window = self._window()
        return window[1] if window and self.listing is Listing.OFFERED else None

    def is_open(self, at: datetime) -> bool:
        """Whether this moment lies in the order's window, whatever the list shows then."""
        window = self._window()
        return window is not None and window[0] <= at <= window[1]

    def is_shipped(self, at: datetime) -> bool:
        canceled = self.canceled_at is not None and self.canceled_at <= at
        return self.shipped_at is not None and self.shipped_at <= at and not canceled

    def is_solicited(self, at: datetime) -> bool:
        return self.solicited_at is not None and self.solicited_at <= at

    def _window(self) -> tuple[datetime, datetime] | None:
        if self.shipped_at is None or self.delivered_at is None:
            return None
        opens = max(self.shipped_at, self.delivered_at + _OPENS_AFTER_DELIVERY)
        ends = [end - datetime.resolution for end in (self.canceled_at, self.solicited_at) if end]
        closes = min([self.delivered_at + _CLOSES_AFTER_DELIVERY, *ends])
        return (opens, closes) if opens <= closes else None
