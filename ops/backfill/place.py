"""What a backfill has read so far, in a file, so that a stop costs no call of Amazon's twice.

A line for each page: a torn last line is one page to read again. It holds ids and dates only.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

from lambdas.core.marketplaces import Region
from lambdas.spapi.orders import OrdersPage, PastOrder

# orders_2026-01-01.json, Pagination: a token is good for 24 hours. A list that is whole is not
# used for longer either: what shipped since is not in it.
GOOD_FOR = timedelta(hours=24)

# createdBefore must be two minutes old at least, and a clock may be a little ahead.
_NEWEST = timedelta(minutes=3)

_TIMES = tuple(each.name for each in fields(PastOrder) if "datetime" in str(each.type))


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What is asked for: all shipped orders of one seller and region placed between two times."""

    seller_id: str
    region: Region
    days: int
    created_after: datetime
    created_before: datetime

    @classmethod
    def of(cls, seller_id: str, region: Region, *, days: int, now: datetime) -> Self:
        until = (now - _NEWEST).replace(microsecond=0)
        return cls(
            seller_id=seller_id,
            region=region,
            days=days,
            created_after=until - timedelta(days=days),
            created_before=until,
        )

    def is_like(self, other: "Span") -> bool:
        """Whether both are of the same question, asked at different times."""
        mine, others = (
            replace(each, created_after=_ANY, created_before=_ANY) for each in (self, other)
        )
        return mine == others


_ANY = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True, kw_only=True)
class Place:
    """How far the reading has come; `calls` are the times of the pages, the last one last."""

    path: Path
    span: Span
    orders: dict[str, PastOrder] = field(default_factory=dict)
    malformed: list[str] = field(default_factory=list)
    calls: list[datetime] = field(default_factory=list)
    next_token: str | None = None
    _edges: list[tuple[datetime, datetime]] = field(default_factory=list)

    @classmethod
    def find(cls, path: Path, asked: Span, *, now: datetime) -> Self:
        """The place that an earlier run has left, if it is of use now, else a new one."""
        place = cls(path=path, span=asked)
        try:
            with path.open() as file:
                place.span = _span(json.loads(next(file)))
                for line in file:
                    place._take_up(line)
        except (OSError, StopIteration, ValueError, KeyError, TypeError):
            return cls(path=path, span=asked)
        is_recent = bool(place.calls) and timedelta() <= now - place.calls[-1] < GOOD_FOR
        return place if place.span.is_like(asked) and is_recent else cls(path=path, span=asked)

    @property
    def name(self) -> str:
        """Whose orders these are, as it is shown."""
        return f"{self.span.seller_id} in {self.span.region}"

    @property
    def is_complete(self) -> bool:
        return bool(self.calls) and self.next_token is None

    def add(self, page: OrdersPage, *, at: datetime) -> None:
        """Take in one more page, and keep it."""
        if not self.calls:
            self.path.write_text(json.dumps(asdict(self.span), default=str))
        with self.path.open("a") as file:
            # Before the line and not after it: the line before may be torn.
            file.write("\n" + json.dumps(_line(page, at), default=str))
        self._take_in(page, at)

    def begin_anew(self, asked: Span) -> None:
        """Forget the pages, for another list of the same question."""
        self.span, self.next_token = asked, None
        self.orders.clear()
        self.malformed.clear()
        self.calls.clear()
        self._edges.clear()

    def forget(self) -> None:
        """The orders are on record: the file is of no more use."""
        self.path.unlink(missing_ok=True)

    def pages_left(self) -> float | None:
        """About how many there are, as long as they come in the order of time, or None.

        Amazon does not say in which order they come, nor how many there are.
        """
        if len(self._edges) < 2:
            return None
        (first, start), *_, (end, last) = self._edges
        if all(one[1] <= next_[0] for one, next_ in pairwise(self._edges)):
            covered, rest = last - first, self.span.created_before - last
        elif all(one[0] >= next_[1] for one, next_ in pairwise(self._edges)):
            covered, rest = start - end, end - self.span.created_after
        else:
            return None
        return len(self.calls) * (rest / covered) if covered else None

    def _take_up(self, line: str) -> None:
        """One page of an earlier run; a torn one was read again, and so comes once more."""
        try:
            self._take_in(*_page(json.loads(line)))
        except (ValueError, KeyError, TypeError):
            return

    def _take_in(self, page: OrdersPage, at: datetime) -> None:
        self.orders.update({order.amazon_order_id: order for order in page.orders})
        self.malformed += page.malformed
        self.calls.append(at)
        self.next_token = page.next_token
        created = [order.created_time for order in page.orders]
        if created:
            self._edges.append((min(created), max(created)))


def _span(head: dict[str, Any]) -> Span:
    times = {
        name: datetime.fromisoformat(head[name]) for name in ("created_after", "created_before")
    }
    return Span(
        seller_id=head["seller_id"], region=Region(head["region"]), days=head["days"], **times
    )


def _line(page: OrdersPage, at: datetime) -> dict[str, Any]:
    return {
        "at": at,
        "next_token": page.next_token,
        "malformed": page.malformed,
        "orders": [asdict(order) for order in page.orders],
    }


def _page(line: dict[str, Any]) -> tuple[OrdersPage, datetime]:
    page = OrdersPage(
        orders=tuple(_orders(line["orders"])),
        malformed=tuple(line["malformed"]),
        next_token=line["next_token"],
    )
    return page, datetime.fromisoformat(line["at"])


def _orders(listed: list[dict[str, Any]]) -> Iterator[PastOrder]:
    for each in listed:
        times = {name: _time(each[name]) for name in _TIMES}
        yield PastOrder(**{**each, **times, "skus": tuple(each["skus"])})


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
