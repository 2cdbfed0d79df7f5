"""Valid-by-default values of the core, so that a test states only what matters to it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from lambdas.core.delivery import DeliveryNews, Promise
from lambdas.core.marketplaces import Region
from lambdas.core.order_change import OrderChange
from lambdas.core.policy import Policy
from lambdas.core.seller import Seller
from lambdas.core.seller_settings import SellerSettings
from lambdas.core.solicitation import Solicitation, Status
from lambdas.core.window import SolicitationWindow

SHIPPED_AT = datetime(2026, 3, 2, 10, 15, tzinfo=UTC)
EARLIEST = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)
LATEST = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
POLICY = Policy()
SELLER = Seller(seller_id="A1DAYFIVENA001", live=True)
NO_SETTINGS = SellerSettings()
WINDOW = SolicitationWindow(
    opens_at=EARLIEST + timedelta(days=5), closes_at=LATEST + timedelta(days=30)
)


def order_change(**overrides: Any) -> OrderChange:
    """A shipped order of a seller's own fulfilment, with its promise."""
    change = OrderChange(
        seller_id="A1DAYFIVENA001",
        subscription_id="subscription-1",
        application_id="application-1",
        amazon_order_id="903-5550101-0000001",
        marketplace_id="ATVPDKIKX0DER",
        order_change_type="OrderStatusChange",
        order_status="Shipped",
        fulfillment_type="MFN",
        changed_at=SHIPPED_AT,
        earliest_delivery_date=EARLIEST,
        latest_delivery_date=LATEST,
        is_delivered=False,
        is_replacement=False,
    )
    return replace(change, **overrides)


def solicitation(**overrides: Any) -> Solicitation:
    """An order with a promise, waiting for its first check, as its window opens."""
    order = Solicitation(
        seller_id="A1DAYFIVENA001",
        amazon_order_id="903-5550101-0000001",
        marketplace_id="ATVPDKIKX0DER",
        region=Region.NA,
        fulfillment_type="MFN",
        status=Status.WAITING,
        reason="shipped",
        window=WINDOW,
        due_at=WINDOW.opens_at,
        expires_at=WINDOW.closes_at + timedelta(days=60),
        version=1,
        news=DeliveryNews(
            shipped_at=SHIPPED_AT,
            promise=Promise(news_at=SHIPPED_AT, earliest=EARLIEST, latest=LATEST),
        ),
    )
    return replace(order, **overrides)
