"""The hours of the day at which buyers may be asked, on the marketplace's own clock."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

# A schedule fires within a minute or two, and others may be due at that moment.
_ROOM_BEFORE_THE_END = timedelta(hours=1)

# Where a change of the clocks leaves out the hours of one day, the next day has them.
_DAYS_LOOKED_AT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingHours:
    """From `first` o'clock until `until`, each day in `zone`: 0 <= first < until <= 24."""

    first: int
    until: int
    zone: tzinfo

    def allow(self, instant: datetime) -> bool:
        return self.next(instant) == instant

    def next(self, instant: datetime) -> datetime:
        """The first instant inside the hours that is not before this one."""
        later = (max(start, instant) for start, end in self._days(instant, step=1) if end > instant)
        return next(later, instant)

    def last(self, instant: datetime) -> datetime:
        """This instant if it is inside the hours, else one before it, some way from their end."""
        for start, end in self._days(instant, step=-1):
            if start <= instant < end:
                return instant
            if end <= instant:
                return max(start, end - _ROOM_BEFORE_THE_END)
        return instant

    def _days(self, instant: datetime, *, step: int) -> Iterator[tuple[datetime, datetime]]:
        """Begin and end of the hours of that day and of the days after or before it, in UTC."""
        day = instant.astimezone(self.zone).date()
        for number in range(_DAYS_LOOKED_AT):
            midnight = datetime.combine(day + timedelta(days=number * step), time())
            start, end = (
                (midnight + timedelta(hours=hour)).replace(tzinfo=self.zone).astimezone(UTC)
                for hour in (self.first, self.until)
            )
            if start < end:
                yield start, end
