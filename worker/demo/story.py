"""What the demo does, act by act, and what it saw."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from worker.client import Client, Document
from worker.demo.furnishing import furnish
from worker.demo.parks import Park
from worker.output import people

AT_ONCE = 100
EVENTS_SECONDS = 20.0
DUPLICATES = 40
EVERY = 5
BROKEN = b'{"specversion": "1.0", "type": "venue.create", "data": {"name": "Half a mess'


@dataclass(slots=True)
class Seen:
    """What came back: replies by kind, and the events of the run's tenant."""

    created: int = 0
    rate: float = 0.0
    replies: Counter[str] = field(default_factory=Counter)
    events: list[Document] = field(default_factory=list)
    expected_events: int = 0
    refused: Document = field(default_factory=dict)
    parked: Document = field(default_factory=dict)


class Story:
    """The acts of the demo."""

    def __init__(self, client: Client, parks: list[Park]) -> None:
        self._client = client
        self._parks = parks
        self.seen = Seen()

    async def tell(self) -> Seen:
        """Play all acts."""
        bars = Progress(
            TextColumn("{task.description:28}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=people,
        )
        async with self._client.events() as events:
            listening = asyncio.create_task(self._listen(events))
            with bars:
                await self._create(bars)
                await self._activate(bars)
                await self._furnish(bars)
                await self._resend(bars)
                await self._misbehave()
                await self._events_arrive(bars)
            listening.cancel()
        return self.seen

    async def _create(self, bars: Progress) -> None:
        since = time.perf_counter()
        replies = await self._send(bars, "creating parks", [park.create() for park in self._parks])
        self.seen.rate = len(replies) / (time.perf_counter() - since)
        self.seen.created = sum(r["status"] == "applied" and not r["duplicate"] for r in replies)
        self.seen.expected_events += len(replies)

    async def _activate(self, bars: Progress) -> None:
        chosen = self._parks[::EVERY]
        await self._send(bars, "giving some a capacity", [park.set_capacity() for park in chosen])
        await self._send(bars, "activating those", [park.activate() for park in chosen])
        self.seen.expected_events += 2 * len(chosen)

    async def _furnish(self, bars: Progress) -> None:
        commands = furnish(self._parks[0])
        await self._send(bars, "furnishing one", commands)
        self.seen.expected_events += len(commands)

    async def _resend(self, bars: Progress) -> None:
        again = [park.create() for park in self._parks[:DUPLICATES]]
        await self._send(bars, "sending some again", again)

    async def _misbehave(self) -> None:
        no_capacity = self._parks[1].activate()
        self.seen.refused = await self._client.request(no_capacity)
        self.seen.parked = await self._client.request_bytes(BROKEN, "venue.create")
        self._note([self.seen.refused, self.seen.parked])
        self.seen.expected_events += 1  # the refusal; what cannot be read has no event

    async def _events_arrive(self, bars: Progress) -> None:
        bar = bars.add_task("events arriving", total=self.seen.expected_events)
        deadline = time.monotonic() + EVENTS_SECONDS
        while len(self.seen.events) < self.seen.expected_events and time.monotonic() < deadline:
            bars.update(bar, completed=len(self.seen.events))
            await asyncio.sleep(0.02)
        bars.update(bar, completed=len(self.seen.events))

    async def _send(
        self, bars: Progress, what: str, commands: Iterable[Document]
    ) -> list[Document]:
        waiting = list(commands)
        bar = bars.add_task(what, total=len(waiting))
        turn = asyncio.Semaphore(AT_ONCE)

        async def one(command: Document) -> Document:
            async with turn:
                reply = await self._client.request(command)
            bars.advance(bar)
            return reply

        replies = await asyncio.gather(*map(one, waiting))
        self._note(replies)
        return replies

    def _note(self, replies: Iterable[Document]) -> None:
        for reply in replies:
            self.seen.replies["duplicate" if reply["duplicate"] else reply["status"]] += 1

    async def _listen(self, events: AsyncIterator[Document]) -> None:
        tenant = self._parks[0].tenant
        async for event in events:
            if event["tenantid"] == tenant:
                self.seen.events.append(event)
