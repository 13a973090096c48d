"""The connections that a FastStream broker makes, each of which is to be closed.

FastStream lets go of one whose first channel was not opened, and such a connection then lives, and
comes back after every loss, for as long as the process.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from aio_pika import RobustConnection
from faststream.rabbit import RabbitBroker

CLOSE_SECONDS = 2.0
log = structlog.get_logger()


class Connections:
    """All connections that the broker makes from now on."""

    def __init__(self, broker: RabbitBroker) -> None:
        self._made: list[RobustConnection] = []
        # aio-pika asks for such a factory; FastStream has no argument that hands one on.
        broker._connection_kwargs["connection_class"] = self._make  # noqa: SLF001

    def _make(self, *arguments: Any, **named: Any) -> RobustConnection:  # noqa: ANN401 - aio-pika's
        self._made.append(RobustConnection(*arguments, **named))
        return self._made[-1]

    async def close(self) -> None:
        """Close all of them; none comes back, even one that does not answer."""
        for connection in self._made:
            await in_time(connection.close)


async def in_time(stop: Callable[[], Awaitable[object]]) -> None:
    """Stop what is not used again, however that ends."""
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await stop()
    except Exception as error:  # noqa: BLE001 - see above
        log.info("the connection of queries was not closed in order", error=repr(error))
