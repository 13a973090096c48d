"""A peer that reads more and more rows for each command would be no peer to be measured beside."""

from pathlib import Path

import asyncpg
import pytest

from tests.support.plans import plan_of, scans

STATEMENTS = Path(__file__).parents[2] / "perf" / "peers" / "sql"


@pytest.mark.parametrize("name", ["look", "forget"])
async def test_peers_find_rows_by_their_whole_key(name: str, database: asyncpg.Connection) -> None:
    """By the plan that is made while the tables are empty, and kept while they fill."""
    await database.execute("SET plan_cache_mode = force_generic_plan")
    plan = await plan_of(database, (STATEMENTS / f"{name}.sql").read_text())
    passes_over = [one for one in scans(plan) if "Index Cond" not in one or "Filter" in one]
    assert not passes_over
