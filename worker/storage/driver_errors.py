"""The driver's errors turned into ours, at this edge."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from worker.errors import (
    ContendedError,
    DatabaseUnavailableError,
    PermanentDatabaseError,
    StatementTimeoutError,
)

TOO_SLOW = ("57014", "55P03", "25P04")
"""SQLSTATEs of a statement, or of a transaction, that took too long, by itself or waiting for a
lock: whoever holds a lock for so long (a migration, `VACUUM FULL`) is as little a command's fault
as a slow disk."""

RACES = ("40", "23505", "23P01")
"""SQLSTATEs that another transaction caused: rollbacks and unique violations."""

MISSING = ("42P01", "42703", "42883")
"""SQLSTATEs of tables, columns and functions that are not there: of a database not migrated yet."""

BLAMES_DATA = ("0A", "21", "22", "23", "38", "39", "54", "P0")
"""SQLSTATE classes that the written values caused: data exceptions and broken constraints."""


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raise the driver's errors as the worker's."""
    try:
        yield
    except asyncpg.PostgresError as error:
        raise _translated(error) from error
    except (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        raise DatabaseUnavailableError(
            f"PostgreSQL does not answer ({type(error).__name__}: {error}); trying again"
        ) from error


def _translated(error: asyncpg.PostgresError) -> Exception:
    state = error.sqlstate or ""
    if state.startswith(RACES):
        return ContendedError(f"another transaction was first ({state}: {error})")
    if state in TOO_SLOW:
        return StatementTimeoutError(
            f"a statement took longer than VENUE_DATABASE_TIMEOUT_SECONDS ({state}: {error})"
        )
    if state.startswith(BLAMES_DATA):
        name = getattr(error, "constraint_name", None)
        return PermanentDatabaseError(f"refused by {name or 'the database'} ({state}: {error})")
    hint = "; run `venue-worker migrate`" if state in MISSING else ""
    return DatabaseUnavailableError(f"PostgreSQL cannot do its work ({state}: {error}){hint}")
