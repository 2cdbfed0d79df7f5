"""What is to become of each order that was read: the rules are those of the intake."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from lambdas.core.marketplaces import Region
from lambdas.core.news import Record, on_order_change
from lambdas.core.order_change import OrderChange
from lambdas.core.policy import Policies
from lambdas.core.seller_settings import SellerSettings
from lambdas.core.solicitation import Solicitation, Status
from lambdas.spapi.orders import PastOrder

BACKFILLED = "backfilled"


class Source(StrEnum):
    """What the window of an order is computed from, in Amazon's own words."""

    DELIVER_BY = "deliverByWindow"
    SHIP_BY = "shipByWindow"
    LAST_UPDATED = "lastUpdatedTime"


class LeftOut(StrEnum):
    """Why an order is not put on record."""

    ON_RECORD = "on record already"
    CANCELED = "canceled"
    NOT_SHIPPED = "not shipped"
    NOT_ON_AMAZON = "not sold on Amazon"
    NO_MARKETPLACE = "without a marketplace"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """An order as it would be recorded, and what its window is computed from."""

    order: Solicitation
    source: Source


@dataclass(slots=True, kw_only=True)
class Plan:
    """Every order that was read, in one of three places; the lists are soonest to close first."""

    planned: list[Planned] = field(default_factory=list)
    too_late: list[Planned] = field(default_factory=list)
    left_out: Counter[LeftOut] = field(default_factory=Counter)

    def by_status(self, status: Status) -> list[Planned]:
        return [each for each in self.planned if each.order.status is status]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What decides, beside the order itself."""

    seller_id: str
    region: Region
    policies: Policies
    settings: SellerSettings


def make_plan(
    orders: Iterable[PastOrder], rules: Rules, *, on_record: Collection[str], now: datetime
) -> Plan:
    """Plan what is not on record yet; an order whose window has shut is not put there."""
    plan = Plan()
    for past in orders:
        match _planned(past, rules, on_record=on_record, now=now):
            case LeftOut() as reason:
                plan.left_out[reason] += 1
            case planned if planned.order.window.has_shut(now):
                plan.too_late.append(planned)
            case planned:
                plan.planned.append(planned)
    for orders_of_plan in (plan.planned, plan.too_late):
        orders_of_plan.sort(
            key=lambda each: (each.order.window.closes_at, each.order.amazon_order_id)
        )
    return plan


def _planned(
    past: PastOrder, rules: Rules, *, on_record: Collection[str], now: datetime
) -> Planned | LeftOut:
    if past.amazon_order_id in on_record:
        return LeftOut.ON_RECORD
    if not past.sold_on_amazon:
        return LeftOut.NOT_ON_AMAZON
    if past.marketplace_id is None:
        return LeftOut.NO_MARKETPLACE
    if past.fulfillment_status != "SHIPPED":
        # Amazon's other spelling: notifications have `Canceled`.
        canceled = past.fulfillment_status == "CANCELLED"
        return LeftOut.CANCELED if canceled else LeftOut.NOT_SHIPPED
    change, source = order_change(past, past.marketplace_id, rules)
    decision = on_order_change(
        None,
        change,
        region=rules.region,
        sent_at=now,
        now=now,
        policy=rules.policies.of(change.marketplace_id, change.fulfillment_type),
        settings=rules.settings,
    )
    if not isinstance(decision, Record):
        return LeftOut.NOT_SHIPPED
    order = decision.solicitation
    if order.status is Status.WAITING:
        order = replace(order, reason=f"{BACKFILLED}: {source}")
    return Planned(order=order, source=source)


def order_change(past: PastOrder, marketplace_id: str, rules: Rules) -> tuple[OrderChange, Source]:
    """The order as the notification of its shipping would have told it, and from which source.

    The API does not tell when an order was shipped. It was promised to ship by the end of
    shipByWindow, and it was not shipped later than it was last updated.
    """
    source, shipped_at = Source.LAST_UPDATED, past.last_updated_time
    if past.ship_by and past.ship_by < shipped_at:
        source, shipped_at = Source.SHIP_BY, past.ship_by
    if past.earliest_delivery_date:
        source = Source.DELIVER_BY
    change = OrderChange(
        seller_id=rules.seller_id,
        subscription_id="",
        application_id=None,
        amazon_order_id=past.amazon_order_id,
        marketplace_id=marketplace_id,
        order_change_type="OrderStatusChange",
        order_status="Shipped",
        fulfillment_type="AFN" if past.fulfilled_by == "AMAZON" else "MFN",
        changed_at=max(shipped_at, past.created_time),
        earliest_delivery_date=past.earliest_delivery_date,
        latest_delivery_date=past.latest_delivery_date,
        is_delivered=False,
        is_replacement=past.is_replacement,
        skus=past.skus,
    )
    return change, source
