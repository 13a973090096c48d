"""A venue worker on taskiq: its RabbitMQ broker, given a formatter that takes foreign messages.

taskiq runs what its own clients send; a formatter is its place for the messages of others. The rest
is as its own command `taskiq worker` has it, in one process. What the task does is in `handler.py`.
"""

import asyncio
import os
import signal
from typing import Annotated, Final

import aio_pika
import uvloop
from taskiq import (
    AcknowledgeType,
    BrokerMessage,
    Context,
    TaskiqDepends,
    TaskiqFormatter,
    TaskiqMessage,
)
from taskiq.receiver import Receiver
from taskiq_aio_pika import AioPikaBroker, Exchange, Queue

from perf.peers.aiopika_worker import publishing
from perf.peers.handler import PREFETCH, Handler
from perf.peers.message import decoded
from worker.messaging.topology import COMMANDS, DEAD, EVENTS

QUEUE_NAME: Final = "venue.commands.taskiq"
TASK: Final = "venue.create"


class Foreign(TaskiqFormatter):
    """Makes any message the call of the one task; what it holds is read there.

    taskiq acknowledges, and so drops, what its formatter refuses; a task may keep it.
    """

    def loads(self, message: bytes) -> TaskiqMessage:
        """Take a command as it came."""
        return TaskiqMessage(task_id="", task_name=TASK, labels={}, args=[message], kwargs={})

    def dumps(self, message: TaskiqMessage) -> BrokerMessage:
        """Write nothing: events do not go through taskiq, whose messages are its own."""
        raise NotImplementedError(message.task_name)


def broker_at(url: str, handler: Handler) -> AioPikaBroker:
    """Return the broker with the task, which acknowledges only what it has done."""
    broker = AioPikaBroker(
        url,
        qos=PREFETCH,
        exchange=Exchange(COMMANDS, declare=False),
        task_queues=[Queue(name=QUEUE_NAME, declare=False)],
        dead_letter_queue=Queue(name=DEAD, declare=False),
    ).with_formatter(Foreign())

    @broker.task(TASK)
    async def create(body: bytes, context: Annotated[Context, TaskiqDepends()]) -> None:
        await handler.handle(decoded(body))
        await context.ack()

    return broker


async def main() -> None:
    """Run until SIGTERM, on the servers of `VENUE_AMQP_URL` and `VENUE_DATABASE_URL`."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    url = os.environ["VENUE_AMQP_URL"]
    async with await aio_pika.connect_robust(url) as connection:
        events = await (await connection.channel()).get_exchange(EVENTS)
        handler = Handler(os.environ["VENUE_DATABASE_URL"], publishing(events))
        broker = broker_at(url, handler)
        broker.is_worker_process = True
        async with handler.connected():
            await broker.startup()
            await _receiver(broker).listen(stop)
            await broker.shutdown()


def _receiver(broker: AioPikaBroker) -> Receiver:
    return Receiver(
        broker,
        validate_params=False,  # the task validates the command itself
        max_async_tasks=PREFETCH,
        ack_type=AcknowledgeType.MANUAL,
    )


if __name__ == "__main__":
    uvloop.run(main())  # as taskiq's own command does wherever uvloop is there
