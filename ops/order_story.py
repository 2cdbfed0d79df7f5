"""One order's whole story: what was believed, what Amazon said, what comes next, and why."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lambdas.core.delivery import EstimateSource, estimate_delivery
from lambdas.core.marketplaces import country_of, zone_of
from lambdas.core.placing import REPLACEMENT_ORDER
from lambdas.core.policy import Policy
from lambdas.core.seller import Seller
from lambdas.core.seller_settings import SellerSettings
from lambdas.core.solicitation import Check, Solicitation, Status
from lambdas.core.timing import GAPS, RETRY_AT_THE_END, first_check_at, last_checks
from ops.check_reasons import why_then
from ops.reasons import ANSWERS, WHY_NO_CALLS, is_trouble, why, word_of
from ops.wording import counted, moment, stretch, when

FULFILLED_BY = {"AFN": "fulfilled by Amazon (AFN)", "MFN": "fulfilled by the seller (MFN)"}

# Two times of a plan that lie this close together are the same one.
_SAME = timedelta(minutes=5)

# A step of the ladder is counted from when a check was made, and put off by sending hours.
_LATE = timedelta(hours=2)
_LADDER = "after an empty answer the checks follow 1, 3 and 7 days after the first, then weekly"


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What there is to tell; every text is a sentence or more. `checks` are times and answers.

    `obstacles` are what keeps the order from being asked now, beside its own state.
    """

    order: str
    status: str
    why: str
    delivery: tuple[str, ...]
    window: str
    checks: tuple[tuple[str, str], ...]
    next: str
    obstacles: tuple[str, ...]


def tell(
    order: Solicitation, *, seller: Seller, settings: SellerSettings, policy: Policy, now: datetime
) -> Story:
    """The order's story as of `now`, by the policy and the settings in force."""
    return Story(
        order=_introduced(order),
        status=str(order.status),
        why=_outcome(order),
        delivery=tuple(_delivery(order, policy, now)),
        window=_window(order, now),
        checks=tuple(
            (f"{moment(check.at)}{_local(check.at, order)}", _answer(check))
            for check in order.checks
        ),
        next=_next(order, policy, now),
        obstacles=tuple(_obstacles(order, seller, settings, policy, now)) if order.is_open else (),
    )


def _introduced(order: Solicitation) -> str:
    fulfilled = FULFILLED_BY.get(order.fulfillment_type, order.fulfillment_type)
    skus = f"; SKUs: {', '.join(order.skus)}" if order.skus else ""
    country, marketplace = country_of(order.marketplace_id), order.marketplace_id
    where = marketplace if country == marketplace else f"{country} ({marketplace})"
    zone = zone_of(order.marketplace_id)
    clock = f"; local times are those of {zone}" if zone else ""
    return f"of {order.seller_id} in {order.region}, marketplace {where}, {fulfilled}{skus}{clock}"


def _answer(check: Check) -> str:
    return ANSWERS.get(check.answer, check.answer)


def _local(instant: datetime, order: Solicitation) -> str:
    """The time on the marketplace's own clock, in brackets; nothing where that is not known."""
    zone = _zone(order)
    if zone is None:
        return ""
    there = instant.astimezone(zone)
    day = "" if there.date() == instant.astimezone(UTC).date() else f"{there:%m-%d} "
    return f" ({day}{there:%H:%M} local)"


def _zone(order: Solicitation) -> ZoneInfo | None:
    name = zone_of(order.marketplace_id)
    try:
        return ZoneInfo(name) if name else None
    except ZoneInfoNotFoundError:  # a machine without the table of zones
        return None


def _outcome(order: Solicitation) -> str:
    text = why(order)
    if order.sent_at:
        local = _local(order.sent_at, order)
        text += (
            f" That was {moment(order.sent_at)}{local}; Amazon's request id: {order.request_id}."
        )
    if order.status is Status.EXPIRED and order.checks:
        text += f" Amazon was asked {counted(len(order.checks), 'time')}, as listed below."
    if order.is_open and order.posts_open and order.status is not Status.SENDING:
        text += " A create call of DayFive's had no answer, so it may have been asked already."
    return text


def _delivery(order: Solicitation, policy: Policy, now: datetime) -> list[str]:
    news = order.news
    if news is None:
        return ["Nothing is known of its delivery: no news said that it had shipped."]
    told = [f"Shipped {moment(news.shipped_at)}, as far as Amazon told."]
    estimate = estimate_delivery(news, now=now, policy=policy)
    if news.promise:
        told.append(
            f"Amazon promised the buyer delivery from {moment(news.promise.earliest)} to"
            f" {moment(news.promise.latest)} (told {moment(news.promise.news_at)})."
        )
    if estimate.source is EstimateSource.PROMISE:
        told.append("That promise is believed; the notification does not tell the real delivery.")
    else:
        told.append(
            f"{'That cannot be right' if news.promise else 'Amazon told no delivery dates'}"
            f"{_as_always_for(order)}, so delivery is taken to be from"
            f" {moment(news.shipped_at + policy.transit_earliest)} to {moment(estimate.latest)}:"
            f" {policy.transit_earliest.days} to {policy.transit_latest.days} days after shipping."
        )
    if news.delivered_at:
        told.append(
            f"Amazon's Easy Ship reported the delivery on {moment(news.delivered_at)}, so nothing"
            " opens before that."
        )
    return told


