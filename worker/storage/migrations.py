"""Migrations by yoyo: what is applied, what is pending, apply, roll back."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from yarl import URL
from yoyo import get_backend, read_migrations
from yoyo.backends import DatabaseBackend
from yoyo.exceptions import BadMigration, MigrationConflict
from yoyo.migrations import MigrationList

from worker.errors import DatabaseUnavailableError, OperatorError
from worker.storage.connection import Connection
from worker.storage.queries import queries

LOCK_KEY = (
    0x76656E7565  # "venue": an advisory lock that dies with its holder, as yoyo's row does not
)


@dataclass(frozen=True, slots=True)
class MigrationStatus:
    """What the database has, held against the files on disk.

    Attributes:
        applied: applied migrations, the last one last.
        pending: files that are not applied, in order.
        unknown: applied, but not among the files: this code is older than the database.
        locked_by: the process id that holds yoyo's lock, or left it behind.
    """

    applied: list[str]
    pending: list[str]
    unknown: list[str]
    locked_by: int | None

    def details(self) -> dict[str, Any]:
        """Return it as health shows it."""
        return {
            "current": self.applied[-1] if self.applied else None,
            "applied_count": len(self.applied),
            "pending_count": len(self.pending),
            "pending": self.pending[:5],
            "unknown": self.unknown,
            "locked_by": self.locked_by,
        }


async def status(tx: Connection, directory: Path) -> MigrationStatus:
    """Compare the database with the files.

    Raises:
        OperatorError: there are no files to compare with.
    """
    files = await asyncio.to_thread(_file_ids, directory)
    applied: list[str] = []
    locked_by = None
    if await queries.has_migration_tables(tx):
        applied = [row["migration_id"] async for row in queries.applied_migrations(tx)]
        locked_by = next(iter([row["pid"] async for row in queries.migration_lock(tx)]), None)
    return MigrationStatus(
        applied=applied,
        pending=[name for name in files if name not in applied],
        unknown=[name for name in applied if name not in files],
        locked_by=locked_by,
    )


def apply(url: str, directory: Path) -> list[str]:
    """Apply what is pending; any number of processes may do so at once. Return what was applied."""
    with _locked(url) as backend:
        pending = backend.to_apply(_files(directory))
        backend.apply_migrations(pending)
        return [migration.id for migration in pending]


def roll_back(url: str, directory: Path, count: int) -> list[str]:
    """Roll back the last `count` migrations; return them, the last one first."""
    with _locked(url) as backend:
        applied = backend.to_rollback(_files(directory))[:count]
        backend.rollback_migrations(applied)
        return [migration.id for migration in applied]


@contextmanager
def _locked(url: str) -> Iterator[DatabaseBackend]:
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", [LOCK_KEY])
            backend = get_backend(str(URL(url).with_scheme("postgresql+psycopg")))
            # Everyone who migrates holds the advisory lock, so a lock row is a dead process's.
            backend.break_lock()
            try:
                with backend.lock():
                    yield backend
            finally:
                backend.connection.close()
    except psycopg.OperationalError as error:
        raise DatabaseUnavailableError(f"PostgreSQL cannot be reached: {error}") from error
    except (BadMigration, MigrationConflict) as error:
        raise OperatorError(f"a migration file cannot be used: {error}") from error
    except psycopg.Error as error:
        raise OperatorError(f"a migration failed and was rolled back: {error}") from error


def _files(directory: Path) -> MigrationList:
    found = read_migrations(str(directory))
    if not found:
        raise OperatorError(f"there are no migrations in {directory}; set VENUE_MIGRATIONS")
    return found


def _file_ids(directory: Path) -> list[str]:
    return [migration.id for migration in _files(directory)]
