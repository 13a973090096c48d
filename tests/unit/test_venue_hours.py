"""Opening hours as commands set them: shapes, order, overlaps, what changes."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic_core import from_json

from tests.unit.checks import schema_errors
from tests.unit.samples import (
    FIELDS,
    MOST,
    NOW,
    VAULT,
    VERSION,
    applied,
    codes,
    command,
    decided,
    envelope,
    refused,
    state,
    structured,
    venue,
)
from worker.domain.command import Command
from worker.domain.hours import HOURS
from worker.domain.patch import JsonObject
from worker.domain.state import State, Status
from worker.messaging.written import written
from worker.pipeline.decode import decode

SET = "venue.hours.set"
NO_ZONE = {name: value for name, value in FIELDS.items() if name != "timezone"}


def weekly(*entries: str) -> list[Any]:
    """Return entries written as `friday 18:00 02:00`."""
    parts = (entry.split() for entry in entries)
    return [{"day_of_week": day, "opens": opens, "closes": closes} for day, opens, closes in parts]


def special(date: str, *hours: str, **more: str) -> JsonObject:
    """Return an exception with hours written as `18:00 02:00`, closed where there are none."""
    pairs = (pair.split() for pair in hours)
    given = [{"opens": opens, "closes": closes} for opens, closes in pairs]
    return {"date": date, **({"hours": given} if given else {"closed": True}), **more}  # type: ignore[dict-item]


def after(*entries: str, exceptions: list[Any] | None = None) -> tuple[State, Any]:
    """Return the state and the event after hours have been set."""
    data: JsonObject = {"weekly": weekly(*entries), "exceptions": exceptions or []}
    done, _ = applied(decided(state("active"), SET, data))
    assert done.event is not None
    return done.state, done.event


def test_hours_are_shown_in_order() -> None:
    """The week from Monday on, dates, and periods by their time; closing at midnight is 24:00."""
    entries = (
        "sunday 10:00 12:00", "friday 18:00 00:00", "friday 09:00 11:00", "monday 00:00 24:00",
    )  # fmt: skip
    dates = [
        special("2026-12-31", "20:00 04:00", "10:00 12:00"),
        special("2026-12-24", reason="Holy night"),
    ]
    _, event = after(*entries, exceptions=dates)
    assert event.type == SET
    assert event.version == VERSION + 1
    assert event.data == {
        "hours": {
            "weekly": weekly(
                "monday 00:00 24:00", "friday 09:00 11:00", "friday 18:00 24:00",
                "sunday 10:00 12:00",
            ),
            "exceptions": [
                {"date": "2026-12-24", "closed": True, "reason": "Holy night"},
                special("2026-12-31", "10:00 12:00", "20:00 04:00"),
            ],
        },
        "changed": ["weekly", "exceptions"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("entries", "eve"),
    [
        (("friday 18:00 00:00", "monday 09:00 10:00"), special("2026-12-24")),
        (("monday 09:00 10:00", "friday 18:00 24:00"), special("2026-12-24")),
        (
            ("monday 09:00 10:00", "friday 18:00 24:00"),
            {**special("2026-12-24"), "reason": None},
        ),
    ],
)
def test_the_same_again(entries: tuple[str, ...], eve: JsonObject) -> None:
    """The same hours in any order, midnight written either way, change nothing."""
    before, _ = after(
        "monday 09:00 10:00", "friday 18:00 24:00", exceptions=[special("2026-12-24")]
    )
    data: JsonObject = {"weekly": weekly(*entries), "exceptions": [eve]}
    done, _ = applied(decided(before, SET, data))
    assert done.event is None
    assert done.state is before


def test_all_hours_are_replaced() -> None:
    """What a command does not name again is gone; `changed` says which of the two differ."""
    before, _ = after("monday 09:00 10:00", exceptions=[special("2026-12-24")])
    done, _ = applied(decided(before, SET, {"weekly": weekly("monday 09:00 10:00")}))
    assert done.event is not None
    assert done.event.data["changed"] == ["exceptions"]
    none, _ = applied(decided(done.state, SET, {"weekly": []}))
    assert none.event is not None
    assert none.event.data == {"hours": {"weekly": [], "exceptions": []}, "changed": ["weekly"]}
    assert HOURS.find(none.state) is None
    assert applied(decided(none.state, SET, {"weekly": []}))[0].event is None


def test_a_time_zone_is_needed() -> None:
    """Hours are local times: without a zone they are refused, but can be taken back."""
    before = State(venue=venue(fields=NO_ZONE))
    refusal = refused(decided(before, SET))
    assert [(p.code, p.field) for p in refusal.problems] == [("incomplete", "/timezone")]
    had, _ = after("monday 09:00 10:00")
    without = replace(had, venue=before.venue)
    done, _ = applied(decided(without, SET, {"weekly": []}))
    assert done.event is not None


def test_a_closed_venue_keeps_its_hours() -> None:
    """Nothing of a closed venue changes."""
    assert codes(refused(decided(state(Status.CLOSED), SET))) == ["illegal_transition"]


# 2026-12-24 is a Thursday.
OVERLAPS: list[tuple[list[str], list[Any], list[str]]] = [
    (["monday 09:00 12:00", "monday 12:00 15:00"], [], []),
    (["monday 09:00 12:01", "monday 12:00 15:00"], [], ["/weekly/1"]),
    (["monday 12:00 15:00", "monday 09:00 12:01"], [], ["/weekly/1"]),
    (["monday 09:00 12:00", "monday 09:00 12:00"], [], ["/weekly/1"]),
    (["monday 09:00 18:00", "monday 10:00 11:00", "monday 12:00 13:00"], [],
     ["/weekly/1", "/weekly/2"]),
    (["monday 09:00 18:00", "monday 09:00 18:00", "monday 09:00 18:00"], [],
     ["/weekly/1", "/weekly/2"]),
    (["friday 22:00 02:30", "saturday 02:30 05:00"], [], []),
    (["friday 22:00 02:30", "saturday 02:00 05:00"], [], ["/weekly/1"]),
    (["saturday 02:00 05:00", "friday 22:00 02:30"], [], ["/weekly/1"]),
    (["sunday 22:00 02:30", "monday 02:30 05:00"], [], []),
    (["sunday 22:00 02:30", "monday 02:00 05:00"], [], ["/weekly/1"]),
    (["monday 02:00 05:00", "sunday 22:00 02:30"], [], ["/weekly/1"]),
    (["monday 10:00 10:00", "tuesday 10:00 10:00"], [], []),
    (["monday 10:00 10:00", "tuesday 09:59 10:00"], [], ["/weekly/1"]),
    (["friday 18:00 24:00", "saturday 00:00 02:00"], [], []),
    ([], [special("2026-12-24"), special("2026-12-25"), special("2026-12-24", "10:00 11:00")],
     ["/exceptions/2/date"]),
    ([], [special("2026-12-24", "10:00 12:00", "12:00 13:00")], []),
    ([], [special("2026-12-24", "10:00 12:00", "11:00 13:00")], ["/exceptions/0/hours/1"]),
    # The exception's end in the hours of the day after it: of the week, and of another exception.
    (["friday 02:00 05:00"], [special("2026-12-24", "20:00 02:00")], []),
    (["friday 02:00 05:00"], [special("2026-12-24", "20:00 02:01")], ["/exceptions/0/hours/0"]),
    ([], [special("2026-12-24", "20:00 02:01"), special("2026-12-25", "02:00 05:00")],
     ["/exceptions/1/hours/0"]),
    ([], [special("2026-12-25", "02:00 05:00"), special("2026-12-24", "20:00 02:01")],
     ["/exceptions/1/hours/0"]),
    # The day before runs into the exception's hours.
    (["wednesday 22:00 02:30"], [special("2026-12-24", "02:30 12:00")], []),
    (["wednesday 22:00 02:30"], [special("2026-12-24", "10:00 12:00", "02:00 03:00")],
     ["/exceptions/0/hours/1"]),
    # The week's hours of an exceptional date do not count; neither do they of its neighbours.
    (["thursday 09:00 17:00"], [special("2026-12-24", "10:00 12:00")], []),
    (["thursday 22:00 02:30"], [special("2026-12-24"), special("2026-12-25", "01:00 02:00")], []),
    (["wednesday 22:00 02:30"], [special("2026-12-24")], []),
    (["wednesday 22:00 02:30", "thursday 02:30 05:00"], [special("2026-12-24")], []),
    (["sunday 22:00 02:30"], [special("2026-12-28", "02:00 05:00")], ["/exceptions/0/hours/0"]),
]  # fmt: skip


@pytest.mark.parametrize(("entries", "exceptions", "pointers"), OVERLAPS)
def test_overlaps(entries: list[str], exceptions: list[Any], pointers: list[str]) -> None:
    """Two periods share no minute, over midnight neither; what stands later in the data is named.

    A closure does not cut the evening before it that runs past midnight.
    """
    data: JsonObject = {"weekly": weekly(*entries), "exceptions": exceptions}
    decision = decided(state("active"), SET, data)
    if pointers:
        problems = refused(decision).problems
        assert [(p.code, p.field) for p in problems] == [("overlap", name) for name in pointers]
    else:
        applied(decision)


def test_few_overlaps_are_named() -> None:
    """Hours that overlap throughout are worth no more than ten problems."""
    data: JsonObject = {"weekly": weekly(*["monday 09:00 10:00"] * 50)}
    assert len(refused(decided(state("active"), SET, data)).problems) == 10


BAD: list[tuple[Any, str]] = [
    ({}, "/weekly"),
    ({"weekly": None}, "/weekly"),
    ({"weekly": weekly(*["monday 09:00 10:00"] * 51)}, "/weekly"),
    ({"weekly": [], "exceptions": None}, "/exceptions"),
    ({"weekly": [], "exceptions": [special("2026-01-01")] * 367}, "/exceptions"),
    *[
        ({"weekly": weekly(f"monday {opens} 10:00")}, "/weekly/0/opens")
        for opens in ("24:00", "9:00", "09:60", "09:00:00", "0900", "nine", "٠٩:00")
    ],
    *[
        ({"weekly": weekly(f"monday 09:00 {closes}")}, "/weekly/0/closes")
        for closes in ("24:01", "25:00", "1:00")
    ],
    *[
        ({"weekly": weekly(f"{day} 09:00 10:00")}, "/weekly/0/day_of_week")
        for day in ("Monday", "mo", "8")
    ],
    *[
        ({"weekly": [], "exceptions": [special(date)]}, "/exceptions/0/date")
        for date in ("2026-02-29", "2026-13-01", "26-01-01", "1899-12-31", "2200-01-01", "20260101")
    ],
    *[
        ({"weekly": [], "exceptions": [{"date": "2026-12-24", **given}]}, field)
        for given, field in (
            ({}, "/exceptions/0"),
            ({"closed": True, "hours": [{"opens": "09:00", "closes": "10:00"}]}, "/exceptions/0"),
            ({"closed": False}, "/exceptions/0/closed"),
            ({"closed": None}, "/exceptions/0/closed"),
            ({"hours": []}, "/exceptions/0/hours"),
            ({"hours": None}, "/exceptions/0/hours"),
            ({"closed": True, "reason": " "}, "/exceptions/0/reason"),
            ({"closed": True, "why": "x"}, "/exceptions/0/why"),
            ({"hours": [{"opens": "09:00"}]}, "/exceptions/0/hours/0/closes"),
        )
    ],
]  # fmt: skip
GOOD: list[JsonObject] = [
    {"weekly": []},
    {"weekly": weekly(*["monday 09:00 10:00"] * 50), "exceptions": []},
    {"weekly": weekly("monday 00:00 24:00", "sunday 23:59 00:00")},
    {"weekly": [], "exceptions": [special("2028-02-29")] * 366},
    {"weekly": [], "exceptions": [special("2026-12-24", *["09:00 10:00"] * 10, reason="x")]},
]


@pytest.mark.parametrize(("data", "field"), BAD)
def test_bad_hours(data: JsonObject, field: str) -> None:
    """Schema and worker refuse the same, and the pointer leads to it."""
    message = envelope(SET, data=data)
    read = decode(structured(message), MOST, VAULT)
    assert not isinstance(read, Command)
    assert [(p.code, p.field) for p in read.problems] == [("invalid_data", field)]
    assert schema_errors(f"commands/{SET}.json", message)


@pytest.mark.parametrize("data", GOOD)
def test_good_hours(data: JsonObject) -> None:
    """Schema and worker take the same."""
    message = envelope(SET, data=data)
    assert isinstance(decode(structured(message), MOST, VAULT), Command)
    assert schema_errors(f"commands/{SET}.json", message) == []


@pytest.mark.parametrize("most_bytes", [MOST, 10])
def test_an_event_is_as_published(most_bytes: int) -> None:
    """The event is valid by its schema, whole and as a summary without the exceptions."""
    _, event = after("friday 18:00 00:00", exceptions=[special("2026-12-24")])
    body = from_json(written(event, command(SET), NOW, most_bytes).body)
    assert schema_errors(f"events/{SET}.json", body) == []
    assert ("exceptions" in body["data"]["hours"]) is (most_bytes == MOST)
