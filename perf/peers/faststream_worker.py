"""The peer: a venue worker as a careful FastStream user writes it, one handler call a message.

It shares with ours what is not its plumbing: the tables, the models of the messages, the rules of
`worker.domain` and the envelope of events. Each message is one transaction (inbox, venue, event,
outbox), one confirmed publish, one removal from the outbox and one ack; messages overlap as far as
prefetch and the pool let them. It handles `venue.create` from upstream services (no `actorid`).
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final, cast

import asyncpg
from faststream import AckPolicy, FastStream
from faststream.rabbit import (
    Channel,
    ExchangeType,
    QueueType,
    RabbitBroker,
    RabbitExchange,
    RabbitQueue,
)

from perf.peers import rows
from perf.peers.message import decoded
from worker.domain.command import Command
from worker.domain.decide import decide
from worker.domain.decision import Applied, Decision, Rejected, refuse
from worker.domain.slugs import Slugs
from worker.domain.state import State
from worker.messaging.envelope import STRUCTURED
from worker.messaging.topology import COMMANDS_ARGUMENTS, EVENTS
from worker.messaging.written import refusal, written
from worker.storage.venues import slug_base_of

QUEUE_NAME: Final = "venue.commands.faststream"
PREFETCH: Final = int(os.environ.get("PEER_PREFETCH", "100"))
"""Messages handled at a time: FastStream runs a task for each that the broker has handed out."""
CONNECTIONS: Final = int(os.environ.get("PEER_CONNECTIONS", "10"))
"""Transactions at a time; another two connections take published events out of the outbox."""
MOST_BYTES: Final = 1_048_576

COMMANDS_QUEUE: Final = RabbitQueue(
    QUEUE_NAME,
    queue_type=QueueType.QUORUM,
    arguments=cast("Any", COMMANDS_ARGUMENTS),  # the very same, which are typed more loosely
)
EVENTS_EXCHANGE: Final = RabbitExchange(EVENTS, type=ExchangeType.TOPIC, durable=True)


class Handler:
    """What happens to one command."""

    def __init__(self, broker: RabbitBroker, database_url: str) -> None:
        self._events = broker.publisher(exchange=EVENTS_EXCHANGE, persist=True)
        self._pool = _pool(database_url, CONNECTIONS)
        # Losing a removal in a crash costs a second copy of an event: no need to wait for the disk.
        self._relaxed_pool = _pool(database_url, 2, synchronous_commit="off")

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """Hold the connections to the database for as long as the application runs."""
        async with self._pool, self._relaxed_pool:
            yield

    async def handle(self, command: Command) -> None:
        """Decide and commit, publish, forget; returning acknowledges the message."""
        event = await self._commit(command, datetime.now(UTC))
        if event is not None:
            await self._publish(event)
            await rows.forget(self._relaxed_pool, event)

    async def _commit(self, command: Command, now: datetime) -> rows.Outgoing | None:
        async with self._pool.acquire() as tx, tx.transaction():
            decision = await _decided(tx, command, now)
            problems = decision.problems if isinstance(decision, Rejected) else ()
            event = decision.event if isinstance(decision, Applied) else None
            event = event or refusal("venue.command.rejected", command, problems)
            venue = decision.state.venue if isinstance(decision, Applied) else None
            new = written(event, command, now, MOST_BYTES)
            return await rows.write(tx, command, now, venue, problems, new)

    async def _publish(self, event: rows.Outgoing) -> None:
        await self._events.publish(
            event.body.encode(),
            routing_key=event.type,
            content_type=STRUCTURED,
            message_id=event.id,
            message_type=event.type,
            headers={"venue-id": event.venue_id},
        )


def _pool(url: str, connections: int, **server_settings: str) -> asyncpg.Pool:
    return asyncpg.create_pool(
        url,
        min_size=connections,
        max_size=connections,
        reset=_kept,
        server_settings=server_settings,
    )


async def _kept(_: object) -> None:
    """Leave a connection as it is: nothing here alters its session, a reset is a round trip."""


async def _decided(tx: rows.Connection, command: Command, now: datetime) -> Decision:
    base = slug_base_of(command) or ""
    id_used, slugs = await rows.look(tx, command, base)
    if id_used:
        return refuse("venue_exists", f"the id {command.venue_id} is never reused; choose another")
    return decide(State(slugs=Slugs(base, slugs)), command, now)


async def main() -> None:
    """Run until SIGTERM, on the servers of `VENUE_AMQP_URL` and `VENUE_DATABASE_URL`."""
    # The decoder returns a validated command, so injecting typed arguments would only cost time.
    broker = RabbitBroker(os.environ["VENUE_AMQP_URL"], logger=None, apply_types=False)
    handler = Handler(broker, os.environ["VENUE_DATABASE_URL"])
    broker.subscriber(
        COMMANDS_QUEUE,
        channel=Channel(prefetch_count=PREFETCH),
        ack_policy=AckPolicy.NACK_ON_ERROR,
        decoder=decoded,
    )(handler.handle)
    await FastStream(broker, logger=None, lifespan=handler.lifespan).run()


if __name__ == "__main__":
    asyncio.run(main())
