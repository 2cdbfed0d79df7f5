"""`dayfive connect`: from a seller's credentials to notifications that the intake believes."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import httpx

from lambdas.aws.items import Item, to_text
from lambdas.core.marketplaces import Region, country_of, region_of
from lambdas.core.seller import RegionState
from lambdas.spapi.auth import Credentials
from lambdas.spapi.endpoints import Endpoints
from lambdas.spapi.errors import AuthorizationError, ForbiddenError, SpApiError
from lambdas.spapi.notifications import Destination, Notifications, Subscription
from ops.advice import advice_on_token, explained, is_access_denied, oddities
from ops.deployment import Deployment
from ops.errors import OperatorError
from ops.secrets import Secrets, Stored
from ops.seller_access import SellerAccess, subscription_of
from ops.subscribing import Confirm, Say, Subscribing


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection(Credentials):
    """Who is to be connected, and with what; its repr shows no secret."""

    seller_id: str
    region: Region


class Connector:
    """Connects a seller in one region; safe to repeat, and to go on with after a stop.

    Raises OperatorError where the seller or the operator has to do something first.
    """

    def __init__(
        self,
        deployment: Deployment,
        endpoints: Endpoints,
        http: httpx.Client,
        *,
        say: Say,
        confirm: Confirm,
    ) -> None:
        self._deployment = deployment
        self._amazon = SellerAccess(http, endpoints)
        self._secrets = Secrets(deployment.client("secretsmanager"))
        self._say = say
        self._confirm = confirm

    def connect(self, connection: Connection) -> None:
        """Try the credentials, subscribe, store, register; a stop at any point is mended by
        running it again. What works already is replaced only by what works too.
        """
        notifications = self._amazon.notifications(connection, connection.region)
        existing = self._try(connection, notifications)
        known = self._register_as_connecting(connection)
        try:
            subscribing = self._subscribing(notifications)
            destination = subscribing.destination(existing)
            subscription, replaced = subscribing.subscription(destination)
        except SpApiError as error:
            raise OperatorError(explained(error)) from None
        self._end_former(connection, known)
        stored = self._store(connection)
        self._register(connection, known, destination, subscription, replaced, stored)
        self._name_marketplaces(connection)

    def _try(self, connection: Connection, notifications: Notifications) -> Subscription | None:
        """Use the credentials before they take the place of others that may be working."""
        try:
            self._amazon.prove(connection)
            existing = subscription_of(notifications)
        except AuthorizationError as error:
            raise OperatorError(
                f"Login with Amazon refuses these credentials ({error.lwa_error or 401}):"
                f" {advice_on_token(error)}{oddities(connection)}"
            ) from None
        except ForbiddenError as error:
            self._say_if_of_another_region(connection, error)
            raise OperatorError(explained(error)) from None
        except SpApiError as error:
            raise OperatorError(explained(error)) from None
        if existing:
            self._refuse_another_sellers(connection, existing)
        self._say("credentials: accepted by Amazon")
        return existing

    def _say_if_of_another_region(self, connection: Connection, error: ForbiddenError) -> None:
        if not is_access_denied(error):
            return
        accepting = [*self._amazon.regions_that_accept(connection)]
        if accepting and connection.region not in accepting:
            raise OperatorError(
                f"this refresh token is of region {accepting[0]}, not {connection.region}: connect"
                f" it with --region {accepting[0]}, or take the token that Seller Central shows"
                f" for {connection.region}"
            ) from None

    def _refuse_another_sellers(self, connection: Connection, existing: Subscription) -> None:
        """No answer of Amazon's names the seller, but a subscription on record here does."""
        for seller in self._deployment.sellers.all(on_corrupt=lambda _: None):
            ids = {state.subscription_id for state in seller.regions.values()}
            if seller.seller_id != connection.seller_id and existing.subscription_id in ids:
                raise OperatorError(
                    f"this refresh token is of seller {seller.seller_id}, not of"
                    f" {connection.seller_id}: sign in to Seller Central as"
                    f" {connection.seller_id} and authorise the application there"
                )

    def _subscribing(self, notifications: Notifications) -> Subscribing:
        return Subscribing(
            notifications,
            queue_arn=self._deployment.output("OrderChangeQueueArn"),
            say=self._say,
            confirm=self._confirm,
        )

    def _register_as_connecting(self, connection: Connection) -> RegionState:
        """From here on the intake believes this seller, so that no notification is refused."""
        sellers, now = self._deployment.sellers, datetime.now(UTC)
        self._deployment.seller_settings.keep(connection.seller_id)
        sellers.create(connection.seller_id, now=now)
        seller = sellers.get(connection.seller_id)
        known = seller.regions.get(connection.region) if seller else None
        known = known or RegionState()
        sellers.set_region(
            connection.seller_id,
            connection.region,
            {**_region_item(known), "connecting_since": to_text(now)},
        )
        return known

    def _end_former(self, connection: Connection, known: RegionState) -> None:
        """Another application's subscription would go on beside the new one: only it can end it."""
        former = self._secrets.known(connection.seller_id, connection.region).credentials()
        if former is None or former.client_id == connection.client_id:
            return
        if not known.subscription_id:
            return
        notifications = self._amazon.notifications(former, connection.region)
        try:
            subscribing = self._subscribing(notifications)
            subscribing.end_subscription(known.subscription_id)
            subscribing.end_destination()
        except SpApiError as error:
            self._say(
                f"former application: its subscription could not be ended ({error}): withdraw its"
                " authorisation in Seller Central, or its notifications gather in OrderChangeDlq"
                " 14 days from now"
            )
        else:
            self._say(f"former application: ended its subscription {known.subscription_id}")

    def _store(self, connection: Connection) -> Stored:
        stored = self._secrets.store(
            connection.seller_id,
            connection.region,
            client_id=connection.client_id,
            client_secret=connection.client_secret,
            token=connection.refresh_token,
        )
        names = " and ".join(stored.changed)
        self._say(f"secrets: {f'stored in {names}' if names else 'already stored'}")
        if stored.changed and not stored.shares_application:
            self._name_others_of(connection)
        return stored

    def _name_others_of(self, connection: Connection) -> None:
        """Each of them has the client secret beside its own token."""
        this = (connection.seller_id, connection.region)
        others = self._secrets.others_of_own_application(connection.client_id, but=this)
        for seller_id, region in others:
            self._say(
                f"this application is also that of {seller_id} in {region}: if its client secret"
                f" is new, run dayfive connect --seller {seller_id} --region {region} too, within"
                " 7 days"
            )

    def _register(
        self,
        connection: Connection,
        known: RegionState,
        destination: Destination,
        subscription: Subscription,
        replaced: Subscription | None,
        stored: Stored,
    ) -> None:
        now = datetime.now(UTC)
        former = {known.subscription_id, replaced.subscription_id if replaced else None}
        believed = dict(known.replaced)
        believed |= {name: now for name in former if name}
        believed.pop(subscription.subscription_id, None)
        state = replace(
            known,
            subscription_id=subscription.subscription_id,
            destination_id=destination.destination_id,
            replaced=believed,
            secret_stored_at=stored.client_secret_since or known.secret_stored_at,
            shares_application=stored.shares_application,
        )
        self._deployment.sellers.set_region(
            connection.seller_id,
            connection.region,
            {**_region_item(state), "connected_at": to_text(now)},
        )
        # New credentials lift a block; what was waiting for them is due.
        self._deployment.wake_up_queue.wake(connection.seller_id, connection.region)
        self._say(f"connected: {connection.seller_id} in {connection.region}")

    def _name_marketplaces(self, connection: Connection) -> None:
        """Only to show the seller: DayFive goes by each order's own marketplace."""
        try:
            sellers = self._amazon.sellers(connection, connection.region)
            listed = sellers.get_marketplace_participations()
        except SpApiError as error:
            denied = isinstance(error, ForbiddenError)
            why = "that needs a role more, and DayFive does without" if denied else str(error)
            self._say(f"marketplaces: not listed ({why})")
            return
        countries = sorted(
            country_of(each.marketplace_id)
            for each in listed
            if each.is_participating and region_of(each.marketplace_id) is connection.region
        )
        self._say(f"marketplaces: {', '.join(countries) or 'none that the seller takes part in'}")


def _region_item(state: RegionState) -> Item:
    """What survives a new connection; blocks and slowness do not."""
    gap, times = state.usual_gap, (state.secret_stored_at, state.last_notification_at)
    secret_stored_at, last_notification_at = (to_text(at) if at else None for at in times)
    item: Item = {
        "replaced": {name: to_text(at) for name, at in state.replaced.items()},
        "subscription_id": state.subscription_id,
        "destination_id": state.destination_id,
        "shares_application": state.shares_application,
        "secret_stored_at": secret_stored_at,
        "last_notification_at": last_notification_at,
        "usual_gap_seconds": round(gap.total_seconds()) if gap else None,
    }
    return {name: value for name, value in item.items() if value is not None}
