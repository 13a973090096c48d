"""AMQP properties that no library of ours would write, as the libraries hand them over."""

import struct
from typing import Any, cast

import pytest
from aio_pika import IncomingMessage
from aiormq.abc import AbstractChannel, DeliveredMessage
from pamqp.commands import Basic
from pamqp.header import ContentHeader

from worker.messaging import lenient
from worker.messaging.received import received

lenient.install()


def _delivered(**properties: Any) -> DeliveredMessage:
    given = Basic.Properties()
    for name, value in properties.items():
        setattr(given, name, value)
    header = ContentHeader(properties=given)
    delivery = Basic.Deliver("consumer", 1, False, "venue.queries", "x")  # noqa: FBT003 - AMQP's
    return DeliveredMessage(
        delivery=delivery, header=header, body=b"", channel=cast("AbstractChannel", None)
    )


@pytest.mark.parametrize("name", ["delivery_mode", "priority"])
@pytest.mark.parametrize("value", [0, 1, 2, 3, 9, 10, 127, 255])
def test_any_byte_is_read(name: str, value: int) -> None:
    """Whatever a property of one byte says, the message reaches who can settle it."""
    message = IncomingMessage(_delivered(**{name: value}))
    assert message.delivery_mode == (2 if (name, value) == ("delivery_mode", 2) else 1)


@pytest.mark.parametrize("value", [1, 2, 3, 255])
def test_commands_keep_what_was_sent(value: int) -> None:
    """A command is kept with the delivery mode that its sender gave it, odd or not."""
    header = struct.pack(">HHQHB", 60, 0, 0, 0x1000, value)
    arguments = b"\x01c" + bytes(9) + b"\x00\x00"
    assert received(arguments, header, b"").properties == {"delivery_mode": value}
