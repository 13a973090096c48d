"""A database for commands that an operator gives."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from worker.settings import Settings
from worker.storage.database import Connection, Database

TIMEOUT_SECONDS = 10.0
T = TypeVar("T")


def database() -> Database:
    """Return the database of the settings, with the patience of somebody at a terminal."""
    settings = Settings()
    return Database(
        settings.database_url,
        timeout_seconds=TIMEOUT_SECONDS,
        statement_cache_size=settings.statement_cache_size,
    )


async def with_database(use: Callable[[Connection], Awaitable[T]]) -> T:
    """Do something in one transaction."""
    async with database() as db, db.transaction() as tx:
        return await use(tx)
