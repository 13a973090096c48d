"""A rolling deploy: workers of two versions, and a migration, in the middle of work."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import asyncpg

from tests.acceptance.test_crashes import commands, expect_all, more_events, settled
from tests.acceptance.test_migrations import migrate
from tests.support.bus import Bus
from tests.support.outage import says
from tests.support.process import ROOT, WorkerProcess

ADDITIVE = """
ALTER TABLE venue ADD COLUMN rating integer NOT NULL DEFAULT 0;
CREATE TABLE later (id integer);
"""


async def test_old_and_new_side_by_side(
    new_worker: Callable[..., WorkerProcess],
    the_bus: Bus,
    database: asyncpg.Connection,
    database_url: str,
    tmp_path: Path,
) -> None:
    """The new one waits for the migration, the old one works on through it and after it."""
    newer = tmp_path / "migrations"
    shutil.copytree(ROOT / "migrations", newer)
    (newer / "0999-additive.sql").write_text(ADDITIVE)
    (newer / "0999-additive.rollback.sql").write_text("DROP TABLE later;")
    old, new = new_worker(), new_worker(VENUE_MIGRATIONS=str(newer))
    old.start()
    await old.ready()
    new.start()
    await says(new, "migrations", "1 pending", 60)
    load = commands(venues=300, updates=6)
    publishing = asyncio.create_task(the_bus.send_all(load))
    await more_events(the_bus, 100)
    assert "applied 0999-additive" in await migrate(database_url, directory=newer)
    await publishing
    await new.ready()
    later = commands(venues=300, updates=6)
    publishing = asyncio.create_task(the_bus.send_all(later))
    await more_events(the_bus, 100)
    _, full = await old.get("/health/full")
    assert full["checks"]["migrations"]["details"]["unknown"] == ["0999-additive"]
    assert await old.status() == 200
    assert await old.stop() == 0
    await publishing
    sent = len(load) + len(later)
    expect_all(await settled(database, the_bus, sent), sent)
    assert await database.fetchval("SELECT count(*) FROM parked_command") == 0
