"""A database whose disk is full: it answers, reads, and cannot store another page."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest
from yarl import URL

from tests.acceptance.test_crashes import commands, expect_all, more_events, settled
from tests.support.bus import Bus
from tests.support.commands import new_id
from tests.support.figures import Figures
from tests.support.outage import cost, says
from tests.support.process import WorkerProcess
from worker.local import Services
from worker.local.server import CommandFailed

NewWorker = Callable[..., WorkerProcess]
SIZE = "64m"  # what a container's /dev/shm has


@pytest.fixture
async def small_disk(real: Services) -> AsyncIterator[str]:
    """A directory of the database server on a file system of 64 MiB, in memory."""
    in_container = real.kind == "containers"
    where = f"/dev/shm/{uuid.uuid4()}" if in_container else f"/tmp/venue-{uuid.uuid4()}"  # noqa: S108 - ours alone
    try:
        real.database.execute("mkdir", where)
        if not in_container:
            real.database.execute("mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", where)
        real.database.execute("mkdir", f"{where}/space")
        real.database.execute("chown", "postgres", f"{where}/space")
    except CommandFailed as why:
        pytest.skip(f"no small file system can be had here ({str(why).strip()}): needs root")
    yield where
    if not in_container:
        real.database.execute("umount", "--lazy", where)
    real.database.execute("rm", "-rf", where)


@pytest.fixture
async def small_database(real: Services, template: str, small_disk: str) -> AsyncIterator[str]:
    """The URL of a migrated database on that disk."""
    name, space = f"test_{new_id()}", f"small_{new_id()}"
    like = URL(template).name
    admin = await asyncpg.connect(real.database.url)
    await admin.execute(f"CREATE TABLESPACE \"{space}\" LOCATION '{small_disk}/space'")
    await admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{like}" TABLESPACE "{space}"')
    yield str(URL(real.database.url).with_path(f"/{name}"))
    await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await admin.execute(f'DROP TABLESPACE "{space}"')
    await admin.close()


async def test_a_full_disk(
    real: Services,
    small_disk: str,
    small_database: str,
    new_worker: NewWorker,
    the_bus: Bus,
    figures: Figures,
) -> None:
    """Nothing is lost or parked; health says what is full; with room again the work goes on."""
    worker = new_worker(VENUE_DATABASE_URL=small_database)
    worker.start()
    await worker.ready()
    load = commands(venues=600, updates=4)
    publishing = asyncio.create_task(the_bus.send_all(load))
    await more_events(the_bus, 100)
    fill = f"dd if=/dev/zero of={small_disk}/ballast bs=8k; sync; true"
    with worker.frozen():
        await asyncio.to_thread(real.database.execute, "sh", "-c", fill)
    try:
        await publishing
        seconds = await says(worker, "database", "53100", 20)
        used = await cost(worker)
    finally:
        real.database.execute("rm", f"{small_disk}/ballast")
    database = await asyncpg.connect(small_database)
    expect_all(await settled(database, the_bus, len(load)), len(load))
    assert await database.fetchval("SELECT count(*) FROM parked_command") == 0
    await database.close()
    await worker.ready()
    figures(f"disk full: told {seconds:.1f} s after the last command; {used}")
    assert used.is_small()
