"""Slow queries: they wait for their turn instead of failing, and give others theirs."""

import asyncio
from typing import Any

import asyncpg
import pytest

from tests.support.asking import Ask, query
from tests.support.bus import Bus
from tests.support.commands import Venue
from worker.errors import DatabaseBusyError, DatabaseUnavailableError
from worker.storage.database import Database

SLOW = """
CREATE OR REPLACE FUNCTION venue_event_told(body text)
RETURNS TABLE (changed text[], item text, reason text) LANGUAGE sql AS $$
    SELECT ARRAY['all'], ''::text, ''::text FROM pg_sleep({seconds})
$$
"""
"""What a large event costs, without the event."""


async def _history(ask: Ask, venue: Venue, limit: int = 500) -> Any:
    return await ask(query("venue.history", venue.tenant, venue.id, {"limit": limit}))


async def test_more_queries_than_connections(
    ask: Ask, the_bus: Bus, database: asyncpg.Connection
) -> None:
    """Many slow queries at once are all answered: none fails for waiting for a connection."""
    venue = Venue()
    await the_bus.ask(venue.create())
    await database.execute(SLOW.format(seconds=2))
    answers = await asyncio.gather(*(_history(ask, venue) for _ in range(20)))
    assert [answer["errors"] for answer in answers] == [[]] * 20


async def test_a_slow_page_is_ended(ask: Ask, the_bus: Bus, database: asyncpg.Connection) -> None:
    """A history that is slow to read comes in shorter pages, so that others get their turn."""
    venue = Venue()
    await the_bus.ask(venue.create())
    await the_bus.send_all(venue.update(description=f"{n}") for n in range(118))
    assert (await the_bus.ask(venue.update(description="last")))["version"] == 120
    await database.execute(SLOW.format(seconds=0.03))
    first = (await _history(ask, venue))["data"]
    assert [change["version"] for change in first["changes"]] == list(range(120, 70, -1))
    assert first["next_cursor"] is not None


async def _pid(database: Database) -> Any:
    async with database.snapshot() as tx:
        return await tx.fetchval("SELECT pg_backend_pid()")


async def test_busy_is_not_away(database_url: str) -> None:
    """Who finds all connections in use is told so, and those that are in use stay."""
    async with Database(database_url, timeout_seconds=0.5, most_connections=1) as database:
        async with database.snapshot() as tx:
            first = await tx.fetchval("SELECT pg_backend_pid()")
            another = asyncio.create_task(_pid(database))
            while not another.done():
                await tx.execute("SELECT pg_sleep(0.1)")
        with pytest.raises(DatabaseBusyError):
            await another
        assert await _pid(database) == first


async def test_away_is_not_busy() -> None:
    """A server that takes a connection and says nothing is away, not busy."""
    server = await asyncio.start_server(lambda *_: asyncio.sleep(60), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    url = f"postgresql://nobody@127.0.0.1:{port}/none?sslmode=disable"
    async with Database(url, timeout_seconds=0.3, most_connections=1) as database:
        with pytest.raises(DatabaseUnavailableError) as raised:
            await _pid(database)
    assert not isinstance(raised.value, DatabaseBusyError)
    server.close()
