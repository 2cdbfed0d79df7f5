"""What earlier orders have shown, remembered for minutes, and what a run adds to it."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from lambdas.aws.errors import AwsError
from lambdas.aws.experience_table import ExperienceTable, Kind, Seen
from lambdas.core.experience import Experience, Lesson
from lambdas.core.solicitation import Solicitation
from lambdas.observability import Telemetry

WRITTEN_EVERY = timedelta(minutes=5)
_REMEMBERED_FOR = timedelta(minutes=5)
_REMEMBERED_AT_MOST = 200


class Experiences:
    """The counts of each kind of order. Trouble with them is counted and never raised.

    Whoever does without them checks by the fixed ladder; a lesson that is lost is no loss.
    """

    def __init__(self, table: ExperienceTable, telemetry: Telemetry) -> None:
        self._table = table
        self._telemetry = telemetry
        self._read: dict[Kind, tuple[datetime, Seen]] = {}
        self._lessons: dict[Kind, list[Lesson]] = defaultdict(list)
        self._written_at: dict[Kind, datetime] = {}

    def of(self, kind: Kind, now: datetime) -> Mapping[str, Experience]:
        """What is known of this kind of order, by the basis of the window."""
        read_at, seen = self._read.get(kind, (None, Seen(experience={})))
        if read_at is None or not timedelta() <= now - read_at < _REMEMBERED_FOR:
            try:
                seen = self._table.get(kind)
            except AwsError as error:
                self._telemetry.failure("experience_not_read", error)
            self._remember(kind, now, seen)
        return seen.experience

    def learn(self, kind: Kind, lesson: Lesson | None) -> None:
        """Keep a lesson until `write`."""
        if lesson:
            self._lessons[kind].append(lesson)

    def write(self, now: datetime) -> None:
        """Count the lessons since the last time, in one write for each kind of order.

        A kind that was written minutes ago waits for a later run: while many runs follow one
        another, writing after each would cost as much as the orders do.
        """
        for kind in list(self._lessons):
            written_at = self._written_at.get(kind)
            if written_at is not None and timedelta() <= now - written_at < WRITTEN_EVERY:
                continue
            self._write(kind, self._lessons.pop(kind), now)

    def _write(self, kind: Kind, lessons: list[Lesson], now: datetime) -> None:
        _make_room(self._written_at)
        self._written_at[kind] = now
        try:
            self._fold(kind, now)
            self._table.add(kind, lessons, now=now)
        except AwsError as error:
            self._telemetry.failure("lessons_not_written", error, lessons=len(lessons))

    def _remember(self, kind: Kind, now: datetime, seen: Seen) -> None:
        _make_room(self._read)
        self._read[kind] = (now, seen)

    def _fold(self, kind: Kind, now: datetime) -> None:
        """Now and then, merge the newest counts into the older ones."""
        _, seen = self._read.get(kind, (None, Seen(experience={})))
        if not any(each.is_to_fold for each in seen.experience.values()):
            return
        folded = {
            basis: each.folded() if each.is_to_fold else each
            for basis, each in seen.experience.items()
        }
        self._table.replace(kind, Seen(experience=folded, checks=seen.checks), now=now)
        self._read.pop(kind, None)


def _make_room(remembered: dict[Kind, Any]) -> None:
    """Forget the oldest if there are too many."""
    if len(remembered) >= _REMEMBERED_AT_MOST:
        del remembered[next(iter(remembered))]


def kind_of(order: Solicitation) -> Kind:
    return Kind(order.seller_id, order.marketplace_id, order.fulfillment_type)
