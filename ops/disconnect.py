"""`dayfive disconnect`: undoes `connect`, at Amazon and here, and says what stays."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx
from botocore.exceptions import ClientError

from lambdas.aws.errors import error_code, translated
from lambdas.aws.items import SELLER_SORT_KEY, to_attributes
from lambdas.core.marketplaces import Region
from lambdas.core.seller import RegionState
from lambdas.spapi.auth import Credentials
from lambdas.spapi.endpoints import Endpoints
from lambdas.spapi.errors import AuthorizationError, ForbiddenError, SpApiError
from ops.advice import explained
from ops.deployment import Deployment
from ops.errors import OperatorError
from ops.live import LAST_CREATE_CALL_ENDS
from ops.secrets import Secrets
from ops.seller_access import SellerAccess
from ops.subscribing import Confirm, Say, Subscribing

LAST_RUN_ENDS = timedelta(seconds=90)
"""Sender's timeout: a run that has begun knows this region yet."""

SETTINGS_KEPT_DAYS = 180
"""Longer than almost any of its orders stays on record."""

_QUEUE_LOOKED_AT_EVERY = 5.0
_QUEUE_WAITED_FOR = 120.0
_IN_QUEUE = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """What there is to undo of one seller in one region; a stop may have left some of it."""

    seller_id: str
    region: Region
    state: RegionState | None
    credentials: Credentials | None = field(repr=False)
    has_secret: bool
    is_last_region: bool
    is_live: bool
    open_orders: int


