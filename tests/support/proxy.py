"""A TCP proxy that can fall silent, in one direction or both, and cut its connections."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

CHUNK = 65_536


class Proxy:
    """Forwards to one server on the loopback address.

    Attributes:
        port: where it listens.
    """

    def __init__(self, target: int) -> None:
        self.port = 0
        self._target = target
        self._breaking_off = False
        self._forwarding = _set()
        self._answering = _set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._forgotten: list[asyncio.Event] = []
        self._serving: set[asyncio.Task[None] | None] = set()

    def hold(self) -> None:
        """Forward nothing more from clients to the server; the other direction goes on."""
        self._forwarding.clear()

    def break_off(self) -> None:
        """Forward all but the end of what a client sends next, and then nothing more."""
        self._breaking_off = True

    def forget(self) -> None:
        """Forward nothing more on the connections of now, and close none; new ones wait.

        A firewall that has forgotten its connections does this.
        """
        self._forwarding.clear()
        self._answering.clear()
        self._forgotten += [self._forwarding, self._answering]
        self._forwarding, self._answering = asyncio.Event(), asyncio.Event()

    def let_new_through(self) -> None:
        """Forward on the connections that were opened after those that are forgotten."""
        self._forwarding.set()
        self._answering.set()

    def cut(self) -> None:
        """Drop all connections with whatever is held, and forward again for new ones."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()
        self._forwarding.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward one connection, both ways, until either side ends it."""
        forwarding, answering = self._forwarding, self._answering
        this = asyncio.current_task()
        self._serving.add(this)
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
            self._writers |= {writer, back}
            async with asyncio.TaskGroup() as group:
                group.create_task(_pump(reader, back, forwarding, self._passed_on))
                group.create_task(_pump(there, writer, answering, bytes))
        finally:
            self._serving.discard(this)

    def _passed_on(self, data: bytes) -> bytes:
        if not self._breaking_off:
            return data
        self._breaking_off = False
        self.hold()
        return data[:-1]

    async def end(self) -> None:
        """Drop all connections, the forgotten ones too, and wait until nobody serves any."""
        for event in [*self._forgotten, self._answering]:
            event.set()
        while serving := [task for task in self._serving if task]:
            self.cut()  # again and again: one may just have been opened
            await asyncio.wait(serving, timeout=0.1)


def _set() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


async def _pump(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    open_: asyncio.Event,
    passed_on: Callable[[bytes], bytes],
) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(CHUNK):
            await open_.wait()
            if writer.is_closing():  # cut meanwhile; to write then is an error on uvloop
                return
            writer.write(passed_on(data))
            await writer.drain()
    writer.close()


@asynccontextmanager
async def listening(one: Proxy, tls: ssl.SSLContext | None = None) -> AsyncIterator[Proxy]:
    """Let it take connections."""
    server = await asyncio.start_server(one.serve, "127.0.0.1", 0, ssl=tls)
    one.port = server.sockets[0].getsockname()[1]
    try:
        yield one
    finally:
        server.close()
        await one.end()


def proxy(target: int) -> AbstractAsyncContextManager[Proxy]:
    """Give a proxy to the given port."""
    return listening(Proxy(target))
