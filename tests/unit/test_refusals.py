"""Amazon's texts, as they were met in the wild, and what each of them means."""

import pytest

from lambdas.core.refusals import Refusal, read_refusal

OUTSIDE = (
    "You can\u2019t use this feature to request a review outside the 5-30 day range after the"
    " order delivery date."
)


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("You have already requested a review for this order.", Refusal.ALREADY_REQUESTED),
        (
            "The requested solicitation is not available for this amazonOrderId.",
            Refusal.NOT_AVAILABLE,
        ),
        (OUTSIDE, Refusal.OUTSIDE_WINDOW),
        (OUTSIDE.replace("5-30", "4-30"), Refusal.OUTSIDE_WINDOW),
        (OUTSIDE.replace("\u2019", "â€™"), Refusal.OUTSIDE_WINDOW),
        (OUTSIDE.replace("\u2019", "'").upper(), Refusal.OUTSIDE_WINDOW),
        ('{"errors":[{"code":"Unauthorized","message":"' + OUTSIDE[:-2], Refusal.OUTSIDE_WINDOW),
        ("Access to requested resource is denied.", Refusal.ACCESS_DENIED),
        (
            "Access to requested resource is denied. The LWA secret token you provided has"
            " expired.",
            Refusal.ACCESS_DENIED,
        ),
        ("<html><body>403 Forbidden</body></html>", Refusal.UNRECOGNISED),
        ("", Refusal.UNRECOGNISED),
        ("This buyer has opted out.", Refusal.UNRECOGNISED),
    ],
)
def test_a_text_is_read(text: str, refusal: Refusal) -> None:
    assert read_refusal(text) is refusal
