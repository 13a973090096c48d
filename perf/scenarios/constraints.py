"""Tables without indexes and constraints while they are filled, which is far faster."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg

# Checks come back NOT VALID: new rows are checked as before, and the millions that are made here
# are not read once more. Foreign keys go first and come last.
CONSTRAINTS = """
SELECT conrelid::regclass::text AS of, quote_ident(conname) AS name,
       pg_get_constraintdef(oid)
         || CASE WHEN contype IN ('c', 'f') AND convalidated THEN ' NOT VALID' ELSE '' END AS made
FROM pg_constraint
WHERE (conrelid = ANY ($1::regclass[]) OR confrelid = ANY ($1::regclass[]))
  AND contype IN ('c', 'f', 'p', 'u', 'x')
ORDER BY contype = 'f' DESC, conrelid, conname
"""
INDEXES = """
SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS made
FROM pg_index
WHERE indrelid = ANY ($1::regclass[])
  AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype <> 'f')
"""


@asynccontextmanager
async def without_constraints(
    connection: asyncpg.Connection, tables: Sequence[str]
) -> AsyncIterator[None]:
    """Drop them for the time of a block and make them again, from what the catalogue says."""
    constraints = await connection.fetch(CONSTRAINTS, list(tables))
    indexes = await connection.fetch(INDEXES, list(tables))
    for one in constraints:
        await connection.execute(f"ALTER TABLE {one['of']} DROP CONSTRAINT {one['name']}")
    for one in indexes:
        await connection.execute(f"DROP INDEX {one['name']}")
    yield
    for one in indexes:
        await connection.execute(one["made"])
    for one in reversed(constraints):
        await connection.execute(
            f"ALTER TABLE {one['of']} ADD CONSTRAINT {one['name']} {one['made']}"
        )
