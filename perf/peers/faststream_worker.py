"""A venue worker as a careful FastStream user writes it: one handler call a message.

Messages overlap as far as prefetch and the pool let them. What the handler does is in `handler.py`.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final, cast

import uvloop
from faststream import AckPolicy, FastStream, StreamMessage
from faststream.rabbit import (
    Channel,
    ExchangeType,
    QueueType,
    RabbitBroker,
    RabbitExchange,
    RabbitQueue,
)

from perf.peers.handler import PREFETCH, Handler
from perf.peers.message import decoded
from perf.peers.rows import Outgoing
from worker.domain.command import Command
from worker.messaging.envelope import STRUCTURED
from worker.messaging.topology import COMMANDS_ARGUMENTS, EVENTS

QUEUE_NAME: Final = "venue.commands.faststream"
COMMANDS_QUEUE: Final = RabbitQueue(
    QUEUE_NAME,
    queue_type=QueueType.QUORUM,
    arguments=cast("Any", COMMANDS_ARGUMENTS),  # the very same, which are typed more loosely
)
EVENTS_EXCHANGE: Final = RabbitExchange(EVENTS, type=ExchangeType.TOPIC, durable=True)


async def main() -> None:
    """Run until SIGTERM, on the servers of `VENUE_AMQP_URL` and `VENUE_DATABASE_URL`."""
    # The decoder returns a validated command, so injecting typed arguments would only cost time.
    broker = RabbitBroker(os.environ["VENUE_AMQP_URL"], logger=None, apply_types=False)
    events = broker.publisher(exchange=EVENTS_EXCHANGE, persist=True)

    async def publish(event: Outgoing) -> None:
        await events.publish(
            event.body.encode(),
            routing_key=event.type,
            content_type=STRUCTURED,
            message_id=event.id,
            message_type=event.type,
            headers={"venue-id": event.venue_id},
        )

    handler = Handler(os.environ["VENUE_DATABASE_URL"], publish)

    @broker.subscriber(
        COMMANDS_QUEUE,
        channel=Channel(prefetch_count=PREFETCH),
        ack_policy=AckPolicy.NACK_ON_ERROR,
        decoder=_decoded,
    )
    async def handle(command: Command) -> None:
        await handler.handle(command)

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        async with handler.connected():
            yield

    await FastStream(broker, logger=None, lifespan=lifespan).run()


async def _decoded(message: StreamMessage[Any]) -> Command:
    return decoded(message.body)


if __name__ == "__main__":
    uvloop.run(main())  # as FastStream's own command does wherever uvloop is there
