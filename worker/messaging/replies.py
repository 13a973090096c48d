"""Replies to whoever asked for one: best effort, after commit, on a connection of their own.

A reply that goes nowhere is dropped by the broker. One to a made-up `amq.rabbitmq.reply-to.…` makes
the broker close the connection; then those of the same lot that had no confirm are sent once
more, one by one, so that only the made-up one is lost.
"""

import asyncio
from dataclasses import dataclass

import structlog
from aiormq import spec
from pydantic_core import to_json

from worker.errors import BrokerUnavailableError
from worker.messaging.bounded import Bounded
from worker.messaging.confirms import Outlet
from worker.messaging.delivery import Delivery
from worker.messaging.link import open_link
from worker.messaging.topology import is_own
from worker.messaging.wire import Outgoing
from worker.outcome import Outcome

MOST_WAITING = 10_000
"""Replies kept for a broker that is away; beyond it the oldest are dropped."""

MOST_BYTES = 16 * 1024 * 1024
"""Bytes of them, likewise: an answer to a query may be a thousand times a reply to a command."""

LOT = 200
LOT_BYTES = 4 * 1024 * 1024
CONFIRM_SECONDS = 5.0
TRANSIENT = 1
SHORT = 255
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply and where it goes."""

    reply_to: str
    correlation_id: str | None
    body: bytes


def reply_for(delivery: Delivery, outcome: Outcome) -> Reply | None:
    """Return the reply that the delivery asks for, or None."""
    reply_to = reply_address(delivery)
    if reply_to is None:
        return None
    document = {
        "command_id": outcome.command_id,
        "status": outcome.result.value,
        "duplicate": outcome.duplicate,
        "venue_id": outcome.venue_id,
        "version": outcome.version,
        "errors": [problem.document() for problem in outcome.problems],
    }
    return Reply(reply_to, correlation_of(delivery, outcome.command_id), to_json(document))


def reply_address(delivery: Delivery) -> str | None:
    """Return the queue that a reply is asked for in, or None; none of our own is."""
    reply_to = delivery.text_property("reply_to")
    if reply_to is None or is_own(reply_to):
        return None
    # Bytes that are no text have been made readable, and may be more by now than a name can have.
    return reply_to if len(reply_to.encode()) <= SHORT else None


def correlation_of(delivery: Delivery, id_: str | None) -> str | None:
    """Return the correlation id of a reply to a message that calls itself `id_`."""
    return _short(
        delivery.text_property("correlation_id") or delivery.text_property("message_id") or id_
    )


def _short(text: str | None) -> str | None:
    # An AMQP short string is at most 255 bytes, also once odd ones have been made readable.
    return text.encode()[:SHORT].decode(errors="ignore") if text else None


class Replies:
    """Sends replies in the background; `send` never waits and never fails."""

    def __init__(
        self, url: str, *, name: str = "venue-worker replies", most_waiting: int = MOST_WAITING
    ) -> None:
        self._url = url
        self._name = name
        self._waiting: Bounded[Reply] = Bounded(most_waiting, MOST_BYTES)
        self._wake = asyncio.Event()
        self._outlet: Outlet | None = None
        self._idle = asyncio.Event()
        self._idle.set()

    def send(self, replies: list[Reply]) -> None:
        """Queue replies."""
        if replies:
            self._waiting.extend(replies)
            self._idle.clear()
            self._wake.set()

    async def run(self) -> None:
        """Send what is queued, until cancelled."""
        while True:
            await self._wake.wait()
            if lot := self._waiting.take(LOT, LOT_BYTES):
                for unconfirmed in await self._publish(lot):
                    if await self._publish([unconfirmed]):
                        log.info("reply dropped", reply_to=unconfirmed.reply_to)
            if not self._waiting:
                self._wake.clear()
                self._idle.set()

    async def gone(self) -> None:
        """Wait until what is queued has been sent or given up, however long the broker takes."""
        await self._idle.wait()

    async def drained(self, seconds: float) -> None:
        """Wait until what is queued has been sent, so long at most."""
        try:
            async with asyncio.timeout(seconds):
                await self.gone()
        except TimeoutError:
            log.info("replies not sent in time", replies=len(self._waiting))

    async def close(self) -> None:
        """Close the connection."""
        if self._outlet is not None:
            await self._outlet.link.close()

    async def _publish(self, lot: list[Reply]) -> list[Reply]:
        try:
            outlet = await self._connected()
        except BrokerUnavailableError as error:
            log.info("replies dropped, the broker is away", replies=len(lot), error=str(error))
            return []
        await outlet.link.until_not_blocked()
        confirms = await outlet.publish([[reply] for reply in lot], _message, CONFIRM_SECONDS)
        for reply in confirms.refused:
            log.info("reply refused", reply_to=reply.reply_to)
        for reply, reason in confirms.failed:
            log.error("reply dropped", reply_to=reply.reply_to, exc_info=reason)
        # Those that a blocked broker has not confirmed are with it, and go out when it reads on.
        return [] if confirms.blocked else confirms.left

    async def _connected(self) -> Outlet:
        if self._outlet is None or self._outlet.link.lost.is_set():
            self._outlet = Outlet(await open_link(self._url, self._name))
        return self._outlet


def _message(reply: Reply) -> Outgoing:
    properties = spec.Basic.Properties(
        content_type="application/json",
        correlation_id=reply.correlation_id,
        delivery_mode=TRANSIENT,
    )
    return Outgoing("", reply.reply_to, properties.marshal(), reply.body)
