"""One order's record: its state, what is known of it, and which moves its state may make."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from lambdas.core.delivery import DeliveryNews
from lambdas.core.marketplaces import Region
from lambdas.core.seller_settings import kept_skus
from lambdas.core.window import SolicitationWindow

CHECKS_KEPT = 10


class Status(StrEnum):
    """Where an order stands. The last six are final, but for the exceptions in TRANSITIONS."""

    WAITING = "WAITING"
    SENDING = "SENDING"
    HELD = "HELD"
    SENT = "SENT"
    SENT_UNCONFIRMED = "SENT_UNCONFIRMED"
    ALREADY_REQUESTED = "ALREADY_REQUESTED"
    EXPIRED = "EXPIRED"
    CANCELED = "CANCELED"
    SKIPPED = "SKIPPED"


OPEN = frozenset({Status.WAITING, Status.SENDING, Status.HELD})


class Event(StrEnum):
    """What can happen to an order; the values are the words of the README's table."""

    SHIPPED = "shipped"
    CANCELED = "cancelled, whatever its time"
    NEW_NEWS = "news that changes its delivery dates"
    NOT_OFFERED = "checked, not offered"
    OFFERED_DRY = "checked, offered, seller not live"
    OFFERED = "checked, offered, seller live"
    CREATED = "create call answered 201"
    ALREADY_REQUESTED = "refused: already requested"
    REFUSED = "create call refused: 429, credentials, outside the range, not available"
    REJECTED = "refused: 400, 404, 413, 415, or an unknown text"
    TROUBLE = "check failed: 5xx, timeout, or a fault of ours"
    SHUT = "window shut"
    LIVE = "seller went live"
    EXCLUDED = "due, but excluded by the seller's settings"
    PAUSED = "due, but its marketplace is paused"
    RESUMED = "marketplace resumed"
    SKIPPED = "skipped by the operator"
    RELEASED = "released by the operator"
    CHECK_ASKED = "check asked for by the operator"


def _moves(
    event: Event, sources: Iterable[Status | None], *targets: Status
) -> dict[tuple[Status | None, Event], frozenset[Status]]:
    return {(source, event): frozenset(targets) for source in sources}


# SENDING moves by news only once its claim has run out: until then news is noted on the record.
TRANSITIONS: dict[tuple[Status | None, Event], frozenset[Status]] = {
    **_moves(Event.SHIPPED, [None], Status.WAITING, Status.HELD, Status.EXPIRED, Status.SKIPPED),
    **_moves(
        Event.CANCELED,
        [None, Status.WAITING, Status.SENDING, Status.HELD, Status.EXPIRED, Status.SKIPPED],
        Status.CANCELED,
    ),
    **_moves(
        Event.NEW_NEWS,
        [Status.WAITING, Status.SENDING, Status.HELD],
        Status.WAITING,
        Status.HELD,
        Status.SKIPPED,
        Status.EXPIRED,
        Status.SENT_UNCONFIRMED,
    ),
    **_moves(
        Event.NEW_NEWS,
        [Status.EXPIRED],
        Status.EXPIRED,
        Status.WAITING,
        Status.HELD,
        Status.SKIPPED,
    ),
    **_moves(Event.NEW_NEWS, [Status.SKIPPED], Status.SKIPPED),
    **_moves(
        Event.NOT_OFFERED,
        [Status.WAITING, Status.SENDING],
        Status.WAITING,
        Status.EXPIRED,
        Status.SENT_UNCONFIRMED,
    ),
    **_moves(Event.OFFERED_DRY, [Status.WAITING, Status.SENDING], Status.WAITING),
    **_moves(Event.OFFERED, [Status.WAITING, Status.SENDING], Status.SENDING),
    **_moves(Event.CREATED, list(Status), Status.SENT),
    **_moves(
        Event.ALREADY_REQUESTED,
        [Status.WAITING, Status.SENDING],
        Status.ALREADY_REQUESTED,
        Status.SENT_UNCONFIRMED,
    ),
    **_moves(Event.REFUSED, [Status.SENDING], Status.WAITING, Status.SENT_UNCONFIRMED),
    **_moves(Event.REJECTED, [Status.WAITING, Status.SENDING], Status.HELD),
    **_moves(Event.TROUBLE, [Status.WAITING, Status.SENDING], Status.WAITING, Status.HELD),
    **_moves(
        Event.SHUT,
        [Status.WAITING, Status.SENDING, Status.HELD],
        Status.EXPIRED,
        Status.SENT_UNCONFIRMED,
    ),
    **_moves(Event.LIVE, [Status.WAITING], Status.WAITING),
    **_moves(Event.EXCLUDED, [Status.WAITING, Status.SENDING], Status.SKIPPED),
    **_moves(Event.PAUSED, [Status.WAITING, Status.SENDING], Status.WAITING),
    **_moves(Event.RESUMED, [Status.WAITING], Status.WAITING),
    **_moves(Event.SKIPPED, [Status.WAITING, Status.HELD], Status.SKIPPED),
    **_moves(
        Event.RELEASED, [Status.HELD], Status.WAITING, Status.EXPIRED, Status.SENT_UNCONFIRMED
    ),
    **_moves(Event.RELEASED, [Status.SKIPPED], Status.WAITING),
    **_moves(Event.CHECK_ASKED, [Status.WAITING], Status.WAITING),
}


