"""The other side of the worker: publish commands and await replies, watch the events.

Built on FastStream, as an upstream or downstream service in Python might be. The command line, the
demo and the tests use it; the worker does not.
"""

import asyncio
from collections.abc import AsyncIterator
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
from worker.messaging.envelope import STRUCTURED
from worker.messaging.link import broker_errors
from worker.messaging.topology import COMMANDS, EVENTS

Document = dict[str, Any]

COMMANDS_EXCHANGE = RabbitExchange(COMMANDS, type=ExchangeType.TOPIC, durable=True)
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
    """A publisher of commands that gets their replies, and a subscriber of events."""

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
        correlation_id = str(uuid7())
        reply = asyncio.get_running_loop().create_future()
        self._awaited[correlation_id] = reply
        try:
            await self.publish(command, reply_to=self._replies.name, correlation_id=correlation_id)
            async with asyncio.timeout(timeout_seconds):
                return await reply
        except TimeoutError:
            raise BrokerUnavailableError(
                f"no reply within {timeout_seconds:.0f} s: is a worker running? The command is "
                "queued and may be carried out; sending it again with the same id is safe"
            ) from None
        finally:
            del self._awaited[correlation_id]

    async def publish(self, command: Document, **properties: Any) -> None:  # noqa: ANN401 - as AMQP has them
        """Publish a command and return when the broker has confirmed it."""
        with broker_errors():
            await self._broker.publish(
                to_json(command),
                exchange=COMMANDS_EXCHANGE,
                routing_key=command["type"],
                content_type=STRUCTURED,
                message_id=command["id"],
                message_type=command["type"],
                headers={"venue-id": str(command.get("subject", "")).lower()},
                persist=True,
                **properties,
            )

    async def events(self, pattern: str = "#") -> AsyncIterator[Document]:
        """Yield the events published from now on whose type matches a topic pattern."""
        subscriber = self._broker.subscriber(
            _own_queue("tail", pattern), EVENTS_EXCHANGE, ack_policy=AckPolicy.ACK_FIRST
        )
        with broker_errors():
            await subscriber.start()
        async for message in subscriber:
            event: Document = from_json(message.body)
            yield event

    async def _on_reply(self, message: RabbitMessage) -> None:
        awaited = self._awaited.get(message.correlation_id)
        if awaited is not None and not awaited.done():
            awaited.set_result(from_json(message.body))
