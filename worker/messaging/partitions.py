"""The command queues: one for each partition, and the route that commands take to them.

With one partition commands go straight from `venue.commands` to its queue. With more they go by way
of a consistent-hash exchange, a plugin of RabbitMQ, which chooses the queue by the `venue-id`
header. While their number changes they go to a holding queue. What is declared or undone here may
be so already: each call leaves the same behind however often it is made.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from aio_pika import ExchangeType
from aio_pika.abc import AbstractChannel, AbstractQueue
from aiormq.exceptions import ChannelNotFoundEntity, ConnectionCommandInvalid

from worker.errors import OperatorError
from worker.messaging.broker_errors import broker_errors
from worker.messaging.link import Link
from worker.messaging.topology import COMMANDS, COMMANDS_ARGUMENTS, command_queue, nothing_differs

PARTITIONS = f"{COMMANDS}.partitions"
HOLDING = f"{COMMANDS}.holding"
ALL = "#"
WEIGHT = "1"
"""The binding key of a partition's queue: its share, the same for each."""


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """What the broker says of a queue: commands that wait to be handed out, and consumers.

    Of consumers that stand by for a single active one, not every version of the broker tells.
    """

    name: str
    waiting: int
    consumers: int


async def declare_partition(channel: AbstractChannel, partition: int, of: int) -> None:
    """Declare a partition's queue and the route to it.

    Raises:
        OperatorError: it exists with other arguments, or the plugin for several is missing.
    """
    with nothing_differs():
        queue = await _declared(channel, command_queue(partition))
        if of == 1:
            await queue.bind(COMMANDS, routing_key=ALL)
        else:
            await declare_hashing(channel)
            await queue.bind(PARTITIONS, routing_key=WEIGHT)
            await _hash(channel)


async def declare_hashing(channel: AbstractChannel) -> None:
    """Declare the exchange that chooses a partition; nothing is routed to it yet.

    Raises:
        OperatorError: the plugin is missing.
    """
    with nothing_differs(), _plugin_needed():
        await channel.declare_exchange(
            PARTITIONS,
            ExchangeType.X_CONSISTENT_HASH,
            durable=True,
            arguments={"hash-header": "venue-id"},
        )


async def declare_holding(channel: AbstractChannel) -> None:
    """Declare the holding queue, as one partition is declared; commands get there from now on."""
    with nothing_differs():
        queue = await _declared(channel, HOLDING)
        await queue.bind(COMMANDS, routing_key=ALL)


async def cut_off(channel: AbstractChannel, partitions: int) -> None:
    """Let no more commands get to the queues of so many partitions."""
    raw = await channel.get_underlay_channel()
    if partitions == 1:
        await raw.queue_unbind(command_queue(0), COMMANDS, ALL)
    else:
        await raw.exchange_unbind(PARTITIONS, COMMANDS, ALL)


async def switch(channel: AbstractChannel, old: int, new: int) -> None:
    """Route commands to `new` partitions instead of the holding queue.

    The queues of the `old` ones must be empty and cut off: those that are too many are deleted.
    """
    for surplus in range(new, old):
        await channel.queue_delete(command_queue(surplus))
    if new == 1:
        await channel.exchange_delete(PARTITIONS)
        await declare_partition(channel, 0, of=1)
    else:
        await _fill(channel, new)
    raw = await channel.get_underlay_channel()
    await raw.queue_unbind(HOLDING, COMMANDS, ALL)


async def delete_holding(channel: AbstractChannel) -> None:
    """Delete the holding queue, which must be empty."""
    await channel.queue_delete(HOLDING)


async def figures(link: Link, name: str) -> QueueFigures | None:
    """Return what the broker says of a queue, or None if there is none."""
    with broker_errors():
        channel = await link.raw.connection.channel()
        try:
            answer = await channel.queue_declare(name, passive=True)
        except ChannelNotFoundEntity:
            return None
        await channel.close()
        return QueueFigures(name, answer.message_count or 0, answer.consumer_count or 0)


async def _fill(channel: AbstractChannel, partitions: int) -> None:
    # All queues first, the exchange in front of them last: no command is routed by half a ring.
    await declare_hashing(channel)
    with nothing_differs():
        for partition in range(partitions):
            queue = await _declared(channel, command_queue(partition))
            await queue.bind(PARTITIONS, routing_key=WEIGHT)
    raw = await channel.get_underlay_channel()
    await raw.queue_unbind(command_queue(0), COMMANDS, ALL)
    await _hash(channel)


async def _hash(channel: AbstractChannel) -> None:
    raw = await channel.get_underlay_channel()
    await raw.exchange_bind(PARTITIONS, COMMANDS, ALL)


async def _declared(channel: AbstractChannel, name: str) -> AbstractQueue:
    return await channel.declare_queue(name, durable=True, arguments=COMMANDS_ARGUMENTS)


@contextmanager
def _plugin_needed() -> Iterator[None]:
    try:
        yield
    except ConnectionCommandInvalid as error:
        raise OperatorError(
            "RabbitMQ cannot share commands among several partitions without its plugin: "
            "run `rabbitmq-plugins enable rabbitmq_consistent_hash_exchange` on every node"
        ) from error
