"""Whose notifications are believed: the sellers and their settings, remembered for a minute."""

from datetime import datetime, timedelta

from lambdas.aws.errors import AwsError
from lambdas.aws.sellers_table import SellersTable
from lambdas.aws.settings_table import SettingsTable
from lambdas.core.marketplaces import Region
from lambdas.core.order_change import OrderChange
from lambdas.core.seller import NOTIFICATION_SEEN_EVERY, Seller
from lambdas.core.seller_settings import SellerSettings
from lambdas.observability import Telemetry

_REMEMBERED_FOR = timedelta(minutes=1)


class ForeignSubscriptionError(Exception):
    """A known seller's notification under a subscription that is not its own."""


class KnownSellers:
    """The intake's view of the sellers. Raises AwsError for DynamoDB's troubles."""

    def __init__(
        self, sellers: SellersTable, settings: SettingsTable, telemetry: Telemetry
    ) -> None:
        self._sellers = sellers
        self._settings = settings
        self._telemetry = telemetry
        self._seen: dict[str, tuple[datetime, Seller]] = {}
        self._settings_seen: dict[str, tuple[datetime, SellerSettings]] = {}

    def region_of(self, change: OrderChange, now: datetime) -> Region | None:
        """The region of the believed subscription; None drops a seller that is not connected.

        Raises ForeignSubscriptionError.
        """
        seller = self._remembered(change.seller_id, now)
        region = _believed(seller, change, now)
        if region is None:
            # `connect` may have registered it since: an id is refused only after a fresh look.
            seller = self._looked_up(change.seller_id, now)
            region = _believed(seller, change, now)
        if seller is None:
            self._telemetry.count("NotificationsRefused")
            self._telemetry.tally("ignored", "unknown_seller")
            return None
        if region is None:
            raise ForeignSubscriptionError
        self._note_seen(seller, region, change, now)
        return region

    def _remembered(self, seller_id: str, now: datetime) -> Seller | None:
        read_at, seller = self._seen.get(seller_id, (None, None))
        return seller if read_at and _is_fresh(read_at, now) else None

    def _looked_up(self, seller_id: str, now: datetime) -> Seller | None:
        seller = self._sellers.get(seller_id)
        if seller is not None:
            self._seen[seller_id] = (now, seller)
        return seller

    def settings_of(self, seller_id: str, now: datetime) -> SellerSettings:
        """The seller's exclusions; the sender reads them afresh before it checks an order."""
        read_at, settings = self._settings_seen.get(seller_id, (None, SellerSettings()))
        if read_at is None or not _is_fresh(read_at, now):
            settings = self._settings.get(seller_id)
            self._settings_seen[seller_id] = (now, settings)
        return settings

    def _note_seen(
        self, seller: Seller, region: Region, change: OrderChange, now: datetime
    ) -> None:
        state = seller.regions[region]
        seen_at = state.last_notification_at
        if seen_at and now - seen_at < NOTIFICATION_SEEN_EVERY:
            return
        if seller.application_id not in {None, change.application_id}:
            self._telemetry.warning("application_id_changed", seller_id=seller.seller_id)
        try:
            self._sellers.saw_notification(
                seller.seller_id,
                region,
                application_id=change.application_id,
                usual_gap=state.usual_gap_at(now),
                now=now,
            )
        except AwsError as error:
            # Only a note for the operator: the order matters more.
            self._telemetry.failure("notification_not_noted", error, seller_id=seller.seller_id)
        self._seen.pop(seller.seller_id, None)


def _is_fresh(read_at: datetime, now: datetime) -> bool:
    return timedelta() <= now - read_at < _REMEMBERED_FOR


def _believed(seller: Seller | None, change: OrderChange, now: datetime) -> Region | None:
    if seller is None:
        return None
    return seller.region_of_subscription(change.subscription_id, change.marketplace_id, now)
