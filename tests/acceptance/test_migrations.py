"""Migrations: applied once whoever starts, told truly by health, and no commands while pending."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import asyncpg

from tests.support.bus import Bus
from tests.support.commands import Venue
from tests.support.process import ROOT, WorkerProcess
from tests.support.waiting import until
from worker.storage import migrations

LAST = max(
    path.stem for path in (ROOT / "migrations").glob("*[0-9a-z].sql") if "." not in path.stem
)
TABLES = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'venue%'"


async def migrate(url: str, *arguments: str, directory: Path = ROOT / "migrations") -> str:
    """Run `venue-worker migrate` and return what it prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "worker", "migrate", *arguments,
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, "VENUE_DATABASE_URL": url, "VENUE_MIGRATIONS": str(directory)},
    )  # fmt: skip
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return output.decode()


async def test_several_at_once(empty_database: str) -> None:
    """Three that start together apply each migration once."""
    outputs = await asyncio.gather(*(migrate(empty_database) for _ in range(3)))
    assert sum(output.count("applied 0001-venues") for output in outputs) == 1
    assert sum("nothing to do" in output for output in outputs) == 2


async def test_after_a_crash_of_one_that_held_the_lock(empty_database: str) -> None:
    """Yoyo's lock row, left behind by a dead process, does not stop the next."""
    await migrate(empty_database)
    database = await asyncpg.connect(empty_database)
    try:
        await database.execute(
            "INSERT INTO yoyo_lock (locked, ctime, pid) VALUES (1, now() AT TIME ZONE 'utc', 4242)"
        )
        assert "locked by process 4242" in await migrate(empty_database, "--status")
        assert f"rolled back {LAST}" in await migrate(empty_database, "--rollback", "1")
        assert f"applied {LAST}" in await migrate(empty_database)
    finally:
        await database.close()


async def test_there_and_back(empty_database: str) -> None:
    """Every migration has a rollback that leaves nothing, and can be applied again."""
    applied = migrations.apply(empty_database, ROOT / "migrations")
    assert len(applied) == len(list((ROOT / "migrations").glob("*.rollback.sql")))
    await migrate(empty_database, "--rollback", str(len(applied)))
    database = await asyncpg.connect(empty_database)
    try:
        assert await database.fetchval(TABLES) == 0
        await migrate(empty_database)
        assert await database.fetchval(TABLES) > 0
    finally:
        await database.close()


async def test_a_pending_migration_stops_consumption(
    new_worker: Callable[..., WorkerProcess],
    the_bus: Bus,
    database: asyncpg.Connection,
    database_url: str,
    tmp_path: Path,
) -> None:
    """A file that is not applied: health names it, nothing is consumed; then it goes on."""
    directory = tmp_path / "migrations"
    shutil.copytree(ROOT / "migrations", directory)
    worker = new_worker(VENUE_MIGRATIONS=str(directory))
    worker.start()
    await worker.ready()
    (directory / "0099-later.sql").write_text("CREATE TABLE later (id integer);")

    async def unready() -> bool:
        return await worker.status() == 503

    await until(unready, "the worker says that it is not ready")
    _, full = await worker.get("/health/full")
    check = full["checks"]["migrations"]
    assert (check["status"], check["details"]["pending"]) == ("warning", ["0099-later"])
    assert check["details"]["current"] == LAST
    await until(
        lambda: "no more commands are taken" in worker.log.read_text(), "it says so in the log"
    )
    venue = Venue()
    asked = asyncio.create_task(the_bus.ask(venue.create()))
    queue = await the_bus.channel.get_queue("venue.commands.0")

    async def waits() -> bool:
        return (await queue.declare()).message_count == 1

    await until(waits, "the command waits in its queue")
    assert await database.fetchval("SELECT count(*) FROM command_outcome") == 0
    await migrate(database_url, directory=directory)
    assert (await asked)["status"] == "applied"
    await worker.ready()


async def test_an_older_worker_on_a_newer_database(
    new_worker: Callable[..., WorkerProcess], database: asyncpg.Connection, the_bus: Bus
) -> None:
    """A migration that this version does not know is a warning; commands are taken."""
    await database.execute(
        "INSERT INTO _yoyo_migration (migration_hash, migration_id, applied_at_utc)"
        " VALUES ('x', '0999-newer', now())"
    )
    worker = new_worker()
    worker.start()
    await worker.ready()
    _, full = await worker.get("/health/full")
    check = full["checks"]["migrations"]
    assert (check["status"], check["details"]["unknown"]) == ("warning", ["0999-newer"])
    assert (await the_bus.ask(Venue().create()))["status"] == "applied"


async def test_a_database_without_yoyos_tables(
    new_worker: Callable[..., WorkerProcess], empty_database: str
) -> None:
    """All migrations are pending, and the first five are named."""
    worker = new_worker(VENUE_DATABASE_URL=empty_database)
    worker.start()

    async def pending() -> int:
        if await worker.status("/health/live") != 200:
            return 0
        _, full = await worker.get("/health/full")
        details = full["checks"]["migrations"]["details"]
        return int(details.get("pending_count", 0))

    count = await until(pending, "health tells what is pending")
    assert count == len(list((ROOT / "migrations").glob("*.rollback.sql")))
    assert await worker.status() == 503
