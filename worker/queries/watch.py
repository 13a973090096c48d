"""Whether queries still come in: where they do is looked after as long as they are answered.

Somebody may delete the queue, its binding or the exchange, and no event tells of the latter two.
"""

import asyncio
from contextlib import suppress

import aiormq.abc
from aio_pika.abc import AbstractRobustConnection

from worker.errors import BrokerUnavailableError
from worker.messaging.topology import QUERIES, declare_queries

LOOK_SECONDS = 5.0


async def plain_channel(connection: AbstractRobustConnection) -> aiormq.abc.AbstractChannel:
    """Open a channel beneath those of aio-pika, which would mend itself instead of telling.

    Raises:
        BrokerUnavailableError: the connection is lost already.
    """
    if connection.transport is None:
        raise BrokerUnavailableError("the connection is lost")
    return await connection.transport.connection.channel(publisher_confirms=False)


async def until_lost(channel: aiormq.abc.AbstractChannel, lost: asyncio.Event) -> None:
    """Declare now and then where queries come in; return once the connection is lost.

    Raises:
        OperatorError: it exists with other arguments.
        BrokerUnavailableError: the queue was deleted, and every consumer with it.
        AMQPError: the same, or the channel is lost; and TimeoutError: the broker does not answer.
    """
    while not lost.is_set():
        async with asyncio.timeout(LOOK_SECONDS):
            await _look(channel)
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                await lost.wait()


async def _look(channel: aiormq.abc.AbstractChannel) -> None:
    # Asked first: declaring a queue that is gone would make one that nobody consumes.
    queue = await channel.queue_declare(QUERIES, passive=True)
    await declare_queries(channel)
    if not queue.consumer_count:
        raise BrokerUnavailableError("the consumer of queries is gone")
