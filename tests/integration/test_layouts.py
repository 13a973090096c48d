"""Layouts through the whole pipeline, on real services: large, many at once, and the default."""

import asyncio
import json
from typing import Any

import asyncpg
import pytest
from pydantic_core import to_json

from tests.support.bus import Bus
from tests.support.commands import Document, Venue, new_id
from tests.support.process import WorkerProcess

STADIUM = 80_000
MEBIBYTE = 1_048_576


def _rows(seats: Any) -> list[Document]:
    return [{"label": f"R{n}", "seats": seats} for n in range(40)]


def _sections(seats: Any) -> list[Document]:
    return [{"label": f"S{n}", "rows": _rows(seats)} for n in range(50)]


NUMBERED = _sections({"from": 1, "to": 40})
LISTED = _sections([str(n) for n in range(1, 41)])
SMALL = [{"label": "Stalls", "rows": [{"label": "A", "seats": {"from": 1, "to": 10}}]}]
FLOOR = [{"label": "Floor", "standing": {"capacity": 300}}]


def _add(venue: Venue, layout_id: str, sections: list[Document] = SMALL, **more: Any) -> Document:
    data = {"layout_id": layout_id, "name": "Plan", "kind": "mixed", "sections": sections, **more}
    return venue.to("layout.add", data)


async def _a_venue(bus: Bus, most: int = 100_000) -> Venue:
    venue = Venue()
    await bus.ask(venue.create(capacity={"max": most}))
    return venue


async def _stored(database: asyncpg.Connection, venue: Venue) -> dict[str, asyncpg.Record]:
    rows = await database.fetch("SELECT * FROM venue_layout WHERE venue_id = $1", venue.id)
    return {str(row["layout_id"]): row for row in rows}


async def test_a_layouts_life(
    worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection
) -> None:
    """Each command is applied and makes its event; the first layout is the default."""
    venue, one, other = await _a_venue(the_bus), new_id(), new_id()
    life = [
        _add(venue, one),
        _add(venue, other, FLOOR, name="Floor"),
        venue.to("layout.update", {"layout_id": one, "sections": SMALL + FLOOR}),
        venue.to("layout.set-default", {"layout_id": other}),
        venue.to("layout.remove", {"layout_id": one}),
    ]
    replies = [await the_bus.ask(command) for command in life]
    assert [reply["status"] for reply in replies] == ["applied"] * len(life), replies
    events = (await the_bus.events_of(venue.id, len(life) + 1))[1:]
    assert [event["type"] for event in events] == [
        "venue.layout.added", "venue.layout.added", "venue.layout.updated",
        "venue.layout.default-set", "venue.layout.removed",
    ]  # fmt: skip
    layouts = [event["data"]["layout"] for event in events]
    assert [layout["is_default"] for layout in layouts] == [True, False, True, True, False]
    assert [layout["places"]["total"] for layout in layouts] == [10, 300, 310, 300, 310]
    assert layouts[2]["sections"] == SMALL + FLOOR
    assert layouts[3]["sections"] == FLOOR
    assert "sections" not in layouts[4]
    assert events[2]["data"]["changed"] == ["sections", "places"]
    stored = await _stored(database, venue)
    assert list(stored) == [other]
    assert stored[other]["is_default"]
    assert json.loads(stored[other]["plan"]) == {"sections": FLOOR}


@pytest.mark.parametrize("sections", [NUMBERED, LISTED], ids=["numbered", "listed"])
async def test_a_stadium(
    worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection, sections: list[Document]
) -> None:
    """80,000 seats in one layout: kept and shown as they were given, in either form."""
    venue, layout_id = await _a_venue(the_bus), new_id()
    reply = await the_bus.ask(_add(venue, layout_id, sections, kind="fixed"))
    assert reply["status"] == "applied", reply
    shown = (await the_bus.events_of(venue.id, 2))[1]["data"]["layout"]
    assert shown["places"]["seats"] == STADIUM
    assert shown["sections"] == sections
    stored = (await _stored(database, venue))[layout_id]
    assert json.loads(stored["plan"]) == {"sections": sections}


