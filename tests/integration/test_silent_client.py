"""A client that is gone in the middle of a statement holds its locks no longer than it may."""

import asyncio
from contextlib import suppress

import asyncpg
import pytest
from yarl import URL

from tests.support.proxy import proxy
from worker.errors import DatabaseUnavailableError
from worker.storage.connection import SINCE, TIMEOUTS_IN_ALL
from worker.storage.database import Database

TIMEOUT_SECONDS = 0.2
LATEST_SECONDS = 20.0
TAKE = "SELECT pg_advisory_xact_lock($1)"


async def test_its_locks_are_freed(database: asyncpg.Connection, database_url: str) -> None:
    """The server waits for the rest of the statement, and ends the transaction in the end."""
    if database.get_server_version().major < SINCE:
        pytest.skip(f"before PostgreSQL {SINCE} nothing ends such a transaction")
    url, holds = URL(database_url), asyncio.Event()
    async with proxy(url.port or 0) as between:

        async def go_silent() -> None:
            through = str(url.with_port(between.port))
            async with Database(through, timeout_seconds=TIMEOUT_SECONDS) as one:
                with suppress(DatabaseUnavailableError):
                    async with one.transaction() as tx:
                        # Several messages each; of the second one's last, the end never comes.
                        statement = await tx.prepare(TAKE)
                        await statement.fetchval(4711)
                        between.break_off()
                        holds.set()
                        await statement.fetchval(4711, timeout=3600)

        silent = asyncio.create_task(go_silent())
        await holds.wait()
        loop = asyncio.get_running_loop()
        since = loop.time()
        await database.execute(TAKE, 4711, timeout=LATEST_SECONDS)
        assert loop.time() - since > TIMEOUT_SECONDS * TIMEOUTS_IN_ALL / 2, "it was never held"
        between.cut()
        await silent
