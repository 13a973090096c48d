"""What the database keeps of a run, beside what publishers and subscriber have noted."""

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime

import asyncpg

from perf.load.ledger import Ledger
from perf.load.publisher import Sent
from perf.load.subscriber import Received

DRAIN_SECONDS = 15.0
"""Within which the last events, which have been received, must be out of the outbox."""
LOOK_SECONDS = 0.1


async def nothing_left(url: str) -> None:
    """Return when the outbox is empty, or too long has passed."""
    connection = await asyncpg.connect(url)
    deadline = time.monotonic() + DRAIN_SECONDS
    try:
        while await connection.fetchval("SELECT EXISTS (SELECT FROM outbox)"):
            if time.monotonic() > deadline:
                return
            await asyncio.sleep(LOOK_SECONDS)
    finally:
        await connection.close()


async def kept_since(url: str, since: datetime, sent: Sequence[Sent], received: Received) -> Ledger:
    """Return all there is to compare of a run that started at a time."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "SELECT command_id::text AS id, status FROM command_outcome WHERE decided_at >= $1",
            since,
        )
        parked = await connection.fetchval(
            "SELECT count(*) FROM parked_command WHERE first_seen >= $1", since
        )
        left = await connection.fetchval("SELECT count(*) FROM outbox")
    finally:
        await connection.close()
    return Ledger(
        good={one for some in sent for one in some.good},
        bad={one for some in sent for one in some.bad},
        unconfirmed={one for some in sent for one in some.unconfirmed},
        outcomes={row["id"]: row["status"] for row in rows},
        parked=parked,
        left=left,
        received=received,
    )
