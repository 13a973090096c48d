"""A database without tables: whoever asks it for something is told what to do."""

import pytest

from worker.errors import DatabaseUnavailableError
from worker.storage.database import Database


async def test_what_is_not_there(empty_database: str) -> None:
    """By any tool that has not asked for the state of the migrations first."""
    async with Database(empty_database, timeout_seconds=5) as one:
        with pytest.raises(DatabaseUnavailableError, match="run `venue-worker migrate`"):
            async with one.transaction() as tx:
                await tx.fetch("SELECT FROM parked_command")
