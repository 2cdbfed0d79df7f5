"""Says in plain words why an order stands where it stands: a sentence for every reason."""

import re

from lambdas.core.solicitation import Solicitation, Status

# What the state alone says, from the buyer's side: asked or not.
STATES = {
    Status.WAITING: "Not asked yet.",
    Status.SENDING: "Being asked.",
    Status.HELD: "Not asked: a person has to look at it first.",
    Status.SENT: "Asked.",
    Status.SENT_UNCONFIRMED: "Perhaps asked, so it is not asked again.",
    Status.ALREADY_REQUESTED: "Asked, but not by DayFive.",
    Status.EXPIRED: "Not asked, and its window has shut.",
    Status.CANCELED: "Not asked.",
    Status.SKIPPED: "Not asked, on purpose.",
}

REASONS = {
    "shipped": "It has shipped, and Amazon is asked about it for the first time when it is due.",
    "backfilled": "It shipped before DayFive was there, and dayfive backfill took it in; its window"
    " is computed from what Amazon's Orders API tells of it.",
    "new_delivery_dates": "News of Amazon's changed what is known of its delivery, so it was"
    " planned anew.",
    "not_offered": "Amazon did not offer the solicitation when it was last checked; an empty list"
    " is often filled a few days later.",
    "outside_window": "Amazon said at the last check that the order is outside the days in which"
    " it may be asked, as when the parcel came later than promised.",
    "not_available": "Amazon offered the solicitation, and said when it was to be sent that it is"
    " not available for this order.",
    "offered": "Amazon offered the solicitation when it was last checked.",
    "claimed": "Amazon offered the solicitation and DayFive made the create call; if its answer"
    " does not come, it is looked into as soon as no such call can be on its way any more.",
    "sent": "Amazon accepted the solicitation.",
    "already_requested": "Amazon says that a review of this order was requested already, as by the"
    " button in Seller Central or by another tool.",
    "already_requested_after_an_unanswered_call": "A create call of DayFive's had no answer, and"
    " Amazon says now that a review was requested already: most likely by that call.",
    "refused_after_an_unanswered_call": "A create call of DayFive's had no answer, and Amazon"
    " refuses another: most likely that call was accepted.",
    "create_call_never_answered": "A create call of DayFive's had no answer (the connection broke,"
    " or Amazon failed), and nothing has explained it until the window shut.",
    "never_offered": "Amazon never offered the solicitation for it, at any check up to the last.",
    "not_checked_in_time": "No check reached Amazon while its window was open, as when the seller"
    " was paused or its credentials were refused all that time.",
    "dry_run": "Amazon offered the solicitation, but the seller was not live then, so that nothing"
    " was sent.",
    "window_already_shut": "Its window had shut already when DayFive heard of it.",
    "unknown_marketplace": "Its marketplace is none that Amazon has published, so it is not known"
    " which region's credentials to use.",
    "marketplace_of_another_region": "Its marketplace belongs to another region than the"
    " subscription that told of it: connect the seller in that region too.",
    "replacement_order": "It replaces another order, about which its buyer was asked.",
    "reversed_delivery_dates": "Amazon promised a latest delivery date before the earliest: these"
    " dates cannot be believed, and sound ones are waited for.",
    "delivery_dates_too_far_ahead": "Amazon promised a delivery more than half a year ahead: these"
    " dates cannot be believed, and sound ones are waited for.",
    "canceled": "It was cancelled.",
    "canceled_before_shipping": "It was cancelled before it was seen to ship.",
    "canceled_with_one_answer_unknown": "It was cancelled. A create call of DayFive's had no"
    " answer before that, so it may have been asked.",
    "seller_went_live": "Amazon offered the solicitation while the seller was not live; since it"
    " went live, the order is due.",
    "marketplace_paused": "Its marketplace was paused when it fell due, so it was set aside.",
    "marketplace_resumed": "Its marketplace is served again, so it was planned anew.",
    "skipped_by_operator": "An operator skipped it.",
    "released_by_operator": "An operator released it, and it was planned anew.",
    "check_asked_by_operator": "An operator asked for a check.",
    "excluded_marketplace": "The seller's settings exclude its marketplace.",
    "excluded_fulfillment_type": "The seller's settings exclude the way in which it is fulfilled.",
    "excluded_sku": "The seller's settings exclude one of its items.",
    "throttled": "Amazon wanted fewer calls just when it was to be asked; it is tried again.",
    "not_sent_in_time": "The check's answer was too old, or the window shut, before the create"
    " call could go out.",
    "amazon_out_of_reach": "Amazon could not be reached when it was to be asked; it is tried"
    " again.",
    "credentials_refused": "Amazon refused the seller's credentials when it was to be asked.",
    "failed": "DayFive itself failed on this order; after five times it is held.",
}

WHY_NO_CALLS = {
    "paused": "The seller is paused, so Amazon is not asked about its orders.",
    "blocked": "Amazon refused the seller's credentials, so no call is made until they are"
    " replaced or six hours have passed.",
    "slowed": "Amazon had trouble with this seller's calls, so none is made for a while.",
    "not_connected": "The seller is not connected in this region.",
}

ANSWERS = {
    "not_offered": "not offered",
    "offered": "offered",
    "already_requested": "refused: already requested",
    "outside_window": "refused: outside the days in which it may be asked",
    "not_available": "refused: not available",
    "rejected": "refused in words that DayFive does not know",
}

# Of an order that waits: its last call failed, and the next look is about that.
OF_TROUBLE = frozenset({"throttled", "not_sent_in_time", "amazon_out_of_reach", "failed"})

_UNANSWERED = " (one answer unknown)"
_WORD = re.compile(r"[a-z]+(_[a-z]+)*")


def word_of(reason: str) -> str | None:
    """The reason's own word without what is named after it, or None for Amazon's own text."""
    word = reason.removesuffix(_UNANSWERED).partition(": ")[0]
    return word if _WORD.fullmatch(word) else None


def why(order: Solicitation) -> str:
    """One or two sentences: asked or not, and for what reason. An unknown text is quoted."""
    return f"{STATES[order.status]} {_explained(order)}".rstrip()


def is_trouble(order: Solicitation) -> bool:
    """Whether the last call about this order failed for no fault of the order's."""
    return order.status is Status.WAITING and word_of(order.reason) in {None, *OF_TROUBLE}


def _explained(order: Solicitation) -> str:
    word = word_of(order.reason)
    if word is None or word not in REASONS:
        return _quoted(order)
    sentence = REASONS[word]
    if named := order.reason.removesuffix(_UNANSWERED).partition(": ")[2]:
        sentence = f"{sentence.removesuffix('.')} ({named})."
    if order.reason.endswith(_UNANSWERED):
        sentence += " A create call had no answer before that, so it may have been asked."
    return sentence


def _quoted(order: Solicitation) -> str:
    if order.status is Status.WAITING:
        return f"The last call failed at Amazon ({order.reason}); it is tried again."
    return f"Amazon answered in words that DayFive does not know: {order.reason}"
