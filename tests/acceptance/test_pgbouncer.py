"""PgBouncer in transaction mode between the worker and PostgreSQL."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import asyncpg

from tests.acceptance.test_crashes import commands, expect_all, more_events, settled
from tests.support.bus import Bus
from tests.support.outage import says
from tests.support.pgbouncer import PgBouncer
from tests.support.process import WorkerProcess


async def test_it_restarts_under_load(
    new_worker: Callable[..., WorkerProcess],
    the_bus: Bus,
    database: asyncpg.Connection,
    database_url: str,
    tmp_path: Path,
) -> None:
    """Commands are applied through it; killed in the middle of work it costs no command."""
    bouncer = PgBouncer(database_url, tmp_path)
    await bouncer.start()
    try:
        worker = new_worker(
            VENUE_DATABASE_URL=bouncer.url, VENUE_STATEMENT_CACHE_SIZE="0", VENUE_BATCH_SIZE="50"
        )
        worker.start()
        await worker.ready()
        load = commands(venues=300, updates=4)
        publishing = asyncio.create_task(the_bus.send_all(load))
        await more_events(the_bus, 100)
        bouncer.kill()
        await says(worker, "database", "does not answer")
        await bouncer.start()
        await publishing
        expect_all(await settled(database, the_bus, len(load)), len(load))
        await worker.ready()
        assert await database.fetchval("SELECT count(*) FROM parked_command") == 0
    finally:
        bouncer.kill()
