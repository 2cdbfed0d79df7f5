"""SP-API and its token endpoint in one process: strict about requests, exact in its answers."""

import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx

from lambdas.core.marketplaces import Region, region_of
from ops.simulator.accounts import SECRET_LIFE, Accounts, Authorization
from ops.simulator.answers import Answer, broken_connection, html_page, refusal
from ops.simulator.buckets import TokenBucket, UsagePlan
from ops.simulator.calls import Call, subject
from ops.simulator.checks import check_parameters, is_get_with_body
from ops.simulator.endpoints import Endpoint, find_endpoint
from ops.simulator.errors import (
    ACCESS_DENIED,
    INTERNAL_FAILURE,
    QUOTA_EXCEEDED,
    RefusedError,
)
from ops.simulator.faults import HIDING, Fault, FaultKind, faults_of
from ops.simulator.ledger import LedgerEntry
from ops.simulator.lwa import LoginWithAmazon, oauth_error, read_form
from ops.simulator.messaging import Messaging
from ops.simulator.notifications import Notifications
from ops.simulator.operations import (
    CREATE_FEEDBACK_REMOVAL,
    CREATE_SOLICITATION,
    GET_ACTIONS,
    GET_MESSAGING_ACTIONS,
    OPERATIONS,
    SEARCH_ORDERS,
    TOKEN,
    UNKNOWN,
    find_route,
)
from ops.simulator.orders import SimulatedOrder
from ops.simulator.past_orders import PastOrders
from ops.simulator.responses import to_error, to_response
from ops.simulator.sellers import get_marketplace_participations
from ops.simulator.solicitations import Solicitations

Faults = dict[FaultKind, Fault]


