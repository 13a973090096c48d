"""One AMQP connection with one channel, alive or lost for good.

It never reconnects by itself: what was delivered on a lost channel cannot be settled on another,
and what was published on it without a confirm may or may not have arrived. Whoever holds a link
knows which of the two worlds it is in, and opens a new one.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import cast

import aiormq
import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection
from yarl import URL

from worker.errors import BrokerUnavailableError
from worker.messaging import lenient
from worker.messaging.asking import Asking
from worker.messaging.broker_errors import broker_errors
from worker.messaging.tap import Listener, Tap, Tapped, TappedConnection

OPEN_SECONDS = 10.0
CLOSE_SECONDS = 2.0
CONSUMER_LOOK_SECONDS = 1.0
HEARTBEAT_SECONDS = 20
"""Where the URL names none; a worker that is gone is noticed by the broker within twice this."""

LOOK_SECONDS = 0.1

log = structlog.get_logger()
lenient.install()


class Link:
    """A connection and its channel.

    Attributes:
        channel: aio-pika's channel, for declarations.
        raw: the aiormq channel beneath it, for the paths that every message takes.
        lost: set once either is closed, by whomever.
    """

    def __init__(
        self,
        connection: AbstractConnection,
        channel: AbstractChannel,
        raw: aiormq.Channel,
        tap: Tap,
    ) -> None:
        self.channel = channel
        self.raw = raw
        self.lost = asyncio.Event()
        self._connection = connection
        self._tap = tap
        self._closing: asyncio.Task[None] | None = None
        connection.close_callbacks.add(self._on_close)
        channel.close_callbacks.add(self._on_close)
        self._asking = Asking(
            lambda: raw.flow(active=True), unless=lambda: self.blocked, on_silence=self._on_silence
        )

    @property
    def works(self) -> bool:
        """Whether it is open, and the broker has answered on it lately."""
        return not self.lost.is_set() and not self._asking.waits

    @property
    def blocked(self) -> bool:
        """Whether the broker reads nothing of what is sent here, as it has too little room.

        It says so when something has been published meanwhile, and reads on when there is room.
        """
        return self._tap.blocked and not self.lost.is_set()

    async def until_not_blocked(self) -> None:
        """Return when the broker reads on, or the link is lost."""
        while self.blocked:  # noqa: ASYNC110 - a matter of minutes; one look in a while is cheap
            await asyncio.sleep(LOOK_SECONDS)

    def listen(self, listener: Listener) -> None:
        """Let the listener have what is delivered, returned and confirmed on the channel."""
        self._tap.listeners[self.raw.number] = listener

    def write(self, frames: bytes) -> None:
        """Send whole frames of the channel. What is sent on a lost link goes nowhere."""
        if not self.lost.is_set():
            self._tap.write(frames)

    def consumes(self, consumer_tag: str | None) -> bool:
        """Tell whether the broker knows a consumer of this link."""
        return not self.lost.is_set() and consumer_tag in self.raw.consumers

    async def until_not_consuming(self, consumer_tag: str | None) -> None:
        """Return when the link is lost, or the consumer."""
        # Losing the channel is an event; losing only the consumer (a deleted queue) has to be seen.
        while self.consumes(consumer_tag):
            with suppress(TimeoutError):
                async with asyncio.timeout(CONSUMER_LOOK_SECONDS):
                    await self.lost.wait()

    async def close(self) -> None:
        """Close channel and connection: the broker takes back, in order, what was not settled."""
        self.lost.set()
        self._asking.stop()
        for part in (self.channel, self._connection):
            # Each has its own time: a channel that does not answer must not keep the connection.
            with suppress(BrokerUnavailableError), broker_errors():
                async with asyncio.timeout(CLOSE_SECONDS):
                    await part.close()

    def _on_close(self, _: object, error: BaseException | None) -> None:
        if not self.lost.is_set() and error is not None:
            log.warning("broker link lost", error=str(error) or type(error).__name__)
        self.lost.set()
        self._asking.stop()

    def _on_silence(self, seconds: float) -> None:
        log.warning("broker link lost", error=f"no answer for {seconds:.0f} s")
        self._closing = asyncio.create_task(self.close())

    @property
    def version(self) -> tuple[int, int]:
        """The broker's version, major and minor; (0, 0) if it does not say."""
        found = re.match(r"(\d+)\.(\d+)", str(self.raw.connection.server_properties.get("version")))
        return (int(found[1]), int(found[2])) if found else (0, 0)


async def open_link(url: str, name: str, *, prefetch: int | None = None) -> Link:
    """Connect, and open a channel with publisher confirms.

    Args:
        url: the broker's URL.
        name: what the broker shows as the connection's name.
        prefetch: how many deliveries may be unsettled at a time.

    Raises:
        BrokerUnavailableError: it could not be reached, or refused.
    """
    with broker_errors():
        async with asyncio.timeout(OPEN_SECONDS):
            tapped = Tapped()
            connection = TappedConnection(
                with_heartbeat(url),
                client_properties={"connection_name": name},
                transport_factory=tapped,
            )
            await connection.connect()
            try:
                return await _linked(connection, prefetch, tapped.tap)
            except BaseException:
                await connection.close()
                raise


@asynccontextmanager
async def set_up_link(url: str, name: str, *, prefetch: int | None = None) -> AsyncIterator[Link]:
    """Open a link and give it to be set up; it stays open unless that fails.

    Raises:
        BrokerUnavailableError: as of `open_link`, or the broker was lost meanwhile.
    """
    link = await open_link(url, name, prefetch=prefetch)
    try:
        with broker_errors():
            yield link
    except BaseException:
        await link.close()
        raise


async def _linked(connection: AbstractConnection, prefetch: int | None, tap: Tap) -> Link:
    channel = await connection.channel(on_return_raises=False)
    if prefetch is not None:
        await channel.set_qos(prefetch_count=prefetch)
    raw = cast("aiormq.Channel", await channel.get_underlay_channel())
    return Link(connection, channel, raw, tap)


def with_heartbeat(url: str) -> URL:
    """Return the URL with a heartbeat, ours where it names none."""
    parsed = URL(url)
    if "heartbeat" in parsed.query:
        return parsed
    return parsed.update_query(heartbeat=HEARTBEAT_SECONDS)
