"""Step 1, receive: commands from the broker, handed on as batches of what is waiting.

One `Intake` lives as long as its channel. A batch is taken from a local buffer that prefetch keeps
filled: never more than asked for, never waiting for more once there is one.
"""

import asyncio
import time
from collections import deque
from contextlib import suppress
from typing import Any

import aiormq.abc
import structlog

from worker.errors import BrokerUnavailableError
from worker.messaging.delivery import Delivery
from worker.messaging.link import Link, broker_errors, open_link
from worker.messaging.topology import declare

log = structlog.get_logger()

LOOK_SECONDS = 1.0
MOST_BYTES = 16 * 1024 * 1024
"""Bytes of bodies in one batch, about: large messages make smaller batches."""

PROPERTIES = (
    "content_type", "content_encoding", "delivery_mode", "priority", "correlation_id", "reply_to",
    "expiration", "message_id", "timestamp", "message_type", "user_id", "app_id", "cluster_id",
)  # fmt: skip


class Intake:
    """The consumer of one command queue."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._waiting: deque[Delivery] = deque()
        self._wake = asyncio.Event()
        self._consumer_tag: str | None = None
        self._stopping = False
        self._watching: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, url: str, queue: str, prefetch: int) -> "Intake":
        """Connect, declare the topology and register a consumer at the queue.

        Raises:
            BrokerUnavailableError: it did not work and may work later.
            OperatorError: a queue differs from what this version declares.
        """
        link = await open_link(url, "venue-worker intake", prefetch=prefetch)
        intake = cls(link)
        try:
            with broker_errors():
                await declare(link.channel)
                answer = await link.raw.basic_consume(queue, intake._received)
        except BaseException:
            await link.close()
            raise
        intake._consumer_tag = answer.consumer_tag
        intake._watching = asyncio.create_task(intake._watch())
        return intake

    @property
    def registered(self) -> bool:
        """Whether the broker knows our consumer: active, or standing by for another one."""
        return self._consuming and self._link.works

    @property
    def _consuming(self) -> bool:
        return not self._link.lost.is_set() and self._consumer_tag in self._link.raw.consumers

    async def take(self, most: int) -> list[Delivery]:
        """Wait for a delivery and return it with those behind it; empty when told to stop.

        Raises:
            BrokerUnavailableError: the channel is lost; what it delivered comes again elsewhere.
        """
        while not self._stopping:
            if not self._consuming:
                raise BrokerUnavailableError("the channel that commands came from is lost")
            if self._waiting:
                return self._taken(most)
            self._wake.clear()
            await self._wake.wait()
        return []

    async def settle(self, deliveries: list[Delivery]) -> None:
        """Acknowledge the batch: it is the oldest that is unsettled, so one frame does for all."""
        if self._link.lost.is_set():
            return  # they come again and are recognised
        with broker_errors():
            await self._link.raw.basic_ack(deliveries[-1].tag, multiple=True)

    def stop(self) -> None:
        """Give out no more; what is buffered goes back to the queue when the channel closes."""
        self._stopping = True
        self._wake.set()

    async def close(self) -> None:
        """Close the channel and the connection: what is not settled goes back, in order."""
        if self._waiting and not self._link.lost.is_set():
            log.info("commands go back to the queue", commands=len(self._waiting))
        self._waiting.clear()
        self._wake.set()
        if self._watching is not None:
            self._watching.cancel()
        await self._link.close()

    def _taken(self, most: int) -> list[Delivery]:
        taken: list[Delivery] = []
        size = 0
        while self._waiting and len(taken) < most and size < MOST_BYTES:
            delivery = self._waiting.popleft()
            size += len(delivery.body)
            taken.append(delivery)
        return taken

    async def _received(self, message: aiormq.abc.DeliveredMessage) -> None:
        self._waiting.append(_delivery(message))
        self._wake.set()

    async def _watch(self) -> None:
        # Losing the channel is an event; losing only the consumer (a deleted queue) has to be seen.
        while self._consuming:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._link.lost.wait()
        self._wake.set()


def _delivery(message: aiormq.abc.DeliveredMessage) -> Delivery:
    properties = message.header.properties
    given: dict[str, Any] = {}
    for name in PROPERTIES:
        value = getattr(properties, name)
        if value is not None:
            given[name] = value
    return Delivery(
        body=message.body,
        tag=message.delivery_tag or 0,
        headers=properties.headers or {},
        properties=given,
        exchange=message.exchange or "",
        routing_key=message.routing_key or "",
        redelivered=bool(message.redelivered),
        received_at=time.perf_counter(),
    )
