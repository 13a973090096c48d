"""What a determined sender can do, and what it must not achieve."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.support.bus import Bus
from tests.support.commands import Venue
from tests.support.process import WorkerProcess
from tests.support.waiting import until
from worker.local import Services

NewWorker = Callable[..., WorkerProcess]


def nested(levels: int) -> dict[str, Any]:
    """Return a table in a table, so many levels deep."""
    table: dict[str, Any] = {"end": 1}
    for _ in range(levels):
        table = {"t": table}
    return table


@pytest.mark.parametrize("levels", [20, 190, 300])
async def test_deeply_nested_headers(
    worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection, levels: int
) -> None:
    """Whatever its headers are, a bad message is parked and a good one is decided."""
    venue = Venue()
    await the_bus.send(b"bad", headers=nested(levels))
    await the_bus.send(venue.create(), headers=nested(levels))
    await the_bus.events_of(venue.id, 1)
    assert await database.fetchval("SELECT count(*) FROM parked_command") == 1
    assert worker.running.poll() is None


async def test_slugs_handed_on_within_a_batch(
    worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection
) -> None:
    """Venues that hand their slugs on in a ring are all applied, without a failed batch."""
    first = Venue()
    ring = [first, *(Venue(tenant=first.tenant) for _ in range(19))]
    for n, venue in enumerate(ring):
        await the_bus.ask(venue.create(slug=f"s{n}"))
    worker.signal(signal.SIGSTOP)  # so that all of these come in one batch
    await the_bus.send(ring[0].update(slug="spare"))
    for n, venue in enumerate(ring[1:], start=1):
        await the_bus.send(venue.update(slug=f"s{n - 1}"))
    await the_bus.send(ring[0].update(slug="s19"))
    worker.signal(signal.SIGCONT)
    await the_bus.events_of(ring[0].id, 3)
    slugs = await database.fetch("SELECT slug FROM venue ORDER BY slug")
    assert {row["slug"] for row in slugs} == {f"s{n}" for n in range(20)}
    assert "a batch failed" not in worker.log.read_text()


async def test_a_batch_that_takes_too_long_is_halved(
    new_worker: NewWorker, the_bus: Bus, database: asyncpg.Connection
) -> None:
    """A statement over its time limit makes smaller batches, and nothing is parked."""
    await database.execute(SLOW)
    worker = new_worker(VENUE_DATABASE_TIMEOUT_SECONDS="1")
    worker.start()
    await worker.ready()
    worker.signal(signal.SIGSTOP)
    venues = [Venue() for _ in range(8)]
    await the_bus.send_all(venue.create("slow") for venue in venues)
    worker.signal(signal.SIGCONT)
    for venue in venues:
        assert (await the_bus.events_of(venue.id, 1))[0]["type"] == "venue.created"
    assert "a batch failed" in worker.log.read_text()
    assert await database.fetchval("SELECT count(*) FROM parked_command") == 0


async def test_a_stop_while_the_database_is_frozen(
    real: Services, new_worker: NewWorker, the_bus: Bus
) -> None:
    """A worker that cannot settle ends with status 0 when its grace time is over."""
    worker = new_worker(VENUE_GRACE_SECONDS="4")
    worker.start()
    await worker.ready()
    real.database.pause()
    try:
        await the_bus.send(Venue().create())

        async def unready() -> bool:
            return bool(await worker.status() == 503)

        await until(unready, "the worker says that it is not ready")
        since = time.monotonic()
        assert await worker.stop() == 0
        assert time.monotonic() - since < 10  # 4 were given; far under the forever it once took
    finally:
        real.database.resume()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_stop_during_the_start(number: signal.Signals, new_worker: NewWorker) -> None:
    """Before there is anything to settle it ends the process with status 0, and no word."""
    worker = new_worker()
    worker.start()

    def handles_sigterm() -> bool:
        status = Path(f"/proc/{worker.running.pid}/status").read_text().splitlines()
        caught = next(line for line in status if line.startswith("SigCgt"))
        return bool(int(caught.split()[1], 16) & 1 << (signal.SIGTERM - 1))

    await until(handles_sigterm, "the process handles SIGTERM")
    assert "http port" not in worker.log.read_text(), "it was handled only once all had started"
    worker.signal(number)
    assert await asyncio.to_thread(worker.running.wait, 20) == 0
    assert not worker.log.read_text()


async def test_names_with_markup(worker: WorkerProcess, the_bus: Bus) -> None:
    """What senders wrote is shown as it is, whatever it would mean to a terminal library."""
    await the_bus.ask(Venue().to("[/x]"))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "worker", "parked", "list",
        stdout=asyncio.subprocess.PIPE, env={**os.environ, **worker.environment, "COLUMNS": "200"},
    )  # fmt: skip
    output, _ = await process.communicate()
    assert process.returncode == 0
    assert "[/x]" in output.decode()


async def test_a_reply_to_our_own_queue(
    worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection
) -> None:
    """No reply is put into the queues that the worker itself reads."""
    await the_bus.send(Venue().create(), reply_to="venue.commands.0")
    await the_bus.ask(Venue().create())
    await the_bus.ask(Venue().create())
    assert await database.fetchval("SELECT count(*) FROM parked_command") == 0


SLOW = """
CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.fields ->> 'name' = 'slow' THEN
        PERFORM pg_sleep(0.3);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER slow BEFORE INSERT ON venue FOR EACH ROW EXECUTE FUNCTION slow();
"""
