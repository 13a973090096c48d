"""The named queries of `sql/*.sql`, loaded once; each is called with its parameters by name."""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

import aiosql
import asyncpg

from worker.domain.origin import VenueKey

Item = TypeVar("Item")

queries = aiosql.from_path(Path(__file__).parent / "sql", "asyncpg")


def rows_of(status: str) -> int:
    """Return how many rows a command tag such as `UPDATE 3` speaks of."""
    return int(status.rsplit(" ", 1)[-1])


async def by_venue(
    rows: AsyncIterator[asyncpg.Record], name: str, item: Callable[[asyncpg.Record], Item]
) -> dict[VenueKey, dict[str, Item]]:
    """Return the items that the rows hold by venue, and by the column of that name."""
    found: dict[VenueKey, dict[str, Item]] = defaultdict(dict)
    async for row in rows:
        found[row["tenant_id"], row["venue_id"]][row[name]] = item(row)
    return dict(found)
