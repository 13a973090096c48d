"""AMQP properties that the client library cannot decode: read as well as can be.

The broker passes on property bytes that are not UTF-8, timestamps that no calendar has (a
publisher's nanoseconds) and tables of types it does not know. pamqp raises for these in the middle
of the reader, which ends the connection, and so would every redelivery: one such message would
keep all others waiting. Its tables of decoders are public; those that can fail get a fallback.

aio-pika in turn has a word for two of the 256 delivery modes that a byte can say, and raises for
the others before anybody is called who could settle the message: each would hold a place among
those that are handed out, until none is left.
"""

import struct
from datetime import UTC, datetime
from typing import Any

from aio_pika.abc import DeliveryMode
from pamqp import decode

UNREADABLE = "undecodable"
NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""What a timestamp reads as that no calendar has."""

CANNOT_DECODE = (ValueError, OverflowError, OSError, RecursionError)
LENGTH = struct.Struct(">I")


def short_string(value: bytes) -> tuple[int, str]:
    """Decode a short string; bytes that are not UTF-8 become replacement characters."""
    try:
        return decode.short_str(value)
    except UnicodeDecodeError:
        end = value[0] + 1
        return end, value[1:end].decode("utf-8", "replace")


def timestamp(value: bytes) -> tuple[int, datetime]:
    """Decode a timestamp; one out of all range becomes `NEVER`."""
    try:
        return decode.timestamp(value)
    except CANNOT_DECODE:
        return 8, NEVER


def table(value: bytes) -> tuple[int, dict[str, Any]]:
    """Decode a table; one that cannot be decoded becomes a table of its bytes."""
    try:
        return decode.field_table(value)
    except CANNOT_DECODE:
        end = LENGTH.size + LENGTH.unpack(value[: LENGTH.size])[0]
        return end, {UNREADABLE: value[LENGTH.size : end]}


def delivery_mode(modes: type[DeliveryMode], _: object) -> DeliveryMode:
    """Return what a mode counts as that AMQP does not know: to the broker, not persistent."""
    return modes.NOT_PERSISTENT


def install() -> None:
    """Put the lenient decoders into pamqp's tables, and a word for all modes into aio-pika's."""
    decode.METHODS.update(shortstr=short_string, timestamp=timestamp, table=table)
    decode.TABLE_MAPPING.update({b"T": timestamp, b"F": table})
    DeliveryMode._missing_ = classmethod(delivery_mode)  # type: ignore[method-assign,assignment]
