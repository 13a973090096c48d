"""Measuring with a history: what is filled without constraints has them all afterwards."""

import asyncpg

from perf.load.seeds import TENANTS, VENUES, kept
from perf.scenarios.constraints import CONSTRAINTS, INDEXES, without_constraints
from perf.scenarios.history import OUTCOMES, TABLES

UNVALIDATED = """
SELECT conrelid::regclass::text AS of, quote_ident(conname) AS name FROM pg_constraint
WHERE NOT convalidated
"""


async def definitions(database: asyncpg.Connection) -> set[tuple[str, str]]:
    """Return name and definition of all constraints and indexes of the tables."""
    found = [
        row for query in (CONSTRAINTS, INDEXES) for row in await database.fetch(query, list(TABLES))
    ]
    return {(row["name"], row["made"].removesuffix(" NOT VALID")) for row in found}


async def test_filled_tables_have_their_constraints_back(database: asyncpg.Connection) -> None:
    """Each by its name and as it was; and the rows keep them, or they could not be made again."""
    before = await definitions(database)
    async with without_constraints(database, TABLES):
        assert await definitions(database) == set()
        for statement in (VENUES, OUTCOMES):
            await database.execute(statement, list(TENANTS), 1, 1000)
    assert await definitions(database) == before
    for one in await database.fetch(UNVALIDATED):
        await database.execute(f"ALTER TABLE {one['of']} VALIDATE CONSTRAINT {one['name']}")


async def test_made_venues_are_where_publishers_look_for_them(database: asyncpg.Connection) -> None:
    """By number: the tenant and the id that updates and queries name."""
    await database.execute(VENUES, list(TENANTS), 1, 50)
    for number in (1, 20, 50):
        tenant, venue_id = kept(number)
        assert (
            await database.fetchval(
                "SELECT slug FROM venue WHERE tenant_id = $1 AND id = $2", TENANTS[tenant], venue_id
            )
            == f"kept-{number:x}"
        )
