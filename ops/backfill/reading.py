"""Reads the pages at Amazon's pace, which is a page in three minutes after the first twenty."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lambdas.spapi.errors import (
    RequestRejectedError,
    SpApiError,
    ThrottledError,
    UnavailableError,
)
from lambdas.spapi.orders import Orders, OrdersPage
from ops.backfill.place import Place, Span
from ops.errors import OperatorError
from ops.seller_api import refused

ROLE = "Buyer Solicitation (or another that the Orders API accepts)"

# searchOrders: 0.0056 calls a second with a burst of 20 (orders_2026-01-01.json), each a little
# less, so that two clocks need not agree.
INTERVAL = timedelta(seconds=180)
BURST = 19

_REFUSALS = 6
_AFTER_TROUBLE = timedelta(seconds=30)
_STEP = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How far the reading is; `pause` lasts until the next page may be asked for."""

    pages: int
    orders: int
    malformed: int
    pause: timedelta
    left: timedelta | None


class Pace:
    """The usage plan of searchOrders, as far as this machine's own calls have used it up."""

    def __init__(self, calls: Iterable[datetime]) -> None:
        self._full_at = datetime.min.replace(tzinfo=UTC)
        for call in calls:
            self.called(call)

    def called(self, at: datetime) -> None:
        """One call more; the bucket is full again that much later."""
        self._full_at = max(self._full_at, at) + INTERVAL

    def refused(self, at: datetime) -> None:
        """Somebody else has used the plan up: only the next interval brings another call."""
        self._full_at = max(self._full_at, at + BURST * INTERVAL)

    def pause(self, now: datetime, *, calls: float = 1) -> timedelta:
        """How long to wait until this many calls more could have been made."""
        return max(max(self._full_at, now) + (calls - BURST) * INTERVAL - now, timedelta())


class Reader:
    """Reads all that is left of a place, page by page; a stop at any time loses no page.

    Raises OperatorError when Amazon refuses, or goes on failing.
    """

    def __init__(
        self, place: Place, orders: Callable[[], Orders], *, tell: Callable[[Reading], None]
    ) -> None:
        self._place = place
        self._orders = orders
        self._tell = tell
        self._pace = Pace(place.calls)
        self._failures = 0

    def read_all(self) -> None:
        while not self._place.is_complete:
            self._wait()
            try:
                self._place.add(self._page(), at=datetime.now(UTC))
            except SpApiError as error:
                self._after(error)
            else:
                self._failures = 0
        self._say(timedelta())

    def _page(self) -> OrdersPage:
        span = self._place.span
        return self._orders().search_orders(
            created_after=span.created_after,
            created_before=span.created_before,
            pagination_token=self._place.next_token,
            before_sending=self._count,
        )

    def _count(self) -> bool:
        """Count a try: one that fails, and is repeated, uses up the plan too."""
        self._pace.called(datetime.now(UTC))
        return True

    def _wait(self) -> None:
        while (pause := self._pace.pause(datetime.now(UTC))) > timedelta():
            self._say(pause)
            time.sleep(min(pause.total_seconds(), _STEP))
        self._say(timedelta())

    def _after(self, error: SpApiError) -> None:
        """Wait, begin anew, or give up; what was read stays."""
        self._failures += 1
        match error:
            case ThrottledError() if self._failures < _REFUSALS:
                self._pace.refused(datetime.now(UTC))
            case UnavailableError() if self._failures < _REFUSALS:
                time.sleep(_AFTER_TROUBLE.total_seconds())
            case RequestRejectedError() if self._place.next_token and self._failures == 1:
                # The token is the one thing in the request that can have gone bad.
                span = self._place.span
                self._place.begin_anew(
                    Span.of(span.seller_id, span.region, days=span.days, now=datetime.now(UTC))
                )
            case ThrottledError() | UnavailableError():
                raise OperatorError(
                    f"{error}: run the same command again later;"
                    f" it goes on after the {len(self._place.calls)} pages that were read"
                ) from None
            case _:
                raise refused(error, role=ROLE) from None

    def _say(self, pause: timedelta) -> None:
        place = self._place
        self._tell(
            Reading(
                pages=len(place.calls),
                orders=len(place.orders),
                malformed=len(place.malformed),
                pause=pause,
                left=self._left(),
            )
        )

    def _left(self) -> timedelta | None:
        """How long the rest will take, as far as the pages so far tell."""
        if self._place.is_complete:
            return timedelta()
        pages = self._place.pages_left()
        if pages is None:
            return None
        return self._pace.pause(datetime.now(UTC), calls=max(pages, 1))
