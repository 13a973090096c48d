"""The exchanges and queues of the contract (section 3), declared at every connection.

Declaring what is there already changes nothing; where it differs the broker refuses, and so do we:
two workers that disagree on a queue's arguments would lose one of their guarantees. The command
queues and how commands get there are declared by `partitions.py`.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import aiormq.abc
from aio_pika import ExchangeType
from aio_pika.abc import AbstractChannel
from aiormq.exceptions import ChannelPreconditionFailed
from pamqp.common import FieldTable

from worker.errors import OperatorError

COMMANDS = "venue.commands"
EVENTS = "venue.events"
EVENTS_LOG = "venue.events.log"
DEAD = "venue.dead"
QUERIES = "venue.queries"
OWN = frozenset({COMMANDS, EVENTS, EVENTS_LOG, DEAD, QUERIES})
"""Names of our own, beside those of the command queues, which begin with that of their exchange."""

DELIVERY_LIMIT = 100
"""Deliveries of one command after which the broker gives it up to `venue.dead`.

Each lost connection counts for all commands in hand, so it has to be far more than a bad network
or some lethal commands close together cost. The lethal ones are found sooner, by the intake.
"""

DEAD_ARGUMENTS: FieldTable = {
    "x-queue-type": "quorum",
    # As good as none, said in the one way that no broker version takes for "drop it".
    "x-delivery-limit": 1_000_000,
}
COMMANDS_ARGUMENTS: FieldTable = {
    "x-queue-type": "quorum",
    "x-single-active-consumer": True,
    "x-delivery-limit": DELIVERY_LIMIT,
    # At-least-once dead lettering asks for this overflow behaviour; without it, it silently is not.
    "x-overflow": "reject-publish",
    "x-dead-letter-strategy": "at-least-once",
    "x-dead-letter-exchange": "",
    "x-dead-letter-routing-key": DEAD,
}
LOG_ARGUMENTS: FieldTable = {
    "x-queue-type": "stream",
    "x-max-age": "7D",
    "x-max-length-bytes": 5_000_000_000,
    "x-stream-max-segment-size-bytes": 100_000_000,
}


# Nobody waits longer for an answer than a query is kept, and nothing is lost with one: so neither
# quorum nor disk. Declared by those who answer alone; commands do not depend on it.
QUERIES_ARGUMENTS: FieldTable = {
    "x-queue-type": "classic",
    "x-message-ttl": 60_000,
    "x-max-length": 10_000,
}


def command_queue(partition: int) -> str:
    """Return the name of a partition's queue."""
    return f"{COMMANDS}.{partition}"


def is_own(queue: str) -> bool:
    """Tell whether a queue's name is one that this service gives to its own.

    One that only begins like ours (`venue.eventsink`) is somebody else's.
    """
    return queue in OWN or queue.startswith(f"{COMMANDS}.")


async def declare(channel: AbstractChannel) -> None:
    """Declare all but the command queues and where queries come in.

    Raises:
        OperatorError: something exists with other arguments.
    """
    with nothing_differs():
        await channel.declare_queue(DEAD, durable=True, arguments=DEAD_ARGUMENTS)
        await channel.declare_exchange(COMMANDS, ExchangeType.TOPIC, durable=True)
        events = await channel.declare_exchange(EVENTS, ExchangeType.TOPIC, durable=True)
        log = await channel.declare_queue(EVENTS_LOG, durable=True, arguments=LOG_ARGUMENTS)
        await log.bind(events, routing_key="#")


async def declare_queries(channel: aiormq.abc.AbstractChannel) -> None:
    """Declare where queries come in.

    Raises:
        OperatorError: it exists with other arguments.
    """
    with nothing_differs():
        await channel.exchange_declare(QUERIES, exchange_type="topic", durable=True)
        await channel.queue_declare(QUERIES, durable=True, arguments=QUERIES_ARGUMENTS)
        await channel.queue_bind(QUERIES, QUERIES, "#")


@contextmanager
def nothing_differs() -> Iterator[None]:
    """Raise the broker's refusal of a declaration as an `OperatorError`."""
    try:
        yield
    except ChannelPreconditionFailed as error:
        raise OperatorError(
            f"RabbitMQ has a queue or exchange that differs from what this version declares "
            f"({error}); drain and delete it, or give the worker another virtual host"
        ) from error
