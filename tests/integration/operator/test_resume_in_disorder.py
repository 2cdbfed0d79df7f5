"""A seller goes on while others write, or halfway: no order stays set aside, or dry."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.handlers import BUILTIN_HANDLERS

from lambdas.aws.items import to_text
from lambdas.core.delivery import DeliveryNews
from lambdas.core.solicitation import Solicitation
from tests.integration.conftest import SELLER, Run
from tests.integration.operator.conftest import CLOSES, OPENS, Shop, refused

RESUME = ("resume", "--seller", SELLER, "--marketplace", "US")


@pytest.fixture
def set_aside(shop: Shop, dayfive: Run) -> Solicitation:
    dayfive("pause", "--seller", SELLER, "--marketplace", "US")
    return shop.put(1, reason="marketplace_paused", due_at=CLOSES)


@contextmanager
def hooked(event: str, act: Callable[..., None]) -> Iterator[None]:
    """At this event of botocore's, in the sessions that are opened inside."""
    BUILTIN_HANDLERS.append((event, act))
    try:
        yield
    finally:
        BUILTIN_HANDLERS.remove((event, act))


def assert_taken_up(shop: Shop) -> None:
    assert (shop.order(1).reason, shop.order(1).due_at) == ("marketplace_resumed", OPENS)


def test_a_resume_that_broke_off_goes_on_when_it_is_run_again(
    shop: Shop, dayfive: Run, set_aside: Solicitation
) -> None:
    with refused("dynamodb.PutItem", "ThrottlingException"):
        assert dayfive(*RESUME)[0] == 1
    assert shop.order(1) == set_aside

    assert "resumed; 1 order due or planned anew" in dayfive(*RESUME)[1]

    assert_taken_up(shop)
    assert dayfive(*RESUME)[1].endswith("not paused\n")


def test_an_order_that_the_index_does_not_show_as_set_aside_yet_is_taken_up(
    shop: Shop, dayfive: Run, set_aside: Solicitation
) -> None:
    """It was set aside a moment ago: the index still has when it fell due."""

    def lag(parsed: dict[str, Any], **_: object) -> None:
        for item in parsed["Items"]:
            item["due_at"] = {"S": to_text(OPENS)}

    with hooked("after-call.dynamodb.Query", lag):
        dayfive(*RESUME)

    assert_taken_up(shop)


@contextmanager
def hearing(shop: Shop, order: Solicitation) -> Iterator[DeliveryNews]:
    """The intake records an earlier shipping time directly before the command's first write."""
    assert order.news
    heard = replace(order.news, shipped_at=order.news.shipped_at - timedelta(hours=1))
    left = [lambda: shop.deployment.orders.put(replace(order, news=heard), known=order)]

    def hear(**_: object) -> None:
        while left:
            left.pop()()

    with hooked("before-call.dynamodb.PutItem", hear):
        yield heard


def test_an_order_that_hears_news_while_it_is_taken_up_is_taken_up(
    shop: Shop, dayfive: Run, set_aside: Solicitation
) -> None:
    with hearing(shop, set_aside) as heard:
        dayfive(*RESUME)

    assert_taken_up(shop)
    assert shop.order(1).news == heard


def test_a_dry_order_that_hears_news_while_its_seller_goes_live_is_due(
    shop: Shop, dayfive: Run
) -> None:
    dry = shop.put(1, would_send_at=OPENS, due_at=CLOSES - timedelta(hours=3))

    with hearing(shop, dry) as heard:
        dayfive("live", "on", "--seller", SELLER, "--yes")

    order = shop.order(1)
    assert (order.reason, order.due_at, order.news) == ("seller_went_live", OPENS, heard)
