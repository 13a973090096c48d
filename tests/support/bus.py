"""A publisher and a subscriber of the tests' own, by plain aio-pika: nothing of the worker's."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage, AbstractQueue

from tests.support.commands import Document, new_id
from tests.support.waiting import until

AT_ONCE = 200
QUEUES = ("venue.commands.0", "venue.dead", "venue.events.log")
EXCHANGES = ("venue.commands", "venue.events")


class Bus:
    """One connection to the broker, to publish on, to get replies and to watch events."""

    def __init__(self, channel: AbstractChannel, replies: AbstractQueue) -> None:
        self.channel = channel
        self.events: list[Document] = []
        self._replies = replies
        self._answers: dict[str, asyncio.Future[Document]] = {}

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
            document, reply_to=self._replies.name, correlation_id=correlation_id, **properties
        )
        return await asyncio.wait_for(answer, 30)

    async def events_of(self, subject: str, count: int) -> list[Document]:
        """Return the first `count` events about a venue, once they are here."""

        def found() -> list[Document] | None:
            events = [event for event in self.events if event["subject"] == subject]
            return events[:count] if len(events) >= count else None

        return await until(found, f"{count} events about {subject}") or []

    async def on_reply(self, message: AbstractIncomingMessage) -> None:
        """Take a reply."""
        answer = self._answers.get(message.correlation_id or "")
        if answer is not None and not answer.done():
            answer.set_result(json.loads(message.body))

    async def on_event(self, message: AbstractIncomingMessage) -> None:
        """Take an event."""
        self.events.append(json.loads(message.body))


@asynccontextmanager
async def bus(url: str) -> AsyncIterator[Bus]:
    """Give a connection that watches all events, through restarts of the broker too."""
    connection = await aio_pika.connect_robust(url, reconnect_interval=0.2)
    async with connection:
        channel = await connection.channel()
        replies = await channel.declare_queue(f"tests.replies.{new_id()}", auto_delete=True)
        one = Bus(channel, replies)
        events = await channel.declare_queue(f"tests.events.{new_id()}", durable=True)
        exchange = await channel.declare_exchange("venue.events", "topic", durable=True)
        await events.bind(exchange, "#")
        await replies.consume(one.on_reply, no_ack=True)
        await events.consume(one.on_event, no_ack=True)
        try:
            yield one
        finally:
            await events.delete(if_unused=False, if_empty=False)


async def reset_broker(url: str) -> None:
    """Delete all that the worker declares, so that a test starts from nothing."""
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        for queue in QUEUES:
            await channel.queue_delete(queue)
        for exchange in EXCHANGES:
            await channel.exchange_delete(exchange)
