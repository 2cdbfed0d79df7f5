"""`dayfive pause` and `resume`: of all sellers, one, and one marketplace."""

from datetime import timedelta

from lambdas.core.marketplaces import Region
from lambdas.core.solicitation import Status
from lambdas.core.window import SolicitationWindow
from tests.integration.conftest import OTHER_SELLER, SELLER, US, Run
from tests.integration.operator.conftest import CLOSES, OPENS, Shop

CANADA = "A2EUQ1WTGCTBG2"


def is_paused(shop: Shop, seller_id: str = SELLER) -> bool:
    seller = shop.deployment.sellers.get(seller_id)
    assert seller is not None
    return seller.paused


def test_a_seller_is_paused_and_told_what_that_means(shop: Shop, dayfive: Run) -> None:
    shop.put(1, due_at=shop.clock.now + timedelta(days=1))
    shop.clock.move_to(CLOSES - timedelta(days=5))

    assert dayfive("pause", "--seller", SELLER) == (
        0,
        f"{SELLER}: paused; 1 order waits, 1 of their windows shuts within a week\n",
        "",
    )

    assert is_paused(shop)
    assert dayfive("pause", "--seller", SELLER)[1] == f"{SELLER}: paused already\n"


def test_resume_wakes_the_sender_and_counts_what_shut_meanwhile(shop: Shop, dayfive: Run) -> None:
    dayfive("pause", "--seller", SELLER)
    shop.put(1, status=Status.EXPIRED, reason="not_checked_in_time")
    shop.put(2, status=Status.EXPIRED, reason="never_offered", window=_shut_before(shop))
    shop.clock.move_to(CLOSES + timedelta(days=1))
    shop.put(3, window=_open_at(shop), due_at=shop.clock.now - timedelta(days=2))

    status, printed, _ = dayfive("resume", "--seller", SELLER)

    assert (status, printed) == (
        0,
        f"{SELLER}: resumed; 1 order due or planned anew, 1 window shut meanwhile\n",
    )
    assert not is_paused(shop)
    assert len(shop.wake_ups()) == 1
    assert dayfive("resume", "--seller", SELLER)[1] == f"{SELLER}: not paused\n"


def test_a_marketplace_is_paused_and_its_orders_are_planned_anew_on_resume(
    shop: Shop, dayfive: Run
) -> None:
    dayfive("pause", "--seller", SELLER, "--marketplace", "US")
    shop.put(1, reason="marketplace_paused", due_at=CLOSES)
    shop.put(2, reason="marketplace_paused", due_at=CLOSES, marketplace_id=CANADA)
    shop.put(3, status=Status.EXPIRED, reason="marketplace_paused")
    seller = shop.deployment.sellers.get(SELLER)
    assert seller is not None
    assert (seller.paused, seller.paused_marketplaces) == (False, {US})

    printed = dayfive("resume", "--seller", SELLER, "--marketplace", "us")[1]

    assert printed == (
        f"{SELLER} in US: resumed; 1 order due or planned anew,"
        " 1 window shut while it was paused, now or before\n"
    )
    assert (shop.order(1).reason, shop.order(1).due_at) == ("marketplace_resumed", OPENS)
    assert shop.order(2).due_at == CLOSES
    assert len(shop.wake_ups()) == 1


def test_all_means_every_seller(shop: Shop, dayfive: Run) -> None:
    shop.connect(OTHER_SELLER)

    assert dayfive("pause", "--all")[1].count("paused;") == 2
    assert is_paused(shop)
    assert is_paused(shop, OTHER_SELLER)
    dayfive("resume", "--all")
    assert not is_paused(shop, OTHER_SELLER)


def test_a_marketplace_without_a_seller_means_every_seller_of_its_region(
    shop: Shop, dayfive: Run
) -> None:
    shop.connect(OTHER_SELLER, region=Region.EU)

    assert dayfive("pause", "--marketplace", "CA")[1].startswith(f"{SELLER} in CA: paused;")
    status, _, error = dayfive("pause", "--marketplace", "JP")
    assert (status, error) == (
        1,
        "dayfive: no seller is connected in region fe: nothing to do\n",
    )


def test_a_seller_that_is_resumed_names_its_marketplaces_that_are_still_paused(
    shop: Shop, dayfive: Run
) -> None:
    dayfive("pause", "--seller", SELLER, "--marketplace", "US")
    dayfive("pause", "--seller", SELLER)

    printed = dayfive("resume", "--seller", SELLER)[1]

    assert printed.splitlines()[1] == (
        f"{SELLER}: still paused in US: dayfive resume --seller {SELLER} --marketplace US"
    )


def test_it_must_be_said_who_is_meant(shop: Shop, dayfive: Run) -> None:
    wanted = (
        2,
        "dayfive: say whom: --seller, --marketplace, both of them, or --all; see: dayfive pause"
        " --help\n",
    )

    assert dayfive("pause")[::2] == wanted
    assert dayfive("pause", "--all", "--seller", SELLER)[::2] == wanted


def test_dry_runs_change_nothing(shop: Shop, dayfive: Run) -> None:
    assert f"{SELLER}: would be paused; 0 orders wait" in dayfive("pause", "--all", "--dry-run")[1]
    assert not is_paused(shop)

    dayfive("pause", "--all")
    assert f"{SELLER}: would be resumed;" in dayfive("resume", "--all", "--dry-run")[1]
    assert is_paused(shop)
    assert shop.wake_ups() == []


def _shut_before(shop: Shop) -> object:
    return SolicitationWindow(
        opens_at=OPENS - timedelta(days=9), closes_at=shop.clock.now - timedelta(days=1)
    )


def _open_at(shop: Shop) -> object:
    return SolicitationWindow(opens_at=OPENS, closes_at=shop.clock.now + timedelta(days=9))
