"""A tap on the bytes of a connection: what comes in thousands is read here, without a task each.

aiormq reads each frame with several awaits and hands each delivery to a task of its own, and each
confirm to a future; that is most of what a command costs (`docs/decisions/0013-tap.md`). The tap
cuts deliveries, returned messages and confirms of the channels that have a listener out of the
stream as they arrive. All other frames go on to aiormq, byte for byte and in their order.

Source: AMQP 0-9-1, sections 2.3.5 (frames) and 2.3.6 (contents).
"""

import asyncio
import struct
from contextlib import suppress
from typing import Any, cast

import aio_pika
from aio_pika.abc import ConnectionParameter
from aiormq.connection import TCPTransportFactory, TLSTransportFactory, TransportFactory
from yarl import URL

from worker.messaging.wire import FRAME, HEADER

METHOD, HEARTBEAT = 1, 8
"""Types of frames, beside those of a content; what begins with anything higher is no frame but a
refusal of the protocol."""

DELIVER, RETURN, ACK, NACK = 0x3C003C, 0x3C0032, 0x3C0050, 0x3C0078
BLOCKED, UNBLOCKED = 0x0A003C, 0x0A003D
"""Methods, by class and number."""

METHOD_INDEX = struct.Struct(">I")
CONFIRM = struct.Struct(">QB")
BODY_SIZE = struct.Struct(">4xQ")


class Listener:
    """Whoever wants what is read for a channel; an error raised here ends the connection.

    What it does not ask for, as it consumes or publishes nothing there, is passed over.
    """

    def delivered(self, arguments: bytes, header: bytes, body: bytes) -> None:
        """Take a delivery: its method's arguments, its content header's payload, its body."""

    def returned(self, header: bytes) -> None:
        """Take note that a published message could not be routed; its confirm is still to come."""

    def confirmed(self, tag: int, *, multiple: bool, accepted: bool) -> None:
        """Take the broker's word on a publish, or on all of them up to it."""

    def all_told(self) -> None:
        """Go on, if there is anything to do: all that has arrived so far is told."""


class Content:
    """A message whose frames are coming in."""

    __slots__ = ("arguments", "header", "left", "method", "parts")

    def __init__(self, method: int, arguments: bytes) -> None:
        self.method = method
        self.arguments = arguments
        self.header = b""
        self.left = 0
        self.parts: list[bytes] = []

    def body(self) -> bytes:
        """Return the body, of one frame or many."""
        return self.parts[0] if len(self.parts) == 1 else b"".join(self.parts)


class Tap(asyncio.Protocol):
    """Stands between the transport and aiormq's reader, from the first byte on.

    Attributes:
        listeners: by the number of their channel.
        blocked: whether the broker says that it reads nothing of what is published here.
    """

    def __init__(self, behind: asyncio.Protocol, transport: asyncio.Transport) -> None:
        self.listeners: dict[int, Listener] = {}
        self.blocked = False
        self._behind = behind
        self._transport = transport
        self._contents: dict[int, Content] = {}
        self._rest = b""
        self._broken = False

    def write(self, frames: bytes) -> None:
        """Send whole frames; what aiormq sends goes before or after them, never between."""
        # aiormq ends a lost connection's writing some time before it tells of the loss.
        with suppress(RuntimeError):
            self._transport.write(frames)

    def data_received(self, data: bytes) -> None:
        """Take what is for a listener, and hand on the rest."""
        if self._broken:
            return
        # An error ends the connection, but over TLS not before the next read: by then the place
        # in the stream is lost, and what came before was not handed on.
        self._broken = True
        self._read(self._rest + data)
        self._broken = False

    def _read(self, data: bytes) -> None:
        at = passed = 0
        while len(data) - at >= FRAME.size:
            kind, channel, size = FRAME.unpack_from(data, at)
            start = at + FRAME.size
            end = start + size + 1
            if kind > HEARTBEAT:
                at = len(data)
                break
            if end > len(data):
                break
            if self._taken(kind, channel, data, start, end - 1):
                self._pass_on(data, passed, at)
                passed = end
            at = end
        self._pass_on(data, passed, at)
        self._rest = data[at:]
        for listener in tuple(self.listeners.values()):
            listener.all_told()

    def _pass_on(self, data: bytes, start: int, end: int) -> None:
        if start < end:
            self._behind.data_received(data[start:end])

    def _taken(self, kind: int, channel: int, data: bytes, start: int, end: int) -> bool:
        listener = self.listeners.get(channel)
        if listener is None:
            if channel == 0 and kind == METHOD:
                self._look(METHOD_INDEX.unpack_from(data, start)[0])
            return False
        if kind == METHOD:
            return self._method(listener, channel, data, start, end)
        content = self._contents.get(channel)
        if content is None:
            return False
        if kind == HEADER:
            content.header = data[start:end]
            (content.left,) = BODY_SIZE.unpack_from(content.header)
        else:
            content.parts.append(data[start:end])
            content.left -= end - start
        if content.left <= 0:
            del self._contents[channel]
            _give(listener, content)
        return True

    def _method(self, listener: Listener, channel: int, data: bytes, start: int, end: int) -> bool:
        (method,) = METHOD_INDEX.unpack_from(data, start)
        start += METHOD_INDEX.size
        if method in (DELIVER, RETURN):
            self._contents[channel] = Content(method, data[start:end])
        elif method in (ACK, NACK):
            tag, bits = CONFIRM.unpack_from(data, start)
            listener.confirmed(tag, multiple=bool(bits & 1), accepted=method == ACK)
        else:
            return False
        return True

    def _look(self, method: int) -> None:
        if method in (BLOCKED, UNBLOCKED):
            self.blocked = method == BLOCKED

    def connection_lost(self, exc: Exception | None) -> None:
        """Hand it on, as all that follows."""
        self._behind.connection_lost(exc)

    def eof_received(self) -> bool | None:
        """Hand it on."""
        return self._behind.eof_received()

    def pause_writing(self) -> None:
        """Hand it on."""
        self._behind.pause_writing()

    def resume_writing(self) -> None:
        """Hand it on."""
        self._behind.resume_writing()


def _give(listener: Listener, content: Content) -> None:
    if content.method == DELIVER:
        listener.delivered(content.arguments, content.header, content.body())
    else:
        listener.returned(content.header)


class Tapped(TransportFactory):
    """Makes aiormq's own transports, with a tap put in before the first byte is read."""

    tap: Tap

    async def create(
        self,
        url: URL,
        **kwargs: Any,  # noqa: ANN401 - aiormq's own, handed on
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect."""
        own = TLSTransportFactory() if url.scheme == "amqps" else TCPTransportFactory()
        reader, writer = await own.create(url, **kwargs)
        transport = cast("asyncio.Transport", writer.transport)
        self.tap = Tap(cast("asyncio.Protocol", transport.get_protocol()), transport)
        transport.set_protocol(self.tap)
        return reader, writer


class TappedConnection(aio_pika.Connection):
    """aio-pika's connection, which hands a transport factory on to aiormq."""

    PARAMETERS = (
        *aio_pika.Connection.PARAMETERS,
        ConnectionParameter("transport_factory", parser=lambda given: given, is_kwarg=True),
    )
