"""Whose notification it is, and what holds a seller's calls back."""

from datetime import UTC, datetime, timedelta

import pytest

from lambdas.core.marketplaces import Region
from lambdas.core.seller import RegionState, Seller, slowed_until

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
US, DE = "ATVPDKIKX0DER", "A1PA6795UKMFR9"


def seller(**regions: RegionState) -> Seller:
    return Seller(
        seller_id="A1DAYFIVENA001",
        regions={Region(name): state for name, state in regions.items()},
    )


def test_a_subscription_tells_its_region() -> None:
    both = seller(na=RegionState(subscription_id="one"), eu=RegionState(subscription_id="two"))

    assert both.region_of_subscription("two", US, NOW) is Region.EU
    assert both.region_of_subscription("three", US, NOW) is None


@pytest.mark.parametrize(("marketplace_id", "region"), [(US, Region.NA), (DE, Region.EU)])
def test_where_two_regions_could_be_meant_the_marketplace_tells(
    marketplace_id: str, region: Region
) -> None:
    connecting = RegionState(connecting_since=NOW)
    same = RegionState(subscription_id="one")

    for both in (seller(na=connecting, eu=connecting), seller(na=same, eu=same)):
        assert both.region_of_subscription("one", marketplace_id, NOW) is region


@pytest.mark.parametrize(
    ("state", "believed"),
    [
        (RegionState(replaced={"old": NOW - 13 * DAY}), True),
        (RegionState(replaced={"old": NOW - 14 * DAY}), False),
        (RegionState(connecting_since=NOW - 30 * DAY), True),
        (RegionState(), False),
    ],
)
def test_how_long_a_replaced_or_unfinished_subscription_is_believed(
    state: RegionState, believed: bool
) -> None:
    assert state.believes("old", NOW) is believed


def test_what_holds_the_calls_back_has_a_name() -> None:
    blocked = RegionState(blocked_until=NOW + DAY)
    slowed = RegionState(slowed_until=NOW + DAY)

    assert seller(na=blocked).why_no_calls(Region.NA, NOW) == "blocked"
    assert seller(na=blocked).why_no_calls(Region.NA, NOW + DAY) is None
    assert seller(na=slowed).why_no_calls(Region.NA, NOW) == "slowed"
    assert seller().why_no_calls(Region.NA, NOW) == "not_connected"


@pytest.mark.parametrize(("throttled", "first"), [(True, 2), (False, 15)])
def test_a_seller_is_slowed_twice_as_long_each_time_up_to_two_hours(
    throttled: bool, first: int
) -> None:
    minutes = [
        (slowed_until(RegionState(slow_steps=steps), throttled=throttled, now=NOW) - NOW)
        / timedelta(minutes=1)
        for steps in (0, 1, 2, 50)
    ]

    assert minutes == [first, 2 * first, 4 * first, 120]
