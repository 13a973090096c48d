"""The named queries of `sql/*.sql`, loaded once; each is called with its parameters by name."""

from pathlib import Path

import aiosql

queries = aiosql.from_path(Path(__file__).parent / "sql", "asyncpg")


def rows_of(status: str) -> int:
    """Return how many rows a command tag such as `UPDATE 3` speaks of."""
    return int(status.rsplit(" ", 1)[-1])
