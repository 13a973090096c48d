"""A transaction that is begun before it is needed: on its way, used once, never left open."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest
from yarl import URL

from tests.support.proxy import Proxy, proxy
from tests.support.waiting import until
from worker.errors import DatabaseUnavailableError
from worker.storage.begun import begun
from worker.storage.database import Database

OPEN = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND state = 'idle in transaction'
"""
MINE = "SELECT xact_start FROM pg_stat_activity WHERE pid = pg_backend_pid()"


async def test_on_its_way(ours: Database, database: asyncpg.Connection) -> None:
    """The server has begun it before anybody enters it; who enters gets that one, and then new."""
    async with begun(ours, early=True) as transaction:
        await until(lambda: database.fetchval(OPEN), "a transaction is open")
        before = await database.fetchval("SELECT clock_timestamp()")
        async with transaction() as tx:
            assert await tx.fetchval(MINE) < before
        async with transaction() as tx:
            assert await tx.fetchval(MINE) > before
    assert ours.connections["in_use"] == 0


async def test_only_where_wanted(ours: Database) -> None:
    """A batch that has to wait for another one opens nothing before it may go on."""
    async with ours.transaction():
        pass  # a connection that could be used
    async with begun(ours, early=False) as transaction:
        assert ours.connections == {"idle": 1, "in_use": 0}
        async with transaction() as tx:
            assert await tx.fetchval("SELECT 1") == 1


@asynccontextmanager
async def _through(between: Proxy, database_url: str) -> AsyncIterator[Database]:
    """Give the database with a connection through the proxy, at hand to be used again."""
    url = URL(database_url).with_port(between.port)
    async with Database(str(url), timeout_seconds=10) as one:
        async with one.transaction():
            pass
        yield one


@pytest.mark.parametrize("answered", [True, False])
async def test_unused(*, database_url: str, database: asyncpg.Connection, answered: bool) -> None:
    """Who is cancelled before it is needed leaves nothing open, answered or not."""
    inside = asyncio.Event()
    kept = []  # else it would be ended as garbage

    async def reads(one: Database) -> None:
        async with begun(one, early=True) as transaction:
            kept.append(transaction)
            inside.set()
            await asyncio.Event().wait()

    port = URL(database_url).port or 5432
    async with proxy(port) as between, _through(between, database_url) as one:
        if not answered:
            between.hold()
        reading = asyncio.create_task(reads(one))
        await inside.wait()
        if answered:
            await until(lambda: database.fetchval(OPEN), "a transaction is open")
        reading.cancel()
        await asyncio.wait({reading})
        assert reading.cancelled()
        assert one.connections["in_use"] == 0
    await until(lambda: _none(database), "no transaction is open")


async def test_cancelled_the_moment_it_is_answered(ours: Database) -> None:
    """Whoever enters it then does not get in, and leaves nothing open either."""
    kept = []

    async def enters() -> None:
        async with begun(ours, early=True) as transaction:
            kept.append(one := transaction())
            one._begin.add_done_callback(lambda _: entering.cancel())  # type: ignore[attr-defined] # noqa: SLF001 - the moment
            await one.__aenter__()

    entering = asyncio.create_task(enters())
    await asyncio.wait({entering})
    assert entering.cancelled()
    assert ours.connections["in_use"] == 0


async def test_cancelled_when_the_connection_is_lost(database_url: str) -> None:
    """That it cannot be ended any more does not make an outage of a cancellation."""
    inside = asyncio.Event()
    port = URL(database_url).port or 5432
    async with proxy(port) as between, _through(between, database_url) as one:

        async def holds() -> None:
            async with one.transaction():
                inside.set()
                await asyncio.Event().wait()

        holding = asyncio.create_task(holds())
        await inside.wait()
        between.cut()
        await until(lambda: not one.connections["in_use"], "the pool has noticed")
        holding.cancel()
        await asyncio.wait({holding})
        assert holding.cancelled()


async def _none(database: asyncpg.Connection) -> bool:
    return not await database.fetchval(OPEN)


async def test_an_error_is_met_where_it_is_entered(database_url: str) -> None:
    """A connection that is lost fails the first try, not who reads; the next try has another."""
    port = URL(database_url).port or 5432
    async with proxy(port) as between, _through(between, database_url) as one:
        between.hold()
        async with begun(one, early=True) as transaction:
            between.cut()
            with pytest.raises(DatabaseUnavailableError):
                await transaction().__aenter__()
            async with transaction() as tx:
                assert await tx.fetchval("SELECT 1") == 1
