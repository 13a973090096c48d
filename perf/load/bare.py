"""The bare publisher: one confirm at a time and nothing else, on a broker that has nothing to do.

What one venue's events can come to: each is sent when the one before it is confirmed.
"""

import time

import aiormq
from aiormq.abc import AbstractConnection
from pamqp.commands import Basic

from perf.stage import fresh_queues
from worker.messaging.topology import EVENTS, command_queue

COUNT = 3000
BODY = b"x" * 900
"""As large as an ordinary event."""
PERSISTENT = 2


async def confirms_a_second(url: str) -> float:
    """Publish to where the worker's events go, with a subscriber's queue bound beside the log."""
    async with fresh_queues(url, command_queue(0)):
        connection = await aiormq.connect(url)
        try:
            return await _one_at_a_time(connection)
        finally:
            await connection.close()


async def _one_at_a_time(connection: AbstractConnection) -> float:
    channel = await connection.channel()
    declared = await channel.queue_declare(exclusive=True)
    await channel.queue_bind(declared.queue or "", EVENTS, routing_key="#")
    properties = Basic.Properties(delivery_mode=PERSISTENT)
    since = time.perf_counter()
    for _ in range(COUNT):
        await channel.basic_publish(
            BODY, exchange=EVENTS, routing_key="venue.updated", properties=properties
        )
    return COUNT / (time.perf_counter() - since)
