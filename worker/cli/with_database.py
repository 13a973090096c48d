"""A database for commands that an operator gives."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from worker.app import database_for
from worker.settings import Settings
from worker.storage.connection import Connection
from worker.storage.database import Database
from worker.storage.vault import Vault

TIMEOUT_SECONDS = 10.0
T = TypeVar("T")


def vault() -> Vault:
    """Return what opens and seals with the keys of the settings."""
    return Vault(Settings().secret_keys)


def database(timeout_seconds: float = TIMEOUT_SECONDS) -> Database:
    """Return the database of the settings, with the patience of somebody at a terminal."""
    return database_for(Settings(), timeout_seconds)


async def with_database(use: Callable[[Connection], Awaitable[T]]) -> T:
    """Do something in one transaction."""
    async with database() as db, db.transaction() as tx:
        return await use(tx)
