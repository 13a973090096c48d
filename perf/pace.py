"""An upstream service that sends so many commands a second, whatever becomes of the broker."""

import asyncio
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress

import aiormq
from aio_pika.abc import AbstractChannel

from perf.commands import CommandMessage, make_commands
from perf.stage import channel_to, publish

TICK_SECONDS = 0.05
LOT = 200
"""Unconfirmed publishes at a time."""

MADE_AT_ONCE = 500
CONFIRM_SECONDS = 5.0
RECONNECT_SECONDS = 0.2
AWAY = (aiormq.AMQPError, aiormq.exceptions.ChannelInvalidStateError, OSError, TimeoutError)


class Pace:
    """Makes commands at a steady rate, and sends each until the broker has confirmed it.

    Attributes:
        made: commands made so far; those not confirmed wait here, in order.
        confirmed: ids of the commands that the broker has confirmed.
    """

    def __init__(self, url: str, queue: str, per_second: int) -> None:
        self.made = 0
        self.confirmed: set[str] = set()
        self._url = url
        self._queue = queue
        self._per_second = per_second
        self._waiting: deque[CommandMessage] = deque()
        self._commands = _endless()

    @property
    def waiting(self) -> int:
        """Commands made and not confirmed."""
        return len(self._waiting)

    async def make(self) -> None:
        """Make commands at the rate, until cancelled."""
        started = time.monotonic()
        while True:
            due = int((time.monotonic() - started) * self._per_second)
            self._waiting.extend(next(self._commands) for _ in range(due - self.made))
            self.made = due
            await asyncio.sleep(TICK_SECONDS)

    async def send(self) -> None:
        """Send what waits, on a new connection whenever one is lost, until cancelled."""
        while True:
            with suppress(*AWAY):
                async with channel_to(self._url) as channel:
                    while True:
                        await self._send_some(channel)
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _send_some(self, channel: AbstractChannel) -> None:
        lot = [self._waiting[n] for n in range(min(LOT, len(self._waiting)))]
        async with asyncio.timeout(CONFIRM_SECONDS):
            await asyncio.gather(*(publish(channel, self._queue, command) for command in lot))
        for command in lot:
            self.confirmed.add(command.id)
            self._waiting.popleft()
        if not self._waiting:
            await asyncio.sleep(TICK_SECONDS)


def _endless() -> Iterator[CommandMessage]:
    while True:
        yield from make_commands(MADE_AT_ONCE)
