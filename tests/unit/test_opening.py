"""Whether a venue is open, and when that changes, on nights that are longer or shorter too."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.checks import property_test
from worker.domain.opening import is_open, next_change
from worker.domain.opening_hours import DAYS, Hours, hours_of

BOSTON = "America/New_York"
LORD_HOWE = "Australia/Lord_Howe"
APIA = "Pacific/Apia"
MINUTE = timedelta(minutes=1)


def hours(*weekly: str, **exceptions: str) -> Hours:
    """Return hours of entries as `friday 18:00 02:00`; `daily` is every day, d20261224 a date."""
    return hours_of(
        {
            "weekly": [
                {"day_of_week": day, "opens": opens, "closes": closes}
                for name, opens, closes in (entry.split() for entry in weekly)
                for day in (DAYS if name == "daily" else (name,))
            ],
            "exceptions": [
                {"date": f"{name[1:5]}-{name[5:7]}-{name[7:]}", **_special(periods)}
                for name, periods in exceptions.items()
            ],
        }
    )


def _special(periods: str) -> dict[str, Any]:
    pairs = [pair.split() for pair in periods.split(",") if pair]
    given = [{"opens": opens, "closes": closes} for opens, closes in pairs]
    return {"hours": given} if given else {"closed": True}


def utc(text: str) -> datetime:
    """Return a time in UTC written without its zone."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def changes(of: Hours, timezone: str, start: str, end: str) -> list[str]:
    """Return all changes between two times in UTC, as `next_change` walks from one to the next."""
    found: list[str] = []
    moment = next_change(of, timezone, utc(start))
    while moment is not None and moment <= utc(end) and len(found) < 50:
        found.append(moment.strftime("%d %H:%M"))
        assert is_open(of, timezone, moment) != is_open(of, timezone, moment - MINUTE)
        moment = next_change(of, timezone, moment)
    return found


BAR = hours("daily 22:00 02:30")

