"""A command that workers may die of is handled alone, when nothing before it is on its way."""

import asyncio
from typing import Any, cast

from pamqp import commands as spec
from pamqp.header import ContentHeader

from worker.messaging.intake import COUNTED, Intake
from worker.messaging.link import Link
from worker.storage.suspects import Suspects


class Broker:
    """A link whose broker takes every acknowledgement."""

    def __init__(self) -> None:
        self.lost = asyncio.Event()
        self.raw = self

    def consumes(self, _: str | None) -> bool:
        """Yes."""
        return True

    async def basic_ack(self, _: int, **__: bool) -> None:
        """Take it."""


class Noted:
    """Suspects, as they are noted."""

    def __init__(self) -> None:
        self.hashes: list[bytes] = []

    async def attempt(self, message: bytes) -> int:
        """Note one."""
        self.hashes.append(message)
        return self.hashes.count(message)


def _deliver(intake: Intake, tag: int, count: int) -> None:
    """Deliver the message of that number, which came back so many times."""
    method = spec.Basic.Deliver("ctag", tag, count > 0, "e", "r").marshal()
    properties = spec.Basic.Properties(headers={"x-delivery-count": count})
    header = ContentHeader(body_size=1, properties=properties).marshal()
    intake.delivered(method, header, b"%d" % tag)


async def _turns() -> None:
    """Let whatever can go on do so."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_suspect_waits_for_those_before_it() -> None:
    """Innocent or suspects too: were they to come again, they would be noted in its place."""
    noted = Noted()
    intake = Intake(cast("Link", Broker()), cast("Suspects", noted), 0)
    _deliver(intake, 1, count=0)
    for tag in (2, 3):
        _deliver(intake, tag, COUNTED)
    before = await intake.take(10)
    for number in (0, 1):
        taking = asyncio.create_task(intake.take(10))
        await _turns()
        assert (taking.done(), len(noted.hashes)) == (False, number)
        await intake.settle(before)
        before = await asyncio.wait_for(taking, 5)
        assert [one.tag for one in before] == [number + 2]
    assert len(set(noted.hashes)) == 2


async def test_a_suspect_that_waits_can_be_told_to_stop() -> None:
    """It then goes back to the queue, as if it had not come."""
    noted: Any = Noted()
    intake = Intake(cast("Link", Broker()), noted, 0)
    _deliver(intake, 1, count=0)
    _deliver(intake, 2, COUNTED)
    await intake.take(10)
    taking = asyncio.create_task(intake.take(10))
    await _turns()
    intake.stop()
    assert await asyncio.wait_for(taking, 5) == []
    assert noted.hashes == []
