"""Connections that nobody closes and that carry nothing any more: noticed, left, opened anew."""

import asyncio
from collections.abc import Callable

import asyncpg
import pytest
from yarl import URL

from tests.acceptance.test_crashes import commands, expect_all, more_events, settled
from tests.support.bus import Bus
from tests.support.figures import Figures
from tests.support.outage import cost, says
from tests.support.process import WorkerProcess
from tests.support.proxy import proxy

NewWorker = Callable[..., WorkerProcess]
WHERE = {
    "broker": ("VENUE_AMQP_URL", "rabbitmq", "no connection"),
    "database": ("VENUE_DATABASE_URL", "database", ""),
}


@pytest.mark.parametrize("which", WHERE)
async def test_it_is_noticed(
    which: str,
    new_worker: NewWorker,
    the_bus: Bus,
    amqp_url: str,
    database: asyncpg.Connection,
    database_url: str,
    figures: Figures,
) -> None:
    """Silent connections make the worker unready in seconds; it goes on with new ones by itself."""
    variable, check, text = WHERE[which]
    url = URL({"broker": amqp_url, "database": database_url}[which])
    async with proxy(url.port or 0) as between:
        worker = new_worker(
            **{variable: str(url.with_port(between.port))},
            VENUE_DATABASE_TIMEOUT_SECONDS="2",
            VENUE_BATCH_SIZE="50",
        )
        worker.start()
        await worker.ready()
        load = commands(venues=300, updates=4)
        publishing = asyncio.create_task(the_bus.send_all(load))
        await more_events(the_bus, 100)
        between.forget()
        seconds = await says(worker, check, text)
        used = await cost(worker, 3)
        between.let_new_through()
        await publishing
        expect_all(await settled(database, the_bus, len(load)), len(load))
        await worker.ready()
        assert await database.fetchval("SELECT count(*) FROM parked_command") == 0
        assert await worker.stop() == 0
    figures(f"half-open to the {which}: told in {seconds:.1f} s; {used}")
    assert used.is_small()