# The hours, where, from when until when in UTC, and all changes between the two, in UTC.
NIGHTS: list[tuple[str, Hours, str, tuple[str, str], list[str]]] = [
    ("an ordinary night", BAR, BOSTON, ("2026-01-10T12:00", "2026-01-11T12:00"),
     ["11 03:00", "11 07:30"]),
    # 02:00 EST is 03:00 EDT on 8 March: 02:30 is read as 02:30 EST, which is 03:30 by the clock.
    ("spring", BAR, BOSTON, ("2026-03-07T12:00", "2026-03-08T12:00"), ["08 03:00", "08 07:30"]),
    ("after spring", BAR, BOSTON, ("2026-03-08T12:00", "2026-03-09T12:00"),
     ["09 02:00", "09 06:30"]),
    # 02:00 EDT is 01:00 EST on 1 November: the hour from 01:00 on is there twice.
    ("autumn", BAR, BOSTON, ("2026-10-31T12:00", "2026-11-01T12:00"), ["01 02:00", "01 07:30"]),
    ("closing in the hour that is there twice", hours("daily 22:00 01:30"), BOSTON,
     ("2026-10-31T12:00", "2026-11-01T12:00"), ["01 02:00", "01 05:30"]),
    ("opening in the hour that is there twice", hours("daily 01:30 04:00"), BOSTON,
     ("2026-10-31T12:00", "2026-11-01T12:00"), ["01 05:30", "01 09:00"]),
    ("closed only in the hour that is not there", hours("daily 03:00 02:00"), BOSTON,
     ("2026-03-07T12:00", "2026-03-09T12:00"), ["09 06:00", "09 07:00"]),
    ("open only in the hour that is not there", hours("sunday 02:00 03:00"), BOSTON,
     ("2026-03-02T12:00", "2026-03-15T12:00"), ["15 06:00", "15 07:00"]),
    ("ends before it begins", hours("sunday 02:30 03:15"), BOSTON,
     ("2026-03-02T12:00", "2026-03-15T12:00"), ["15 06:30", "15 07:15"]),
    # Lord Howe goes from +10:30 to +11 at 02:00 on 4 October, and back at 02:00 on 5 April.
    ("half an hour less", BAR, LORD_HOWE, ("2026-10-03T06:00", "2026-10-04T06:00"),
     ["03 11:30", "03 15:30"]),
    ("in the half hour that is not there", hours("daily 22:00 02:15"), LORD_HOWE,
     ("2026-10-03T06:00", "2026-10-04T06:00"), ["03 11:30", "03 15:45"]),
    ("half an hour more", BAR, LORD_HOWE, ("2026-04-04T06:00", "2026-04-05T06:00"),
     ["04 11:00", "04 16:00"]),
    ("in the half hour that is there twice", hours("daily 22:00 01:45"), LORD_HOWE,
     ("2026-04-04T06:00", "2026-04-05T06:00"), ["04 11:00", "04 14:45"]),
    # Apia had no 30 December 2011: midnight of the 29th was that of the 31st.
    ("a day that is not there", hours("daily 10:00 12:00"), APIA,
     ("2011-12-29T12:00", "2011-12-31T12:00"), ["29 20:00", "29 22:00", "30 20:00", "30 22:00"]),
    ("only on the day that is not there", hours("friday 10:00 12:00"), APIA,
     ("2011-12-29T12:00", "2012-01-06T12:00"), ["05 20:00", "05 22:00"]),
    ("an exception on the day that is not there", hours(d20111230="10:00 12:00"), APIA,
     ("2011-12-20T12:00", "2012-01-20T12:00"), []),
    ("the night into the day that is not there", hours("thursday 22:00 02:30"), APIA,
     ("2011-12-29T12:00", "2011-12-31T12:00"), ["30 08:00", "30 12:30"]),
    # Havana goes back to midnight; St. John's went back over it, from 00:01 to 23:01.
    ("midnight twice", hours("daily 22:00 24:00"), "America/Havana",
     ("2026-10-31T12:00", "2026-11-01T12:00"), ["01 02:00", "01 04:00"]),
    ("into the day before", hours("sunday 00:00 00:30"), "America/St_Johns",
     ("2010-11-06T12:00", "2010-11-07T12:00"), ["07 02:30", "07 04:00"]),
    # Exceptions.
    ("a closure does not cut the evening before", hours("daily 22:00 02:30", d20260110=""), BOSTON,
     ("2026-01-09T12:00", "2026-01-11T12:00"), ["10 03:00", "10 07:30"]),
    ("hours in place of the week's", hours("daily 22:00 02:30", d20260110="12:00 14:00"), BOSTON,
     ("2026-01-10T12:00", "2026-01-11T12:00"), ["10 17:00", "10 19:00"]),
    ("into an exception without a break", hours("daily 18:00 24:00", d20260110="00:00 02:00"),
     BOSTON, ("2026-01-09T12:00", "2026-01-10T12:00"), ["09 23:00", "10 07:00"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("of", "timezone", "between", "expected"),
    [night[1:] for night in NIGHTS],
    ids=[night[0] for night in NIGHTS],
)
def test_nights(of: Hours, timezone: str, between: tuple[str, str], expected: list[str]) -> None:
    """The changes of a night are those of the clock on the wall, read by RFC 5545, 3.3.5."""
    assert changes(of, timezone, *between) == expected


def test_a_period_ends_before_it_closes() -> None:
    """A venue is open from the minute it opens, and closed from the minute it closes."""
    opens, closes = utc("2026-01-11T03:00"), utc("2026-01-11T07:30")
    second = timedelta(microseconds=1)
    states = [is_open(BAR, BOSTON, at) for at in (opens - second, opens, closes - second, closes)]
    assert states == [False, True, True, False]


def test_midnight_comes_before_the_evening_is_over() -> None:
    """Where the clocks go back over midnight, the old day comes again in the new one's hours."""
    of = hours("sunday 00:00 00:30")
    assert is_open(of, "America/St_Johns", utc("2010-11-07T03:00"))


def test_any_zone_asks() -> None:
    """The instant may come in any zone: it is the same instant."""
    instant = utc("2026-01-11T03:00").astimezone(ZoneInfo("Asia/Tokyo"))
    assert is_open(BAR, BOSTON, instant)
    assert next_change(BAR, BOSTON, instant) == utc("2026-01-11T07:30")


@pytest.mark.parametrize(
    "of",
    [
        hours("daily 00:00 24:00"),
        hours("daily 10:00 10:00"),
        hours("daily 18:00 06:00", "daily 06:00 18:00"),
    ],
)
@pytest.mark.parametrize("timezone", [BOSTON, LORD_HOWE, APIA, "America/Havana"])
@pytest.mark.parametrize("day", ["2011-12-30", "2026-03-08", "2026-10-04", "2026-11-01"])
def test_always(of: Hours, timezone: str, day: str) -> None:
    """Who never closes is open in every night, whatever the clocks do, and nothing ever changes."""
    moment = utc(day) - timedelta(days=1)
    assert all(is_open(of, timezone, moment + 10 * MINUTE * n) for n in range(3 * 144))
    assert next_change(of, timezone, moment) is None


def test_never() -> None:
    """Without hours a venue is closed for good."""
    assert not is_open(Hours(), BOSTON, utc("2026-01-11T03:00"))
    assert next_change(Hours(), BOSTON, utc("2026-01-11T03:00")) is None


def test_the_next_change_may_be_years_away() -> None:
    """It is found behind a year of closures, and at an exception far ahead."""
    start = date(2026, 1, 1)
    closures = {f"d{start + timedelta(days=n):%Y%m%d}": "" for n in range(366)}
    of = hours("saturday 10:00 12:00", **closures)
    assert next_change(of, BOSTON, utc("2026-01-01T12:00")) == utc("2027-01-02T15:00")
    far = hours("daily 00:00 24:00", d20990101="")
    assert changes(far, BOSTON, "2026-01-01T00:00", "2100-01-01T00:00") == ["01 05:00", "02 05:00"]


# A reference that knows nothing of gaps and folds: it reads a clock on the wall, minute by minute.
AROUND = timedelta(days=7)
INTERESTING = [
    (BOSTON, "2026-03-08T07:00"), (BOSTON, "2026-11-01T06:00"), (BOSTON, "2026-06-01T12:00"),
    (LORD_HOWE, "2026-10-03T15:30"), (LORD_HOWE, "2026-04-04T15:00"),
    (APIA, "2011-12-30T10:00"), ("America/Havana", "2026-11-01T05:00"),
    ("America/St_Johns", "2010-11-07T02:31"), ("Africa/Cairo", "2026-04-23T22:00"),
]  # fmt: skip


@cache
def wall(timezone: str, around: str) -> list[tuple[datetime, datetime]]:
    """Return minutes in UTC, each with what the clock on the wall says."""
    zone, first = ZoneInfo(timezone), utc(around) - AROUND
    minutes = (first + MINUTE * n for n in range(2 * AROUND // MINUTE))
    return [(minute, minute.astimezone(zone).replace(tzinfo=None)) for minute in minutes]


@cache
def read(timezone: str, around: str, local: datetime) -> datetime | None:
    """Return the first minute at which the clock says `local`, or would if it had not jumped."""
    seen = wall(timezone, around)
    before = None
    for minute, clock in seen:
        if clock == local:
            return minute
        if clock > local and before is not None:
            return local.replace(tzinfo=UTC) - (before[1].replace(tzinfo=UTC) - before[0])
        if clock < local:
            before = (minute, clock)
    return None


def open_minutes(of: Hours, timezone: str, around: str) -> set[datetime]:
    """Return the minutes at which the venue is open, from its documents."""
    document: Any = of.document()
    special = {one["date"]: one.get("hours", []) for one in document["exceptions"]}
    found: set[datetime] = set()
    for day in sorted({clock.date() for _, clock in wall(timezone, around)}):
        usual = [one for one in document["weekly"] if one["day_of_week"] == DAYS[day.weekday()]]
        for one in special.get(day.isoformat(), usual):
            found.update(_minutes(one, day, timezone, around))
    return found


def _minutes(one: dict[str, str], day: date, timezone: str, around: str) -> Iterable[datetime]:
    midnight = datetime.combine(day, datetime.min.time())
    opens, closes = (
        midnight + timedelta(hours=int(clock[:2]), minutes=int(clock[3:]))
        for clock in (one["opens"], one["closes"])
    )
    if closes <= opens:
        closes += timedelta(days=1)
    start, end = read(timezone, around, opens), read(timezone, around, closes)
    if start is None or end is None:
        return
    yield from (start + MINUTE * n for n in range((end - start) // MINUTE))


clocks = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
night_clocks = st.builds("{:02}:{:02}".format, st.integers(0, 3), st.sampled_from([0, 15, 30, 45]))
periods = st.fixed_dictionaries(
    {"opens": clocks | night_clocks, "closes": clocks | night_clocks | st.just("24:00")}
)
weeks = st.lists(
    st.tuples(st.sampled_from(DAYS), periods).map(lambda it: {"day_of_week": it[0], **it[1]}),
    max_size=12,
)
exceptions = st.dictionaries(st.integers(-3, 3), st.lists(periods, max_size=3), max_size=3)


@given(st.sampled_from(INTERESTING), weeks, exceptions, st.integers(-3 * 1440, 2 * 1440))
@property_test
def test_as_a_clock_on_the_wall(
    where: tuple[str, str], week: list[Any], special: dict[int, list[Any]], minute: int
) -> None:
    """`is_open` is what reading a clock on the wall gives; `next_change` is where that flips."""
    timezone, around = where
    middle = utc(around).date()
    of = hours_of(
        {
            "weekly": week,
            "exceptions": [
                {"date": (middle + timedelta(days=n)).isoformat(), "hours": hours}
                for n, hours in special.items()
            ],
        }
    )
    expected = open_minutes(of, timezone, around)
    start = utc(around) + MINUTE * minute
    for n in range(0, 2 * 1440, 15):
        moment = start + MINUTE * n
        assert is_open(of, timezone, moment) is (moment in expected), moment
    flips = (
        moment
        for n in range(1, 3 * 1440)
        if ((moment := start + MINUTE * n) in expected) != (start in expected)
    )
    flip, found = next(flips, None), next_change(of, timezone, start)
    if flip is None:
        assert found is None or found >= start + 3 * 1440 * MINUTE
    else:
        assert found == flip
