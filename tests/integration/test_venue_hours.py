"""A venue's opening hours from message to message, on real services."""

import json
from typing import Any

import asyncpg
import pytest

from tests.integration.test_constraints import GOOD, VENUE, violated
from tests.support.bus import Bus
from tests.support.commands import Document, Venue, new_id
from tests.support.process import WorkerProcess

FRIDAY = {"day_of_week": "friday", "opens": "22:00", "closes": "02:30"}
MONDAY = {"day_of_week": "monday", "opens": "09:00", "closes": "24:00"}
EVE = {"date": "2026-12-24", "closed": True, "reason": "Christmas Eve"}
NIGHT = {"date": "2026-12-31", "hours": [{"opens": "20:00", "closes": "04:00"}]}


async def test_hours(worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection) -> None:
    """Hours are shown and kept in order; the same again, read from the database, is no change."""
    venue = Venue()
    await the_bus.ask(venue.create_complete())
    data = {"weekly": [FRIDAY, MONDAY], "exceptions": [NIGHT, EVE]}
    again = {"weekly": [MONDAY, FRIDAY], "exceptions": [EVE, NIGHT]}
    wanted: list[Document] = [data, again, {"weekly": [FRIDAY]}, {"weekly": []}]
    replies = [await the_bus.ask(venue.to("hours.set", one)) for one in wanted]
    assert [(reply["status"], reply["version"]) for reply in replies] == [
        ("applied", 2), ("applied", 2), ("applied", 3), ("applied", 4),
    ]  # fmt: skip
    _, first, second, third = await the_bus.events_of(venue.id, 4)
    assert first["type"] == "venue.hours.set"
    assert first["data"] == {"hours": again, "changed": ["weekly", "exceptions"]}
    assert second["data"]["hours"] == {"weekly": [FRIDAY], "exceptions": []}
    assert third["data"] == {"hours": {"weekly": [], "exceptions": []}, "changed": ["weekly"]}
    assert await database.fetchval("SELECT count(*) FROM venue_hours") == 0


async def test_most_hours(worker: WorkerProcess, the_bus: Bus) -> None:
    """A venue with as many hours as it may have gets one event with all of them."""
    venue = Venue()
    await the_bus.ask(venue.create_complete())
    ten = [{"opens": f"{10 + n}:00", "closes": f"{10 + n}:30"} for n in range(10)]
    dates = [f"20{year}-{month:02}-{day:02}" for year in (27, 28) for month in range(1, 13)
             for day in range(1, 29)][:366]  # fmt: skip
    exceptions = [{"date": date, "hours": ten, "reason": "é" * 200} for date in dates]
    weekly = [
        {"day_of_week": day, "opens": f"{hour:02}:00", "closes": f"{hour:02}:30"}
        for day in ("monday", "tuesday")
        for hour in range(24)
    ]
    reply = await the_bus.ask(venue.to("hours.set", {"weekly": weekly, "exceptions": exceptions}))
    assert reply["status"] == "applied", reply
    event = (await the_bus.events_of(venue.id, 2))[1]
    assert event["data"]["hours"] == {"weekly": weekly, "exceptions": exceptions}


async def test_hours_that_are_refused(worker: WorkerProcess, the_bus: Bus) -> None:
    """Without a time zone, or with hours that overlap, nothing changes."""
    venue = Venue()
    await the_bus.ask(venue.create())
    reply = await the_bus.ask(venue.to("hours.set", {"weekly": [FRIDAY]}))
    assert [(e["code"], e["field"]) for e in reply["errors"]] == [("incomplete", "/timezone")]
    late = {**FRIDAY, "day_of_week": "saturday", "opens": "01:00"}
    reply = await the_bus.ask(venue.to("hours.set", {"weekly": [FRIDAY, late]}))
    assert [(e["code"], e["field"]) for e in reply["errors"]] == [("overlap", "/weekly/1")]


INSERT = """
INSERT INTO venue_hours (tenant_id, venue_id, weekly, exceptions, updated_at)
VALUES ($1, $2, {weekly}, {exceptions}, now())
"""
BROKEN: list[tuple[str, Any, Any]] = [
    ("venue_hours_some", [], []),
    ("venue_hours_weekly_few", [FRIDAY] * 51, []),
    ("venue_hours_weekly_few", {"friday": []}, []),
    ("venue_hours_exceptions_few", [], [EVE] * 367),
    ("venue_hours_exceptions_few", [], {"2026-12-24": []}),
    *[
        ("venue_hours_weekly_form", [MONDAY, {**FRIDAY, **wrong}], [])
        for wrong in ({"day_of_week": "Friday"}, {"opens": "24:00"}, {"closes": "24:01"})
    ],
    ("venue_hours_weekly_form", [{"day_of_week": "friday"}], []),
    *[
        ("venue_hours_exceptions_form", [], [EVE, wrong])
        for wrong in (
            {"closed": True},
            {"date": "26-12-24", "closed": True},
            {"date": "2026-12-24"},
            {"date": "2026-12-24", "closed": False},
            {"date": "2026-12-24", "hours": []},
            {"date": "2026-12-24", "hours": [{"opens": "09:00"}]},
            {**NIGHT, "closed": True},
            {**NIGHT, "hours": [{"opens": "09:00", "closes": "10:00"}, {"opens": "x"}]},
        )
    ],
]


def _insert(weekly: Any, exceptions: Any) -> str:
    return INSERT.format(weekly=f"'{json.dumps(weekly)}'", exceptions=f"'{json.dumps(exceptions)}'")


@pytest.mark.parametrize(("name", "weekly", "exceptions"), BROKEN)
async def test_what_the_database_holds(
    database: asyncpg.Connection, name: str, weekly: Any, exceptions: Any
) -> None:
    """Hours that break one rule are refused by that rule's name; good ones are not."""
    tenant, venue = new_id(), new_id()
    await database.execute(VENUE.format(**GOOD), tenant, venue)
    assert await violated(database, _insert(weekly, exceptions), tenant, venue) == name
    good = _insert([FRIDAY, MONDAY], [EVE, NIGHT])
    assert await violated(database, good, new_id(), venue) == "venue_hours_venue_fkey"
    await database.execute(good, tenant, venue)
