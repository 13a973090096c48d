"""Whether a venue is open at an instant, and when that changes: right across changes of the clock.

Local times that do not exist, or exist twice, are read by the rule of RFC 5545, section 3.3.5: by
the offset before the gap, and as the first of the two. A date that a time zone skipped whole has no
hours, as nobody was there to open.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from worker.domain.opening_hours import DAY, Hours

Span = tuple[datetime, datetime]
DAY_LENGTH = timedelta(days=1)

BEFORE = 2
"""Days back to look for periods that still run: one past midnight, and a date may be skipped."""

AHEAD = 15
"""Days ahead to look for the next change: two weeks, since a period of the night when the clocks
go forward may have no length in one of them."""


def is_open(hours: Hours, timezone: str, instant: datetime) -> bool:
    """Tell whether the venue is open.

    Args:
        hours: when it is.
        timezone: the IANA name of the zone that `hours` are in.
        instant: an aware time.
    """
    zone = ZoneInfo(timezone)
    today = instant.astimezone(zone).date()
    # The day after, too: where the clocks go back over midnight, it has begun once already.
    days = (today + DAY_LENGTH * n for n in range(-BEFORE, 2))
    return any(start <= instant < end for day in days for start, end in _spans(hours, day, zone))


def next_change(hours: Hours, timezone: str, instant: datetime) -> datetime | None:
    """Return the first time after `instant`, in UTC, that `is_open` says otherwise; None: never.

    Takes the same arguments.
    """
    zone = ZoneInfo(timezone)
    now = is_open(hours, timezone, instant)
    for days in _days_worth_a_look(hours, instant.astimezone(zone).date()):
        edges = {edge for day in days for span in _spans(hours, day, zone) for edge in span}
        for edge in sorted(edge for edge in edges if edge > instant):
            # Where one period ends as another begins, nothing changes.
            if is_open(hours, timezone, edge) != now:
                return edge
    return None


def _days_worth_a_look(hours: Hours, today: date) -> Iterator[list[date]]:
    # Away from today and the exceptions, every week is like the one before it.
    first = today - DAY_LENGTH * BEFORE
    for middle in (today, *sorted(day for day in hours.exceptions if day >= first)):
        yield [middle + DAY_LENGTH * n for n in range(-BEFORE, AHEAD + 1)]


def _spans(hours: Hours, day: date, zone: ZoneInfo) -> Iterator[Span]:
    if not _exists(day, zone):
        return
    for period in hours.on(day):
        # Over a gap it may end before it begins: nothing lies between, and it is never open.
        yield _instant(day, period.opens, zone), _instant(day, period.closes, zone)


def _instant(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    days, minutes = divmod(minutes, DAY)
    clock = time(minutes // 60, minutes % 60)
    # With fold 0, which is the default, zoneinfo reads times as the RFC does.
    return datetime.combine(day + DAY_LENGTH * days, clock, zone).astimezone(UTC)


def _exists(day: date, zone: ZoneInfo) -> bool:
    noon = datetime.combine(day, time(12), zone)
    return noon.astimezone(UTC).astimezone(zone).date() == day