async def test_an_event_that_would_be_too_large(worker: WorkerProcess, the_bus: Bus) -> None:
    """A layout as large as a message may be does not fit an event: it shows how many there are."""
    venue, layout_id = await _a_venue(the_bus, most=200_000), new_id()
    rows = [{"label": f"R{n}", "seats": [f"{n:05}" for n in range(1_900)]} for n in range(68)]
    command = _add(venue, layout_id, [{"label": "S", "rows": rows}], kind="fixed")
    spare = MEBIBYTE - len(to_json(command)) - 50
    rows.append({"label": "the last", "seats": [f"{n:06}" for n in range(spare // 9)]})
    reply = await the_bus.ask(to_json(command))
    assert reply["status"] == "applied", reply
    event = (await the_bus.events_of(venue.id, 2))[1]
    shown = event["data"]["layout"]
    assert event["dataref"] == f"venue.layout.get?subject={venue.id}&layout_id={layout_id}"
    assert (shown["name"], shown["places"]["seats"]) == ("Plan", sum(len(r["seats"]) for r in rows))
    assert "sections" not in shown
    assert "sections" in event["data"]["changed"]


async def test_layouts_of_one_venue_in_a_batch(
    worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection
) -> None:
    """Commands that meet see what those before them left, and one default is left at the end."""
    venue, layouts = await _a_venue(the_bus), [new_id() for _ in range(6)]
    commands = [_add(venue, layout_id) for layout_id in layouts]
    for n in range(20):
        a, b, c = (layouts[(n + step) % 6] for step in (1, 2, 5))
        commands += [
            venue.to("layout.set-default", {"layout_id": a}),
            venue.to("layout.update", {"layout_id": b, "name": f"Plan {n}"}),
            venue.to("layout.update", {"layout_id": c, "sections": FLOOR if n % 2 else SMALL}),
            venue.update(capacity={"max": 1000 + n}),
        ]
    commands += [venue.to("layout.remove", {"layout_id": one}) for one in layouts]
    replies = await asyncio.gather(*(the_bus.ask(command) for command in commands))
    refused = [reply for reply in replies if reply["status"] != "applied"]
    assert [one["errors"][0]["code"] for one in refused] == ["illegal_transition"]
    stored = await _stored(database, venue)
    assert [row["is_default"] for row in stored.values()] == [True]
    assert list(stored) == [layouts[20 % 6]]
    count = max(reply["version"] for reply in replies)
    events = await the_bus.events_of(venue.id, count + 1)
    versions = [event["venueversion"] for event in events if "venueversion" in event]
    assert versions == list(range(1, count + 1))


async def test_what_is_not_named_is_not_rewritten(
    worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection
) -> None:
    """Making another layout the default touches no plan: neither is written once more."""
    venue, one, other = await _a_venue(the_bus), new_id(), new_id()
    await the_bus.ask(_add(venue, one, LISTED))
    await the_bus.ask(_add(venue, other, LISTED))
    before = await _written_plans(database)
    reply = await the_bus.ask(venue.to("layout.set-default", {"layout_id": other}))
    assert reply["status"] == "applied"
    assert await _written_plans(database) == before
    await the_bus.ask(venue.to("layout.update", {"layout_id": one, "sections": NUMBERED}))
    assert await _written_plans(database) != before


async def _written_plans(database: asyncpg.Connection) -> set[tuple[int, int]]:
    table = await database.fetchval(
        "SELECT reltoastrelid::regclass::text FROM pg_class WHERE relname = 'venue_layout'"
    )
    rows = await database.fetch(f"SELECT DISTINCT chunk_id, xmin::text::bigint AS x FROM {table}")
    return {(row["chunk_id"], row["x"]) for row in rows}


async def test_a_capacity_that_is_too_small(worker: WorkerProcess, the_bus: Bus) -> None:
    """Neither a layout that exceeds the capacity nor a capacity below a layout is taken."""
    venue, layout_id = await _a_venue(the_bus, most=100), new_id()
    first = await the_bus.ask(_add(venue, layout_id, FLOOR))
    assert first["errors"][0]["code"] == "capacity_exceeded"
    assert (await the_bus.ask(_add(venue, layout_id)))["status"] == "applied"
    lower = await the_bus.ask(venue.update(capacity={"max": 9}))
    assert (lower["errors"][0]["code"], lower["errors"][0]["field"]) == (
        "capacity_exceeded",
        "/capacity/max",
    )
    assert (await the_bus.ask(venue.update(capacity={"max": 10})))["status"] == "applied"
