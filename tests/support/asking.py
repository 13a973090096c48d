"""Queries as somebody who integrates would send them: by plain aio-pika."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import aio_pika

from tests.support.commands import Document, new_id

Ask = Callable[..., Coroutine[Any, Any, Document]]
SECONDS = 20.0


def query(type_: str, tenant: str, subject: str | None = None, data: Any = None) -> Document:
    """Return a query."""
    attributes = {"specversion": "1.0", "id": new_id(), "source": "/tests", "type": type_}
    document: Document = {**attributes, "tenantid": tenant, "subject": subject, "data": data or {}}
    return {name: value for name, value in document.items() if value is not None}


@asynccontextmanager
async def asking(url: str, *, declare: bool = True) -> AsyncIterator[Ask]:
    """Give a function that sends a query, or any bytes, and returns the answer.

    The exchange is declared first, unless that is left to the worker.
    """
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        if declare:
            await channel.declare_exchange("venue.queries", "topic", durable=True)
        exchange = await channel.get_exchange("venue.queries", ensure=False)
        replies = await channel.declare_queue(exclusive=True)
        waiting: dict[str, asyncio.Future[Document]] = {}

        async def answered(message: aio_pika.abc.AbstractIncomingMessage) -> None:
            future = waiting.get(message.correlation_id or "")
            if future is not None and not future.done():
                future.set_result(json.loads(message.body))

        await replies.consume(answered, no_ack=True)

        async def ask(one: Document | bytes, **properties: Any) -> Document:
            mark = new_id()
            waiting[mark] = asyncio.get_running_loop().create_future()
            body = one if isinstance(one, bytes) else json.dumps(one).encode()
            wanted = {"reply_to": replies.name, "correlation_id": mark, **properties}
            message = aio_pika.Message(body, content_type="application/cloudevents+json", **wanted)
            await exchange.publish(message, "venue.any")
            async with asyncio.timeout(SECONDS):
                return await waiting[mark]

        yield ask
