"""A seller's own record: what was connected, what is allowed, and what stands in the way."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lambdas.core.marketplaces import Region, region_of
from lambdas.core.rhythm import allowed_silence, usual_gap_after

# Amazon may deliver for a while under the subscription that a newer one has replaced.
REPLACED_BELIEVED_FOR = timedelta(days=14)

# Amazon ends a client secret after 180 days (Login with Amazon, "Rotate your LWA credentials").
CLIENT_SECRET_OLD_AFTER = timedelta(days=150)

BLOCKED_FOR = timedelta(hours=6)
NOTIFICATION_SEEN_EVERY = timedelta(minutes=15)

_SLOWED_BY_TROUBLE = timedelta(minutes=15)
_SLOWED_BY_THROTTLING = timedelta(minutes=2)
_SLOWED_AT_MOST = timedelta(hours=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionState:
    """One seller in one region: its subscription, and what holds its calls back."""

    subscription_id: str | None = None
    destination_id: str | None = None
    connecting_since: datetime | None = None
    replaced: Mapping[str, datetime] = field(default_factory=dict)
    blocked_until: datetime | None = None
    blocked_version: str | None = None
    blocked_reason: str | None = None
    slowed_until: datetime | None = None
    slow_steps: int = 0
    connected_at: datetime | None = None
    secret_stored_at: datetime | None = None
    shares_application: bool = True
    last_notification_at: datetime | None = None
    usual_gap: timedelta | None = None

    @property
    def heard_at(self) -> datetime | None:
        """When its notifications last came, or may have begun to come."""
        known = (self.last_notification_at, self.connected_at, self.connecting_since)
        return max((each for each in known if each), default=None)

    def usual_gap_at(self, now: datetime) -> timedelta | None:
        """Its usual gap, counting the one that ends now; None with the first notification."""
        if self.last_notification_at is None:
            return None
        return usual_gap_after(self.usual_gap, now - self.last_notification_at)

    def is_silent(self, now: datetime) -> bool:
        """Whether nothing was heard of it for longer than its usual gap allows."""
        heard_at = self.heard_at
        return heard_at is not None and now - heard_at > allowed_silence(self.usual_gap)

    def names(self, subscription_id: str) -> bool:
        """Whether this subscription is, or once was, the one of this region."""
        return subscription_id == self.subscription_id or subscription_id in self.replaced

    def believes(self, subscription_id: str, now: datetime) -> bool:
        """Whether a notification under this subscription is this seller's own."""
        if subscription_id == self.subscription_id:
            return True
        replaced_at = self.replaced.get(subscription_id)
        if replaced_at is not None:
            return now - replaced_at < REPLACED_BELIEVED_FOR
        # `connect` writes the seller before it can know its new subscription's id.
        return self.connecting_since is not None

    def why_no_calls(self, now: datetime) -> str | None:
        """Why Amazon may not be called for this seller and region now, or None."""
        if self.blocked_until and now < self.blocked_until:
            return "blocked"
        if self.slowed_until and now < self.slowed_until:
            return "slowed"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seller:
    """A connected seller. Nothing is sent unless `live`; nothing is called while `paused`.

    A single marketplace may be paused too, which holds up none of the others.
    """

    seller_id: str
    live: bool = False
    paused: bool = False
    paused_since: datetime | None = None
    paused_marketplaces: frozenset[str] = frozenset()
    application_id: str | None = None
    regions: Mapping[Region, RegionState] = field(default_factory=dict)

    @property
    def last_notification_at(self) -> datetime | None:
        """When its last notification came, in whichever region."""
        times = [state.last_notification_at for state in self.regions.values()]
        return max((each for each in times if each), default=None)

    def region_of_subscription(
        self, subscription_id: str, marketplace_id: str, now: datetime
    ) -> Region | None:
        """The region whose subscription this is, or None when it is not this seller's.

        Where several regions could be meant (while they are being connected their new ids are
        not known yet) the marketplace tells which one it is.
        """
        believing = [
            region for region, state in self.regions.items() if state.believes(subscription_id, now)
        ]
        named = [region for region in believing if self.regions[region].names(subscription_id)]
        candidates = named or believing
        by_marketplace = region_of(marketplace_id)
        return by_marketplace if by_marketplace in candidates else next(iter(candidates), None)

    def is_paused(self, marketplace_id: str) -> bool:
        """Whether orders of this marketplace are to be left alone."""
        return self.paused or marketplace_id in self.paused_marketplaces

    def why_no_calls(self, region: Region, now: datetime) -> str | None:
        """Why Amazon may not be called for this seller and region now, or None."""
        if self.paused:
            return "paused"
        state = self.regions.get(region)
        return state.why_no_calls(now) if state else "not_connected"


def old_client_secrets(states: Iterable[RegionState], now: datetime) -> int:
    """How many client secrets are to be rotated before Amazon ends them.

    Where sellers share the deployment's application there is one secret: the latest known of it
    is the one that is stored.
    """
    shared: list[datetime] = []
    of_their_own: list[datetime] = []
    for state in states:
        if state.secret_stored_at:
            (shared if state.shares_application else of_their_own).append(state.secret_stored_at)
    in_use = [*of_their_own, *([max(shared)] if shared else [])]
    return sum(now - stored_at > CLIENT_SECRET_OLD_AFTER for stored_at in in_use)


def slowed_until(state: RegionState, *, throttled: bool, now: datetime) -> datetime:
    """How long to leave Amazon alone: doubles with each time, up to two hours."""
    first = _SLOWED_BY_THROTTLING if throttled else _SLOWED_BY_TROUBLE
    doubled: timedelta = first * (1 << min(state.slow_steps, 10))
    return now + min(doubled, _SLOWED_AT_MOST)
