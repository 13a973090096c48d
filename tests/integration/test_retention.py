"""What is too old goes, what is young stays, and what is not published never goes."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import asyncpg
import pytest

from tests.support.commands import Venue
from tests.support.kept import add_events, add_outcomes, now
from tests.support.process import WorkerProcess
from tests.support.waiting import until
from worker.storage import history, outcomes, parked
from worker.storage.database import Database


async def test_old_outcomes_go(ours: Database, database: asyncpg.Connection) -> None:
    """Outcomes from before the cutoff are deleted, as many as were asked for; younger ones stay."""
    await add_outcomes(database, 30, days=15)
    await add_outcomes(database, 5, days=13.9)
    cutoff = await now(database) - timedelta(days=14)
    deleted = []
    for _ in range(3):
        async with ours.transaction() as tx:
            deleted.append(await outcomes.delete_old(tx, cutoff, 20))
    assert deleted == [20, 10, 0]
    assert await database.fetchval("SELECT count(*) FROM command_outcome") == 5


async def test_old_events_go(ours: Database, database: asyncpg.Connection) -> None:
    """Published events from before the cutoff are deleted, the oldest first; younger ones stay."""
    venue = Venue()
    old = await add_events(database, venue, 30, days=31)
    young = await add_events(database, venue, 5, days=29.9, above=30)
    cutoff = await now(database) - timedelta(days=30)
    async with ours.transaction() as tx:
        assert await history.delete_old(tx, cutoff, 20) == 20
    assert await _event_ids(database) == [*old[20:], *young]
    async with ours.transaction() as tx:
        assert await history.delete_old(tx, cutoff, 20) == 10
    assert await _event_ids(database) == young


async def test_large_events_go_a_few_at_a_time(
    ours: Database, database: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step ends with the event that makes it large, so that it ends in time; one always goes."""
    ids = await add_events(database, Venue(), 5, days=31)
    size = await database.fetchval("SELECT max(octet_length(body)) FROM venue_event")
    cutoff = await now(database) - timedelta(days=30)
    for most_bytes, left in ((1, ids[1:]), (2 * size, ids[3:])):
        monkeypatch.setattr(history, "MOST_BYTES", most_bytes)
        async with ours.transaction() as tx:
            await history.delete_old(tx, cutoff, 20)
        assert await _event_ids(database) == left


async def test_what_is_not_published_stays(ours: Database, database: asyncpg.Connection) -> None:
    """An event in the outbox is kept, however old, and is in no one's way."""
    held = await add_events(database, Venue(), 25, days=40, pending=True)
    await add_events(database, Venue(), 10, days=39)
    cutoff = await now(database) - timedelta(days=30)
    async with ours.transaction() as tx:
        assert await history.delete_old(tx, cutoff, 20) == 10
    assert await _event_ids(database) == held


PARKED = """
INSERT INTO parked_command (id, hash, reason, errors, body, properties, first_seen, last_seen,
                            times_seen, status, closed_at)
VALUES (gen_random_uuid(), sha256($1::text::bytea), 'internal', '[]', $1::text::bytea, '{}',
        now() - interval '90 days', now() - interval '90 days', 1, $2,
        now() - $3::float8 * interval '1 day')
RETURNING id
"""


async def test_closed_parked_commands_go(ours: Database, database: asyncpg.Connection) -> None:
    """Parked commands go some time after they were dealt with, and their audit; open ones never."""
    for name, status, days in (
        ("old discarded", "discarded", 31.0),
        ("old replayed", "replayed", 31.0),
        ("young discarded", "discarded", 29.9),
        ("young replayed", "replayed", 29.9),
        ("open", "parked", None),
        ("being replayed", "replaying", None),
    ):
        parked_id = await database.fetchval(PARKED, name, status, days)
        await database.execute(
            "INSERT INTO parked_audit (parked_id, by, action) VALUES ($1, 'ann', 'discard')",
            parked_id,
        )
    waiting = await database.fetchval(PARKED, "waits for its time", "replayed", 31.0)
    await database.execute(
        """INSERT INTO deferred_command (parked_id, body, properties, first_seen, due_at)
           VALUES ($1, '', '{}', now(), now())""",
        waiting,
    )
    cutoff = await now(database) - timedelta(days=30)
    async with ours.transaction() as tx:
        assert await parked.delete_closed(tx, cutoff, 20) == 2
    left = await database.fetch("SELECT convert_from(body, 'UTF8') AS name FROM parked_command")
    assert {row["name"] for row in left} == {
        "young discarded", "young replayed", "open", "being replayed", "waits for its time",
    }  # fmt: skip
    assert await database.fetchval("SELECT count(*) FROM parked_audit") == 4


async def test_two_at_once(ours: Database, database: asyncpg.Connection) -> None:
    """Two workers delete different rows, and neither waits for the other."""
    await add_outcomes(database, 30, days=15)
    await add_events(database, Venue(), 30, days=15)
    cutoff = await now(database) - timedelta(days=14)
    async with asyncio.timeout(5), ours.transaction() as one, ours.transaction() as other:
        assert await outcomes.delete_old(one, cutoff, 20) == 20
        assert await outcomes.delete_old(other, cutoff, 20) == 10
        assert await history.delete_old(one, cutoff, 20) == 20
        assert await history.delete_old(other, cutoff, 20) == 10
    assert await database.fetchval("SELECT count(*) FROM command_outcome") == 0
    assert await _event_ids(database) == []


async def test_a_worker_cleans_up(
    new_worker: Callable[..., WorkerProcess], database: asyncpg.Connection
) -> None:
    """A running worker deletes what its settings say, and says how much; metrics count it."""
    await add_outcomes(database, 1200, days=3)
    await add_outcomes(database, 7, days=1)
    await add_events(database, Venue(), 700, days=3)
    worker = new_worker(VENUE_KEEP_OUTCOMES_DAYS="2", VENUE_KEEP_EVENTS_DAYS="2")
    worker.start()

    async def counts() -> bool:
        row = await database.fetchrow(
            "SELECT (SELECT count(*) FROM command_outcome), (SELECT count(*) FROM venue_event)"
        )
        return tuple(row or ()) == (7, 0)

    await until(counts, "only what is young is left")
    await until(lambda: '"rows": 700' in worker.log.read_text(), "it is logged")
    assert '"rows": 1200' in worker.log.read_text()


async def test_events_are_kept_for_ever_by_default(
    worker: WorkerProcess, database: asyncpg.Connection
) -> None:
    """Without a setting no event is deleted; outcomes are, after 14 days."""
    await add_events(database, Venue(), 5, days=4000)
    await add_outcomes(database, 5, days=14.1)
    again = WorkerProcess(worker.environment, worker.log)  # looks when it starts
    again.start()
    try:

        async def no_outcomes() -> bool:
            return bool(await database.fetchval("SELECT count(*) = 0 FROM command_outcome"))

        await until(no_outcomes, "the outcomes are gone")
        assert len(await _event_ids(database)) == 5
    finally:
        again.end()


async def _event_ids(database: asyncpg.Connection) -> list[str]:
    return [
        str(row["id"]) for row in await database.fetch("SELECT id FROM venue_event ORDER BY id")
    ]
