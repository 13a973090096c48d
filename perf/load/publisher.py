"""A publisher: sends its share of the letters, paced or flat out, each confirmed."""

import asyncio
import time
from array import array
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import cast

import aiormq
from aiormq.abc import DeliveredMessage
from pamqp import commands as spec

from perf.load.letters import Letter, letters
from perf.load.line import END_SECONDS, FIRST, SECOND, STOPPED, Line
from perf.load.schedule import Step, share, total
from worker.messaging.envelope import STRUCTURED
from worker.messaging.topology import QUERIES

START_SECONDS = 60.0
MOST_UNCONFIRMED = 500
"""At a time, flat out."""
MOST_BEHIND = 20_000
"""The same of an open loop: a bound on memory, not a pace."""
ANSWER_SECONDS = 30.0
PERSISTENT = 2


@dataclass(frozen=True, slots=True)
class Plan:
    """What a publisher is to send.

    Attributes:
        exchange: where commands go to; the default one takes them to `queue`.
        steps: the rates; none is flat out.
        count: how many messages flat out, all publishers together.
        index: which of so many `publishers` this one is, from 0.
        seed: makes what chance decides of this run differ from another's.
    """

    url: str
    exchange: str
    queue: str
    kind: str
    existing: int
    steps: tuple[Step, ...]
    count: int
    index: int
    publishers: int
    seed: int

    @property
    def _own_seed(self) -> int:
        return self.seed * self.publishers + self.index

    def letters(self) -> list[Letter]:
        """Make this publisher's letters."""
        count = total(self.steps) if self.steps else self.count
        mine = len(range(self.index, count, self.publishers))
        return list(islice(letters(self.kind, self.existing, self._own_seed), mine))

    def offsets(self) -> Iterator[float] | None:
        """Give their intended times in seconds; None flat out."""
        return share(self.steps, self.index, self.publishers) if self.steps else None


@dataclass(slots=True)
class Sent:
    """What a publisher has done.

    Attributes:
        good: ids of confirmed commands that are to be applied.
        bad: ids of confirmed ones that are to be parked.
        told: how many of both have an event.
        unconfirmed: ids of commands that the broker has refused, or not confirmed.
        asked: intended times of the queries that were answered `ok`, in nanoseconds.
        answered: when the answers came.
        unanswered: queries without an answer, or with an error.
        body_bytes: the sizes of all bodies together.
    """

    good: list[str] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)
    told: int = 0
    unconfirmed: list[str] = field(default_factory=list)
    asked: "array[int]" = field(default_factory=lambda: array("q"))
    answered: "array[int]" = field(default_factory=lambda: array("q"))
    unanswered: int = 0
    body_bytes: int = 0


def publish(plan: Plan, line: Line) -> None:
    """Be a publisher: make the letters, wait for the start, send them, report."""
    asyncio.run(Publisher(plan, line).run())


class Publisher:
    """One publisher, on a connection of its own."""

    def __init__(self, plan: Plan, line: Line) -> None:
        self._plan = plan
        self._line = line
        self._sent = Sent()
        self._pending: set[asyncio.Task[None]] = set()
        self._queries = 0
        self._none_open = asyncio.Event()
        self._none_open.set()
        self._replies = ""

    async def run(self) -> None:
        """Send all there is to send, and report."""
        mine = self._plan.letters()
        connection = await aiormq.connect(self._plan.url)
        self._channel = cast("aiormq.Channel", await connection.channel())
        await self._listen()
        self._line.pipe.send("ready")
        await self._send_all(mine, await self._line.hear(START_SECONDS))
        if self._pending:
            await asyncio.wait(self._pending, timeout=END_SECONDS)
        await self._all_answers()
        await connection.close()
        self._line.pipe.send(self._sent)

    async def _send_all(self, mine: list[Letter], start_ns: int) -> None:
        offsets = self._plan.offsets()
        most = MOST_UNCONFIRMED if offsets is None else MOST_BEHIND
        await asyncio.sleep(max(0, start_ns - time.monotonic_ns()) / 1e9)
        for letter in mine:
            now = time.monotonic_ns()
            due = now if offsets is None else start_ns + round(next(offsets) * 1e9)
            # Nothing to wait for gives the others their turn all the same.
            await asyncio.sleep(max(0, due - now) / 1e9)
            if self._line.counters[STOPPED]:
                break
            while len(self._pending) >= most:
                await asyncio.wait(self._pending, return_when=asyncio.FIRST_COMPLETED)
            task = asyncio.create_task(self._send(letter, due))
            self._pending.add(task)
            task.add_done_callback(self._pending.discard)

    async def _send(self, letter: Letter, due: int) -> None:
        mold = letter.mold
        body = letter.body(due)
        exchange, key = self._plan.exchange, mold.type if self._plan.exchange else self._plan.queue
        properties = spec.Basic.Properties(
            content_type=STRUCTURED,
            delivery_mode=PERSISTENT,
            message_id=letter.id,
            message_type=mold.type,
            headers={"venue-id": letter.venue_id},
        )
        if mold.query:
            exchange, key, properties.delivery_mode = QUERIES, mold.type, 1
            properties.reply_to, properties.correlation_id = self._replies, str(due)
            self._queries += 1
            self._none_open.clear()
        else:
            self._line.counters[FIRST] += 1
        self._sent.body_bytes += len(body)
        try:
            await self._channel.basic_publish(
                body, exchange=exchange, routing_key=key, properties=properties, wait=False
            )
        except (aiormq.AMQPError, OSError):
            self._sent.unconfirmed.append(letter.id)
        else:
            self._note(letter)

    def _note(self, letter: Letter) -> None:
        if letter.mold.query:
            return
        self._line.counters[SECOND] += 1
        self._sent.told += letter.mold.told
        (self._sent.good if letter.mold.good else self._sent.bad).append(letter.id)

    async def _listen(self) -> None:
        declared = await self._channel.queue_declare(exclusive=True)
        self._replies = declared.queue or ""
        await self._channel.basic_consume(self._replies, self._on_answer, no_ack=True)

    async def _on_answer(self, message: DeliveredMessage) -> None:
        self._queries -= 1
        if not self._queries:
            self._none_open.set()
        if b'"status":"ok"' in message.body:
            self._sent.answered.append(time.monotonic_ns())
            self._sent.asked.append(int(message.header.properties.correlation_id or 0))
        else:
            self._sent.unanswered += 1

    async def _all_answers(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._none_open.wait()
        self._sent.unanswered += self._queries
