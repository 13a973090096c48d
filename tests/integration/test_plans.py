"""How PostgreSQL is told to go about what it is asked."""

from worker.storage.database import Database
from worker.storage.queries import queries


async def test_nothing_is_compiled(ours: Database) -> None:
    """To read a table whole counts as endlessly dear, and what is dear PostgreSQL would compile."""
    async with ours.transaction() as tx:
        rows = await tx.fetch(f"EXPLAIN (ANALYZE) {queries.outbox_figures.sql}")
    plan = "\n".join(row[0] for row in rows)
    assert "Seq Scan on outbox" in plan
    assert "JIT" not in plan
