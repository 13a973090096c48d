"""A venue's history outlives its events: who changed what, when, by which command."""

import json
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

from tests.support.bus import Bus
from tests.support.command_line import run
from tests.support.commands import Document, Venue, new_id
from tests.support.kept import add_events, now
from tests.support.process import WorkerProcess
from tests.support.waiting import until
from worker.storage import changes, history
from worker.storage.changes import Wanted
from worker.storage.database import Database

SHA = "ab" * 32
Lines = list[dict[str, Any]]


async def lines(ours: Database, venue: Venue, tenant: str | None = None) -> Lines:
    """Return all changes of a venue, the newest last."""
    async with ours.transaction() as tx:
        return await changes.latest(tx, Wanted(venue.id, tenant), 1000)


async def forget(ours: Database, cutoff: datetime, most: int = 1000) -> int:
    """Delete published events as retention does."""
    async with ours.transaction(durable=False) as tx:
        return await history.delete_old(tx, cutoff, most)


def a_life(venue: Venue) -> list[Document]:
    """Return commands that change a venue by several people and for several reasons."""
    create = venue.create_complete()
    license_ = {"kind": "liquor_license", "sha256": SHA}
    refused = {"kind": "liquor_license", "decision": "rejected", "reason": "unreadable"}
    return [
        {**create, "actorid": "ann"},
        {**venue.update(description='Ωmega \\ "quoted"', tags=["a"]), "actorid": "ann"},
        {**venue.to("document.submit", license_), "actorid": "ann"},
        venue.to("document.review", refused),
        venue.to("activate"),
        venue.to("suspend", {"reason": "unpaid fees"}),
        venue.update(description="Still suspended"),
        venue.to("activate"),
        {**venue.to("deactivate", {}), "actorid": "ann"},
        venue.to("close", {"reason": "sold"}),
    ]


def told_by(event: Document, reason: str | None, item: str | None) -> dict[str, Any]:
    """Return the line of the history that an event stands for."""
    return {
        "tenant_id": event["tenantid"],
        "venue_id": event["subject"],
        "venue_version": event["venueversion"],
        "type": event["type"],
        "occurred_at": datetime.fromisoformat(event["time"]),
        "actor_id": event.get("actorid"),
        "command_id": event["causationid"],
        "item": item,
        "changed": event["data"]["changed"],
        "reason": reason,
    }


REASONS = {4: "unreadable", 6: "unpaid fees", 10: "sold"}
ITEMS = {3: "liquor_license", 4: "liquor_license"}


async def test_history_outlives_the_events(
    worker: WorkerProcess, the_bus: Bus, ours: Database, database: asyncpg.Connection
) -> None:
    """Before, while and after retention deletes events, the history says what the events said."""
    venue = Venue()
    for one in a_life(venue):
        assert (await the_bus.ask(one))["status"] == "applied"
    refused = await the_bus.ask(venue.update(description="Closed"))
    assert refused["status"] == "rejected"
    events = await the_bus.events_of(venue.id, 11)
    expected = [
        told_by(event, REASONS.get(event["venueversion"]), ITEMS.get(event["venueversion"]))
        for event in events
        if "venueversion" in event
    ]
    assert [line["venue_version"] for line in expected] == list(range(1, 11))

    async def all_published() -> bool:
        return bool(await database.fetchval("SELECT count(*) = 0 FROM outbox"))

    await until(all_published, "nothing waits in the outbox")
    cutoff = await now(database) + timedelta(seconds=1)
    deleted = 0
    while True:
        assert await lines(ours, venue) == expected
        step = await forget(ours, cutoff, 3)
        deleted += step
        if step == 0:
            break
    assert deleted == 11
    assert await database.fetchval("SELECT count(*) FROM venue_event") == 0
    assert await database.fetchval("SELECT count(*) FROM venue_history") == 10


async def test_a_rollback_loses_nothing(ours: Database, database: asyncpg.Connection) -> None:
    """An event and its line change places together or not at all."""
    venue = Venue()
    await add_events(database, venue, 5, days=5)
    before = await lines(ours, venue)
    cutoff = await now(database)

    async def die() -> None:
        async with ours.transaction() as tx:
            assert await history.delete_old(tx, cutoff, 3) == 3
            inside = await changes.latest(tx, Wanted(venue.id), 1000)
            assert inside == before
            raise ConnectionAbortedError

    with pytest.raises(Exception, match="ConnectionAbortedError"):
        await die()
    assert await database.fetchval("SELECT count(*) FROM venue_history") == 0
    assert await lines(ours, venue) == before


async def test_events_that_wait_are_part_of_it(
    ours: Database, database: asyncpg.Connection
) -> None:
    """What is not published yet stands in the history, behind what was deleted."""
    venue = Venue()
    await add_events(database, venue, 3, days=5)
    await add_events(database, venue, 2, days=4, above=3, pending=True)
    assert await forget(ours, await now(database)) == 3
    assert [line["venue_version"] for line in await lines(ours, venue)] == [1, 2, 3, 4, 5]


