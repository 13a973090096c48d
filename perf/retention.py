"""Retention: what deleting old rows costs the commands, and how fast it goes.

A database full of old outcomes and events, once with a worker that keeps them and once with one
that deletes them: it empties a full queue, and then answers commands that come at a steady rate.
"""

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg
from aio_pika import Message
from aio_pika.abc import AbstractIncomingMessage

from perf.commands import CommandMessage
from perf.contestants import RoundFailedError, ours, running
from perf.stage import channel_to, fill, fresh_database, fresh_queues
from worker.local import Services
from worker.messaging.topology import command_queue
from worker.storage import history, outcomes
from worker.storage.database import Database

DATABASE = "venue_perf_retention"
KEEPS = {"VENUE_KEEP_OUTCOMES_DAYS": "36500"}
DELETES = {"VENUE_KEEP_OUTCOMES_DAYS": "14", "VENUE_KEEP_EVENTS_DAYS": "14"}
OLD = timedelta(days=30)
STEADY_PER_SECOND = 200
LOOK_SECONDS = 0.05
MOST_SECONDS = 120.0

FILL = """
WITH made AS (
    INSERT INTO command_outcome (tenant_id, command_id, type, digest, venue_id, status, version,
                                 decided_at)
    SELECT gen_random_uuid(), gen_random_uuid(), 'venue.update', sha256(n::text::bytea),
           gen_random_uuid(), 'applied', 2, $1::timestamptz + n / 250 * interval '100 ms'
    FROM generate_series(1, $2::integer) AS n
    RETURNING tenant_id, command_id, venue_id, decided_at
)
INSERT INTO venue_event (id, tenant_id, venue_id, venue_version, type, command_id, occurred_at,
                         body)
SELECT (lpad(to_hex((extract(epoch FROM decided_at) * 1000)::bigint), 12, '0') || '7000'
        || right(replace(command_id::text, '-', ''), 16))::uuid,
       tenant_id, venue_id, 2, 'venue.updated', command_id, decided_at, $3
FROM made
"""

BODY = json.dumps({"data": {"venue": {"description": "x" * 1000}, "changed": ["description"]}})


@dataclass(frozen=True, slots=True)
class Costs:
    """What one round found.

    Attributes:
        flood_per_second: commands a second while emptying a full queue.
        latencies: seconds from when each was meant to be sent, steadily, to its reply; sorted.
        deleted_per_second: rows of both tables, while it ran.
    """

    name: str
    flood_per_second: float
    latencies: Sequence[float]
    deleted_per_second: float

    def latency_ms(self, share: float) -> float:
        """Return the latency that so large a share of the commands does not exceed."""
        return self.latencies[int(share * (len(self.latencies) - 1))] * 1000


@dataclass(frozen=True, slots=True)
class RetentionCosts:
    """The scenario, with what all of its rounds share.

    Attributes:
        rows: old outcomes, and as many old events.
        commands: half of them are for the flood, the others come at the steady rate.
    """

    services: Services
    rows: int
    commands: Sequence[CommandMessage]

    async def round(self, name: str, environment: dict[str, str]) -> Costs:
        """Measure one worker once."""
        broker, queue = self.services.broker.url, command_queue(0)
        half = len(self.commands) // 2
        worker = ours()
        async with (
            fresh_database(self.services.database.url, DATABASE) as database,
            fresh_queues(broker, queue),
        ):
            watch = await asyncpg.connect(database)
            await self._age(watch)
            await fill(broker, queue, self.commands[:half], lambda _: None)
            async with running(worker, broker, database, environment):
                await _venues(watch, 1)
                since, before = time.perf_counter(), await _old(watch)
                flood = await _speed(watch, half)
                latencies = await _steady(broker, queue, self.commands[half:])
                deleted = (before - await _old(watch)) / (time.perf_counter() - since)
            await watch.close()
        return Costs(name, flood, sorted(latencies), deleted)

    async def speed(self) -> dict[str, float]:
        """Return how many rows of each table are deleted in a second of steps without pauses."""
        async with fresh_database(self.services.database.url, DATABASE) as url:
            watch = await asyncpg.connect(url)
            await self._age(watch)
            await watch.close()
            found = {}
            async with Database(url, timeout_seconds=60) as database:
                for table, delete in (
                    ("command_outcome", outcomes.delete_old),
                    ("venue_event", history.delete_old),
                ):
                    since, rows = time.perf_counter(), 0
                    for _ in range(self.rows // 500):
                        async with database.transaction(durable=False) as tx:
                            rows += await delete(tx, datetime.now(UTC), 500)
                    found[table] = rows / (time.perf_counter() - since)
        return found

    async def _age(self, watch: asyncpg.Connection) -> None:
        await watch.execute(FILL, datetime.now(UTC) - OLD, self.rows, BODY, timeout=600)
        await watch.execute("VACUUM ANALYZE", timeout=600)
        await watch.execute("CHECKPOINT", timeout=600)


async def _speed(watch: asyncpg.Connection, count: int) -> float:
    since, first = time.perf_counter(), await _venues(watch, 1)
    await _venues(watch, count)
    return (count - first) / (time.perf_counter() - since)


async def _venues(watch: asyncpg.Connection, count: int) -> int:
    deadline = time.perf_counter() + MOST_SECONDS
    while (found := int(await watch.fetchval("SELECT count(*) FROM venue"))) < count:
        if time.perf_counter() > deadline:
            raise RoundFailedError(f"{found} of {count} venues after {MOST_SECONDS:.0f} s")
        await asyncio.sleep(LOOK_SECONDS)
    return found


async def _old(watch: asyncpg.Connection) -> int:
    query = """SELECT (SELECT count(*) FROM command_outcome WHERE type = 'venue.update')
                      + (SELECT count(*) FROM venue_event WHERE type = 'venue.updated')"""
    return int(await watch.fetchval(query, timeout=60))


async def _steady(broker: str, queue: str, commands: Sequence[CommandMessage]) -> list[float]:
    sent: dict[str, float] = {}
    latencies: list[float] = []

    all_there = asyncio.Event()

    async def on_reply(message: AbstractIncomingMessage) -> None:
        latencies.append(time.perf_counter() - sent[message.correlation_id or ""])
        if len(latencies) == len(commands):
            all_there.set()

    async with channel_to(broker) as channel:
        replies = await channel.declare_queue(exclusive=True)
        await replies.consume(on_reply, no_ack=True)
        start = time.perf_counter()
        for n, command in enumerate(commands):
            await asyncio.sleep(max(0.0, start + n / STEADY_PER_SECOND - time.perf_counter()))
            message = Message(
                command.body, reply_to=replies.name, correlation_id=command.id, delivery_mode=2
            )
            # From when it was meant to be sent: what delays the next publish is not left out.
            sent[command.id] = start + n / STEADY_PER_SECOND
            await channel.default_exchange.publish(message, queue)
        async with asyncio.timeout(MOST_SECONDS):
            await all_there.wait()
    return latencies
