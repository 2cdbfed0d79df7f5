"""Reads Amazon's refusals: one status and one code stand for quite different things."""

from enum import StrEnum


class Refusal(StrEnum):
    """What a 403 of the Solicitations API means."""

    ALREADY_REQUESTED = "already_requested"
    OUTSIDE_WINDOW = "outside_window"
    NOT_AVAILABLE = "not_available"
    ACCESS_DENIED = "access_denied"
    UNRECOGNISED = "unrecognised"


def read_refusal(text: str) -> Refusal:
    """Tell the meaning of a 403 from its message and details, or from its raw body.

    Matches on pieces that have been stable since 2020, without regard to case, spacing or
    the encoding of apostrophes (amzn/selling-partner-api-models issues 19 and 779). A text
    that is not known is UNRECOGNISED and never taken for one that is.
    """
    words = " ".join(text.casefold().split())
    if "access to requested resource is denied" in words:
        return Refusal.ACCESS_DENIED
    if "already requested a review" in words:
        return Refusal.ALREADY_REQUESTED
    if "outside the" in words and ("day range" in words or "request a review" in words):
        return Refusal.OUTSIDE_WINDOW
    if "solicitation is not available" in words:
        return Refusal.NOT_AVAILABLE
    return Refusal.UNRECOGNISED
