"""The links of one seller in one region: credentials, Amazon's side, notifications, calls."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from lambdas.aws.errors import AwsError
from lambdas.core.marketplaces import Region
from lambdas.core.rhythm import allowed_silence
from lambdas.core.seller import CLIENT_SECRET_OLD_AFTER, RegionState, Seller
from lambdas.spapi.auth import Credentials
from lambdas.spapi.errors import AuthorizationError, ForbiddenError, SpApiError
from lambdas.spapi.notifications import Destination, Subscription
from ops.advice import (
    NEW_SECRET,
    advice,
    advice_on_access,
    advice_on_block,
    advice_on_token,
    is_access_denied,
    is_secret_over,
)
from ops.deployment import Deployment
from ops.doctor.finding import Finding, note, ok, unknown, wrong
from ops.errors import OperatorError
from ops.secrets import Secrets
from ops.seller_access import SellerAccess, subscription_of
from ops.subscribing import is_filtered
from ops.wording import moment

# https://developer-docs.amazon.com/sp-api/docs/rotating-your-apps-lwa-credentials
CLIENT_SECRET_ENDS_AFTER = timedelta(days=180)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One seller in one region, as it is on record."""

    seller: Seller
    region: Region
    state: RegionState

    @property
    def connect(self) -> str:
        return f"dayfive connect --seller {self.seller.seller_id} --region {self.region}"


class SellerLinks:
    """Looks at a seller's links; calls Amazon's token endpoint and Notifications API only."""

    def __init__(self, deployment: Deployment, access: SellerAccess) -> None:
        self._deployment = deployment
        self._access = access
        self._secrets = Secrets(deployment.client("secretsmanager"))

    def look(self, place: Place) -> Iterator[Finding]:
        """Every link of this seller and region, each with whose it is."""
        now = datetime.now(UTC)
        findings: tuple[Iterator[Finding], ...] = (
            _connection(place),
            self._at_amazon(place),
            self._secret_age(place, now),
            _notifications(place, now),
            _calls(place, now),
        )
        for found in findings:
            for finding in found:
                yield replace(finding, seller_id=place.seller.seller_id, region=place.region)

    def _at_amazon(self, place: Place) -> Iterator[Finding]:
        try:
            known = self._secrets.known(place.seller.seller_id, place.region)
        except (OperatorError, AwsError) as error:
            yield wrong("secrets", str(error), f"then run {place.connect}")
            return
        credentials = known.credentials()
        if credentials is None:
            yield wrong("secrets", "not all is stored", f"run {place.connect}")
            return
        whose = "the deployment's" if known.shares_application else "its own"
        yield ok("secrets", f"stored, with {whose} application")
        try:
            self._access.prove(credentials)
        except SpApiError as error:
            yield _token_refused(error)
            for link in ("access", "destination", "subscription"):
                yield unknown(link, "not looked at without a token")
            return
        yield ok("token", "Login with Amazon gives one")
        yield from self._subscribed(place, credentials)

    def _subscribed(self, place: Place, credentials: Credentials) -> Iterator[Finding]:
        notifications = self._access.notifications(credentials, place.region)
        try:
            subscription = subscription_of(notifications)
        except SpApiError as error:
            yield self._access_refused(place, credentials, error)
            subscription = None
            answered = False
        else:
            yield ok(
                "access",
                "Amazon accepts it (Buyer Solicitation shows at the first check of an order)",
            )
            answered = True
        try:
            listed = notifications.get_destinations()
        except SpApiError as error:
            yield _refused("destination", error)
            listed = ()
        else:
            yield _about_destination(place, self._ours(listed))
        if answered:
            yield from _about_subscription(place, subscription, listed, self._ours(listed))
        else:
            yield unknown("subscription", "not looked at without access")

    def _ours(self, listed: tuple[Destination, ...]) -> Destination | None:
        arn = self._deployment.output("OrderChangeQueueArn")
        return next((each for each in listed if each.sqs_arn == arn), None)

    def _access_refused(self, place: Place, credentials: Credentials, error: SpApiError) -> Finding:
        if isinstance(error, ForbiddenError) and is_secret_over(error):
            return wrong("access", "the client secret is over 180 days old", NEW_SECRET)
        if isinstance(error, ForbiddenError) and is_access_denied(error):
            accepting = [*self._access.regions_that_accept(credentials)]
            if accepting:
                return wrong(
                    "access",
                    f"the stored refresh token is of region {accepting[0]}",
                    f"run {place.connect} with the token of {place.region}",
                )
            return wrong("access", str(error), advice_on_access(error.operation))
        return _refused("access", error)

    def _secret_age(self, place: Place, now: datetime) -> Iterator[Finding]:
        stored_at = place.state.secret_stored_at
        if place.state.shares_application:
            try:
                stored_at = self._secrets.application_stored_at() or stored_at
            except AwsError as error:
                yield unknown("secret age", str(error))
                return
        if stored_at is None:
            yield note("secret age", "not known", f"{place.connect} notes it with a new secret")
            return
        age = now - stored_at
        left = (CLIENT_SECRET_ENDS_AFTER - age).days
        stored = f"stored {age.days} days ago of the 180 that Amazon allows"
        if age > CLIENT_SECRET_OLD_AFTER:
            soon = f"within {left} days" if left > 0 else "now"
            yield wrong("secret age", stored, f"{NEW_SECRET}, {soon}")
        else:
            yield ok("secret age", stored)


