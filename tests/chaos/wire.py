"""The network between the workers and a server: cut at any byte, or silent while it looks open."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

CHUNK = 65_536


class Wire:
    """Forwards to one server on the loopback address.

    Attributes:
        port: where it listens.
    """

    def __init__(self, target: int) -> None:
        self.port = 0
        self._target = target
        self._flows = {"in": asyncio.Event(), "out": asyncio.Event()}
        for flow in self._flows.values():
            flow.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._until_cut: int | None = None

    def cut_after(self, count: int) -> None:
        """Drop all connections once so many more bytes have passed, in both directions together."""
        self._until_cut = count

    def silence(self, *directions: str) -> None:
        """Forward nothing any more, "in" to the server or "out" of it, and close nothing."""
        for direction in directions or self._flows:
            self._flows[direction].clear()

    def heal(self) -> None:
        """Forward again; connections that were silent are dropped, as their peers gave them up."""
        self._until_cut = None
        if not all(flow.is_set() for flow in self._flows.values()):
            self._cut()
            for flow in self._flows.values():
                flow.set()

    def _cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()
        self._until_cut = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward one connection until either side ends it."""
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, back}
        await asyncio.gather(
            self._pump(reader, back, self._flows["in"]),
            self._pump(there, writer, self._flows["out"]),
        )
        self._writers -= {writer, back}

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, flow: asyncio.Event
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                await flow.wait()
                if writer.is_closing():  # cut meanwhile; to write then is an error on uvloop
                    return
                if self._until_cut is not None and len(data) >= self._until_cut:
                    writer.write(data[: self._until_cut])  # the rest of the frame never arrives
                    await asyncio.sleep(0)
                    self._cut()
                    return
                if self._until_cut is not None:
                    self._until_cut -= len(data)
                writer.write(data)
                await writer.drain()
        writer.close()


@asynccontextmanager
async def wire(target: int) -> AsyncIterator[Wire]:
    """Give a wire to the given port."""
    one = Wire(target)
    server = await asyncio.start_server(one.serve, "127.0.0.1", 0)
    one.port = server.sockets[0].getsockname()[1]
    try:
        yield one
    finally:
        one.silence()
        one.heal()
        server.close()
