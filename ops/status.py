"""How each seller stands in each region: its orders by state, what is due, what holds it up."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from typing import Any

from lambdas.aws.items import from_text
from lambdas.core.marketplaces import Region, country_of
from lambdas.core.seller import RegionState, Seller
from lambdas.core.solicitation import OPEN, Status
from lambdas.sweeper import OVERDUE_AFTER
from ops.deployment import Deployment
from ops.orders import OnCorrupt, all_items, all_sellers

THIS_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One seller in one region. What is due today is so by midnight UTC, this week in seven days;
    overdue is what nobody has looked at ten minutes after its time."""

    seller_id: str
    region: str | None
    live: bool
    paused: bool
    paused_marketplaces: tuple[str, ...]
    connecting: bool
    blocked_until: datetime | None
    blocked_reason: str | None
    slowed_until: datetime | None
    orders: int
    by_state: dict[str, int]
    overdue: int
    due_today: int
    due_this_week: int
    shutting_this_week: int
    last_notification_at: datetime | None
    is_silent: bool

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def standings(
    deployment: Deployment, *, only: str | None, now: datetime, on_corrupt: OnCorrupt
) -> Iterator[Standing]:
    """One for each seller and region, as it is now. Orders of a region that is not connected any
    more are counted too. Raises OperatorError if `only` is not there."""
    for seller in all_sellers(deployment, only=only, on_corrupt=on_corrupt):
        counts = _counted(deployment, seller, now)
        regions = sorted({*seller.regions, *counts}, key=list(Region).index)
        for region in regions:
            yield _standing(seller, region, counts.get(region) or _Count(), now)
        if not regions:
            yield _standing(seller, None, _Count(), now)


class _Count:
    """What was counted of one region's orders."""

    def __init__(self) -> None:
        self.by_state: Counter[Status] = Counter()
        self.overdue = 0
        self.due_today = 0
        self.due_this_week = 0
        self.shutting_this_week = 0

    def add(self, status: Status, due_at: datetime, closes_at: datetime, now: datetime) -> None:
        self.by_state[status] += 1
        if status not in OPEN:
            return
        self.shutting_this_week += closes_at < now + THIS_WEEK
        if status is Status.HELD:  # due at its end only, when nobody has released it
            return
        tomorrow = datetime.combine(now.date(), time(), tzinfo=now.tzinfo) + timedelta(days=1)
        self.overdue += due_at < now - OVERDUE_AFTER
        self.due_today += due_at < tomorrow
        self.due_this_week += due_at < now + THIS_WEEK


def _counted(deployment: Deployment, seller: Seller, now: datetime) -> dict[Region, _Count]:
    counts: dict[Region, _Count] = {}
    needed = ("region", "status", "due_at", "claim_until", "closes_at")
    for item in all_items(deployment, seller.seller_id, *needed):
        try:
            region, status = Region(item["region"]), Status(item["status"])
            due_at = from_text(max(item["due_at"], item.get("claim_until", "")))
            closes_at = from_text(item["closes_at"])
        except (KeyError, ValueError, TypeError):
            # `orders` says which one it is; here it would be said on every look.
            continue
        counts.setdefault(region, _Count()).add(status, due_at, closes_at, now)
    return counts


def _standing(seller: Seller, region: Region | None, count: _Count, now: datetime) -> Standing:
    state = (seller.regions.get(region) if region else None) or RegionState()
    return Standing(
        seller_id=seller.seller_id,
        region=str(region) if region else None,
        live=seller.live,
        paused=seller.paused,
        paused_marketplaces=tuple(sorted(map(country_of, seller.paused_marketplaces))),
        connecting=state.subscription_id is None,
        blocked_until=_ahead(state.blocked_until, now),
        blocked_reason=state.blocked_reason if _ahead(state.blocked_until, now) else None,
        slowed_until=_ahead(state.slowed_until, now),
        orders=count.by_state.total(),
        by_state={str(status): count.by_state[status] for status in Status},
        overdue=count.overdue,
        due_today=count.due_today,
        due_this_week=count.due_this_week,
        shutting_this_week=count.shutting_this_week,
        last_notification_at=state.last_notification_at,
        is_silent=state.is_silent(now),
    )


def _ahead(until: datetime | None, now: datetime) -> datetime | None:
    return until if until and now < until else None
