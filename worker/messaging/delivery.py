"""A message as the broker handed it out, apart from any client library."""

import base64
import hashlib
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic_core import to_json

from worker.domain.state import rfc3339
from worker.storage.deferred import Shelved

DEEPEST = 16
"""Levels of nesting in headers that are kept as JSON; what is deeper is kept as text."""

BYTES, TABLE = "base64", "table"
"""Names by which kept properties say what JSON has no word for."""
OURS = frozenset({BYTES, TABLE})

BROKERS_OWN = ("x-delivery-count", "x-acquired-count", "x-death", "x-first-death-", "x-last-death-")
"""Beginnings of headers that the broker adds and changes between deliveries of a message."""


@dataclass(frozen=True, slots=True)
class GivenUp:
    """Why a delivery is not to be decided any more.

    Attributes:
        why: a sentence for operators.
        safe_to_read: False where even reading it may be what ends the process.
    """

    why: str
    safe_to_read: bool = True


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery of a message: its body, its AMQP properties, and how to settle it.

    Attributes:
        tag: the delivery tag; it means something on the channel it came from alone.
        properties: the AMQP basic properties that were set, without `headers`.
        received_at: `time.perf_counter()` on arrival, in seconds.
        shelved: where it comes from the database instead of the broker: which row it is.
        given_up: where it is only to be parked: why.
    """

    body: bytes
    tag: int = 0
    headers: dict[str, Any] = field(default_factory=dict)
    properties: dict[str, Any] = field(default_factory=dict)
    exchange: str = ""
    routing_key: str = ""
    redelivered: bool = False
    received_at: float = 0.0
    shelved: Shelved | None = None
    given_up: GivenUp | None = None

    @property
    def count(self) -> int:
        """How often it was delivered before without being settled, as the broker counts."""
        # On a first delivery the header would be the sender's own.
        value = self.headers.get("x-delivery-count") if self.redelivered else 0
        return value if isinstance(value, int) else 0

    def text_property(self, name: str) -> str | None:
        """Return a property if it is a text that is not empty; one with a NUL is none."""
        value = self.properties.get(name)
        return value if isinstance(value, str) and value and "\0" not in value else None

    def kept_properties(self) -> dict[str, Any]:
        """Return all that a replay needs beside the body, as JSON values."""
        headers = {n: v for n, v in self.headers.items() if not n.startswith(BROKERS_OWN)}
        return {
            "exchange": _printable(self.exchange),
            "routing_key": _printable(self.routing_key),
            "properties": _plain(self.properties),
            "headers": _plain(headers),
        }


def restored(
    body: bytes,
    kept: dict[str, Any],
    shelved: Shelved | None = None,
    given_up: GivenUp | None = None,
) -> Delivery:
    """Return the delivery of which `kept_properties` were kept.

    Whatever stands there, it does not raise: who takes one command up must not fail for another.
    """
    now = time.perf_counter()
    try:
        headers, properties = _unplain(kept["headers"]), _unplain(kept["properties"])
        exchange, routing_key = kept["exchange"], kept["routing_key"]
    except (KeyError, TypeError, ValueError) as error:
        unread = GivenUp(f"its kept properties cannot be read: {error!r}", safe_to_read=False)
        return Delivery(body, received_at=now, shelved=shelved, given_up=unread)
    return Delivery(
        body=body,
        headers=headers,
        properties=properties,
        exchange=exchange,
        routing_key=routing_key,
        received_at=now,
        shelved=shelved,
        given_up=given_up,
    )


def parking_hash(body: bytes, kept_properties: dict[str, Any]) -> bytes:
    """Return the SHA-256 by which a message that comes again is known as the same one."""
    digest = hashlib.sha256(to_json(kept_properties))
    digest.update(b"\0")
    digest.update(body)
    return digest.digest()


def _plain(value: Any, level: int = 0) -> Any:  # noqa: ANN401 - AMQP tables hold values of many types
    if level > DEEPEST:
        return {"deeper": _printable(repr(value))}
    match value:
        case dict():
            table = {_printable(str(k)): _plain(value[k], level + 1) for k in sorted(value)}
            # A sender's own table that looks like one of ours is wrapped.
            return {TABLE: table} if len(table) == 1 and table.keys() <= OURS else table
        case list() | tuple():
            return [_plain(item, level + 1) for item in value]
        case None | bool() | int():
            return value
        case bytes() | bytearray():
            return {BYTES: base64.b64encode(value).decode()}
        case datetime():
            value = rfc3339(value.astimezone(UTC))
    return _printable(str(value))  # floats too: JSON has no word for some of them


def _unplain(value: Any) -> Any:  # noqa: ANN401 - the same
    match value:
        case dict() if value.keys() == {BYTES}:
            return base64.b64decode(value[BYTES], validate=True)
        case dict() if value.keys() == {TABLE}:
            return {name: _unplain(item) for name, item in value[TABLE].items()}
        case dict():
            return {name: _unplain(item) for name, item in value.items()}
        case list():
            return [_unplain(item) for item in value]
    return value


def _printable(text: str) -> str:
    # PostgreSQL's jsonb knows no NUL, and UTF-8 no lone surrogate.
    return text.replace("\0", "\\u0000").encode("utf-8", "backslashreplace").decode()
