"""Step 1, receive: commands from the broker, handed on as batches of what is waiting.

One `Intake` lives as long as its channel. A batch is taken from a local buffer that prefetch keeps
filled: never more than asked for, never waiting for more once there is one.

A command whose delivery count shows repeated crashes is handed on alone, and that is noted first:
the one that workers die of each time is known by it, and given up long before those that were
handed out beside it reach the broker's delivery limit.
"""

import asyncio
import sys
from collections import deque
from contextlib import suppress

import aiormq.abc
import structlog
from pamqp.common import FieldTable

from worker.errors import BrokerUnavailableError, TransientError
from worker.messaging.broker_errors import broker_errors
from worker.messaging.delivery import Delivery, parking_hash
from worker.messaging.link import Link
from worker.messaging.received import received
from worker.messaging.tap import Listener
from worker.storage.suspects import Suspects

log = structlog.get_logger()

MOST_BYTES = 16 * 1024 * 1024
"""Bytes of bodies in one batch, about: large messages make smaller batches."""

COUNTED = 3
"""Failed deliveries from which on a command may be what workers die of."""
MOST_ATTEMPTS = 3
"""Times that a command may be handled alone; a worker that survives it starts to count anew."""


class Intake(Listener):
    """The consumer of one command queue.

    Attributes:
        settled: commands acknowledged or given up so far.
        received: commands handed out by the broker so far.
        received_at: `time.perf_counter()` of the last delivery, in seconds; None before the first.
    """

    def __init__(self, link: Link, suspects: Suspects | None, survived: int) -> None:
        self.settled = 0
        self.received = 0
        self.received_at: float | None = None
        self._link = link
        self._suspects = suspects
        self._counted = COUNTED + survived if suspects else sys.maxsize
        self._alone = False
        self._waiting: deque[Delivery] = deque()
        self._wake = asyncio.Event()
        self._consumer_tag: str | None = None
        self._stopping = False
        self._watching: asyncio.Task[None] | None = None

    @classmethod
    async def register(
        cls,
        link: Link,
        queue: str,
        *,
        suspects: Suspects | None = None,
        survived: int = 0,
        priority: int | None = None,
    ) -> "Intake":
        """Register a consumer at the queue; the link is closed with the intake.

        Args:
            link: a connection that nothing else uses, with the prefetch that the intake gets.
            queue: its name.
            suspects: where to note what is handed on alone; without it nothing is.
            survived: failed deliveries that nobody died of: this process knows of them.
            priority: before other consumers, where the broker knows such a thing.

        Raises:
            BrokerUnavailableError: it did not work and may work later.
        """
        intake = cls(link, suspects, survived)
        arguments: FieldTable = {} if priority is None else {"x-priority": priority}
        link.listen(intake)
        with broker_errors():
            answer = await link.raw.basic_consume(queue, _elsewhere, arguments=arguments)
        intake._consumer_tag = answer.consumer_tag
        intake._watching = asyncio.create_task(intake._watch())
        return intake

    @property
    def registered(self) -> bool:
        """Whether the broker knows our consumer: active, or standing by for another one."""
        return self._consuming and self._link.works

    @property
    def _consuming(self) -> bool:
        return self._link.consumes(self._consumer_tag)

    @property
    def empty(self) -> bool:
        """Whether nothing is in hand: to end now would raise no command's delivery count."""
        return self.settled == self.received

    @property
    def _nothing_before(self) -> bool:
        # Else, should we die of the next one, those would come again, and be noted in its place.
        return self.received - self.settled == len(self._waiting)

    def has(self, count: int) -> bool:
        """Tell whether so many are at hand; not where one was met that is to be handled alone."""
        innocent = not self._alone and self._waiting and self._waiting[0].count < self._counted
        return bool(innocent and len(self._waiting) >= count)

    async def take(self, most: int) -> list[Delivery]:
        """Wait for a delivery and return it with those behind it; empty when told to stop.

        Raises:
            BrokerUnavailableError: the channel is lost; what it delivered comes again elsewhere.
            DatabaseUnavailableError: a command is to be handed on alone, and it cannot be noted.
        """
        while not self._stopping:
            if not self._consuming:
                raise BrokerUnavailableError("the channel that commands came from is lost")
            if self._waiting and self._waiting[0].count < self._counted:
                return self._taken(most)
            if self._waiting and self._nothing_before:
                if await self._may_be_tried(delivery := self._waiting.popleft()):
                    return [delivery]
                continue
            self._wake.clear()
            await self._wake.wait()
        return []

    async def settle(self, deliveries: list[Delivery]) -> None:
        """Acknowledge the batch: it is the oldest that is unsettled, so one frame does for all."""
        if self._link.lost.is_set():
            return  # they come again and are recognised
        with broker_errors():
            await self._link.raw.basic_ack(deliveries[-1].tag, multiple=True)
        self.settled += len(deliveries)
        self._wake.set()

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
        if self._suspects is not None and self._alone:
            with suppress(TransientError):  # then one attempt too many is counted
                await self._suspects.clear()

    async def _may_be_tried(self, delivery: Delivery) -> bool:
        if self._suspects is None:
            return True
        self._alone = True
        attempts = await self._suspects.attempt(
            parking_hash(delivery.body, delivery.kept_properties())
        )
        if attempts <= MOST_ATTEMPTS:
            return True
        log.error("given up: workers died of this command", attempts=attempts - 1)
        with broker_errors():
            await self._link.raw.basic_reject(delivery.tag, requeue=False)  # to `venue.dead`
        self.settled += 1
        return False

    def _taken(self, most: int) -> list[Delivery]:
        taken: list[Delivery] = []
        size = 0
        while self._waiting and len(taken) < most and size < MOST_BYTES:
            if self._waiting[0].count >= self._counted:
                break
            delivery = self._waiting.popleft()
            size += len(delivery.body)
            taken.append(delivery)
        return taken

    def delivered(self, arguments: bytes, header: bytes, body: bytes) -> None:
        """Take a delivery from the wire."""
        delivery = received(arguments, header, body)
        self.received += 1
        self.received_at = delivery.received_at
        self._waiting.append(delivery)
        self._wake.set()

    async def _watch(self) -> None:
        await self._link.until_not_consuming(self._consumer_tag)
        self._wake.set()


async def _elsewhere(_: aiormq.abc.DeliveredMessage) -> None:
    """What aiormq would call for a delivery: they are all taken by the tap."""
