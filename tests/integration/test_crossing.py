"""An operator's command and a worker that write the same rows, in opposite orders."""

import asyncio

import asyncpg
import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from tests.support.command_line import run
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


@pytest.mark.parametrize("words", [("secrets", "rotate"), ("parked", "replay", "--all")])
async def test_it_is_tried_again(
    database: asyncpg.Connection, database_url: str, words: tuple[str, ...]
) -> None:
    """PostgreSQL ends one of two that wait for each other; the command begins its step anew."""
    sealed = Vault([SecretStr(LOCAL_KEY)]).seal(b"{}")
    for parked_id in (FIRST, SECOND):
        await database.execute(PARK, parked_id, sealed.token, sealed.key_id)
    keys = f"{Fernet.generate_key().decode()},{LOCAL_KEY}"
    async with database.transaction():
        # Whoever has waited for so long looks whether it is in vain: let it be the other.
        await database.execute("SET LOCAL deadlock_timeout = '1min'")
        await database.execute(WRITE, SECOND)
        command = asyncio.create_task(
            run(*words, VENUE_DATABASE_URL=database_url, VENUE_SECRET_KEYS=keys)
        )
        await until(lambda: database.fetchval(HELD_UP), "it has the first and waits for the second")
        await database.execute(WRITE, FIRST)
    ended = await command
    assert ended.status == 0, ended.errors
