"""History: a database with millions of venues and outcomes beside an empty one, flooded in turn."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import asyncpg

from perf.findings.document import Findings
from perf.findings.thresholds import Figure, Threshold
from perf.load.bench import Bench, Load
from perf.load.seeds import TENANTS, VENUES
from perf.scenarios.bars import Bars
from perf.scenarios.compare import FLOOD, RATIO, Side, compared, side_by_side
from perf.scenarios.constraints import without_constraints
from perf.scenarios.usual import Figures
from perf.stage import fresh_database

DATABASE = "venue_perf_history"
NAME = "history"
FEW = 10_000
PART = 500_000
"""Rows in a statement: progress, and a bound on what one failure costs."""
FILL_SECONDS = 3600.0
TABLES = ("venue", "command_outcome")
PROMISES = (Threshold(RATIO, least=0.85),)

# Younger than what retention deletes: this is about what is there, not about deleting it.
OUTCOMES = """
INSERT INTO command_outcome (tenant_id, command_id, type, digest, venue_id, status, version,
                             decided_at)
SELECT ($1::uuid[])[n % cardinality($1::uuid[]) + 1],
       ('01900000-0000-7000-9000-' || lpad(to_hex(n), 12, '0'))::uuid,
       'venue.create', sha256(n::text::bytea),
       ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
       'applied', 1, now() - interval '7 days' + n * interval '10 ms'
FROM generate_series($2::bigint, $3::bigint) AS n
"""

SIZES = """
SELECT relname AS name, pg_relation_size(c.oid) / 1048576.0 AS mib
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = 'public'
  AND (c.relname = ANY ($1::text[])
       OR c.oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = ANY ($1::regclass[])))
ORDER BY relname
"""


async def history(
    bench: Bench, bars: Bars, rows: int, commands: int, rounds: int, *, updates: bool
) -> Findings:
    """Flood both in turn, with so many rows in each of the tables of the one.

    New venues are written where the last ones were. Updates go to old ones anywhere, each of which
    has to be found and read first; those of the other database to one of `FEW`.
    """
    few, many = (Load("old", count=commands, existing=n) if updates else Load(count=commands)
                 for n in (FEW, rows))  # fmt: skip
    async with _full(bench, rows, bars) as (url, figures):
        base = f"{FEW:,} venues" if updates else FLOOD
        sides = Side(base, few, bench), Side(NAME, many, replace(bench, database=url))
        found = await side_by_side(sides, bars, rounds)
        sizes = await _sizes(url)
    what = f"updates of any venues, beside {FEW:,} venues" if updates else "new venues, beside none"
    about = (
        f"full queues of {commands:,} {what}; the database of {NAME} holds {rows:,} venues and "
        f"as many outcomes of {len(TENANTS)} tenants, ids in order of time, and no events"
    )
    both = compared(NAME, about, found, PROMISES)
    return replace(both, figures={**both.figures, **figures, **sizes})


@asynccontextmanager
async def _full(bench: Bench, rows: int, bars: Bars) -> AsyncIterator[tuple[str, Figures]]:
    async with fresh_database(bench.services.database.url, DATABASE) as url:
        since = time.monotonic()
        connection = await asyncpg.connect(url, command_timeout=FILL_SECONDS)
        try:
            advance = bars.plain("rows made", 2 * rows)
            async with without_constraints(connection, TABLES):
                for statement in (VENUES, OUTCOMES):
                    for first in range(1, rows + 1, PART):
                        last = min(first + PART - 1, rows)
                        await connection.execute(statement, list(TENANTS), first, last)
                        advance(last - first + 1)
            await connection.execute("VACUUM ANALYZE")
            await connection.execute("CHECKPOINT")
        finally:
            await connection.close()
        yield url, {"making the rows": Figure(time.monotonic() - since, "s")}


async def _sizes(url: str) -> Figures:
    connection = await asyncpg.connect(url)
    try:
        found = await connection.fetch(SIZES, list(TABLES))
    finally:
        await connection.close()
    return {f"size of {row['name']}": Figure(float(row["mib"]), "MiB") for row in found}
