"""A venue worker on aio-pika and asyncpg alone: no framework, one task a message.

Messages overlap as far as prefetch and the pool let them. What becomes of one is in `handler.py`.
"""

import asyncio
import os
import signal
from typing import Final

import aio_pika
import uvloop
from aio_pika.abc import AbstractExchange, AbstractIncomingMessage

from perf.peers.handler import PREFETCH, Handler, Publish
from perf.peers.message import decoded
from perf.peers.rows import Outgoing
from worker.messaging.envelope import STRUCTURED
from worker.messaging.topology import COMMANDS_ARGUMENTS, EVENTS

QUEUE_NAME: Final = "venue.commands.aio-pika"


class Consumer:
    """Handles each message that it is given, and knows which are not done yet."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._idle = asyncio.Event()
        self._in_hand = 0
        self._idle.set()

    async def __call__(self, message: AbstractIncomingMessage) -> None:
        """Handle one message: acknowledged if that works, else handed back to the broker."""
        self._in_hand += 1
        self._idle.clear()
        try:
            async with message.process(requeue=True):
                await self._handler.handle(decoded(message.body))
        finally:
            self._in_hand -= 1
            if not self._in_hand:
                self._idle.set()

    async def finished(self) -> None:
        """Return once nothing is in hand."""
        await self._idle.wait()


def publishing(events: AbstractExchange) -> Publish:
    """Return what sends an event to that exchange, and waits for its confirmation."""

    async def publish(event: Outgoing) -> None:
        message = aio_pika.Message(
            event.body.encode(),
            content_type=STRUCTURED,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            message_id=event.id,
            type=event.type,
            headers={"venue-id": event.venue_id},
        )
        await events.publish(message, routing_key=event.type)

    return publish


async def main() -> None:
    """Run until SIGTERM, on the servers of `VENUE_AMQP_URL` and `VENUE_DATABASE_URL`."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    url = os.environ["VENUE_AMQP_URL"]
    # Two connections: a broker that is short of memory blocks those that publish, and acks are to
    # go on; it also gives each a process of its own.
    async with (
        await aio_pika.connect_robust(url) as out,
        await aio_pika.connect_robust(url) as into,
    ):
        events = await (await out.channel()).get_exchange(EVENTS)
        handler = Handler(os.environ["VENUE_DATABASE_URL"], publishing(events))
        channel = await into.channel()
        await channel.set_qos(prefetch_count=PREFETCH)
        queue = await channel.declare_queue(QUEUE_NAME, durable=True, arguments=COMMANDS_ARGUMENTS)
        async with handler.connected():
            consumer = Consumer(handler)
            tag = await queue.consume(consumer)
            await stop.wait()
            await queue.cancel(tag)
            await consumer.finished()


if __name__ == "__main__":
    uvloop.run(main())  # a worker that cares for speed takes it; it is one line