class Disconnector:
    """Undoes a seller's connection in one region; safe to repeat, and to go on with after a stop.

    Raises OperatorError where the operator has to do something first.
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
        self._access = SellerAccess(http, endpoints)
        self._secrets = Secrets(deployment.client("secretsmanager"))
        self._say = say
        self._confirm = confirm

    def regions(self, seller_id: str) -> list[Region]:
        """Where something of this seller is left: on its record, or in Secrets Manager."""
        seller = self._deployment.sellers.get(seller_id)
        known = {*(seller.regions if seller else ()), *self._secrets.regions(seller_id)}
        return [region for region in Region if region in known]

    def look(self, seller_id: str, region: Region) -> Leaving:
        """What would be undone; changes nothing."""
        seller = self._deployment.sellers.get(seller_id)
        orders = self._deployment.orders
        waiting = sum(1 for _ in orders.waiting(seller_id, region))
        return Leaving(
            seller_id=seller_id,
            region=region,
            state=seller.regions.get(region) if seller else None,
            credentials=self._secrets.known(seller_id, region).credentials(),
            has_secret=region in self._secrets.regions(seller_id),
            is_last_region=not seller or not set(seller.regions) - {region},
            is_live=bool(seller and seller.live),
            open_orders=waiting + sum(1 for _ in orders.held(seller_id, region)),
        )

    def disconnect(self, leaving: Leaving, *, keep_secrets: bool) -> None:
        """Leave Amazon first, so that a stop leaves what is needed to go on; then forget."""
        self._leave_amazon(leaving)
        if leaving.is_last_region:
            self._deployment.sellers.set_live(leaving.seller_id, False)
            self._end_settings(leaving.seller_id)
        elif leaving.state:
            self._let_the_queue_run_dry()
        self._forget(leaving)
        if leaving.is_live and leaving.state:
            wait = LAST_CREATE_CALL_ENDS if leaving.is_last_region else LAST_RUN_ENDS
            self._say(f"a call may be on its way: waiting {wait.total_seconds():.0f} seconds")
            time.sleep(wait.total_seconds())
        self._say(f"secrets: {'kept' if keep_secrets else self._remove_secrets(leaving)}")
        self._say(f"disconnected: {leaving.seller_id} in {leaving.region}")

    def _end_settings(self, seller_id: str) -> None:
        """What it left out is left out if it comes back, so they go about when its orders do."""
        end = datetime.now(UTC) + timedelta(days=SETTINGS_KEPT_DAYS)
        if self._deployment.seller_settings.end_at(seller_id, end):
            self._say(f"settings: kept for {SETTINGS_KEPT_DAYS} days, for when it comes back")

    def _remove_secrets(self, leaving: Leaving) -> str:
        others = self._deployment.sellers.all(on_corrupt=lambda _: None)
        changed = self._secrets.remove(
            leaving.seller_id,
            leaving.region,
            is_last_seller=all(each.seller_id == leaving.seller_id for each in others),
        )
        return f"removed from {' and '.join(changed)}" if changed else "none were left"

    def _leave_amazon(self, leaving: Leaving) -> None:
        if leaving.credentials is None and leaving.state is None:
            return  # Amazon was left before the record was forgotten
        if leaving.credentials is None:
            self._go_on_without_amazon("its credentials are not stored here")
            return
        subscribing = Subscribing(
            self._access.notifications(leaving.credentials, leaving.region),
            queue_arn=self._deployment.output("OrderChangeQueueArn"),
            say=self._say,
            confirm=self._confirm,
        )
        try:
            subscribing.leave(leaving.state.subscription_id if leaving.state else None)
            if self._others_use_the_destination(leaving):
                self._say("destination: kept, other sellers use it")
            else:
                self._say(f"destination: {subscribing.end_destination()}")
        except (AuthorizationError, ForbiddenError) as error:
            self._go_on_without_amazon(explained(error))
        except SpApiError as error:
            raise OperatorError(explained(error)) from None

    def _go_on_without_amazon(self, why: str) -> None:
        if not self._confirm(
            f"The subscription at Amazon cannot be ended ({why}). Forget the seller here all the"
            " same?"
        ):
            raise OperatorError(
                f"the subscription at Amazon cannot be ended ({why}): mend that with dayfive"
                " connect, or forget the seller here all the same (--yes)"
            )
        self._say(
            "subscription: left at Amazon; withdraw the application's authorisation in Seller"
            " Central to end it"
        )

    def _others_use_the_destination(self, leaving: Leaving) -> bool:
        destination = leaving.state.destination_id if leaving.state else None
        return destination is not None and any(
            state.destination_id == destination
            for seller in self._deployment.sellers.all(on_corrupt=lambda _: None)
            for state in seller.regions.values()
            if seller.seller_id != leaving.seller_id
        )

    def _let_the_queue_run_dry(self) -> None:
        """What is on its way is still this seller's; later it would go to the DLQ."""
        sqs, queue = self._deployment.client("sqs"), self._deployment.output("OrderChangeQueueUrl")
        begun, empty = time.monotonic(), 0
        self._say("notifications on their way: waiting until they are taken in")
        while empty < 2 and time.monotonic() - begun < _QUEUE_WAITED_FOR:
            time.sleep(_QUEUE_LOOKED_AT_EVERY)
            with translated("sqs:GetQueueAttributes"):
                answer = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=[*_IN_QUEUE])
            inside = sum(int(answer["Attributes"][name]) for name in _IN_QUEUE)
            empty = 0 if inside else empty + 1

    def _forget(self, leaving: Leaving) -> None:
        """Take the region from the seller's record, and the record away with its last region."""
        if self._deployment.sellers.get(leaving.seller_id) is None:
            return
        names = {"#region": str(leaving.region)}
        self._change(
            "update_item",
            leaving.seller_id,
            UpdateExpression="REMOVE regions.#region",
            ConditionExpression="attribute_exists(regions)",
            ExpressionAttributeNames=names,
        )
        self._change(
            "delete_item",
            leaving.seller_id,
            ConditionExpression="size(regions) = :none",
            ExpressionAttributeValues=to_attributes({":none": 0}),
        )

    def _change(self, call: str, seller_id: str, **request: object) -> None:
        """One conditional write of the seller's record; nothing happens where it does not hold."""
        key = {"seller_id": seller_id, "amazon_order_id": SELLER_SORT_KEY}
        with translated(f"dynamodb:{call}"):
            try:
                getattr(self._deployment.dynamodb, call)(
                    TableName=self._deployment.output("OrdersTableName"),
                    Key=to_attributes(key),
                    **request,
                )
            except ClientError as error:
                if error_code(error) != "ConditionalCheckFailedException":
                    raise
