"""How PostgreSQL is told to go about what it is asked."""

from typing import Any

import asyncpg
import pytest

from tests.support.plans import PARAMETER, plan_of, scans
from worker.storage.database import Database
from worker.storage.queries import queries

TOOLS = {"events_page", "list_parked", "parked_history", "read_command", "refused_events"}
ROTATION = {f"reseal_{what}" for what in ("credentials", "deferred", "edits", "keys", "parked")}
SMALL = {"advance_partitioning", "forget_absent", "present_workers"}
FROM_VENUE_TO_VENUE = {"abandoned_venues"}
NOT_BY_KEY = TOOLS | ROTATION | SMALL | FROM_VENUE_TO_VENUE
"""What need not find each row by a key: tools plan by cost; tables of a row for each worker."""

BY_KEY = sorted(
    name
    for name in queries.available_queries
    if not name.endswith("_cursor")
    and PARAMETER.search(getattr(queries, name).sql)
    and name not in NOT_BY_KEY
)


async def test_nothing_is_compiled(ours: Database) -> None:
    """To read a table whole counts as endlessly dear, and what is dear PostgreSQL would compile."""
    async with ours.transaction() as tx:
        rows = await tx.fetch(f"EXPLAIN (ANALYZE) {queries.outbox_figures.sql}")
    plan = "\n".join(row[0] for row in rows)
    assert "Seq Scan on outbox" in plan
    assert "JIT" not in plan


@pytest.mark.parametrize("name", BY_KEY)
async def test_rows_are_found_by_their_keys(
    name: str, ours: Database, database: asyncpg.Connection
) -> None:
    """Even by a plan made while statistics said that there is nothing: it is kept when there is."""
    await database.execute("ANALYZE")
    whole = [one for one in await _scans(ours, name) if not _finds(one)]
    assert not whole


async def test_slugs_are_found_by_slug(ours: Database, database: asyncpg.Connection) -> None:
    """Where nothing is known to be there, all venues of a tenant would do as well."""
    await database.execute("ANALYZE")
    used = {one.get("Index Name") for one in await _scans(ours, "look_up")}
    assert "venue_slug_unique" in used


async def _scans(ours: Database, name: str) -> list[dict[str, Any]]:
    async with ours.transaction() as tx:
        return list(scans(await plan_of(tx, getattr(queries, name).sql)))


def _finds(scan: dict[str, Any]) -> bool:
    # A bitmap's condition is told of twice, by the index's own node too.
    return any(key in scan for key in ("Index Cond", "TID Cond", "Recheck Cond"))
