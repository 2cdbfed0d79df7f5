"""Makes, finds, changes and ends what a seller needs at Amazon: a destination, a subscription."""

from collections.abc import Callable

from lambdas.spapi.errors import (
    AuthorizationError,
    ConflictError,
    ForbiddenError,
    OutcomeUnknownError,
    RequestRejectedError,
)
from lambdas.spapi.notifications import (
    ORDER_STATUS_CHANGES_ONLY,
    Destination,
    Notifications,
    Subscription,
)
from ops.advice import is_in_use
from ops.errors import OperatorError
from ops.seller_access import ORDER_CHANGE, subscription_of

DESTINATION_NAME = "DayFive"

Say = Callable[[str], None]
Confirm = Callable[[str], bool]


class Subscribing:
    """One seller's way to our queue in one region, at Amazon.

    What is there is looked at first and after every unclear answer, so that a call is neither
    repeated blindly nor left half done. Raises SpApiError, or OperatorError where the operator
    has to decide something first.
    """

    def __init__(
        self, notifications: Notifications, *, queue_arn: str, say: Say, confirm: Confirm
    ) -> None:
        self._notifications = notifications
        self._queue_arn = queue_arn
        self._say = say
        self._confirm = confirm

    def destination(self, existing: Subscription | None) -> Destination:
        """The destination for our queue, made if need be; `existing` is the subscription now."""
        found = self._our_destination()
        if found is None:
            try:
                return self._create_destination()
            except (ConflictError, OutcomeUnknownError) as error:
                unclear = error
            found = self._our_destination()
        if found is None:
            if isinstance(unclear, OutcomeUnknownError):
                raise unclear
            self._make_room(existing)
            return self._create_destination()
        self._say(f"destination: found {found.destination_id}")
        return found

    def subscription(self, destination: Destination) -> tuple[Subscription, Subscription | None]:
        """The subscription in force, and the one that it replaced."""
        existing = subscription_of(self._notifications)
        if existing and is_wanted(existing, destination):
            self._say(f"subscription: found {existing.subscription_id}")
            return existing, None
        if existing:
            self._take_over(existing, destination)
        try:
            created = self._create_subscription(destination)
        except (ConflictError, OutcomeUnknownError) as unclear:
            created = self._look_again(destination, unclear)
        self._say(f"subscription: created {created.subscription_id}")
        return created, existing

    def leave(self, subscription_id: str | None) -> None:
        """End the seller's subscription to our queue, whether on record or not."""
        try:
            existing = subscription_of(self._notifications)
        except (AuthorizationError, ForbiddenError):
            # The seller's own token is of no use any more; ending takes the application's.
            existing = None
        else:
            ours = self._our_destination()
            if existing and (ours is None or existing.destination_id != ours.destination_id):
                self._say("subscription: goes elsewhere by now, so it stays")
                return
        ended = existing.subscription_id if existing else subscription_id
        if ended and self.end_subscription(ended):
            self._say(f"subscription: ended {ended}")
        else:
            self._say("subscription: was gone already")

    def end_subscription(self, subscription_id: str) -> bool:
        """Delete it; False where it was gone already."""
        try:
            self._notifications.delete_subscription_by_id(ORDER_CHANGE, subscription_id)
        except RequestRejectedError as error:
            if error.status != 404:
                raise
            return False
        except OutcomeUnknownError:
            if not self._is_gone(subscription_id):
                raise
        return True

    def end_destination(self) -> str:
        """Delete the destination for our queue unless it is in use; gives what was done."""
        found = self._our_destination()
        if found is None:
            return "was gone already"
        try:
            self._notifications.delete_destination(found.destination_id)
        except ForbiddenError as error:
            if not is_in_use(error):
                raise
            return "kept: others still use it"
        except RequestRejectedError as error:
            if error.status != 404:
                raise
        except OutcomeUnknownError:
            if self._our_destination() is not None:
                raise
        return f"ended {found.destination_id}"

    def _our_destination(self) -> Destination | None:
        listed = self._notifications.get_destinations()
        return next((each for each in listed if each.sqs_arn == self._queue_arn), None)

    def _create_destination(self) -> Destination:
        created = self._notifications.create_destination(DESTINATION_NAME, self._queue_arn)
        self._say(f"destination: created {created.destination_id}")
        return created

    def _make_room(self, existing: Subscription | None) -> None:
        """Amazon may refuse an application its second destination: end the one that it has."""
        others = self._notifications.get_destinations()
        if not others:
            raise OperatorError(
                "Amazon says that this queue has a destination already, and lists none: wait some"
                " minutes, then run the same command again"
            )
        queues = ", ".join(each.sqs_arn or each.name for each in others)
        if len(others) != 1 or not self._confirm(
            f"The application's notifications go to another queue ({queues}). End that?"
        ):
            raise OperatorError(
                f"this application already has a destination for another queue ({queues}), and"
                f" Amazon refuses a second one for {self._queue_arn}: set AWS_REGION to that"
                " queue's Region if it is DayFive's, or let this command end it (--yes), or use"
                " an application of its own"
            )
        uses_it = existing and existing.destination_id == others[0].destination_id
        self._end_other(others[0], existing if uses_it else None)
        self._say(f"destination: ended the one for {queues}")

    def _end_other(self, other: Destination, subscription: Subscription | None) -> None:
        if subscription:
            self.end_subscription(subscription.subscription_id)
        try:
            self._notifications.delete_destination(other.destination_id)
        except ForbiddenError as error:
            if not is_in_use(error):
                raise
            if subscription:
                # Others keep it alive, so this seller gets back what it had.
                directive = subscription.processing_directive.items()
                self._notifications.create_subscription(
                    ORDER_CHANGE,
                    destination_id=other.destination_id,
                    processing_directive={key: value for key, value in directive if value},
                )
            raise OperatorError(
                f"the destination for {other.sqs_arn or other.name} has other subscriptions, so"
                " Amazon keeps it: end them first, or use an application of its own"
            ) from None

    def _take_over(self, existing: Subscription, destination: Destination) -> None:
        """End it: Amazon has no update, so a changed filter or destination is a new one."""
        if existing.destination_id != destination.destination_id:
            self._ask_to_take_over(existing)
        self.end_subscription(existing.subscription_id)

    def _ask_to_take_over(self, existing: Subscription) -> None:
        where = {each.destination_id: each for each in self._notifications.get_destinations()}
        other = where.get(existing.destination_id)
        if other is None:
            return  # it leads nowhere: a removal that was not finished
        queue = other.sqs_arn or other.name
        if not self._confirm(
            f"This seller's ORDER_CHANGE notifications go to {queue}. Let them come here?"
        ):
            raise OperatorError(
                f"this seller's ORDER_CHANGE notifications go to {queue} and not to"
                f" {self._queue_arn}: set AWS_REGION to that queue's Region if it is DayFive's, or"
                " let this command move them here (--yes)"
            )

    def _look_again(
        self, destination: Destination, unclear: ConflictError | OutcomeUnknownError
    ) -> Subscription:
        found = subscription_of(self._notifications)
        if found and is_wanted(found, destination):
            return found
        if found:  # made by somebody else since we looked
            self._take_over(found, destination)
            return self._create_subscription(destination)
        if isinstance(unclear, OutcomeUnknownError):
            raise unclear
        raise OperatorError(
            "Amazon says that this seller is subscribed already, and shows no subscription: wait"
            " some minutes, then run the same command again"
        )

    def _create_subscription(self, destination: Destination) -> Subscription:
        return self._notifications.create_subscription(
            ORDER_CHANGE,
            destination_id=destination.destination_id,
            processing_directive=ORDER_STATUS_CHANGES_ONLY,
        )

    def _is_gone(self, subscription_id: str) -> bool:
        try:
            self._notifications.get_subscription_by_id(ORDER_CHANGE, subscription_id)
        except RequestRejectedError as error:
            if error.status == 404:
                return True
            raise
        return False


def is_wanted(subscription: Subscription, destination: Destination) -> bool:
    """Whether this subscription sends what DayFive needs, and nothing else, to this destination."""
    return (
        subscription.destination_id == destination.destination_id
        and subscription.processing_directive.get("filterExpression") is None
        and is_filtered(subscription)
    )


def is_filtered(subscription: Subscription) -> bool:
    """Whether its processing directive lets just the changes of an order's status through."""
    wanted = ORDER_STATUS_CHANGES_ONLY["eventFilter"]["orderChangeTypes"]
    has = subscription.processing_directive.get("eventFilter")
    return isinstance(has, dict) and has.get("orderChangeTypes") == wanted
