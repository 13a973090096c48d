"""A publisher and a subscriber of the tests' own, by plain aio-pika: nothing of the worker's."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any

import aio_pika
import aiormq
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage

from tests.support.commands import Document, new_id
from tests.support.waiting import ended, until

AT_ONCE = 200
RECONNECT_SECONDS = 0.05
PARTITIONS = [f"venue.commands.{n}" for n in range(6)]
LOST = (aiormq.AMQPError, OSError, RuntimeError, StopAsyncIteration)
"""What the client raises for a broker that is away: the last two when it closes what is lost, and
when it connects to Docker's proxy, which accepts for a broker that is not there."""

QUEUES = (*PARTITIONS, "venue.commands.holding", "venue.dead", "venue.events.log", "venue.queries")
EXCHANGES = ("venue.commands", "venue.commands.partitions", "venue.events", "venue.queries")


class Bus:
    """A connection to the broker, to publish on, to get replies and to watch events.

    After a restart of the broker it connects anew, and gets the events it has not acknowledged.

    Attributes:
        channel: the channel of the moment.
        events: all events since the beginning, in the order they came.
        replies: all replies, likewise.
    """

    channel: AbstractChannel

    def __init__(self, url: str) -> None:
        self.events: list[Document] = []
        self.replies: list[Document] = []
        self.connected = asyncio.Event()
        self._url = url
        self._replies = f"tests.replies.{new_id()}"
        self._queue = f"tests.events.{new_id()}"
        self._answers: dict[str, asyncio.Future[Document]] = {}

    async def stay_connected(self) -> None:
        """Connect, and again whenever the connection is lost, until cancelled."""
        while True:
            with suppress(*LOST):
                async with await aio_pika.connect(self._url) as connection:
                    lost = asyncio.Event()
                    connection.close_callbacks.add(lambda *_, lost=lost: lost.set())
                    await self._open(connection)
                    await lost.wait()
                    self.connected.clear()
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _open(self, connection: AbstractConnection) -> None:
        self.channel = await connection.channel()
        replies = await self.channel.declare_queue(self._replies, auto_delete=True)
        events = await self.channel.declare_queue(self._queue, durable=True)
        exchange = await self.channel.declare_exchange("venue.events", "topic", durable=True)
        await events.bind(exchange, "#")
        await replies.consume(self.on_reply, no_ack=True)
        await events.consume(self.on_event)
        self.connected.set()

    async def close(self) -> None:
        """Delete what was declared."""
        await self.channel.queue_delete(self._queue)

    async def send(self, document: Document | bytes, **properties: Any) -> None:
        """Publish a command, or any bytes, and return when the broker has confirmed it."""
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        type_ = "anything" if isinstance(document, bytes) else str(document.get("type"))
        headers = {} if isinstance(document, bytes) else {"venue-id": document.get("subject", "")}
        message = aio_pika.Message(
            body,
            content_type=properties.pop("content_type", "application/cloudevents+json"),
            delivery_mode=2,
            headers=properties.pop("headers", headers),
            **properties,
        )
        exchange = await self.channel.get_exchange("venue.commands", ensure=False)
        await exchange.publish(message, type_)

    async def send_all(self, documents: Iterable[Document | bytes]) -> None:
        """Publish many, some hundred at a time."""
        waiting = list(documents)
        for start in range(0, len(waiting), AT_ONCE):
            await asyncio.gather(*(self.send(one) for one in waiting[start : start + AT_ONCE]))

    async def ask(self, document: Document | bytes, **properties: Any) -> Document:
        """Publish and return the reply."""
        correlation_id = new_id()
        answer: asyncio.Future[Document] = asyncio.get_running_loop().create_future()
        self._answers[correlation_id] = answer
        await self.send(
            document, reply_to=self._replies, correlation_id=correlation_id, **properties
        )
        return await asyncio.wait_for(answer, 60)

    async def events_of(self, subject: str, count: int) -> list[Document]:
        """Return the first `count` events about a venue, once they are here."""

        def found() -> list[Document] | None:
            events = [event for event in self.events if event["subject"] == subject]
            return events[:count] if len(events) >= count else None

        return await until(found, f"{count} events about {subject}") or []

    async def on_reply(self, message: AbstractIncomingMessage) -> None:
        """Take a reply."""
        reply = json.loads(message.body)
        self.replies.append(reply)
        answer = self._answers.get(message.correlation_id or "")
        if answer is not None and not answer.done():
            answer.set_result(reply)

    async def on_event(self, message: AbstractIncomingMessage) -> None:
        """Take an event, and only then acknowledge it."""
        self.events.append(json.loads(message.body))
        with suppress(aiormq.AMQPError, aiormq.exceptions.ChannelInvalidStateError):
            await message.ack()


@asynccontextmanager
async def bus(url: str) -> AsyncIterator[Bus]:
    """Give a connection that watches all events, through restarts of the broker too."""
    one = Bus(url)
    connecting = asyncio.create_task(one.stay_connected())
    try:
        await asyncio.wait_for(one.connected.wait(), 30)
        yield one
        await one.close()
    finally:
        await ended(connecting)


async def reset_broker(url: str) -> None:
    """Delete all that the worker declares, so that a test starts from nothing."""
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        for queue in QUEUES:
            await channel.queue_delete(queue)
        for exchange in EXCHANGES:
            await channel.exchange_delete(exchange)
