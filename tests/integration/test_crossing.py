"""An operator's command and a worker that write the same rows, in opposite orders."""

import asyncio

import asyncpg
from cryptography.fernet import Fernet
from pydantic import SecretStr
from yarl import URL

from tests.support.command_line import Ended, run
from tests.support.waiting import HELD_UP, until
from worker.local.keys import LOCAL_KEY
from worker.storage.vault import Vault

FIRST, SECOND = "01900000-0000-7000-8000-00000000000a", "01900000-0000-7000-8000-00000000000b"
PARK = """
INSERT INTO parked_command (id, hash, reason, errors, body, key_id, properties, first_seen,
                            last_seen, times_seen)
VALUES ($1::text::uuid, sha256($1::text::bytea), 'invalid_json', '[]', $2, $3, '{}',
        now(), now(), 1)
"""
WRITE = "UPDATE parked_command SET times_seen = times_seen + 1 WHERE id = $1"
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
PATIENCE = "ALTER DATABASE \"{}\" SET deadlock_timeout = '3s'"
REPLAYS = "SELECT count(*) FROM deferred_command", "SELECT count(*) FROM parked_audit"


async def _crossed(database: asyncpg.Connection, url: str, *words: str) -> Ended:
    """Run a command while somebody who has the second row writes the first one as well."""
    sealed = Vault([SecretStr(LOCAL_KEY)]).seal(b"{}")
    for parked_id in (FIRST, SECOND):
        await database.execute(PARK, parked_id, sealed.token, sealed.key_id)
    # Who has waited for so long looks, once, whether it is in vain: the command, and not we.
    await database.execute(PATIENCE.format(URL(url).name))
    keys = f"{Fernet.generate_key().decode()},{LOCAL_KEY}"
    async with database.transaction():
        await database.execute("SET LOCAL deadlock_timeout = '1min'")
        await database.execute(WRITE, SECOND)
        command = asyncio.create_task(run(*words, VENUE_DATABASE_URL=url, VENUE_SECRET_KEYS=keys))
        await until(lambda: database.fetchval(HELD_UP), "it has the first and waits for the second")
        await database.execute(WRITE, FIRST)
    ended = await command
    await until(lambda: database.fetchval(DEADLOCKS), "PostgreSQL has ended one of them")
    return ended


async def test_rotating(database: asyncpg.Connection, database_url: str) -> None:
    """The step that PostgreSQL has ended is begun anew, and counts once."""
    ended = await _crossed(database, database_url, "secrets", "rotate", "--json")
    assert ended.documents()[0]["parked commands"] == 2


async def test_replaying(database: asyncpg.Connection, database_url: str) -> None:
    """Each command is replayed once, and noted once."""
    ended = await _crossed(database, database_url, "parked", "replay", "--all")
    assert ended.status == 0, ended.errors
    assert [await database.fetchval(replays) for replays in REPLAYS] == [2, 2]
