"""After the faults: waiting until publishers, queues, tables and the subscriber are at rest."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import aio_pika
import asyncpg

from tests.chaos.checker import Sent
from tests.chaos.plan import Plan

Say = Callable[[str], None]


async def peace(
    broker_url: str, database_url: str, plan: Plan, sent: Sent, record: Path, say: Say
) -> None:
    """Wait until nothing is left to do, so long at most; what is left then is the ledger's."""
    say("faults are over; waiting until nothing is left to do")
    deadline = time.monotonic() + plan.peace_seconds
    while time.monotonic() < deadline:
        try:
            if await _is_at_rest(broker_url, plan.partitions) and await _is_settled(
                database_url, sent, record
            ):
                return
        except (OSError, aio_pika.exceptions.AMQPException, asyncpg.PostgresError):
            pass  # a server that was killed last may still be starting
        await asyncio.sleep(1)
    say(f"not everything was settled within {plan.peace_seconds:.0f} s")


async def _is_at_rest(broker_url: str, partitions: int) -> bool:
    commands = [f"venue.commands.{partition}" for partition in range(partitions)]
    async with await aio_pika.connect(broker_url) as connection:
        channel = await connection.channel()
        for name in (*commands, "venue.dead", "chaos.events"):
            queue = await channel.declare_queue(name, passive=True)
            if queue.declaration_result.message_count:
                return False
    return True


async def _is_settled(database_url: str, sent: Sent, record: Path) -> bool:
    database = await asyncpg.connect(database_url)
    try:
        row = await database.fetchrow(
            "SELECT (SELECT count(*) FROM command_outcome) AS outcomes,"
            " (SELECT count(*) FROM outbox) + (SELECT count(*) FROM deferred_command) AS waiting,"
            " (SELECT count(*) FROM parked_command) AS parked,"
            " (SELECT count(*) FROM venue_event) AS events"
        )
    finally:
        await database.close()
    assert row is not None
    if row["waiting"] or row["outcomes"] < len(sent.expected) or row["parked"] < len(sent.garbage):
        return False
    return bool(record.read_bytes().count(b"\n") >= row["events"])
