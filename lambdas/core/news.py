"""What news from Amazon does to an order: the rules of the intake."""

from dataclasses import dataclass, replace
from datetime import datetime

from lambdas.core.delivery import DeliveryNews, delivery_news
from lambdas.core.marketplaces import Region
from lambdas.core.order_change import OrderChange
from lambdas.core.placing import (
    REPLACEMENT_ORDER,
    WINDOW_ALREADY_SHUT,
    dates_problem,
    first_look,
    place,
    reason_of_skipping,
    window_of,
)
from lambdas.core.policy import Policy
from lambdas.core.seller_settings import EXCLUDED, SellerSettings, kept_skus
from lambdas.core.solicitation import (
    KEPT_AFTER_CLOSE,
    TOMBSTONE_KEPT,
    Event,
    Note,
    Solicitation,
    Status,
    require_move,
)
from lambdas.core.window import SolicitationWindow

_MOVED_BY_NEWS = frozenset(
    {Status.WAITING, Status.SENDING, Status.HELD, Status.EXPIRED, Status.SKIPPED}
)


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
    settings: SellerSettings,
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
        excluded = settings.why_excluded(
            change.marketplace_id, change.fulfillment_type, change.skus
        )
        return Record(
            solicitation=_opened(
                change, news, excluded=excluded, region=region, now=now, policy=policy
            )
        )
    return _on_shipped(known, change, news, now=now, policy=policy, settings=settings)


def _opened(
    change: OrderChange,
    news: DeliveryNews,
    *,
    excluded: str | None,
    region: Region,
    now: datetime,
    policy: Policy,
) -> Solicitation:
    window = window_of(news, now=now, policy=policy)
    why_skipped = REPLACEMENT_ORDER if change.is_replacement else excluded
    status, reason = place(
        change.marketplace_id, region, news, window, why_skipped=why_skipped, now=now
    )
    require_move(None, Event.SHIPPED, status)
    look = first_look(status, change.amazon_order_id, news, window, policy=policy)
    return Solicitation(
        seller_id=change.seller_id,
        amazon_order_id=change.amazon_order_id,
        marketplace_id=change.marketplace_id,
        region=region,
        fulfillment_type=change.fulfillment_type,
        status=status,
        reason=reason or "shipped",
        window=window,
        due_at=look.at,
        plan=look.why,
        likely=look.likely,
        expires_at=max(window.closes_at, now) + KEPT_AFTER_CLOSE,
        skus=kept_skus(change.skus),
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
    known: Solicitation,
    change: OrderChange,
    news: DeliveryNews,
    *,
    now: datetime,
    policy: Policy,
    settings: SellerSettings,
) -> Record | Ignore:
    if known.status not in _MOVED_BY_NEWS:
        return Ignore(reason=f"already_{known.status.lower()}")
    all_skus = {*known.skus, *change.skus}
    note = Note(
        replacement=change.is_replacement,
        excluded=settings.why_excluded(known.marketplace_id, known.fulfillment_type, all_skus),
        skus=kept_skus(all_skus.difference(known.skus)),
        news=news,
    )
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
        and not merged.excluded
        and not merged.skus
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
    known = replace(known, note=None, skus=kept_skus((*known.skus, *note.skus)))
    if note.news is None or known.news is None:
        return known
    news = known.news.merge(note.news)
    return _with_news(known, news, _why_skipped(known, note), now=now, policy=policy)


def _why_skipped(known: Solicitation, note: Note) -> str | None:
    """Why this order is left out, from whichever of its news that was heard."""
    if known.status is Status.EXPIRED and known.reason != WINDOW_ALREADY_SHUT:
        return None  # it was waited for, perhaps asked about: that is how it ended
    if note.replacement:
        return REPLACEMENT_ORDER
    if known.status is not Status.SKIPPED:
        return note.excluded and reason_of_skipping(note.excluded, known)
    if note.excluded and known.reason.startswith(EXCLUDED):
        return reason_of_skipping(note.excluded, known)
    return known.reason


def _with_news(
    known: Solicitation,
    news: DeliveryNews,
    why_skipped: str | None,
    *,
    now: datetime,
    policy: Policy,
) -> Solicitation:
    window = window_of(news, now=now, policy=policy)
    skipped = known.reason if known.status is Status.SKIPPED else None
    if (
        window == known.window
        and why_skipped == skipped
        and dates_problem(news, now) == dates_problem(known.news, now)
    ):
        return replace(known, news=news)
    status, reason = place(
        known.marketplace_id,
        known.region,
        news,
        window,
        why_skipped=why_skipped,
        now=now,
        known=known,
    )
    look = first_look(status, known.amazon_order_id, news, window, policy=policy)
    return known.move(
        Event.NEW_NEWS,
        status,
        reason or "new_delivery_dates",
        news=news,
        window=window,
        due_at=look.at,
        plan=look.why,
        likely=look.likely,
        expires_at=max(window.closes_at, now) + KEPT_AFTER_CLOSE,
    )
