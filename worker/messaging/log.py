"""The event log read: the stream `venue.events.log`, from any offset, through lost connections."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import aiormq.abc
import structlog
from aiormq.exceptions import ChannelNotFoundEntity
from pydantic_core import from_json

from worker.errors import BrokerUnavailableError, OperatorError
from worker.messaging.broker_errors import broker_errors
from worker.messaging.link import Link, set_up_link
from worker.messaging.topology import EVENTS_LOG
from worker.retry import forever

OFFSET = "x-stream-offset"
PREFETCH = 200
ACK_EVERY = 50
CLOCKS_APART = timedelta(minutes=1)
"""The broker finds a time by when it stored an event, told by its clock and not the worker's."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC) + CLOCKS_APART

Start = int | Literal["first", "last", "next"] | datetime
"""An offset, the first event there is, the last few, the next to come, or the time of events."""
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Logged:
    """An event and its place in the log."""

    offset: int
    event: dict[str, Any]


async def read_log(url: str, start: Start) -> AsyncGenerator[Logged, None]:
    """Give the events from a place on, and then as they come, until the caller has enough.

    After a lost connection it goes on with the event after the last one that came. From a time on
    it gives the events that were decided then or later.

    Raises:
        BrokerUnavailableError: the broker cannot be reached at the start.
        OperatorError: there is no log, or the log has forgotten the offset.
    """
    since = start if isinstance(start, datetime) else None
    opened = datetime.now(UTC)
    session = await _Session.open(url, start)
    while True:
        try:
            async for message in session.messages():
                start = _offset(message) + 1
                if (event := _event(message)) and (since is None or _time(event) >= since):
                    yield Logged(start - 1, event)
        finally:
            await session.close()
        if start == "next":  # none has come; those that came meanwhile are next
            start = since = opened
        async for attempt in forever("reading the event log", BrokerUnavailableError):
            with attempt:
                session = await _Session.open(url, start)


class _Session:
    """A consumer of the log, for as long as its connection lasts."""

    def __init__(self, link: Link, start: Start) -> None:
        self._link = link
        self._start = start
        self._consumer_tag: str | None = None
        self._waiting: asyncio.Queue[aiormq.abc.DeliveredMessage | None] = asyncio.Queue()

    @classmethod
    async def open(cls, url: str, start: Start) -> "_Session":
        async with set_up_link(url, "venue-worker tail", prefetch=PREFETCH) as link:
            session = cls(link, start)
            await session._consume()
        return session

    async def close(self) -> None:
        await self._link.close()

    async def messages(self) -> AsyncIterator[aiormq.abc.DeliveredMessage]:
        """Give what comes, until the consumer is lost."""
        watching = asyncio.create_task(self._watch())
        first = True
        try:
            while (message := await self._waiting.get()) is not None:
                if first:
                    self._check_beginning(_offset(message))
                    first = False
                yield message
                await self._acknowledge(message)
        finally:
            watching.cancel()

    async def _consume(self) -> None:
        try:
            await self._link.raw.queue_declare(EVENTS_LOG, passive=True)
        except ChannelNotFoundEntity:
            raise OperatorError(
                f"there is no event log {EVENTS_LOG} at this broker: a worker declares it"
            ) from None
        start = self._start
        if isinstance(start, datetime):
            start = max(start, EPOCH) - CLOCKS_APART
        answer = await self._link.raw.basic_consume(
            EVENTS_LOG, self._waiting.put, arguments={OFFSET: start}
        )
        self._consumer_tag = answer.consumer_tag

    def _check_beginning(self, offset: int) -> None:
        if isinstance(self._start, int) and offset > self._start:
            raise OperatorError(
                f"offset {self._start} is gone: the event log begins with {offset} now; go on with "
                "--from first, and see `venue-worker republish` for what is older"
            )

    async def _watch(self) -> None:
        await self._link.until_not_consuming(self._consumer_tag)
        self._waiting.put_nowait(None)

    async def _acknowledge(self, message: aiormq.abc.DeliveredMessage) -> None:
        # The log keeps what is acknowledged; the broker only sends on.
        tag = message.delivery_tag or 0
        if tag % ACK_EVERY == 0:
            with suppress(BrokerUnavailableError), broker_errors():
                await self._link.raw.basic_ack(tag, multiple=True)


def _offset(message: aiormq.abc.DeliveredMessage) -> int:
    offset = (message.header.properties.headers or {}).get(OFFSET)
    if not isinstance(offset, int):
        raise OperatorError(f"{EVENTS_LOG} is no stream: its messages have no offset")
    return offset


def _event(message: aiormq.abc.DeliveredMessage) -> dict[str, Any] | None:
    with suppress(ValueError, KeyError):
        event = from_json(message.body)
        if isinstance(event, dict) and isinstance(event["type"], str) and _time(event).tzinfo:
            return event
    log.warning("not an event, passed over", offset=_offset(message))
    return None


def _time(event: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(str(event.get("time")))