def _token_refused(error: SpApiError) -> Finding:
    if isinstance(error, AuthorizationError):
        return wrong(
            "token", f"Login with Amazon refuses ({error.lwa_error or 401})", advice_on_token(error)
        )
    return _refused("token", error)


def _refused(link: str, error: SpApiError) -> Finding:
    """Amazon's own trouble is nobody's to mend; anything else is."""
    make: Callable[[str, str, str], Finding] = (
        wrong if isinstance(error, AuthorizationError | ForbiddenError) else unknown
    )
    return make(link, str(error), advice(error))


def _connection(place: Place) -> Iterator[Finding]:
    state = place.state
    if state.connecting_since:
        yield wrong(
            "connection",
            f"half done since {moment(state.connecting_since)}",
            f"run {place.connect}",
        )
    elif not place.seller.live:
        go_live = f"dayfive live on --seller {place.seller.seller_id}"
        yield note("connection", "whole; dry, nothing is sent", f"{go_live} when you are ready")
    else:
        yield ok("connection", "whole, and live")


def _about_destination(place: Place, destination: Destination | None) -> Finding:
    if destination is None:
        return wrong("destination", "Amazon has none for this queue", f"run {place.connect}")
    if destination.destination_id != place.state.destination_id:
        return wrong("destination", "it is another than the one on record", f"run {place.connect}")
    return ok("destination", "for this queue")


def _about_subscription(
    place: Place,
    subscription: Subscription | None,
    listed: tuple[Destination, ...],
    ours: Destination | None,
) -> Iterator[Finding]:
    if subscription is None:
        yield wrong("subscription", "Amazon has none", f"run {place.connect}")
        return
    leads_to = next(
        (each for each in listed if each.destination_id == subscription.destination_id), None
    )
    if ours is None or leads_to != ours:
        queue = leads_to.sqs_arn or leads_to.name if leads_to else "a queue that is not listed"
        yield wrong(
            "subscription",
            f"it leads to {queue}",
            f"set AWS_REGION, if that is DayFive's queue; else run {place.connect}",
        )
    elif subscription.subscription_id != place.state.subscription_id:
        yield wrong("subscription", "it is another than the one on record", f"run {place.connect}")
    else:
        yield ok("subscription", subscription.subscription_id)
    if is_filtered(subscription):
        yield ok("filter", "only changes of an order's status")
    else:
        yield wrong("filter", "its processing directive is another", f"run {place.connect}")


def _notifications(place: Place, now: datetime) -> Iterator[Finding]:
    state, last = place.state, place.state.last_notification_at
    if state.heard_at and state.is_silent(now):
        days = allowed_silence(state.usual_gap) / timedelta(days=1)
        since = f"the last came {moment(last)}" if last else "none has come yet"
        yield wrong(
            "notifications",
            f"{since}, and this seller is seldom silent for {days:.0f} days"
            if last
            else f"{since}, {days:.0f} days after it was connected",
            "if orders have shipped since, mend the links above; else all is well",
        )
    elif last is None:
        yield note("notifications", "none yet: the first comes when an order's status changes")
    else:
        yield ok("notifications", f"the last came {moment(last)}")


def _calls(place: Place, now: datetime) -> Iterator[Finding]:
    state = place.state
    if place.seller.paused:
        resume = f"dayfive resume --seller {place.seller.seller_id}"
        yield note("calls", "paused by an operator", f"{resume} ends that")
    elif state.blocked_until and now < state.blocked_until:
        reason = state.blocked_reason or "refused"
        until = f"blocked until {moment(state.blocked_until)}"
        yield wrong("calls", f"{until} ({reason})", advice_on_block(reason))
    elif state.slowed_until and now < state.slowed_until:
        yield note(
            "calls",
            f"slowed until {moment(state.slowed_until)}, for Amazon had trouble or wanted fewer",
            "nothing: they go on by themselves",
        )
    else:
        yield ok("calls", "nothing holds them up")
