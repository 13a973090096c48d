"""One publisher, a process of its own: paced, confirmed, and a journal of what it confirmed.

Several venues at once, each one's commands strictly one after the other. What is not confirmed is
sent again with the same id. A line of the journal is written before a command is first sent, and
another when the broker has confirmed it.
"""

import asyncio
import hashlib
import json
import logging
import random
import sys
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

import aio_pika
import aiormq
from aio_pika.abc import AbstractExchange

from tests.chaos.model import Document, Expected, Venue, deferred, garbage, new_id

VENUES_AT_ONCE = 20
COMMANDS_A_VENUE = 40
CONFIRM_SECONDS = 10.0
DUPLICATES, CONFLICTS, GARBAGE, DEFERRALS = 0.04, 0.01, 0.02, 0.02
BROKER = (aiormq.AMQPError, aiormq.exceptions.ChannelInvalidStateError, OSError, TimeoutError)


class Publisher:
    """Sends so many commands at such a rate, through whatever happens to the broker."""

    def __init__(self, url: str, seed: str, count: int, rate: float, journal: TextIO) -> None:
        self._url = url
        self._seed = seed
        self._rate = rate
        self._left = count
        self._journal = journal
        self._began = time.monotonic()
        self._sent = 0
        self._exchange: AbstractExchange | None = None
        self._connecting = asyncio.Lock()

    async def run(self) -> None:
        """Send all of it."""
        async with asyncio.TaskGroup() as group:
            for number in range(VENUES_AT_ONCE):
                group.create_task(self._one_after_the_other(number))

    async def _one_after_the_other(self, number: int) -> None:
        rng = random.Random(f"{self._seed}-{number}")
        tenant = new_id(rng)
        while self._left > 0:
            venue = Venue(rng, tenant)
            for _ in range(rng.randrange(3, COMMANDS_A_VENUE)):
                if self._left <= 0:
                    return
                await self._something(rng, venue)

    async def _something(self, rng: random.Random, venue: Venue) -> None:
        draw = rng.random()
        if draw < GARBAGE:
            await self._send("garbage", garbage(rng, venue.tenant), None)
        elif draw < GARBAGE + DEFERRALS:
            await self._send("deferred", *deferred(rng, venue.tenant))
        elif draw < GARBAGE + DEFERRALS + CONFLICTS and venue.sent:
            other = {**rng.choice(venue.sent), "actorid": "somebody else"}
            await self._send("conflict", other, None)
        elif draw < GARBAGE + DEFERRALS + CONFLICTS + DUPLICATES and venue.sent:
            await self._send("duplicate", rng.choice(venue.sent), None)
        else:
            await self._send("command", *venue.next())

    async def _send(self, kind: str, one: Document | bytes, expected: Expected | None) -> None:
        self._left -= 1
        self._sent += 1
        await asyncio.sleep(max(0.0, self._began + self._sent / self._rate - time.monotonic()))
        body = one if isinstance(one, bytes) else json.dumps(one).encode()
        entry: dict[str, Any] = {"kind": kind, "sha256": hashlib.sha256(body).hexdigest()}
        if isinstance(one, dict):
            entry |= {name: one[name] for name in ("id", "tenantid", "subject", "type")}
        if expected is not None:
            entry["expected"] = asdict(expected)
        number = self._sent
        self._write({"number": number, **entry})
        await self._confirmed(body, one if isinstance(one, dict) else {})
        self._write({"confirmed": number})

    async def _confirmed(self, body: bytes, document: Document) -> None:
        message = aio_pika.Message(
            body,
            content_type="application/cloudevents+json",
            delivery_mode=2,
            # One of its own: the library would make another at each try, and another message of it.
            message_id=hashlib.sha256(body).hexdigest(),
            headers={"venue-id": document.get("subject", "")},
        )
        while True:
            try:
                exchange = await self._connected()
                async with asyncio.timeout(CONFIRM_SECONDS):
                    await exchange.publish(message, document.get("type", "garbage"))
            except (Exception, asyncio.CancelledError) as error:
                # A connection that ends cancels what waits for its confirm, or fails it with a bare
                # Exception.
                lost = isinstance(error, (*BROKER, asyncio.CancelledError))
                if _is_cancelled() or not (lost or type(error) is Exception):
                    raise
                await self._lost()
            else:
                return

    async def _connected(self) -> AbstractExchange:
        async with self._connecting:
            if self._exchange is None:
                async with asyncio.timeout(CONFIRM_SECONDS):
                    self._connection = await aio_pika.connect(self._url)
                    channel = await self._connection.channel()
                    self._exchange = await channel.get_exchange("venue.commands", ensure=False)
            return self._exchange

    async def _lost(self) -> None:
        async with self._connecting:
            if self._exchange is not None:
                self._exchange = None
                with suppress(*BROKER):
                    async with asyncio.timeout(1):
                        await self._connection.close()
        await asyncio.sleep(0.2)

    def _write(self, entry: dict[str, Any]) -> None:
        self._journal.write(json.dumps(entry) + "\n")
        self._journal.flush()


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and bool(task.cancelling())


async def _main(url: str, seed: str, count: str, rate: str, path: str) -> None:
    with Path(path).open("w") as journal:  # noqa: ASYNC230 - a file of its own, written by lines
        await Publisher(url, seed, int(count), float(rate), journal).run()


if __name__ == "__main__":
    logging.disable()  # lost connections are what this is about
    asyncio.run(_main(*sys.argv[1:]))
