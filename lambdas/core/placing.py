"""Where an order belongs by what is known of it, and until when."""

from datetime import datetime

from lambdas.core.delivery import DATES_PROBLEMS, DeliveryNews, estimate_delivery
from lambdas.core.marketplaces import Region, region_of
from lambdas.core.planning import PlannedCheck, Why, plan_first_check
from lambdas.core.policy import Policy
from lambdas.core.solicitation import Solicitation, Status
from lambdas.core.window import SolicitationWindow, solicitation_window

UNKNOWN_MARKETPLACE = "unknown_marketplace"
FOREIGN_MARKETPLACE = "marketplace_of_another_region"
REPLACEMENT_ORDER = "replacement_order"
WINDOW_ALREADY_SHUT = "window_already_shut"
MARKETPLACE_PAUSED = "marketplace_paused"


def place(
    marketplace_id: str,
    region: Region,
    news: DeliveryNews,
    window: SolicitationWindow,
    *,
    why_skipped: str | None,
    now: datetime,
    known: Solicitation | None = None,
) -> tuple[Status, str | None]:
    """Where an order that is planned (anew) belongs, and why if it is not simply waiting."""
    if why_skipped:
        return Status.SKIPPED, why_skipped
    if window.has_shut(now):
        return status_at_end(known), WINDOW_ALREADY_SHUT
    served_by = region_of(marketplace_id)
    if served_by is not region:
        # Its calls would need a token of that region, and this seller's subscription is not there.
        return Status.HELD, FOREIGN_MARKETPLACE if served_by else UNKNOWN_MARKETPLACE
    if problem := dates_problem(news, now):
        return Status.HELD, problem
    if known and known.status is Status.HELD and known.reason not in DATES_PROBLEMS:
        return Status.HELD, known.reason
    return Status.WAITING, None


def first_look(
    status: Status,
    amazon_order_id: str,
    news: DeliveryNews,
    window: SolicitationWindow,
    *,
    policy: Policy,
) -> PlannedCheck:
    """When an order placed so has to be looked at next."""
    if status is Status.HELD:
        return PlannedCheck(at=window.closes_at, why=Why.SHUT)
    return plan_first_check(amazon_order_id, news, window, policy=policy)


def dates_problem(news: DeliveryNews | None, now: datetime) -> str | None:
    """Why the promised dates cannot be believed, or None."""
    return news.promise.problem(now) if news and news.promise else None


def window_of(news: DeliveryNews, *, now: datetime, policy: Policy) -> SolicitationWindow:
    """The window that follows from all that is known of the order's way."""
    return solicitation_window(estimate_delivery(news, now=now, policy=policy))


def status_at_end(known: Solicitation | None) -> Status:
    """How an order ends unasked: a create call without an answer must stay visible."""
    return Status.SENT_UNCONFIRMED if known and known.posts_open else Status.EXPIRED


def reason_of_skipping(reason: str, known: Solicitation) -> str:
    """As above, on an order that is left out though a create call may have been accepted."""
    return f"{reason} (one answer unknown)" if known.posts_open else reason


def reason_at_end(solicitation: Solicitation) -> str:
    """Why an order ends unasked, with the status above."""
    if solicitation.posts_open:
        return "create_call_never_answered"
    if solicitation.status is Status.HELD or solicitation.reason == MARKETPLACE_PAUSED:
        return solicitation.reason
    if solicitation.would_send_at:
        return "dry_run"
    return "never_offered" if solicitation.checks else "not_checked_in_time"
