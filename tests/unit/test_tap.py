"""The tap: what is for a listener is taken, whole, however the bytes arrive; the rest goes on."""

import asyncio
import socket
from datetime import UTC, datetime
from typing import Any, cast
from unittest.mock import Mock

import pytest
from aiormq.abc import AbstractChannel
from hypothesis import given
from hypothesis import strategies as st
from pamqp import commands as spec
from pamqp import frame as pamqp_frame
from pamqp.body import ContentBody
from pamqp.header import ContentHeader
from pamqp.heartbeat import Heartbeat

from tests.support.waiting import until
from worker.messaging.received import properties_of, received
from worker.messaging.tap import Listener, Tap
from worker.messaging.wire import Outgoing, event_properties, frames

OURS, OTHERS = 1, 2
FULL = spec.Basic.Properties(
    content_type="application/json",
    content_encoding="utf-8",
    headers={"venue-id": "v", "n": 5, "table": {"a": [1, "x"]}},
    delivery_mode=2,
    priority=9,
    correlation_id="c",
    reply_to="answers",
    expiration="60000",
    message_id="m",
    timestamp=datetime(2026, 11, 24, tzinfo=UTC),
    message_type="venue.create",
    user_id="guest",
    app_id="a",
)


class Aiormq(asyncio.Protocol):
    """What stands behind the tap."""

    def __init__(self) -> None:
        self.got = b""
        self.calls: list[str] = []

    def data_received(self, data: bytes) -> None:
        """Keep the bytes."""
        self.got += data

    def eof_received(self) -> bool:
        """Note it, and keep the transport open."""
        self.calls.append("eof")
        return True

    def pause_writing(self) -> None:
        """Note it."""
        self.calls.append("pause")

    def resume_writing(self) -> None:
        """Note it."""
        self.calls.append("resume")

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the protocol's
        """Note it."""
        self.calls.append("lost")


class Noting(Listener):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.by_then: list[int] = []

    def delivered(self, arguments: bytes, header: bytes, body: bytes) -> None:
        """Keep the delivery."""
        one = received(arguments, header, body)
        self.told.append((one.tag, one.redelivered, one.exchange, one.routing_key, one.body))

    def returned(self, header: bytes) -> None:
        """Keep its id."""
        self.told.append(("returned", properties_of(header)["message_id"]))

    def confirmed(self, tag: int, *, multiple: bool, accepted: bool) -> None:
        """Keep it."""
        self.told.append((tag, multiple, accepted))

    def all_told(self) -> None:
        """Note how much it was told by then."""
        self.by_then.append(len(self.told))


def _frames(channel: int, *some: Any) -> bytes:
    return b"".join(pamqp_frame.marshal(one, channel) for one in some)


def _delivery(channel: int, tag: int, *parts: bytes) -> bytes:
    size = sum(map(len, parts))
    method = spec.Basic.Deliver(
        consumer_tag="ctag", delivery_tag=tag, redelivered=tag == 7, exchange="e", routing_key="r"
    )
    bodies = [ContentBody(part) for part in parts]
    return _frames(channel, method, ContentHeader(body_size=size, properties=FULL), *bodies)


STREAM = [
    (False, _frames(0, spec.Connection.OpenOk())),
    (True, _delivery(OURS, 6, b"one")),
    (True, _delivery(OURS, 7, b"tw", b"o")),
    (False, _frames(0, Heartbeat())),
    (False, _delivery(OTHERS, 1, b"not ours")),
    (True, _delivery(OURS, 8)),
    (False, _frames(OURS, spec.Channel.FlowOk(active=True))),
    (True, _frames(OURS, spec.Basic.Ack(delivery_tag=3, multiple=True))),
    (True, _frames(OURS, spec.Basic.Nack(delivery_tag=4, multiple=False, requeue=True))),
    (
        True,
        _frames(
            OURS,
            spec.Basic.Return(reply_code=312, reply_text="", exchange="", routing_key="q"),
            ContentHeader(body_size=2, properties=FULL),
            ContentBody(b"ab"),
        ),
    ),
    (False, _frames(OURS, spec.Basic.Cancel(consumer_tag="ctag", nowait=True))),
]
TOLD = [
    (6, False, "e", "r", b"one"),
    (7, True, "e", "r", b"two"),
    (8, False, "e", "r", b""),
    (3, True, True),
    (4, False, False),
    ("returned", "m"),
]


def _tap() -> tuple[Tap, Noting, Aiormq]:
    behind, listener = Aiormq(), Noting()
    tap = Tap(behind, cast("asyncio.Transport", None))
    tap.listeners[OURS] = listener
    return tap, listener, behind


@given(st.lists(st.integers(1, 60), min_size=1))
def test_however_the_bytes_arrive(sizes: list[int]) -> None:
    """Frames are found whatever the pieces; those of others come out as they went in."""
    stream = b"".join(part for _, part in STREAM)
    tap, listener, behind = _tap()
    at = turn = 0
    while at < len(stream):
        size = sizes[turn % len(sizes)]
        tap.data_received(stream[at : at + size])
        at, turn = at + size, turn + 1
    assert listener.told == TOLD
    assert behind.got == b"".join(part for ours, part in STREAM if not ours)


def test_all_at_once() -> None:
    """The same in one piece, after which it is told once that this is all."""
    tap, listener, behind = _tap()
    tap.data_received(b"".join(part for _, part in STREAM))
    assert listener.told == TOLD
    assert listener.by_then == [len(TOLD)]
    assert behind.got == b"".join(part for ours, part in STREAM if not ours)


