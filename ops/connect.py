"""`dayfive connect`: from a seller's credentials to notifications that the intake believes."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import httpx

from lambdas.aws.items import Item, to_text
from lambdas.core.marketplaces import Region
from lambdas.core.seller import RegionState
from lambdas.spapi.auth import NOTIFICATIONS_SCOPE, Credentials, LwaTokens, TokenCache
from lambdas.spapi.client import SpApiClient
from lambdas.spapi.endpoints import Endpoints
from lambdas.spapi.errors import (
    AuthorizationError,
    ConflictError,
    ForbiddenError,
    RequestRejectedError,
    SpApiError,
)
from lambdas.spapi.notifications import (
    ORDER_STATUS_CHANGES_ONLY,
    Destination,
    Notifications,
    Subscription,
)
from lambdas.spapi.pacing import Pacers
from ops.deployment import Deployment
from ops.errors import OperatorError
from ops.secrets import Secrets, Stored

ORDER_CHANGE = "ORDER_CHANGE"
DESTINATION_NAME = "DayFive"

Say = Callable[[str], None]
Confirm = Callable[[str], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """Who is to be connected, and with what; its repr shows no secret."""

    seller_id: str
    region: Region
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)


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
        self._endpoints = endpoints
        self._http = http
        self._say = say
        self._confirm = confirm
        self._tokens = LwaTokens(http, endpoints, TokenCache())

    def connect(self, connection: Connection) -> None:
        """Try the credentials, store them, subscribe, register; a stop at any point is mended by
        running it again.
        """
        notifications = self._notifications(connection)
        try:
            existing = self._try(connection, notifications)
            stored = self._store(connection)
            known = self._register_as_connecting(connection, stored)
            destination = self._destination(notifications, existing)
            subscription, replaced = self._subscription(notifications, destination)
        except ForbiddenError as error:
            raise OperatorError(
                f"{error}: the application lacks a role for this (it needs Buyer Solicitation, and"
                " Inventory and Order Tracking), or the seller authorised it before the role was"
                f" added, or the token is not of region {connection.region}"
            ) from None
        except SpApiError as error:
            raise OperatorError(f"{error}: run the same command again") from None
        self._register(connection, known, destination, subscription, replaced)

    def _try(self, connection: Connection, notifications: Notifications) -> Subscription | None:
        """Use the credentials before they take the place of others that may be working."""
        try:
            self._tokens.seller_token(_credentials(connection)).token()
        except AuthorizationError as error:
            raise OperatorError(_lwa_advice(error)) from None
        existing = _existing(notifications)
        self._say("credentials: accepted by Amazon")
        return existing

    def _store(self, connection: Connection) -> Stored:
        stored = Secrets(self._deployment.client("secretsmanager")).store(
            connection.seller_id,
            connection.region,
            client_id=connection.client_id,
            client_secret=connection.client_secret,
            token=connection.refresh_token,
        )
        names = " and ".join(stored.changed)
        self._say(f"secrets: {f'stored in {names}' if names else 'already stored'}")
        return stored

    def _register_as_connecting(self, connection: Connection, stored: Stored) -> RegionState:
        """From here on the intake believes this seller, so that no notification is refused."""
        sellers, now = self._deployment.sellers, datetime.now(UTC)
        sellers.create(connection.seller_id, now=now)
        seller = sellers.get(connection.seller_id)
        known = seller.regions.get(connection.region) if seller else None
        known = known or RegionState()
        known = replace(
            known,
            secret_stored_at=stored.client_secret_since or known.secret_stored_at,
            shares_application=stored.shares_application,
        )
        sellers.set_region(
            connection.seller_id,
            connection.region,
            {**_region_item(known), "connecting_since": to_text(now)},
        )
        return known

    def _notifications(self, connection: Connection) -> Notifications:
        grantless = self._tokens.grantless_token(
            connection.client_id, connection.client_secret, NOTIFICATIONS_SCOPE
        )
        sources = (self._tokens.seller_token(_credentials(connection)), grantless)
        seller, of_application = (
            SpApiClient(
                http=self._http,
                endpoints=self._endpoints,
                region=connection.region,
                token_source=source,
                pacers=Pacers(),
            )
            for source in sources
        )
        return Notifications(seller=seller, grantless=of_application)

    def _destination(
        self, notifications: Notifications, existing: Subscription | None
    ) -> Destination:
        arn = self._deployment.output("OrderChangeQueueArn")
        found = _with_arn(notifications.get_destinations(), arn)
        if found is None:
            try:
                return self._create_destination(notifications, arn)
            except ConflictError:
                found = _with_arn(notifications.get_destinations(), arn)
        if found is None:
            self._remove_other_destination(notifications, existing)
            return self._create_destination(notifications, arn)
        self._say(f"destination: found {found.destination_id}")
        return found

    def _create_destination(self, notifications: Notifications, arn: str) -> Destination:
        created = notifications.create_destination(DESTINATION_NAME, arn)
        self._say(f"destination: created {created.destination_id}")
        return created

    def _remove_other_destination(
        self, notifications: Notifications, existing: Subscription | None
    ) -> None:
        """Make room: Amazon may refuse an application its second destination."""
        others = notifications.get_destinations()
        queues = ", ".join(each.sqs_arn or each.name for each in others) or "one not listed"
        if len(others) != 1 or not self._confirm(
            f"The application's notifications go to another queue ({queues}). End that?"
        ):
            raise OperatorError(
                f"this application already has a destination for another queue ({queues}), and"
                " Amazon refuses a second: let this command end it (--yes), or use an application"
                " of its own"
            )
        if existing and existing.destination_id == others[0].destination_id:
            notifications.delete_subscription_by_id(ORDER_CHANGE, existing.subscription_id)
        notifications.delete_destination(others[0].destination_id)
        self._say(f"destination: ended the one for {queues}")

    def _subscription(
        self, notifications: Notifications, destination: Destination
    ) -> tuple[Subscription, Subscription | None]:
        """The subscription in force, and the one that it replaced."""
        existing = _existing(notifications)
        if existing and _is_wanted(existing, destination):
            self._say(f"subscription: found {existing.subscription_id}")
            return existing, None
        if existing and existing.destination_id != destination.destination_id:
            question = "This seller's ORDER_CHANGE notifications go elsewhere. Let them come here?"
            if not self._confirm(question):
                raise OperatorError(
                    "this seller's ORDER_CHANGE notifications go to another destination of this"
                    " application: let this command end that (--yes)"
                )
        if existing:
            # Amazon has no update: a changed filter or destination is a new subscription.
            notifications.delete_subscription_by_id(ORDER_CHANGE, existing.subscription_id)
        try:
            created = notifications.create_subscription(
                ORDER_CHANGE,
                destination_id=destination.destination_id,
                processing_directive=ORDER_STATUS_CHANGES_ONLY,
            )
        except ConflictError:
            read_back = _existing(notifications)
            if read_back is None or not _is_wanted(read_back, destination):
                raise
            created = read_back
        self._say(f"subscription: created {created.subscription_id}")
        return created, existing

    def _register(
        self,
        connection: Connection,
        known: RegionState,
        destination: Destination,
        subscription: Subscription,
        replaced: Subscription | None,
    ) -> None:
        now = datetime.now(UTC)
        former = {known.subscription_id, replaced.subscription_id if replaced else None}
        believed = {name: to_text(at) for name, at in known.replaced.items()}
        believed |= {name: to_text(now) for name in former if name}
        believed.pop(subscription.subscription_id, None)
        self._deployment.sellers.set_region(
            connection.seller_id,
            connection.region,
            {
                **_region_item(known),
                "subscription_id": subscription.subscription_id,
                "destination_id": destination.destination_id,
                "replaced": believed,
                "connected_at": to_text(now),
            },
        )
        # New credentials lift a block; what was waiting for them is due.
        self._deployment.wake_up_queue.wake(connection.seller_id, connection.region)
        self._say(f"connected: {connection.seller_id} in {connection.region}")


def _credentials(connection: Connection) -> Credentials:
    return Credentials(
        client_id=connection.client_id,
        client_secret=connection.client_secret,
        refresh_token=connection.refresh_token,
    )


def _lwa_advice(error: AuthorizationError) -> str:
    match error.lwa_error:
        case "invalid_grant":
            advice = "authorise the application again in Seller Central, and use the new token"
        case "invalid_client":
            advice = (
                "the client id or the client secret is wrong, or the secret is over 180 days old"
            )
        case _:
            advice = "client id, client secret and refresh token must be of one application"
    return f"Login with Amazon refuses these credentials ({error.lwa_error}): {advice}"


def _with_arn(destinations: tuple[Destination, ...], arn: str) -> Destination | None:
    return next((each for each in destinations if each.sqs_arn == arn), None)


def _existing(notifications: Notifications) -> Subscription | None:
    try:
        return notifications.get_subscription(ORDER_CHANGE)
    except RequestRejectedError as error:
        if error.status == 404:
            return None
        raise


def _is_wanted(subscription: Subscription, destination: Destination) -> bool:
    wanted = ORDER_STATUS_CHANGES_ONLY["eventFilter"]["orderChangeTypes"]
    has = subscription.processing_directive.get("eventFilter")
    return (
        subscription.destination_id == destination.destination_id
        and isinstance(has, dict)
        and has.get("orderChangeTypes") == wanted
    )


def _region_item(state: RegionState) -> Item:
    """What survives a new connection; blocks and slowness do not."""
    item: Item = {
        "replaced": {name: to_text(at) for name, at in state.replaced.items()},
        "subscription_id": state.subscription_id,
        "destination_id": state.destination_id,
        "shares_application": state.shares_application,
    }
    if state.secret_stored_at:
        item["secret_stored_at"] = to_text(state.secret_stored_at)
    return {name: value for name, value in item.items() if value is not None}