def _as_always_for(order: Solicitation) -> str:
    unpromised = order.news is not None and order.news.promise is None
    return " (it never does for AFN)" if unpromised and order.fulfillment_type == "AFN" else ""


def _window(order: Solicitation, now: datetime) -> str:
    window = order.window
    if order.news is None:
        return "None, for it was never seen to ship."
    opens, closes = moment(window.opens_at), moment(window.closes_at)
    text = f"From {opens}, 5 days after the earliest delivery, to {closes}, 30 days after the"
    text += " latest."
    if not order.is_open and order.status is not Status.SKIPPED:
        return text
    if now < window.opens_at:
        return f"{text} It opens in {stretch(window.opens_at - now)}."
    if window.has_shut(now):
        return f"{text} It shut {stretch(now - window.closes_at)} ago."
    return f"{text} It is open, and shuts in {stretch(window.closes_at - now)}."


def _next(order: Solicitation, policy: Policy, now: datetime) -> str:
    match order.status:
        case Status.WAITING:
            return _next_look(order, policy, now)
        case Status.SENDING:
            return (
                f"{when(order.next_look_at, now=now)}: what became of the create call is looked"
                " into. Amazon is asked again, and nothing is sent twice."
            )
        case Status.HELD:
            return (
                f"Nothing by itself; {when(order.window.closes_at, now=now)} its window shuts and"
                f" it ends unasked. To let it go on: dayfive release {order.amazon_order_id}. To"
                f" leave it out: dayfive skip {order.amazon_order_id}."
            )
        case Status.SKIPPED if _can_be_released(order, now):
            return (
                "Nothing, unless it is released while its window is open:"
                f" dayfive release {order.amazon_order_id}."
            )
        case _:
            return f"Nothing: it has ended. Its record is deleted after {moment(order.expires_at)}."


def _can_be_released(order: Solicitation, now: datetime) -> bool:
    return word_of(order.reason) != REPLACEMENT_ORDER and not order.window.has_shut(now)


def _next_look(order: Solicitation, policy: Policy, now: datetime) -> str:
    if order.due_at <= now:
        return (
            f"It is due since {moment(order.due_at)}: the sender looks at it within minutes, and"
            " the hourly sweep wakes the sender if that was lost."
        )
    there = _local(order.due_at, order).replace(" (", ", ")
    due = when(order.due_at, now=now).removesuffix(")")
    return f"{due}{there or ')'}: {_what_is_due(order, policy)}."


def _what_is_due(order: Solicitation, policy: Policy) -> str:
    window = order.window
    if abs(order.due_at - window.closes_at) < _SAME:
        return "its window shuts, and it ends"
    if is_trouble(order):
        return "the call that failed is tried again, after an hour or half of the time left"
    for last in last_checks(window, policy=policy):
        if abs(last - order.due_at) < _SAME:
            before = stretch(window.closes_at - last)
            return f"one of the two last checks, {before} before its window shuts"
    if told := why_then(order, policy):
        return told
    if abs(first_check_at(window, policy=policy) - order.due_at) < _SAME:
        return (
            f"the first check, {policy.delay.days} days after the parcel is taken to be there at"
            " the earliest"
        )
    if order.checks:
        since = order.due_at - order.checks[-1].at
        if since <= RETRY_AT_THE_END + _SAME:
            return "another check: every hour, until an empty answer is a day old"
        why = f": {_LADDER}" if any(abs(since - gap) < _LATE for gap in GAPS) else ""
        return f"the next check, {stretch(since)} after the last{why}"
    return "the next check"


def _obstacles(
    order: Solicitation, seller: Seller, settings: SellerSettings, policy: Policy, now: datetime
) -> list[str]:
    found = []
    if hours := policy.sending_hours:
        found.append(
            f"Amazon is asked only from {hours.first} to {hours.until} o'clock local time"
            " (sending_hours in cdk.json)."
        )
    if reason := seller.why_no_calls(order.region, now):
        found.append(f"{WHY_NO_CALLS[reason]}{_until(seller, order, reason)}")
    if order.marketplace_id in seller.paused_marketplaces:
        found.append(
            "Its marketplace is paused. To go on: dayfive resume --seller"
            f" {seller.seller_id} --marketplace {country_of(order.marketplace_id)}."
        )
    if not seller.live:
        found.append(
            "The seller is not live: Amazon is asked, and nothing is sent. To begin: dayfive live"
            f" on --seller {seller.seller_id}."
        )
    if settings.why_excluded(order.marketplace_id, order.fulfillment_type, order.skus):
        found.append(
            "The seller's settings exclude it, so it will be skipped when it is due (dayfive"
            f" settings --seller {seller.seller_id})."
        )
    return found


def _until(seller: Seller, order: Solicitation, reason: str) -> str:
    state = seller.regions.get(order.region)
    match reason:
        case "paused":
            return f" To go on: dayfive resume --seller {seller.seller_id}."
        case "blocked" if state and state.blocked_until:
            return (
                f" Until {moment(state.blocked_until)}; with new credentials at once: dayfive"
                f" connect --seller {seller.seller_id} --region {order.region}."
            )
        case "slowed" if state and state.slowed_until:
            return f" Until {moment(state.slowed_until)}."
        case _:
            return f" dayfive connect --seller {seller.seller_id} --region {order.region}."
