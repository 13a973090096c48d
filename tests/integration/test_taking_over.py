"""A due command is settled by the worker that took it last, and by no other."""

import asyncpg
from pydantic import SecretStr

from tests.integration.test_deferral import count, later
from tests.support.bus import Bus
from tests.support.commands import Venue
from tests.support.process import WorkerProcess
from worker.local.keys import LOCAL_KEY
from worker.storage import deferred
from worker.storage.database import Database
from worker.storage.deferred import Shelved
from worker.storage.vault import Vault

VAULT = Vault([SecretStr(LOCAL_KEY)])


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
