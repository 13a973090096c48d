"""The named queries of `sql/*.sql`, loaded once; each is called with its parameters by name."""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import aiosql
import asyncpg
from aiosql.adapters.asyncpg import AsyncPGAdapter

from worker.domain.origin import VenueKey
from worker.storage.connection import Connection

Item = TypeVar("Item")


class OnConnections(AsyncPGAdapter):
    """aiosql's own, but that rows are asked of a connection: not told from a pool by `dir()`.

    That takes as long as all else that goes on between a query and the driver. What a command waits
    for, until its event is sent, asks for rows.
    """

    async def select(
        self, conn: Connection, name: str, sql: str, given: dict[str, object], *_: object
    ) -> AsyncIterator[asyncpg.Record]:
        """Yield the rows."""
        for row in await conn.fetch(sql, *(given[key] for key in self.var_sorted[name])):
            yield row

    async def select_one(
        self, conn: Connection, name: str, sql: str, given: dict[str, object], *_: object
    ) -> asyncpg.Record | None:
        """Return the first row, if there is one."""
        return await conn.fetchrow(sql, *(given[key] for key in self.var_sorted[name]))


# aiosql's types ask for adapters of their own shape, which its own for asyncpg has not.
queries = aiosql.from_path(Path(__file__).parent / "sql", cast("Any", OnConnections))


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
