"""How PostgreSQL is told to go about what it is asked."""

import json
import re
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest

from worker.storage.database import Database
from worker.storage.queries import queries

TOOLS = {"events_page", "list_parked", "parked_history", "read_command", "refused_events"}
ROTATION = {f"reseal_{what}" for what in ("credentials", "deferred", "edits", "keys", "parked")}
SMALL = {"advance_partitioning", "forget_absent", "present_workers"}
FROM_VENUE_TO_VENUE = {"abandoned_venues"}
NOT_BY_KEY = TOOLS | ROTATION | SMALL | FROM_VENUE_TO_VENUE
"""What need not find each row by a key: tools plan by cost; tables of a row for each worker."""

PARAMETER = re.compile(r"\$(\d+)")
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
    whole = [one for one in _scans(await _plan(ours, name)) if not _finds(one)]
    assert not whole


async def test_slugs_are_found_by_slug(ours: Database, database: asyncpg.Connection) -> None:
    """Where nothing is known to be there, all venues of a tenant would do as well."""
    await database.execute("ANALYZE")
    used = {one.get("Index Name") for one in _scans(await _plan(ours, "look_up"))}
    assert "venue_slug_unique" in used


async def _plan(ours: Database, name: str) -> dict[str, Any]:
    sql = getattr(queries, name).sql
    nulls = ", ".join(["NULL"] * max(int(n) for n in PARAMETER.findall(sql)))
    async with ours.transaction() as tx:
        await tx.execute(f"PREPARE kept AS {sql}")
        (row,) = await tx.fetch(f"EXPLAIN (FORMAT JSON) EXECUTE kept({nulls})")
        await tx.execute("DEALLOCATE kept")
    (explained,) = json.loads(row[0])
    plan: dict[str, Any] = explained["Plan"]
    return plan


def _scans(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the nodes that read a table."""
    if "Relation Name" in plan and plan["Node Type"] != "ModifyTable":
        yield plan
    for below in plan.get("Plans", ()):
        yield from _scans(below)


def _finds(scan: dict[str, Any]) -> bool:
    # A bitmap's condition is told of twice, by the index's own node too.
    return any(key in scan for key in ("Index Cond", "TID Cond", "Recheck Cond"))
