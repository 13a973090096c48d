"""One AMQP connection with one channel, alive or lost for good.

It never reconnects by itself: what was delivered on a lost channel cannot be settled on another,
and what was published on it without a confirm may or may not have arrived. Whoever holds a link
knows which of the two worlds it is in, and opens a new one.
"""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import cast

import aio_pika
import aiormq
import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection
from yarl import URL

from worker.errors import BrokerUnavailableError
from worker.messaging import lenient

OPEN_SECONDS = 10.0
CLOSE_SECONDS = 3.0
HEARTBEAT_SECONDS = 20
"""Where the URL names none; a broker or worker that is gone is noticed within twice this time."""

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
    ) -> None:
        self.channel = channel
        self.raw = raw
        self.lost = asyncio.Event()
        self._connection = connection
        connection.close_callbacks.add(self._on_close)
        channel.close_callbacks.add(self._on_close)

    def _on_close(self, _: object, error: BaseException | None) -> None:
        if not self.lost.is_set() and error is not None:
            log.warning("broker link lost", error=str(error) or type(error).__name__)
        self.lost.set()

    @property
    def version(self) -> tuple[int, int]:
        """The broker's version, major and minor; (0, 0) if it does not say."""
        found = re.match(r"(\d+)\.(\d+)", str(self.raw.connection.server_properties.get("version")))
        return (int(found[1]), int(found[2])) if found else (0, 0)

    async def close(self) -> None:
        """Close channel and connection: the broker takes back, in order, what was not settled."""
        self.lost.set()
        with suppress(BrokerUnavailableError), broker_errors():
            async with asyncio.timeout(CLOSE_SECONDS):
                await self.channel.close()
                await self._connection.close()


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
            connection = await aio_pika.connect(
                _with_heartbeat(url), client_properties={"connection_name": name}
            )
            try:
                return await _linked(connection, prefetch)
            except BaseException:
                await connection.close()
                raise


async def _linked(connection: AbstractConnection, prefetch: int | None) -> Link:
    channel = await connection.channel(on_return_raises=False)
    if prefetch is not None:
        await channel.set_qos(prefetch_count=prefetch)
    raw = cast("aiormq.Channel", await channel.get_underlay_channel())
    return Link(connection, channel, raw)


BROKER_ERRORS = (
    aiormq.AMQPError,
    aiormq.exceptions.ChannelInvalidStateError,
    OSError,
    TimeoutError,
)
"""All that the client libraries raise for a broker that is away or has closed something."""


def of_the_broker(error: BaseException) -> bool:
    """Tell whether an error means that the broker is away or has closed something."""
    # aiormq fails what it was sending when a connection broke with a bare `Exception`.
    return isinstance(error, BROKER_ERRORS) or type(error) is Exception


@contextmanager
def broker_errors() -> Iterator[None]:
    """Raise the client libraries' errors as ours."""
    try:
        yield
    except Exception as error:
        if not of_the_broker(error):
            raise
        raise BrokerUnavailableError(
            f"RabbitMQ cannot be used just now ({type(error).__name__}: {error})"
        ) from error


def _with_heartbeat(url: str) -> URL:
    parsed = URL(url)
    if "heartbeat" in parsed.query:
        return parsed
    return parsed.update_query(heartbeat=HEARTBEAT_SECONDS)
