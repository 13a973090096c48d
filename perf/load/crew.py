"""The processes of a load together: several publishers and one subscriber."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from perf.load.line import FIRST, READY_SECONDS, SECOND, STOPPED, Member, member
from perf.load.processes import Tree
from perf.load.publisher import Plan, Sent, publish
from perf.load.sampler import Counts
from perf.load.subscriber import Received, subscribe

LONGEST_SECONDS = 4 * 3600.0


@dataclass(frozen=True, slots=True)
class Crew:
    """All that make the load and see what comes of it."""

    publishers: Sequence[Member]
    subscriber: Member

    def counts(self) -> Counts:
        """Tell how far all are."""
        return Counts(
            sent=sum(one.line.counters[FIRST] for one in self.publishers),
            confirmed=sum(one.line.counters[SECOND] for one in self.publishers),
            received=self.subscriber.line.counters[FIRST],
        )

    def processes(self) -> Tree:
        """Return what makes the load and measures: these processes and the one that asks."""
        members = (*self.publishers, self.subscriber)
        pids = [one.process.pid for one in members if one.process.pid]
        return Tree([os.getpid(), *pids], below=False)

    def stop(self) -> None:
        """Let the publishers send no more than they have."""
        for one in self.publishers:
            one.line.counters[STOPPED] = 1

    async def publish(self, start_ns: int) -> list[Sent]:
        """Have the publishers send all from a time of CLOCK_MONOTONIC on; return their reports."""
        for one in self.publishers:
            one.say(start_ns)
        return list(
            await asyncio.gather(*(one.line.hear(LONGEST_SECONDS) for one in self.publishers))
        )

    async def received(self) -> Received:
        """End the subscriber and return what came."""
        self.subscriber.say("end")
        report: Received = await self.subscriber.line.hear(READY_SECONDS)
        return report


@asynccontextmanager
async def crew(plans: Sequence[Plan]) -> AsyncIterator[Crew]:
    """Have the processes, ready, for the time of a block."""
    async with AsyncExitStack() as stack:
        subscriber = await stack.enter_async_context(member(subscribe, plans[0].url))
        publishers = [await stack.enter_async_context(member(publish, plan)) for plan in plans]
        for one in (subscriber, *publishers):
            await one.ready()
        yield Crew(publishers, subscriber)
