"""A TCP proxy that can stop forwarding what a client sends, and cut its connections."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

CHUNK = 65_536


class Proxy:
    """Forwards to one server on the loopback address.

    Attributes:
        port: where it listens.
    """

    def __init__(self, target: int) -> None:
        self.port = 0
        self._target = target
        self._forwarding = asyncio.Event()
        self._forwarding.set()
        self._writers: set[asyncio.StreamWriter] = set()

    def hold(self) -> None:
        """Forward nothing more from clients to the server; the other direction goes on."""
        self._forwarding.clear()

    def cut(self) -> None:
        """Drop all connections with whatever is held, and forward again for new ones."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()
        self._forwarding.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward one connection, both ways, until either side ends it."""
        there, back = await asyncio.open_connection("127.0.0.1", self._target)
        self._writers |= {writer, back}
        async with asyncio.TaskGroup() as group:
            group.create_task(self._pump(reader, back, held=True))
            group.create_task(self._pump(there, writer, held=False))

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, held: bool
    ) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(CHUNK):
                if held:
                    await self._forwarding.wait()
                writer.write(data)
                await writer.drain()
        writer.close()


@asynccontextmanager
async def proxy(target: int) -> AsyncIterator[Proxy]:
    """Give a proxy to the given port."""
    one = Proxy(target)
    server = await asyncio.start_server(one.serve, "127.0.0.1", 0)
    one.port = server.sockets[0].getsockname()[1]
    try:
        yield one
    finally:
        one.cut()
        server.close()
