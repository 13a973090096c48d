"""Equal conditions for each round: a new database, new queues, and the same commands waiting."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import aio_pika
import asyncpg
from aio_pika.abc import AbstractChannel
from yarl import URL

from perf.commands import TYPE, CommandMessage
from worker.messaging.envelope import STRUCTURED
from worker.messaging.topology import (
    COMMANDS_ARGUMENTS,
    DEAD,
    EVENTS_LOG,
    LOG_ARGUMENTS,
    command_queue,
    declare,
)
from worker.settings import ROOT
from worker.storage import migrations

AT_ONCE = 500
"""Unconfirmed publishes at a time while filling."""
LOG_SECONDS = 60.0
"""Within which the events stream must have handed out what is expected of it."""

Advance = Callable[[int], None]
"""Told how many more commands have been dealt with."""


@asynccontextmanager
async def channel_to(url: str) -> AsyncIterator[AbstractChannel]:
    """Give a channel with confirms on a connection of its own."""
    async with await aio_pika.connect(url) as connection:
        yield await connection.channel()


@asynccontextmanager
async def fresh_database(url: str, name: str) -> AsyncIterator[str]:
    """Give the URL of a migrated, empty database; it is gone afterwards."""
    own = str(URL(url).with_path(f"/{name}"))
    await _execute(url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}")
    try:
        await asyncio.to_thread(migrations.apply, own, ROOT / "migrations")
        await _execute(own, "CHECKPOINT")
        yield own
    finally:
        await _execute(url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@asynccontextmanager
async def fresh_queues(url: str, queue: str) -> AsyncIterator[None]:
    """Have all queues empty and declared, `queue` too; they are gone afterwards."""
    await _delete_queues(url, queue)
    async with channel_to(url) as channel:
        await declare(channel)
        await channel.declare_queue(queue, durable=True, arguments=COMMANDS_ARGUMENTS)
    try:
        yield
    finally:
        await _delete_queues(url, queue)


async def fill(url: str, queue: str, commands: Sequence[CommandMessage], advance: Advance) -> None:
    """Put the commands into the queue; return when the broker has confirmed every one."""
    async with channel_to(url) as channel:
        for start in range(0, len(commands), AT_ONCE):
            some = commands[start : start + AT_ONCE]
            await asyncio.gather(*(publish(channel, queue, command) for command in some))
            advance(len(some))


async def left_in(url: str, queue: str) -> int:
    """Return how many commands wait in the queue."""
    async with channel_to(url) as channel:
        found = await channel.declare_queue(queue, passive=True)
        return found.declaration_result.message_count or 0


async def published_ids(url: str, expected: int) -> set[str]:
    """Read the events stream from its start: the distinct message ids, once `expected` came.

    Raises:
        TimeoutError: none of those that are missing came within `LOG_SECONDS`.
    """
    seen: set[str] = set()
    clock = asyncio.get_running_loop().time
    async with channel_to(url) as channel, asyncio.timeout(LOG_SECONDS) as patience:
        await channel.set_qos(prefetch_count=AT_ONCE)
        log = await channel.declare_queue(EVENTS_LOG, durable=True, arguments=LOG_ARGUMENTS)
        async with log.iterator(arguments={"x-stream-offset": "first"}) as messages:
            async for message in messages:
                seen.add(message.message_id or "")
                await message.ack()
                patience.reschedule(clock() + LOG_SECONDS)
                if len(seen) >= expected:
                    break
    return seen


async def publish(channel: AbstractChannel, queue: str, command: CommandMessage) -> None:
    """Put a command into the queue; return when the broker has confirmed it."""
    message = aio_pika.Message(
        command.body,
        content_type=STRUCTURED,
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        message_id=command.id,
        type=TYPE,
        headers={"venue-id": command.venue_id},
    )
    await channel.default_exchange.publish(message, routing_key=queue)


async def _delete_queues(url: str, queue: str) -> None:
    async with channel_to(url) as channel:
        for name in {queue, command_queue(0), DEAD, EVENTS_LOG}:
            await channel.queue_delete(name)


async def _execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
