"""TLS in front of a server that has none: what it sends and gets is forwarded as it is."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trustme

from tests.support.proxy import Proxy, listening

SSL_REQUEST = (8).to_bytes(4) + (80_877_103).to_bytes(4)
"""How a client of PostgreSQL asks for TLS. Source: its manual, "Message Formats"."""


def server_side(authority: trustme.CA) -> ssl.SSLContext:
    """Return what a server on the loopback address needs, with a certificate of this authority."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@asynccontextmanager
async def tls_from_the_start(target: int, authority: trustme.CA) -> AsyncIterator[int]:
    """Give a port that speaks TLS, as `amqps` does, before a server's own."""
    async with listening(Proxy(target), server_side(authority)) as one:
        yield one.port


@asynccontextmanager
async def tls_when_asked(target: int, authority: trustme.CA) -> AsyncIterator[int]:
    """Give a port that speaks TLS when asked for it, as PostgreSQL does."""
    context = server_side(authority)

    class Upgrading(Proxy):
        async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            assert await reader.readexactly(len(SSL_REQUEST)) == SSL_REQUEST, "TLS not asked for"
            writer.write(b"S")
            await writer.start_tls(context)
            await super().serve(reader, writer)

    async with listening(Upgrading(target)) as one:
        yield one.port