class Simulator:
    """Amazon, as far as DayFive can see it; `handle` is the whole of its outside."""

    def __init__(
        self, seed: int = 0, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.seed = seed
        self.accounts = Accounts(seed, now)
        self.lwa = LoginWithAmazon(seed, now, self.accounts)
        self.solicitations = Solicitations(seed)
        self.notifications = Notifications(seed, self.accounts)
        self.past_orders = PastOrders(self.solicitations.orders)
        self.messaging = Messaging(self.solicitations.orders)
        self.plans: dict[str, UsagePlan] = {o.name: o.plan for o in OPERATIONS.values()}
        self.faults: list[Fault] = []
        self.ledger: list[LedgerEntry] = []
        self._now = now
        self._buckets: defaultdict[tuple[object, ...], TokenBucket] = defaultdict(TokenBucket)
        self._counts: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()
        self._handlers: dict[str, Callable[[Call], Answer]] = {
            CREATE_SOLICITATION: self.solicitations.create,
            "createDestination": self.notifications.create_destination,
            "getDestinations": self.notifications.get_destinations,
            "getDestination": self.notifications.get_destination,
            "deleteDestination": self.notifications.delete_destination,
            "createSubscription": self.notifications.create_subscription,
            "getSubscription": self.notifications.get_subscription,
            "getSubscriptions": self.notifications.get_subscriptions,
            "getSubscriptionById": self.notifications.get_subscription_by_id,
            "deleteSubscriptionById": self.notifications.delete_subscription_by_id,
            "getMarketplaceParticipations": get_marketplace_participations,
            SEARCH_ORDERS: self.past_orders.search,
            GET_MESSAGING_ACTIONS: self.messaging.get_actions,
            CREATE_FEEDBACK_REMOVAL: self.messaging.create_removal,
        }

    @property
    def orders(self) -> dict[str, SimulatedOrder]:
        return self.solicitations.orders

    def add_application(
        self, client_id: str, client_secret: str, secret_life: timedelta = SECRET_LIFE
    ) -> None:
        self.accounts.add_application(client_id, client_secret, secret_life)

    def add_seller(
        self, seller_id: str, region: Region | str, refresh_token: str, *, application: str
    ) -> None:
        """Let the seller authorise this application (by its client id) in this region."""
        self.accounts.authorize(
            Authorization(
                refresh_token=refresh_token,
                client_id=application,
                seller_id=seller_id,
                region=Region(region),
            )
        )

    def add_order(self, order: SimulatedOrder) -> None:
        """Take in an order, or put a changed one in its place."""
        self.orders[order.amazon_order_id] = order

    def eligible_from(self, order: SimulatedOrder) -> datetime | None:
        """The first moment at which Amazon would truly offer the order: no outage hides it."""
        moment, last = order.eligible_from, order.eligible_until
        while moment is not None and last is not None and moment <= last:
            hidden_until = self._hidden_until(order, moment)
            if hidden_until is None:
                return moment
            moment = hidden_until
        return None

    def _hidden_until(self, order: SimulatedOrder, at: datetime) -> datetime | None:
        region = region_of(order.marketplace_id)
        ends = (
            fault.end
            for fault in self.faults
            for operation in (GET_ACTIONS, CREATE_SOLICITATION)
            if fault.rate >= 1.0
            and fault.kind in HIDING
            and fault.covers(operation, region, order.seller_id, at)
        )
        return max(ends, default=None)

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer one request, or break its connection; the seam of httpx.MockTransport."""
        endpoint = find_endpoint(request)
        request.read()
        with self._lock:
            call = self._identify(request, endpoint)
            faults = faults_of(call, self.faults, self.seed)
            answer = self._answer(call, endpoint, faults)
            self.ledger.append(self._entry(call, answer, faults))
        if answer.dropped:
            took_effect = FaultKind.DROP not in faults
            raise to_error(call, took_effect=took_effect, seed=self.seed)
        return to_response(call, answer, self.plans.get(call.operation), self.seed)

    def _identify(self, request: httpx.Request, endpoint: Endpoint) -> Call:
        ids: dict[str, str] = {}
        if endpoint.is_token:
            form = read_form(request)
            operation, client_id = TOKEN, form.get("client_id")
            grant = self.accounts.authorizations.get(form.get("refresh_token", ""))
        else:
            route = find_route(request.method, endpoint.path) if endpoint.region else None
            operation, ids = (route.operation.name, dict(route.ids)) if route else (UNKNOWN, {})
            token = self.lwa.find_token(request.headers.get("x-amz-access-token"))
            client_id = token.client_id if token else None
            grant = self.lwa.grant_of(token)
        seller_id = grant.seller_id if grant else None
        key = (operation, subject(ids, seller_id, client_id))
        self._counts[key] += 1
        return Call(
            request=request,
            at=self._now(),
            region=endpoint.region or (grant.region if grant else None),
            operation=operation,
            ids=ids,
            seller_id=seller_id,
            client_id=client_id,
            number=self._counts[key],
        )

    def _answer(self, call: Call, endpoint: Endpoint, faults: Faults) -> Answer:
        if FaultKind.DROP in faults:
            return broken_connection()
        if FaultKind.HTML_403 in faults or is_get_with_body(call.request):
            return html_page(403, "403 Forbidden")
        try:
            answer = self._token(call, faults) if endpoint.is_token else self._sp_api(call, faults)
        except RefusedError as refused:
            answer = refusal(refused.text)
        if FaultKind.LATE_ERROR in faults:
            late = html_page(504, "504 Gateway Timeout")
            answer = replace(late, accepted=answer.accepted)
        return replace(answer, dropped=FaultKind.LOST_ANSWER in faults)

    def _token(self, call: Call, faults: Faults) -> Answer:
        if FaultKind.THROTTLE in faults:
            return oauth_error(429, "temporarily_unavailable", "Too many requests.")
        if FaultKind.ERROR in faults:
            return _error(faults[FaultKind.ERROR], oauth_error(500, "server_error", "Try again."))
        return self.lwa.answer(call.request, call.number)

    def _sp_api(self, call: Call, faults: Faults) -> Answer:
        if call.operation == UNKNOWN:
            raise RefusedError(ACCESS_DENIED)
        token = call.request.headers.get("x-amz-access-token")
        self.lwa.check(token, OPERATIONS[call.operation], call.region)
        bucket = self._buckets[call.region, call.seller_id, call.client_id, call.operation]
        has_room = bucket.take(self.plans[call.operation], call.at)
        if FaultKind.THROTTLE in faults or not has_room:
            raise RefusedError(QUOTA_EXCEEDED)
        check_parameters(call)
        if FaultKind.ERROR in faults:
            return _error(faults[FaultKind.ERROR], refusal(INTERNAL_FAILURE))
        if call.operation == GET_ACTIONS:
            return self.solicitations.get_actions(call, empty=FaultKind.EMPTY in faults)
        return self._handlers[call.operation](call)

    def _entry(self, call: Call, answer: Answer, faults: Faults) -> LedgerEntry:
        return LedgerEntry(
            at=call.at,
            region=call.region,
            operation=call.operation,
            seller_id=call.seller_id,
            client_id=call.client_id,
            amazon_order_id=call.amazon_order_id,
            status=None if answer.dropped else answer.status,
            request_id=call.request_id(self.seed),
            offered=answer.offered,
            accepted=answer.accepted,
            refusal=answer.refusal,
            throttled=answer.status == 429,
            faults=tuple(sorted(faults)),
        )


def _error(fault: Fault, usual: Answer) -> Answer:
    """What an outage answers: the service's own envelope, or a page from in front of it."""
    if fault.html:
        return html_page(fault.status, "Service Unavailable")
    return replace(usual, status=fault.status)
