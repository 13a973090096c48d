"""What the worker refuses to start with, in one clear line, and what it waits for."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import aio_pika
import asyncpg
import pytest

from tests.support.bus import Bus, bus, reset_broker
from tests.support.commands import Venue
from tests.support.process import ROOT, WorkerProcess
from tests.support.waiting import until
from worker.local import Services


async def run_until_it_ends(**environment: str) -> tuple[int | None, str]:
    """Run a worker that is to refuse; return its exit status and what it says."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "worker", "run",
        cwd=ROOT, stderr=subprocess.PIPE, env={**os.environ, "VENUE_HTTP_PORT": "0", **environment},
    )  # fmt: skip
    _, output = await asyncio.wait_for(process.communicate(), 90)
    return process.returncode, output.decode()


async def test_a_queue_that_differs(amqp_url: str, database_url: str) -> None:
    """An existing queue with other arguments is named, and the worker does not start."""
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        await channel.declare_queue("venue.dead", durable=True)
        status, said = await run_until_it_ends(
            VENUE_AMQP_URL=amqp_url, VENUE_DATABASE_URL=database_url
        )
    await reset_broker(amqp_url)
    assert status == 1
    assert "differs from what this version declares" in said
    assert "venue.dead" in said
    assert "Traceback" not in said


async def test_a_wrong_setting() -> None:
    """A setting out of range is named by its variable."""
    status, said = await run_until_it_ends(VENUE_BATCH_SIZE="many")
    assert status == 1
    assert said.startswith("venue-worker: VENUE_BATCH_SIZE: ")
    assert said.count("\n") == 1


@pytest.mark.parametrize("away", [("broker",), ("database",), ("broker", "database")])
async def test_it_waits_for_its_servers(
    away: tuple[str, ...], real: Services, new_worker: Callable[..., WorkerProcess]
) -> None:
    """Started before broker or database, it is alive, not ready, and takes commands later."""
    servers = [getattr(real, name) for name in away]
    await asyncio.gather(*(asyncio.to_thread(server.stop) for server in servers))
    try:
        worker = new_worker()
        worker.start()

        async def alive() -> bool:
            return await worker.status("/health/live") == 200

        await until(alive, "the worker is alive")
        assert await worker.status() == 503
    finally:
        await asyncio.gather(*(asyncio.to_thread(server.start) for server in servers))
    await worker.ready()
    async with bus(real.broker.url) as the_bus:
        assert (await the_bus.ask(Venue().create()))["status"] == "applied"


async def test_publishers_may_send_what_the_file_says(
    real: Services,
    new_worker: Callable[..., WorkerProcess],
    the_bus: Bus,
    database: asyncpg.Connection,
    tmp_path: Path,
) -> None:
    """A user that the broker vouches for may send what is granted; without `user_id`, nothing."""
    user = real.broker.url.split("//")[1].split(":")[0]
    mine, other = Venue(), Venue()
    file = tmp_path / "publishers.json"
    file.write_text(json.dumps({user: {"commands": ["venue.create"], "tenants": [mine.tenant]}}))
    worker = new_worker(VENUE_PUBLISHERS=str(file))
    worker.start()
    await worker.ready()
    assert (await the_bus.ask(mine.create(), user_id=user))["status"] == "applied"
    for command, properties in (
        (mine.to("delete"), {"user_id": user}),
        (other.create(), {"user_id": user}),
        (mine.update(name="X"), {}),
    ):
        reply = await the_bus.ask(command, **properties)
        assert reply["errors"][0]["code"] == "publisher_not_allowed"
        assert await database.fetchval("SELECT count(*) FROM venue") == 1
