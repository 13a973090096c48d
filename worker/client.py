"""The other side of the worker: publish commands, ask queries, await replies, watch the events.

Built on FastStream, as an upstream or downstream service in Python might be. The command line, the
demo and the tests use it; the worker does not.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

from faststream import AckPolicy
from faststream.rabbit import (
    ExchangeType,
    QueueType,
    RabbitBroker,
    RabbitExchange,
    RabbitMessage,
    RabbitQueue,
)
from pydantic_core import from_json, to_json
from uuid_utils import uuid7

from worker.errors import BrokerUnavailableError
from worker.messaging.broker_errors import broker_errors
from worker.messaging.envelope import STRUCTURED
from worker.messaging.topology import COMMANDS, EVENTS, QUERIES

Document = dict[str, Any]

COMMANDS_EXCHANGE = RabbitExchange(COMMANDS, type=ExchangeType.TOPIC, durable=True)
QUERIES_EXCHANGE = RabbitExchange(QUERIES, type=ExchangeType.TOPIC, durable=True)
EVENTS_EXCHANGE = RabbitExchange(EVENTS, type=ExchangeType.TOPIC, durable=True)


def _own_queue(purpose: str, routing_key: str = "") -> RabbitQueue:
    return RabbitQueue(
        f"venue-worker.{purpose}.{uuid7()}",
        queue_type=QueueType.CLASSIC,
        exclusive=True,
        auto_delete=True,
        routing_key=routing_key,
    )


class Client:
    """A publisher of commands and queries that gets the replies, and a subscriber of events."""

    def __init__(self, url: str) -> None:
        self._broker = RabbitBroker(url, logger=None)
        self._replies = _own_queue("replies")
        self._awaited: dict[str, asyncio.Future[Document]] = {}
        self._broker.subscriber(self._replies, ack_policy=AckPolicy.ACK_FIRST)(self._on_reply)

    async def __aenter__(self) -> Self:
        with broker_errors():
            await self._broker.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._broker.stop()

    async def request(self, command: Document, timeout_seconds: float = 30.0) -> Document:
        """Publish a command and return its reply.

        Raises:
            BrokerUnavailableError: it could not be published, or no reply came in time; the
                command may be carried out all the same.
        """
        return await self.request_bytes(
            to_json(command),
            command["type"],
            timeout_seconds,
            message_id=command["id"],
            headers={"venue-id": str(command.get("subject", "")).lower()},
        )

    async def request_bytes(
        self,
        body: bytes,
        type_: str,
        timeout_seconds: float = 30.0,
        **properties: Any,  # noqa: ANN401 - as AMQP has them
    ) -> Document:
        """Publish any bytes as a command of the given type and return the reply."""
        unanswered = (
            f"no reply within {timeout_seconds:.0f} s: is a worker running? The command is "
            "queued and may be carried out; sending it again with the same id is safe"
        )
        return await self._asked(
            COMMANDS_EXCHANGE, body, type_, timeout_seconds, unanswered, persist=True, **properties
        )

    async def query(self, query: Document, timeout_seconds: float = 30.0) -> Document:
        """Ask a query and return the answer.

        Raises:
            BrokerUnavailableError: it could not be published, or no answer came in time.
        """
        return await self._asked(
            QUERIES_EXCHANGE,
            to_json(query),
            query["type"],
            timeout_seconds,
            f"no answer within {timeout_seconds:.0f} s: is a worker running?",
            expiration=timeout_seconds,
        )

    async def _asked(
        self,
        exchange: RabbitExchange,
        body: bytes,
        type_: str,
        timeout_seconds: float,
        unanswered: str,
        **properties: Any,  # noqa: ANN401 - as AMQP has them
    ) -> Document:
        correlation_id = str(uuid7())
        reply: asyncio.Future[Document] = asyncio.get_running_loop().create_future()
        self._awaited[correlation_id] = reply
        try:
            with broker_errors():
                await self._broker.publish(
                    body,
                    exchange=exchange,
                    routing_key=type_,
                    content_type=STRUCTURED,
                    message_type=type_,
                    reply_to=self._replies.name,
                    correlation_id=correlation_id,
                    **properties,
                )
            async with asyncio.timeout(timeout_seconds):
                return await reply
        except TimeoutError:
            raise BrokerUnavailableError(unanswered) from None
        finally:
            del self._awaited[correlation_id]

    @asynccontextmanager
    async def events(self, pattern: str = "#") -> AsyncIterator[AsyncIterator[Document]]:
        """Subscribe to the events whose type matches a topic pattern; give them as they come."""
        subscriber = self._broker.subscriber(
            _own_queue("tail", pattern), EVENTS_EXCHANGE, ack_policy=AckPolicy.ACK_FIRST
        )
        with broker_errors():
            await subscriber.start()
        try:
            yield (from_json(message.body) async for message in subscriber)
        finally:
            await subscriber.stop()

    async def _on_reply(self, message: RabbitMessage) -> None:
        awaited = self._awaited.get(message.correlation_id)
        if awaited is not None and not awaited.done():
            awaited.set_result(from_json(message.body))