def test_without_a_listener() -> None:
    """Everything goes on."""
    tap, _, behind = _tap()
    tap.listeners.clear()
    tap.data_received(b"".join(part for _, part in STREAM))
    assert behind.got == b"".join(part for _, part in STREAM)


def test_another_protocol() -> None:
    """A server that answers with its own protocol's version is aiormq's to refuse."""
    tap, _, behind = _tap()
    tap.data_received(b"AMQP\x00\x01\x00\x00")
    assert behind.got == b"AMQP\x00\x01\x00\x00"


def test_blocked() -> None:
    """The broker's word on whether it reads on is heard, and handed on."""
    tap, _, behind = _tap()
    for frame, blocked in (
        (spec.Connection.Blocked(reason="low on memory"), True),
        (spec.Connection.Unblocked(), False),
    ):
        tap.data_received(_frames(0, frame))
        assert tap.blocked is blocked
    assert len(behind.got) > 0


def test_ends_are_handed_on() -> None:
    """Whoever stands behind hears of the end, and of what else a transport tells, and is heard."""
    tap, _, behind = _tap()
    tap.pause_writing()
    tap.resume_writing()
    assert tap.eof_received() is True
    tap.connection_lost(None)
    assert behind.calls == ["pause", "resume", "eof", "lost"]


def test_after_an_error_nothing_is_taken() -> None:
    """A transport may hand on more before it ends the connection: of a stream with a gap in it."""
    tap, listener, behind = _tap()
    fails = cast("Noting", Mock(spec=Noting, delivered=Mock(side_effect=ValueError)))
    tap.listeners[OURS] = fails
    with pytest.raises(ValueError):  # noqa: PT011 - any that a listener raises
        tap.data_received(_delivery(OURS, 1, b"one"))
    tap.listeners[OURS] = listener
    tap.data_received(_delivery(OURS, 2, b"two") + _frames(0, Heartbeat()))
    assert (listener.told, behind.got) == ([], b"")


async def test_on_a_transport() -> None:
    """What a socket gives is read, and told."""
    ours, theirs = socket.socketpair()
    _, writer = await asyncio.open_connection(sock=ours)
    tap, listener, _ = _tap()
    writer.transport.set_protocol(tap)
    with theirs:
        theirs.sendall(b"".join(part for _, part in STREAM))
        await until(lambda: listener.told == TOLD, "all is told")
    writer.transport.abort()


async def test_an_error_ends_the_connection() -> None:
    """What a listener raises is not lost on the event loop: aiormq hears of the end."""
    ours, theirs = socket.socketpair()
    _, writer = await asyncio.open_connection(sock=ours)
    tap, _, behind = _tap()
    tap.listeners[OURS] = cast("Noting", Mock(spec=Noting, delivered=Mock(side_effect=ValueError)))
    writer.transport.set_protocol(tap)
    with theirs:
        theirs.sendall(_delivery(OURS, 1, b"one"))
        await until(lambda: behind.calls == ["lost"], "the connection is ended")


async def test_a_connection_whose_writing_has_ended() -> None:
    """What is sent on it goes nowhere; that it is lost is told otherwise."""
    ours, theirs = socket.socketpair()
    with theirs:
        _, writer = await asyncio.open_connection(sock=ours)
        tap = Tap(Aiormq(), cast("asyncio.Transport", writer.transport))
        tap.write(b"a")
        writer.write_eof()
        tap.write(b"b")
        assert theirs.recv(10) == b"a"
        writer.close()


@pytest.mark.parametrize("dropped", [name for name in FULL.attributes() if getattr(FULL, name)])
def test_properties(dropped: str) -> None:
    """Each property is read as the client library reads it, whichever others are set."""
    some = {n: getattr(FULL, n) for n in FULL.attributes() if n != dropped and getattr(FULL, n)}
    properties = spec.Basic.Properties(**some)
    payload = ContentHeader(body_size=0, properties=properties).marshal()
    assert properties_of(payload) == some


class Channel:
    """What framing needs of a channel."""

    def __init__(self, frame_max: int) -> None:
        self.number = 5
        self.connection = self
        self.connection_tune = self
        self.frame_max = frame_max


@pytest.mark.parametrize("size", [0, 1, 100, 4088, 4089, 9000])
@pytest.mark.parametrize("mandatory", [True, False])
def test_frames(size: int, mandatory: bool) -> None:  # noqa: FBT001
    """A message is framed as the client library frames it, its body in parts that fit."""
    venue_id, event_id = (
        "0197a1b2-0000-7000-8000-000000000001",
        "0197a1b2-0000-7000-8000-00000000000e",
    )
    body = bytes(n % 251 for n in range(size))
    written = event_properties("application/x", "venue.created", event_id, venue_id)
    properties = spec.Basic.Properties(
        content_type="application/x",
        delivery_mode=2,
        message_id=event_id,
        message_type="venue.created",
        headers={"venue-id": venue_id},
    )
    found = frames(
        cast("AbstractChannel", Channel(4096)),
        Outgoing("venue.events", "venue.created", written, body, mandatory=mandatory),
    )
    most = 4096 - 8
    expected = _frames(
        5,
        spec.Basic.Publish(
            exchange="venue.events", routing_key="venue.created", mandatory=mandatory
        ),
        ContentHeader(body_size=size, properties=properties),
        *(ContentBody(body[start : start + most]) for start in range(0, size, most)),
    )
    assert found == expected
