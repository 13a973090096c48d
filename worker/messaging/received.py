"""A message as it comes over the wire, as a `Delivery`. Source: AMQP 0-9-1, section 4.2."""

import struct
import time
from collections.abc import Callable
from typing import Any

from worker.messaging import lenient
from worker.messaging.delivery import Delivery

Decoder = Callable[[bytes], tuple[int, Any]]
HEADERS = "headers"


def _octet(value: bytes) -> tuple[int, int]:
    return 1, value[0]


PROPERTIES: tuple[tuple[int, str, Decoder], ...] = (
    (0x8000, "content_type", lenient.short_string),
    (0x4000, "content_encoding", lenient.short_string),
    (0x2000, HEADERS, lenient.table),
    (0x1000, "delivery_mode", _octet),
    (0x0800, "priority", _octet),
    (0x0400, "correlation_id", lenient.short_string),
    (0x0200, "reply_to", lenient.short_string),
    (0x0100, "expiration", lenient.short_string),
    (0x0080, "message_id", lenient.short_string),
    (0x0040, "timestamp", lenient.timestamp),
    (0x0020, "message_type", lenient.short_string),
    (0x0010, "user_id", lenient.short_string),
    (0x0008, "app_id", lenient.short_string),
    (0x0004, "cluster_id", lenient.short_string),
)
"""Flag, name and decoder of each basic property, in the order in which they are sent."""

FLAGS = struct.Struct(">12xH")
TAG = struct.Struct(">QB")


def received(arguments: bytes, header: bytes, body: bytes) -> Delivery:
    """Return the delivery, with the time of its arrival.

    Args:
        arguments: those of `basic.deliver`.
        header: the payload of the content header frame.
        body: whole.
    """
    start = 1 + arguments[0]  # the consumer's tag; there is one consumer a channel
    tag, redelivered = TAG.unpack_from(arguments, start)
    size, exchange = lenient.short_string(arguments[start + TAG.size :])
    _, routing_key = lenient.short_string(arguments[start + TAG.size + size :])
    properties = properties_of(header)
    return Delivery(
        body=body,
        tag=tag,
        headers=properties.pop(HEADERS, {}),
        properties=properties,
        exchange=exchange,
        routing_key=routing_key,
        redelivered=bool(redelivered),
        received_at=time.perf_counter(),
    )


def properties_of(header: bytes) -> dict[str, Any]:
    """Return the properties that are set in a content header's payload, the headers among them."""
    (flags,) = FLAGS.unpack_from(header)
    rest = header[FLAGS.size :]
    found: dict[str, Any] = {}
    for flag, name, decoder in PROPERTIES:
        if flags & flag:
            size, found[name] = decoder(rest)
            rest = rest[size:]
    return found