async def test_deleting_by_hand_leaves_the_lines(
    ours: Database, database: asyncpg.Connection
) -> None:
    """Whoever deletes events, an older version of the worker or a person, leaves the history."""
    venue = Venue()
    await add_events(database, venue, 3, days=5)
    before = await lines(ours, venue)
    await database.execute("DELETE FROM venue_event WHERE venue_id = $1", venue.id)
    assert await lines(ours, venue) == before


async def test_a_tenant_can_be_deleted(ours: Database, database: asyncpg.Connection) -> None:
    """Events first, then the lines they leave: nothing of the tenant is left, and all of others."""
    gone, stays = Venue(), Venue()
    for venue in (gone, stays):
        await add_events(database, venue, 3, days=5)
    for table in ("venue_event", "venue_history"):
        await database.execute(f"DELETE FROM {table} WHERE tenant_id = $1", gone.tenant)
    assert await lines(ours, gone) == []
    assert len(await lines(ours, stays)) == 3


async def test_the_command_line(
    ours: Database, database: asyncpg.Connection, database_url: str
) -> None:
    """People page by time and number; programs read JSON Lines; the newest comes last."""
    venue = Venue()
    await add_events(database, venue, 3, days=9)
    await add_events(database, venue, 3, days=2, above=3)
    await forget(ours, await now(database) - timedelta(days=5))
    between = (await now(database) - timedelta(days=5)).isoformat()

    async def versions(*options: str) -> list[int]:
        ended = await run("history", venue.id, "--json", *options, VENUE_DATABASE_URL=database_url)
        return [line["venue_version"] for line in ended.documents()]

    assert await versions() == [1, 2, 3, 4, 5, 6]
    assert await versions("--limit", "2") == [5, 6]
    assert await versions("--until", between) == [1, 2, 3]
    assert await versions("--since", between, "--tenant", venue.tenant) == [4, 5, 6]
    shown = await run("history", venue.id, VENUE_DATABASE_URL=database_url)
    assert shown.status == 0
    assert shown.output.count("venue.updated") == 6
    assert "the service itself" in shown.output


async def test_the_command_line_and_tenants(
    database: asyncpg.Connection, database_url: str
) -> None:
    """One history at a time: where two tenants use an id, one has to be named."""
    one = Venue()
    other = Venue(id=one.id)
    for venue in (one, other):
        await add_events(database, venue, 1, days=1)
    both = await run("history", one.id, VENUE_DATABASE_URL=database_url)
    assert "--tenant" in both.sentence()
    ended = await run(
        "history", one.id, "--tenant", other.tenant, "--json", VENUE_DATABASE_URL=database_url
    )
    assert [line["tenant_id"] for line in ended.documents()] == [other.tenant]
    unknown = await run("history", new_id(), VENUE_DATABASE_URL=database_url)
    assert "no change of a venue" in unknown.sentence()
    wrong = await run("history", one.id, "--since", "now", VENUE_DATABASE_URL=database_url)
    assert "--since: give an RFC 3339 timestamp" in wrong.sentence()


VENUE_CLOSED = {"status": "closed", "status_reason": "sold"}
TOLD: list[tuple[dict[str, Any], tuple[list[str], str | None, str | None]]] = [
    ({"venue": VENUE_CLOSED, "changed": ["status"]}, (["status"], None, "sold")),
    ({"venue": VENUE_CLOSED, "changed": ["deleted_at"]}, (["deleted_at"], None, None)),
    ({"venue": {"staff": [{"user_id": "ann"}]}, "changed": ["name"]}, (["name"], None, None)),
    ({"staff": {"user_id": "ann", "role": "viewer"}, "changed": ["role"]}, (["role"], "ann", None)),
    ({"layout": {"layout_id": "1", "kind": "fixed"}, "changed": ["name"]}, (["name"], "1", None)),
    ({"integration": {"kind": "stripe"}, "changed": ["config"]}, (["config"], "stripe", None)),
    ({"hours": {"weekly": []}, "changed": ["weekly", "x"]}, (["weekly", "x"], None, None)),
    ({"settings": None, "changed": []}, ([], None, None)),
]


@pytest.mark.parametrize(("data", "told"), TOLD)
async def test_what_an_event_tells(
    database: asyncpg.Connection,
    data: dict[str, Any],
    told: tuple[list[str], str | None, str | None],
) -> None:
    """What changed; of which item, where it is one of several; and why, where a status changed."""
    row = await database.fetchrow("SELECT * FROM venue_event_told($1)", json.dumps({"data": data}))
    assert tuple(row or ()) == told


async def test_it_is_found_by_an_index(ours: Database, database: asyncpg.Connection) -> None:
    """One venue's history is found among many without reading the others'."""
    for _ in range(40):
        await add_events(database, Venue(), 50, days=9)
    await forget(ours, await now(database), 1000)
    await database.execute("ANALYZE")
    plan = await database.fetch(f"EXPLAIN SELECT * FROM venue_change WHERE venue_id = '{new_id()}'")
    text = "\n".join(row[0] for row in plan)
    assert "venue_history_pkey" in text
    assert "venue_event_version_unique" in text
    assert "Seq Scan" not in text
