"""A venue's settings from message to message, on real services."""

import json

import asyncpg

from tests.support.bus import Bus
from tests.support.commands import Document, Venue
from tests.support.process import WorkerProcess

STORED = "SELECT chosen::text FROM venue_settings WHERE tenant_id = $1 AND venue_id = $2"


async def test_settings(worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection) -> None:
    """A patch makes a version and an event with all settings; only what differs is kept."""
    venue = Venue()
    await the_bus.ask(venue.create())
    assert await database.fetchval(STORED, venue.tenant, venue.id) is None
    fees = {"currency": "USD", "service_fixed": "2.50"}
    patches: list[Document] = [
        {"fees": fees, "resale": {"allowed": True}},
        {"fees": {"service_fixed": "2.5"}},
        {"resale": None, "payment": {"deposit_percent": "20"}},
    ]
    replies = [await the_bus.ask(venue.to("settings.update", patch)) for patch in patches]
    assert [(reply["status"], reply["version"]) for reply in replies] == [
        ("applied", 2), ("applied", 2), ("applied", 3),
    ]  # fmt: skip
    _, first, second = await the_bus.events_of(venue.id, 3)
    assert first["type"] == "venue.settings.updated"
    assert first["data"]["changed"] == ["fees", "resale"]
    assert first["data"]["settings"]["fees"]["service_fixed"] == "2.50"
    assert first["data"]["settings"]["ticketing"]["max_tickets_per_order"] == 8
    assert second["data"]["changed"] == ["payment", "resale"]
    assert second["data"]["settings"]["resale"]["allowed"] is False
    stored = json.loads(await database.fetchval(STORED, venue.tenant, venue.id))
    assert stored == {"fees": fees, "payment": {"deposit_percent": "20"}}


async def test_back_to_the_defaults(
    worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection
) -> None:
    """A venue that has only defaults again has no row, and can choose anew."""
    venue = Venue()
    await the_bus.ask(venue.create())
    for patch in ({"resale": {"allowed": True}}, {"resale": {"allowed": None}}):
        await the_bus.ask(venue.to("settings.update", patch))
    assert await database.fetchval(STORED, venue.tenant, venue.id) is None
    again = await the_bus.ask(venue.to("settings.update", {"resale": {"deadline_hours": 5}}))
    assert (again["status"], again["version"]) == ("applied", 4)


async def test_settings_that_contradict(worker: WorkerProcess, the_bus: Bus) -> None:
    """A rule over several settings refuses, one over a single setting parks."""
    venue = Venue()
    await the_bus.ask(venue.create())
    for data, status, field in (
        ({"fees": {"service_fixed": "1"}}, "rejected", "/fees/currency"),
        ({"fees": {"service_fixed": 1.5}}, "parked", "/fees/service_fixed"),
    ):
        reply = await the_bus.ask(venue.to("settings.update", data))
        assert reply["status"] == status
        assert [(e["code"], e["field"]) for e in reply["errors"]] == [("invalid_data", field)]


async def test_many_in_one_batch(
    worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection
) -> None:
    """Commands that come together are decided one upon the other, and write the last word."""
    venues = [Venue() for _ in range(5)]
    await the_bus.send_all([venue.create() for venue in venues])
    for venue in venues:
        await the_bus.events_of(venue.id, 1)
    for hours in range(3, 9):
        for venue in venues:
            await the_bus.send(venue.to("settings.update", {"resale": {"deadline_hours": hours}}))
    for venue in venues:
        last = (await the_bus.events_of(venue.id, 7))[-1]
        assert last["venueversion"] == 7
        stored = json.loads(await database.fetchval(STORED, venue.tenant, venue.id))
        assert stored == {"resale": {"deadline_hours": 8}}
