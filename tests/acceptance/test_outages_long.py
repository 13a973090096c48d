"""Outages longer than a broker waits for settlements: commands go back once."""

import asyncio
from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest
from yarl import URL

from tests.acceptance.test_crashes import commands, expect_all, more_events, settled
from tests.support.bus import Bus
from tests.support.outage import control_broker, delivery_counts, says, unsettled
from tests.support.process import WorkerProcess
from tests.support.proxy import proxy
from tests.support.waiting import until
from worker.local import Services

NewWorker = Callable[..., WorkerProcess]
SET = "application:set_env(rabbit, %s, %d)."
USUAL = {"consumer_timeout": 1_800_000, "channel_tick_interval": 60_000}
SHORT = {"consumer_timeout": 4_000, "channel_tick_interval": 1_000}


@pytest.fixture
async def impatient(real: Services) -> AsyncIterator[Services]:
    """A broker that waits four seconds for settlements instead of half an hour."""
    for name, value in SHORT.items():
        await control_broker(real, "eval", SET % (name, value))
    yield real
    for name, value in USUAL.items():
        await control_broker(real, "eval", SET % (name, value))


async def test_the_broker_waits_no_longer(
    impatient: Services,
    new_worker: NewWorker,
    the_bus: Bus,
    database: asyncpg.Connection,
    amqp_url: str,
) -> None:
    """Its timeout takes the commands back once, however many times over the outage lasts.

    The database is one that answers and cannot be written to: nothing but the work itself tells.
    """
    worker = new_worker(VENUE_BATCH_SIZE="20", VENUE_PREFETCH="40")
    worker.start()
    await worker.ready()
    load = commands(venues=300, updates=4)
    publishing = asyncio.create_task(the_bus.send_all(load))
    await more_events(the_bus, 50)
    await database.execute("ALTER TABLE command_outcome RENAME TO away")
    await publishing
    await until(lambda: "PRECONDITION_FAILED" in worker.log.read_text(), "the broker's timeout", 40)

    async def gone_back() -> bool:
        return await unsettled(impatient) == 0

    await until(gone_back, "the commands are in the queue again")
    # Twice as long again, in which it may not take commands just to lose them once more.
    for _ in range(10):
        await asyncio.sleep(1)
        assert await unsettled(impatient) == 0
    worker.kill()
    counts = await delivery_counts(amqp_url)
    assert max(counts) == 1, "counted, and counted once"
    await database.execute("ALTER TABLE away RENAME TO command_outcome")
    worker.start()
    await worker.ready()
    expect_all(await settled(database, the_bus, len(load)), len(load))
    assert await database.fetchval("SELECT count(*) FROM parked_command") == 0


async def test_another_worker_takes_over(
    new_worker: NewWorker, the_bus: Bus, database: asyncpg.Connection, database_url: str
) -> None:
    """Commands that a worker holds and cannot decide go to one that reaches the database."""
    url = URL(database_url)
    async with proxy(url.port or 0) as between:
        # In batches whose statements pass the proxy in one piece: of half a statement PostgreSQL
        # waits for the rest, its locks held, without any timeout before version 17.
        cut_off = new_worker(
            VENUE_DATABASE_URL=str(url.with_port(between.port)),
            VENUE_DATABASE_TIMEOUT_SECONDS="2",
            VENUE_BATCH_SIZE="20",
        )
        cut_off.start()
        await cut_off.ready()
        other = new_worker()
        other.start()
        await other.ready()
        load = commands(venues=300, updates=4)
        publishing = asyncio.create_task(the_bus.send_all(load))
        await more_events(the_bus, 100)
        between.hold()
        await says(cut_off, "database", "")
        await publishing
        found = await settled(database, the_bus, len(load))
        expect_all(found, len(load))
        assert "commands go back to the broker" in cut_off.log.read_text()
        between.cut()
        await cut_off.ready()
        assert (await the_bus.ask(commands(1, 0)[0]))["status"] == "applied"
