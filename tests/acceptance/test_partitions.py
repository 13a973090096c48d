"""Partitions: shared by workers, their number changed under load, nothing lost or out of order."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable

import asyncpg
import pytest

from tests.integration.test_start import run_until_it_ends
from tests.support.bus import Bus
from tests.support.load import Load, expect_whole
from tests.support.process import ROOT, WorkerProcess

NewWorker = Callable[..., WorkerProcess]


async def tool(amqp_url: str, database_url: str, *arguments: str) -> asyncio.subprocess.Process:
    """Start `venue-worker partitions`."""
    urls = {"VENUE_AMQP_URL": amqp_url, "VENUE_DATABASE_URL": database_url}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "worker", "partitions", *arguments,
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, **urls},
    )  # fmt: skip


async def change(amqp_url: str, database_url: str, number: int) -> str:
    """Run `venue-worker partitions N`; return what it said."""
    process = await tool(amqp_url, database_url, str(number))
    output, _ = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == 0, output.decode()
    return output.decode()


async def workers(new_worker: NewWorker, count: int) -> list[WorkerProcess]:
    """Return so many workers, ready."""
    made = [new_worker() for _ in range(count)]
    for one in made:
        one.start()
    await asyncio.gather(*(one.ready() for one in made))
    return made


@pytest.mark.timeout(400)
async def test_their_number_changes_under_load(
    amqp_url: str,
    database_url: str,
    new_worker: NewWorker,
    the_bus: Bus,
    database: asyncpg.Connection,
) -> None:
    """1, 3, 2, 1 partitions, while commands come: each has one effect, a venue's are in order."""
    await workers(new_worker, 2)
    load = Load(the_bus)
    for number in (3, 2, 1):
        said = await change(amqp_url, database_url, number)
        assert "settled → steady" in said
        assert f"{number} partitions" in said
    await expect_whole(database, the_bus, await load.ended())


@pytest.mark.timeout(400)
async def test_the_tool_killed_again_and_again(
    amqp_url: str,
    database_url: str,
    new_worker: NewWorker,
    the_bus: Bus,
    database: asyncpg.Connection,
) -> None:
    """A change that dies at each of its steps goes on where it stopped, and loses nothing."""
    await workers(new_worker, 2)
    load = Load(the_bus)
    for arrow in ("steady → ", "draining → ", "emptied → ", "switching → ", "held → "):
        process = await tool(amqp_url, database_url, "3", "--json")
        assert process.stdout is not None
        lines: list[str] = []
        while arrow not in (line := (await process.stdout.readline()).decode()):
            assert line, lines
            lines.append(line)
        process.kill()
        await process.wait()
    assert "3 partitions" in await change(amqp_url, database_url, 3)
    await expect_whole(database, the_bus, await load.ended())


async def test_a_worker_that_disagrees(
    amqp_url: str, database_url: str, new_worker: NewWorker
) -> None:
    """A worker set to another number than is recorded refuses to start, in one sentence."""
    status, said = await run_until_it_ends(
        VENUE_AMQP_URL=amqp_url, VENUE_DATABASE_URL=database_url, VENUE_PARTITIONS="3"
    )
    assert status == 1
    last = said.splitlines()[-1]
    assert last.startswith("venue-worker: VENUE_PARTITIONS is 3 and the database has recorded 1")
    assert "Traceback" not in said
