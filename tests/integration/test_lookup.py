"""What is looked up for a batch: as it is once its venues are locked, and with few rows read."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import asyncpg
import pytest

from tests.support.commands import Venue
from tests.support.kept import add_events, now
from tests.support.waiting import HELD_UP, until
from tests.unit.samples import FIELDS, MOST, NOW, VAULT, VENUE, command
from worker.domain.command import Command
from worker.domain.policy import Policy
from worker.messaging.delivery import Delivery
from worker.outcome import Outcome
from worker.pipeline.decide import Terms, decide_all
from worker.pipeline.deduplicate import deduplicate
from worker.pipeline.messages import Message
from worker.pipeline.publishers import Publishers
from worker.pipeline.retries import Retries
from worker.pipeline.save import save
from worker.storage import history, world
from worker.storage.database import Database
from worker.storage.history import Selection
from worker.storage.lookup import look_up

OTHER_ID = "0197aaaa-0000-7000-8000-00000000cccc"
OTHER_VENUE = "0197aaaa-0000-7000-8000-00000000eeee"
TERMS = Terms(Publishers(None), Retries(1, 1.0))
ROWS_READ = "SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname = 'venue_event'"


async def _decided(ours: Database, *commands: Command) -> list[Outcome | None]:
    """Take one batch from its look-up to its commit."""
    messages = [Message(Delivery(b""), one) for one in commands]
    async with ours.transaction() as tx:
        found = await look_up(tx, commands, commands)
        batch = deduplicate(messages, found.known)
        states = await world.load(tx, found, batch.commands, Policy())
        decisions = await decide_all(batch, states, TERMS, NOW)
        return (await save(tx, decisions, NOW, MOST, VAULT)).outcomes


def _create(name: str, *, subject: str = VENUE, **attributes: str) -> Command:
    return command("venue.create", {**FIELDS, "name": name}, subject=subject, **attributes)


def _codes(outcomes: Sequence[Outcome | None]) -> list[list[str]]:
    return [[problem.code for problem in one.problems] for one in outcomes if one]


async def _slugs(database: asyncpg.Connection) -> dict[str, str]:
    return {str(r["id"]): r["slug"] for r in await database.fetch("SELECT id, slug FROM venue")}


async def test_the_slug_goes_with_the_name(ours: Database, database: asyncpg.Connection) -> None:
    """Also where the same id comes again in the batch with another name, which is a conflict."""
    outcomes = await _decided(
        ours, _create("Alpha"), _create("Beta"), _create("Gamma", subject=OTHER_VENUE)
    )
    assert _codes(outcomes) == [[], ["idempotency_conflict"], ["idempotency_conflict"]]
    assert await _slugs(database) == {VENUE: "alpha"}


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE venue SET slug = 'beta', version = version + 1",
        "UPDATE venue SET deleted_at = now(), version = version + 1",
    ],
)
async def test_a_slug_that_is_set_free_meanwhile(
    ours: Database, database: asyncpg.Connection, change: str
) -> None:
    """While another transaction, which frees it, is waited for: then it is free."""
    await _decided(ours, _create("Alpha"))
    async with database.transaction():
        await database.execute(change)
        work = asyncio.create_task(
            _decided(
                ours,
                command("venue.update", {"description": "new"}, id=OTHER_ID),
                command(
                    "venue.create",
                    {**FIELDS, "slug": "alpha"},
                    subject=OTHER_VENUE,
                    id=OTHER_VENUE,
                ),
            )
        )
        await until(lambda: database.fetchval(HELD_UP), "the batch waits for the venue")
    assert _codes(await work)[1] == []
    assert (await _slugs(database))[OTHER_VENUE] == "alpha"


async def test_a_slug_that_is_set_free_by_who_only_holds_our_venue(
    ours: Database, database: asyncpg.Connection
) -> None:
    """Nothing of the venue that was waited for tells of it."""
    await _decided(ours, _create("Alpha"), _create("Beta", subject=OTHER_VENUE, id=OTHER_VENUE))
    async with database.transaction():
        await database.execute("SELECT FROM venue WHERE id = $1 FOR UPDATE", VENUE)
        await database.execute(
            "UPDATE venue SET deleted_at = now(), version = 2 WHERE id = $1", OTHER_VENUE
        )
        work = asyncio.create_task(
            _decided(ours, command("venue.update", {"slug": "beta"}, id=OTHER_ID))
        )
        await until(lambda: database.fetchval(HELD_UP), "the batch waits for the venue")
    assert _codes(await work) == [[]]
    assert (await _slugs(database))[VENUE] == "beta"


async def test_a_command_that_failed_locks_nothing(ours: Database) -> None:
    """It is to be put aside; whatever is in the way of its venue must not be in the way of that."""
    created = _create("Alpha")
    await _decided(ours, created)
    async with ours.transaction() as tx:
        found = await look_up(tx, [created], [])
    assert (found.venues, len(found.known)) == ({}, 1)


async def test_a_filter_that_is_given_is_used(
    database_url: str, database: asyncpg.Connection
) -> None:
    """Of one venue's events a tool reads those alone, as the plan is made for what it asks."""
    for _ in range(20):
        await add_events(database, Venue(), 200, days=1)
    one = Venue()
    await add_events(database, one, 3, days=1)
    await database.execute("ANALYZE venue_event")
    moment = await now(database)
    wanted = Selection(None, one.id, moment - timedelta(days=2), moment)
    before = await database.fetchval(ROWS_READ)
    tools = Database(database_url, timeout_seconds=10, statement_cache_size=0)
    async with tools, tools.transaction() as tx:
        assert len(await history.page(tx, wanted, 100)) == 3
        await tx.execute("SELECT pg_stat_force_next_flush()")
    assert await database.fetchval(ROWS_READ) - before < 1000