class IllegalTransitionError(RuntimeError):
    """A rule tried a move that TRANSITIONS does not have: a fault of ours, never of the input."""


def require_move(source: Status | None, event: Event, target: Status) -> None:
    """Raise IllegalTransitionError unless TRANSITIONS has this move."""
    if target not in TRANSITIONS.get((source, event), frozenset()):
        raise IllegalTransitionError(f"{source} may not become {target} by {event.name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One answer of Amazon's: when it came, and what it was in a word."""

    at: datetime
    answer: str


NOT_OFFERED = "not_offered"
OFFERED = "offered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """News that came while a claim lived; applied by whoever writes the outcome, or after it.

    `excluded` is why the seller's settings leave the order out, decided on all its SKUs.
    """

    canceled: bool = False
    replacement: bool = False
    excluded: str | None = None
    skus: tuple[str, ...] = ()
    news: DeliveryNews | None = None

    def merge(self, other: "Note") -> "Note":
        both = [note.news for note in (self, other) if note.news]
        return Note(
            canceled=self.canceled or other.canceled,
            replacement=self.replacement or other.replacement,
            excluded=min([each for each in (self.excluded, other.excluded) if each], default=None),
            skus=kept_skus((*self.skus, *other.skus)),
            news=both[0].merge(both[-1]) if both else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Solicitation:
    """The record of one order.

    `version` counts its writes. `due_at` is when somebody has to look at it next, while it
    is open; a claim leaves it as it was, and a call without an answer moves it to the claim's
    end. `posts_open` counts the create calls that may have been accepted and were never
    answered. `news` is missing only on an order that was cancelled before it was seen to ship.
    `plan` is by what `due_at` was chosen, where a plan chose it, and `likely` the chance in
    percent that the order is offered then. `expires_at` is when DynamoDB may delete it.
    """

    seller_id: str
    amazon_order_id: str
    marketplace_id: str
    region: Region
    fulfillment_type: str
    status: Status
    reason: str
    window: SolicitationWindow
    due_at: datetime
    expires_at: datetime
    version: int = 0
    skus: tuple[str, ...] = ()
    news: DeliveryNews | None = None
    checks: tuple[Check, ...] = ()
    claim: str | None = None
    claim_until: datetime | None = None
    posts_open: int = 0
    note: Note | None = None
    would_send_at: datetime | None = None
    sent_at: datetime | None = None
    request_id: str | None = None
    failures: int = 0
    plan: str | None = None
    likely: int | None = None

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def next_look_at(self) -> datetime:
        """When an open order is to be looked at: when it is due, but not while it is claimed."""
        return max(self.due_at, self.claim_until or self.due_at)

    def is_claimed(self, now: datetime) -> bool:
        """Whether a sender may be calling Amazon about this order right now."""
        return self.claim_until is not None and now < self.claim_until

    def move(self, event: Event, status: Status, reason: str, **changes: Any) -> "Solicitation":
        """The record after `event`. Raises IllegalTransitionError for a move not in the table."""
        require_move(self.status, event, status)
        if status is not Status.SENDING:
            changes = {"claim": None, "claim_until": None, **changes}
        if "due_at" in changes:
            changes = {"plan": None, **changes}
        return replace(self, status=status, reason=reason, **changes)

    def with_check(self, answer: str, *, now: datetime) -> "Solicitation":
        """The record with one more of Amazon's answers; the oldest beyond ten is dropped."""
        checks = (*self.checks, Check(at=now, answer=answer))[-CHECKS_KEPT:]
        return replace(self, checks=checks)


# How long a record outlives its window, so that a late duplicate still finds it.
KEPT_AFTER_CLOSE = timedelta(days=60)
TOMBSTONE_KEPT = timedelta(days=180)
