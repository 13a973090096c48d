"""A command that kills the worker takes no other with it, and neither does a bad network."""

import asyncio
from collections.abc import Callable

import aio_pika
import asyncpg
import pytest
from yarl import URL

from tests.acceptance.test_crashes import more_events
from tests.support.bus import Bus
from tests.support.commands import Document, Venue
from tests.support.figures import Figures
from tests.support.lethal import LETHAL
from tests.support.load import NOT_APPLIED, OVERTAKEN, Load, expect_whole
from tests.support.opened import opened
from tests.support.process import WorkerProcess
from tests.support.proxy import proxy
from tests.support.waiting import until

NewWorker = Callable[..., WorkerProcess]
CUTS = 50


async def dead(amqp_url: str) -> int:
    """Return how many messages the broker or a worker has given up."""
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue("venue.dead", passive=True)
        return queue.declaration_result.message_count or 0


def six_hundred() -> list[Document]:
    """Return 599 commands, a venue's updates numbered in order, and a lethal one among them."""
    venues = [Venue() for _ in range(100)]
    some = [venue.create(f"Park {n}") for n, venue in enumerate(venues)]
    some += [venue.update(description=f"{n}") for n in range(4) for venue in venues]
    some += [Venue().create(f"Field {n}") for n in range(99)]
    return [*some[:300], Venue().create(LETHAL), *some[300:]]


@pytest.mark.timeout(400)
async def test_a_command_that_kills_the_worker(
    amqp_url: str,
    new_worker: NewWorker,
    the_bus: Bus,
    database: asyncpg.Connection,
    figures: Figures,
) -> None:
    """Of 600 commands one kills the process: it alone is given up, 599 are applied in order."""
    worker = new_worker()
    worker.module = "tests.support.lethal"
    worker.start()
    await worker.ready()
    supervisor = asyncio.create_task(worker.keep_running())
    await the_bus.send_all(six_hundred())

    async def all_decided() -> bool:
        return bool(await database.fetchval("SELECT count(*) FROM command_outcome") == 599)

    await until(all_decided, "all but the lethal one decided", 300)
    await until(lambda: _parked(database), "the lethal one is parked")
    supervisor.cancel()
    rows = await database.fetch("SELECT reason, body FROM parked_command")
    assert [row["reason"] for row in rows] == ["given_up"]
    assert LETHAL.encode() in opened(rows[0]["body"])
    assert await dead(amqp_url) == 0
    assert await database.fetchval(NOT_APPLIED) == 0
    assert await database.fetchval(OVERTAKEN) == 0
    assert await database.fetchval("SELECT count(*) FROM venue") == 199
    assert worker.starts > 3
    figures(f"lethal command: 599 applied, 1 parked, {worker.starts - 1} crashes")


async def _parked(database: asyncpg.Connection) -> bool:
    return bool(await database.fetchval("SELECT count(*) FROM parked_command"))


@pytest.mark.timeout(400)
async def test_a_network_that_cuts(
    amqp_url: str,
    new_worker: NewWorker,
    the_bus: Bus,
    database: asyncpg.Connection,
) -> None:
    """50 lost connections with commands in hand: none is given up, all are applied once."""
    url = URL(amqp_url)
    async with proxy(url.port or 5672) as between:
        # Small batches, so that what waits in hand goes through many cuts.
        through = str(url.with_port(between.port))
        worker = new_worker(VENUE_AMQP_URL=through, VENUE_BATCH_SIZE="20")
        worker.start()
        await worker.ready()
        load = Load(the_bus, venues=600, seconds=3)
        for _ in range(CUTS):
            await more_events(the_bus, 10)
            between.cut()
        await expect_whole(database, the_bus, await load.ended())
    assert await dead(amqp_url) == 0
