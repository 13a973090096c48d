"""Partitions: shared by workers, their number changed under load, nothing lost or out of order."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest

from tests.integration.test_start import run_until_it_ends
from tests.support.bus import Bus, bus
from tests.support.commands import Venue
from tests.support.figures import Figures
from tests.support.load import Load, expect_whole
from tests.support.process import ROOT, WorkerProcess
from tests.support.waiting import until
from worker.local import rabbitmq
from worker.local.ports import free_ports

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
    figures: Figures,
) -> None:
    """1, 3, 2, 1 partitions, while commands come: each has one effect, a venue's are in order."""
    await workers(new_worker, 2)
    load = Load(the_bus)
    for number in (3, 2, 1):
        since = time.monotonic()
        said = await change(amqp_url, database_url, number)
        figures(f"to {number} partitions: {time.monotonic() - since:.0f} s under load")
        assert "settled → steady" in said
        assert f"{number} partitions" in said
    await expect_whole(database, the_bus, await load.ended())


STEPS = ("steady → ", "draining → ", "emptied → ", "switching → ", "held → ", "settled → ")


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
    for step in range(len(STEPS)):
        process = await tool(amqp_url, database_url, "3", "--json")
        assert process.stdout is not None
        lines = [""]
        # It may be through with more steps than one until it is killed, the last time with all.
        while not any(one in lines[-1] for one in STEPS[step:]):
            lines.append((await process.stdout.readline()).decode())
            if not lines[-1]:
                assert await process.wait() == 0, lines
                break
        with suppress(ProcessLookupError):
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


async def test_a_worker_whose_number_is_changed_under_it(
    amqp_url: str, database_url: str, new_worker: NewWorker, the_bus: Bus
) -> None:
    """It takes nothing, is not ready and says why; others go on, and it too once that is undone."""
    fixed = new_worker(VENUE_PARTITIONS="1")
    fixed.start()
    await fixed.ready()
    await workers(new_worker, 1)
    await change(amqp_url, database_url, 2)

    async def says_why() -> bool:
        _, full = await fixed.get("/health/full")
        return "VENUE_PARTITIONS is 1" in full["checks"]["consumers"]["message"]

    await until(says_why, "health says why")
    assert await fixed.status() == 503
    assert (await the_bus.ask(Venue().create()))["status"] == "applied"
    await change(amqp_url, database_url, 1)
    await fixed.ready()


async def test_another_change_under_way(
    amqp_url: str, database_url: str, worker: WorkerProcess, the_bus: Bus
) -> None:
    """A change that waits for a worker is not turned into another one, nor done twice at once."""
    await worker.stop()
    await the_bus.send(Venue().create())
    first = await tool(amqp_url, database_url, "3", "--json")
    assert first.stdout is not None
    assert b"steady" in await first.stdout.readline()
    second = await tool(amqp_url, database_url, "3")
    output, _ = await asyncio.wait_for(second.communicate(), 30)
    assert (second.returncode, b"just now" in output) == (1, True), output
    first.kill()
    await first.wait()
    third = await tool(amqp_url, database_url, "2")
    output, _ = await asyncio.wait_for(third.communicate(), 30)
    assert third.returncode == 1
    assert b"run `venue-worker partitions 3` to finish it first" in output


async def test_without_the_plugin(database_url: str, tmp_path: Path, new_worker: NewWorker) -> None:
    """One partition needs no plugin; asking for more says in a sentence how to enable it."""
    program = rabbitmq.find_program()
    if program is None:
        pytest.skip("there is no RabbitMQ program to start without its plugins")
    ports = free_ports(3)
    broker = rabbitmq.RabbitMQ(
        program, tmp_path / "plain", (ports[0], ports[1], ports[2]), threading.Event(), plugins=()
    )
    await asyncio.to_thread(broker.start)
    try:
        worker = new_worker(VENUE_AMQP_URL=broker.url)
        worker.start()
        await worker.ready()
        async with bus(broker.url) as plain:
            assert (await plain.ask(Venue().create()))["status"] == "applied"
            process = await tool(broker.url, database_url, "2")
            output, _ = await asyncio.wait_for(process.communicate(), 30)
            assert process.returncode == 1
            assert b"rabbitmq-plugins enable rabbitmq_consistent_hash_exchange" in output
            assert (await plain.ask(Venue().create()))["status"] == "applied"
        worker.end()
    finally:
        await asyncio.to_thread(broker.close)
