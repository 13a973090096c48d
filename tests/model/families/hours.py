"""`venue.hours.set`: every minute is counted, and one that is counted twice is an overlap."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.model.words import (
    MANAGER,
    Around,
    Changed,
    Command,
    Data,
    Document,
    Kind,
    Ruling,
    Same,
    Venue,
    refused,
)

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAY = 24 * 60
NONE: Document = {"weekly": [], "exceptions": []}


def _minutes(opening: Document) -> Iterator[int]:
    opens, closes = (int(t[:2]) * 60 + int(t[3:]) for t in (opening["opens"], opening["closes"]))
    return iter(range(opens, closes if closes > opens else closes + DAY))


def _overlaps(hours: Document) -> bool:
    week = [[one for one in hours["weekly"] if one["day_of_week"] == day] for day in DAYS]
    counts = Counter(
        (n * DAY + minute) % (7 * DAY)
        for n, openings in enumerate(week)
        for opening in openings
        for minute in _minutes(opening)
    )
    dates = [one["date"] for one in hours["exceptions"]]
    special = {date.fromisoformat(one["date"]): one.get("hours", []) for one in hours["exceptions"]}
    return (
        any(n > 1 for n in counts.values())
        or len(set(dates)) < len(dates)
        or any(_overlaps_around(day, special, week) for day in special)
    )


def _overlaps_around(day: date, special: dict[date, Any], week: list[list[Document]]) -> bool:
    counts: Counter[int] = Counter()
    for shift in (-1, 0, 1):
        at = day + timedelta(days=shift)
        for opening in special.get(at, week[at.weekday()]):
            counts.update(shift * DAY + minute for minute in _minutes(opening))
    return any(n > 1 for n in counts.values())


def _normal(hours: Document) -> Document:
    """Return the hours as they are shown: in order of time, midnight at the end as 24:00."""
    weekly = [
        {"day_of_week": one["day_of_week"], **_ended(one)}
        for one in sorted(hours["weekly"], key=lambda o: (DAYS.index(o["day_of_week"]), o["opens"]))
    ]
    exceptions = []
    for one in sorted(hours["exceptions"], key=lambda o: str(o["date"])):
        special = {**one}
        if "hours" in one:
            special["hours"] = sorted(map(_ended, one["hours"]), key=lambda o: o["opens"])
        exceptions.append(special)
    return {"weekly": weekly, "exceptions": exceptions}


def _ended(opening: Document) -> Document:
    closes = "24:00" if opening["closes"] == "00:00" else opening["closes"]
    return {"opens": opening["opens"], "closes": closes}


def _set(venue: Venue, command: Command, around: Around) -> Ruling:
    del around
    given = {"exceptions": [], **command.data}
    if venue.status == "closed":
        return refused("illegal_transition")
    if _overlaps(given):
        return refused("overlap")
    before, after = venue.part("hours").get("", NONE), _normal(given)
    if before == after:
        return Same()
    if after != NONE and venue.fields.get("timezone") is None:
        return refused("incomplete")
    items = {} if after == NONE else {"": after}
    changed = frozenset(name for name in NONE if before[name] != after[name])
    new = replace(venue, parts={**venue.parts, "hours": items})
    return Changed(new, "venue.hours.set", {"hours": after}, changed)


def folded(stored: Document) -> Document:
    """Return what events show of what is stored."""
    return stored or NONE


_clocks = st.sampled_from(
    [("09:00", "17:00"), ("09:00", "12:00"), ("12:00", "17:00"), ("18:00", "02:00"),
     ("20:00", "00:00"), ("20:00", "24:00"), ("00:00", "01:00"), ("00:00", "00:00")]
).map(lambda two: {"opens": two[0], "closes": two[1]})  # fmt: skip
_days = st.sampled_from(["monday", "friday", "saturday", "sunday"])
_weekly = st.lists(
    st.builds(lambda day, clock: {"day_of_week": day, **clock}, _days, _clocks), max_size=3
)
_dates = st.sampled_from(["2026-12-25", "2026-12-26", "2026-12-27"])  # Friday to Sunday
_exceptions = st.lists(
    st.one_of(
        st.builds(lambda day: {"date": day, "closed": True, "reason": "Christmas"}, _dates),
        st.builds(
            lambda day, some: {"date": day, "hours": some},
            _dates,
            st.lists(_clocks, min_size=1, max_size=2),
        ),
    ),
    max_size=2,
)
_hours: Data = st.fixed_dictionaries({"weekly": _weekly}, optional={"exceptions": _exceptions})
_bad: Data = st.sampled_from(
    [
        {},
        {"weekly": [{"day_of_week": "friday", "opens": "9:00", "closes": "17:00"}]},
        {"weekly": [{"day_of_week": "someday", "opens": "09:00", "closes": "17:00"}]},
        {"weekly": [], "exceptions": [{"date": "2026-02-30", "closed": True}]},
        {"weekly": [], "exceptions": [{"date": "2026-12-25"}]},
    ]
)

KINDS = {"venue.hours.set": Kind(_hours, _set, MANAGER, _bad, weight=6)}
STORED = {
    "hours": """
    SELECT tenant_id::text, venue_id::text, '' AS key,
           json_build_object('weekly', weekly, 'exceptions', exceptions) AS document
    FROM venue_hours
    """
}
SHOWN = {"hours": folded}
