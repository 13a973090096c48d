"""A due command is settled by the worker that took it last, and by no other."""

import asyncio

import asyncpg
from pydantic import SecretStr

from tests.integration.test_deferral import count, later
from tests.support.bus import Bus
from tests.support.commands import Venue
from tests.support.process import WorkerProcess
from tests.support.waiting import HELD_UP, until
from worker.local.keys import LOCAL_KEY
from worker.storage import deferred
from worker.storage.database import Database
from worker.storage.deferred import Shelved
from worker.storage.vault import Vault

VAULT = Vault([SecretStr(LOCAL_KEY)])

NINE_DUE = """
INSERT INTO deferred_command (tenant_id, command_id, origin, digest, body, properties, first_seen,
                              due_at)
SELECT gen_random_uuid(), gen_random_uuid(), '{}', '', '', '{}', now(), now()
FROM generate_series(1, 9)
"""
SLOWLY = """
CREATE FUNCTION wait_for_the_test() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(1);
    RETURN new;
END $$;
CREATE TRIGGER slowly BEFORE UPDATE ON deferred_command
FOR EACH ROW WHEN (new.takes > old.takes) EXECUTE FUNCTION wait_for_the_test()
"""
SEALED_ANEW = """
UPDATE deferred_command SET body = 'anew'
WHERE id IN (SELECT id FROM deferred_command FOR UPDATE SKIP LOCKED)
"""


async def test_who_took_it_last(
    worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection, database_url: str
) -> None:
    """A row that another worker has taken since, or that is gone, is not ours any more."""
    for _ in range(2):
        await the_bus.ask({**Venue().create(), "notbefore": later()})
    assert await worker.stop() == 0
    await database.execute("UPDATE deferred_command SET due_at = now()")
    async with Database(database_url, timeout_seconds=5) as ours:
        async with ours.transaction() as tx:
            first, second = [due.shelved for due in await deferred.take(tx, 10, VAULT)]
            assert await deferred.take(tx, 10, VAULT) == []
        await database.execute("UPDATE deferred_command SET takes = 2 WHERE id = $1", first.id)
        async with ours.transaction() as tx:
            nobody = Shelved("00000000-0000-0000-0000-000000000000")
            assert await deferred.still_ours(tx, [first, second, nobody]) == {second.id}
    assert await count(database, "deferred_command") == 2


async def test_all_that_is_due_is_taken_at_once(
    ours: Database, database: asyncpg.Connection
) -> None:
    """Also while another transaction writes the rows anew, as a rotation of keys does."""
    await database.execute(NINE_DUE)
    await database.execute(SLOWLY)
    async with database.transaction():
        await database.execute("SELECT pg_advisory_xact_lock(1)")
        taking = asyncio.create_task(_taken(ours))
        await until(lambda: database.fetchval(HELD_UP), "the first one is about to be written")
        async with ours.transaction() as tx:
            await tx.execute(SEALED_ANEW)
    assert await taking == 9


async def _taken(ours: Database) -> int:
    async with ours.transaction() as tx:
        return len(await deferred.take(tx, 50, VAULT))
