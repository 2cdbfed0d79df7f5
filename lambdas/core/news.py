"""What news from Amazon does to an order: the rules of the intake."""

from dataclasses import dataclass, replace
from datetime import datetime

from lambdas.core.delivery import (
    DATES_PROBLEMS,
    DeliveryNews,
    delivery_news,
    estimate_delivery,
)
from lambdas.core.marketplaces import Region, region_of
from lambdas.core.order_change import OrderChange
from lambdas.core.policy import Policy
from lambdas.core.solicitation import (
    KEPT_AFTER_CLOSE,
    TOMBSTONE_KEPT,
    Event,
    Note,
    Solicitation,
    Status,
    require_move,
)
from lambdas.core.timing import first_check_at
from lambdas.core.window import SolicitationWindow, solicitation_window

UNKNOWN_MARKETPLACE = "unknown_marketplace"
FOREIGN_MARKETPLACE = "marketplace_of_another_region"
REPLACEMENT_ORDER = "replacement_order"

_MOVED_BY_NEWS = frozenset({Status.WAITING, Status.SENDING, Status.HELD, Status.EXPIRED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The order is new or has changed: write it."""

    solicitation: Solicitation


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignore:
    """The news changes nothing, for this reason."""

    reason: str


def why_ignored(change: OrderChange) -> str | None:
    """The reason that is known without looking the order up, or None."""
    if change.order_change_type != "OrderStatusChange":
        return "not_a_status_change"
    if change.order_status not in {"Shipped", "Canceled"}:
        return "not_shipped"
    return None


def on_order_change(
    known: Solicitation | None,
    change: OrderChange,
    *,
    region: Region,
    sent_at: datetime,
    now: datetime,
    policy: Policy,
) -> Record | Ignore:
    """Decide what one notification does to the order on record.

    `region` is where its subscription lives, and so its calls go. `sent_at` is when it reached
    the queue: no clock of Amazon's can date news later than that.
    """
    if reason := why_ignored(change):
        return Ignore(reason=reason)
    news_at = min(change.changed_at, sent_at)
    if change.order_status == "Canceled":
        return _on_canceled(known, change, region=region, news_at=news_at, now=now)
    news = delivery_news(change, news_at=news_at)
    if known is None:
        return Record(solicitation=_opened(change, news, region=region, now=now, policy=policy))
    return _on_shipped(known, change, news, now=now, policy=policy)


def _opened(
    change: OrderChange, news: DeliveryNews, *, region: Region, now: datetime, policy: Policy
) -> Solicitation:
    window = _window(news, now=now, policy=policy)
    status, reason = (
        (Status.SKIPPED, REPLACEMENT_ORDER)
        if change.is_replacement
        else _place(change.marketplace_id, region, news, window, now=now)
    )
    require_move(None, Event.SHIPPED, status)
    return Solicitation(
        seller_id=change.seller_id,
        amazon_order_id=change.amazon_order_id,
        marketplace_id=change.marketplace_id,
        region=region,
        fulfillment_type=change.fulfillment_type,
        status=status,
        reason=reason or "shipped",
        window=window,
        due_at=_due_at(status, window, policy=policy),
        expires_at=max(window.closes_at, now) + KEPT_AFTER_CLOSE,
        news=news,
    )


def _on_canceled(
    known: Solicitation | None,
    change: OrderChange,
    *,
    region: Region,
    news_at: datetime,
    now: datetime,
) -> Record | Ignore:
    if known is None:
        return Record(solicitation=_tombstone(change, region=region, news_at=news_at, now=now))
    if known.status not in _MOVED_BY_NEWS:
        return Ignore(reason=f"already_{known.status.lower()}")
    if known.is_claimed(now):
        return _noted(known, Note(canceled=True))
    return Record(solicitation=_canceled(known))


def _tombstone(
    change: OrderChange, *, region: Region, news_at: datetime, now: datetime
) -> Solicitation:
    return Solicitation(
        seller_id=change.seller_id,
        amazon_order_id=change.amazon_order_id,
        marketplace_id=change.marketplace_id,
        region=region,
        fulfillment_type=change.fulfillment_type,
        status=Status.CANCELED,
        reason="canceled_before_shipping",
        window=SolicitationWindow(opens_at=news_at, closes_at=news_at),
        due_at=news_at,
        expires_at=max(news_at, now) + TOMBSTONE_KEPT,
    )


def _canceled(known: Solicitation) -> Solicitation:
    reason = "canceled_with_one_answer_unknown" if known.posts_open else "canceled"
    return known.move(Event.CANCELED, Status.CANCELED, reason, note=None)


def _on_shipped(
    known: Solicitation, change: OrderChange, news: DeliveryNews, *, now: datetime, policy: Policy
) -> Record | Ignore:
    if known.status not in _MOVED_BY_NEWS:
        return Ignore(reason=f"already_{known.status.lower()}")
    note = Note(news=news, replacement=change.is_replacement)
    if known.is_claimed(now):
        return _noted(known, note)
    changed = apply_note(replace(known, note=_merged(known.note, note)), now=now, policy=policy)
    return Ignore(reason="repeat") if changed == known else Record(solicitation=changed)


def _merged(known: Note | None, note: Note) -> Note:
    return known.merge(note) if known else note


def _noted(known: Solicitation, note: Note) -> Record | Ignore:
    """While a claim lives the outcome is not known: the news waits for it on the record."""
    merged = _merged(known.note, note)
    told_nothing = (
        not merged.canceled
        and not merged.replacement
        and merged.news is not None
        and known.news is not None
        and known.news.merge(merged.news) == known.news
    )
    if told_nothing or merged == known.note:
        return Ignore(reason="repeat")
    return Record(solicitation=replace(known, note=merged))


def apply_note(known: Solicitation, *, now: datetime, policy: Policy) -> Solicitation:
    """The order with the news on its record applied: cancellation before dates.

    For an order that nobody is calling Amazon about. Without a note it comes back as it is.
    """
    note = known.note
    if note is None or known.status not in _MOVED_BY_NEWS:
        return replace(known, note=None)
    if note.canceled:
        return _canceled(known)
    known = replace(known, note=None)
    if note.replacement and known.status is not Status.EXPIRED:
        return known.move(Event.NEW_NEWS, Status.SKIPPED, REPLACEMENT_ORDER)
    if note.news is None or known.news is None:
        return known
    return _with_news(known, known.news.merge(note.news), now=now, policy=policy)


def _with_news(
    known: Solicitation, news: DeliveryNews, *, now: datetime, policy: Policy
) -> Solicitation:
    window = _window(news, now=now, policy=policy)
    if window == known.window and _dates_problem(news, now) == _dates_problem(known.news, now):
        return replace(known, news=news)
    status, reason = _place(known.marketplace_id, known.region, news, window, now=now, known=known)
    return known.move(
        Event.NEW_NEWS,
        status,
        reason or "new_delivery_dates",
        news=news,
        window=window,
        due_at=_due_at(status, window, policy=policy),
        expires_at=max(window.closes_at, now) + KEPT_AFTER_CLOSE,
    )


def _place(
    marketplace_id: str,
    region: Region,
    news: DeliveryNews,
    window: SolicitationWindow,
    *,
    now: datetime,
    known: Solicitation | None = None,
) -> tuple[Status, str | None]:
    """Where an order that is planned (anew) belongs, and why if it is not simply waiting."""
    if window.has_shut(now):
        return status_at_end(known), "window_already_shut"
    served_by = region_of(marketplace_id)
    if served_by is not region:
        # Its calls would need a token of that region, and this seller's subscription is not there.
        return Status.HELD, FOREIGN_MARKETPLACE if served_by else UNKNOWN_MARKETPLACE
    if problem := _dates_problem(news, now):
        return Status.HELD, problem
    if known and known.status is Status.HELD and known.reason not in DATES_PROBLEMS:
        return Status.HELD, known.reason
    return Status.WAITING, None


def _due_at(status: Status, window: SolicitationWindow, *, policy: Policy) -> datetime:
    return window.closes_at if status is Status.HELD else first_check_at(window, policy=policy)


def _dates_problem(news: DeliveryNews | None, now: datetime) -> str | None:
    return news.promise.problem(now) if news and news.promise else None


def _window(news: DeliveryNews, *, now: datetime, policy: Policy) -> SolicitationWindow:
    return solicitation_window(estimate_delivery(news, now=now, policy=policy))


def status_at_end(known: Solicitation | None) -> Status:
    """How an order ends unasked: a create call without an answer must stay visible."""
    return Status.SENT_UNCONFIRMED if known and known.posts_open else Status.EXPIRED
