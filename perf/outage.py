"""Broker away, then database away, under a steady load: what waits where, and is anything lost?"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import port_for

from perf.contestants import Contestant, RoundFailedError, running
from perf.outage_looks import Looks
from perf.pace import Pace
from perf.stage import fresh_database, fresh_queues, published_ids
from worker.local import Services
from worker.local.server import Server

DATABASE = "venue_perf"
CALM_SECONDS = 10.0
"""Before the first outage and between the two."""

LOOK_SECONDS = 0.1
DRAIN_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at everything; None where nobody answers.

    Attributes:
        at: seconds since the start.
        unsent: commands that the publisher has not got rid of.
        queued: commands that wait in the queue.
    """

    at: float
    phase: str
    made: int
    confirmed: int
    unsent: int
    queued: int | None
    outcomes: int | None
    outbox: int | None
    ready: bool


@dataclass(frozen=True, slots=True)
class Passed:
    """How one outage went, in seconds: until health told of it, and after the server was back."""

    server: str
    away: float
    told: float
    ready_again: float
    first_outcome: float
    drained: float


@dataclass(frozen=True, slots=True)
class Findings:
    """All of it: the samples, the outages, and what is left of the commands at the end."""

    samples: list[Sample]
    outages: list[Passed]
    confirmed: int
    lost: int
    parked: int
    events: int
    unpublished: int


class Outage:
    """The scenario. `run` takes the two outages and some calm before, between and after."""

    def __init__(self, services: Services, seconds: float, per_second: int, every: float) -> None:
        self._services = services
        self._seconds = seconds
        self._per_second = per_second
        self._every = every
        self._phase = "calm"
        self._samples: list[Sample] = []
        self._looks: Looks

    async def run(self, contestant: Contestant, show: Callable[[Sample], None]) -> Findings:
        """Run it and return the findings.

        Raises:
            RoundFailedError: the worker ended, or did not get done with what had waited.
        """
        broker, http_port = self._services.broker.url, port_for.select_random()
        async with (
            fresh_database(self._services.database.url, DATABASE) as database,
            fresh_queues(broker, contestant.queue),
            running(contestant, broker, database, http_port=http_port),
        ):
            self._looks = Looks(broker, contestant.queue, database, http_port)
            await self._until(self._looks.ready, "the worker is ready")
            pace = Pace(broker, contestant.queue, self._per_second)
            outages: list[Passed] = []
            async with _beside(pace.make(), pace.send(), self._watch(pace, show)):
                for name, server in self._servers():
                    await asyncio.sleep(CALM_SECONDS)
                    outages.append(await self._away(name, server, pace))
                await asyncio.sleep(CALM_SECONDS)
            self._phase = "the end"
            async with _beside(pace.send()):
                await self._until(lambda: self._all_done(pace), "all is done")
            return await self._findings(database, pace, outages)

    def _servers(self) -> list[tuple[str, Server]]:
        return [("broker", self._services.broker), ("database", self._services.database)]

    async def _away(self, name: str, server: Server, pace: Pace) -> Passed:
        self._phase, since = f"{name} away", time.monotonic()
        stopping = asyncio.create_task(asyncio.to_thread(server.stop))
        told = await self._until(self._looks.unready, "health tells of it")
        await stopping
        await asyncio.sleep(self._seconds - (time.monotonic() - since))
        away = time.monotonic() - since
        await asyncio.to_thread(server.start)
        self._phase = f"{name} back"
        before = await self._looks.count("command_outcome") or 0

        async def more() -> bool:
            return (await self._looks.count("command_outcome") or 0) > before

        ready, first, drained = await asyncio.gather(
            self._until(self._looks.ready, "the worker is ready"),
            self._until(more, "an outcome"),
            self._until(lambda: self._drained(pace), "nothing waits"),
        )
        self._phase = "calm"
        return Passed(name, away, told, ready, first, drained)

    async def _watch(self, pace: Pace, show: Callable[[Sample], None]) -> None:
        started = time.monotonic()
        while True:
            sample = Sample(
                at=time.monotonic() - started,
                phase=self._phase,
                made=pace.made,
                confirmed=len(pace.confirmed),
                unsent=pace.waiting,
                queued=await self._looks.queued(),
                outcomes=await self._looks.count("command_outcome"),
                outbox=await self._looks.count("outbox"),
                ready=await self._looks.ready(),
            )
            self._samples.append(sample)
            show(sample)
            next_at = started + len(self._samples) * self._every
            await asyncio.sleep(max(0, next_at - time.monotonic()))

    async def _findings(self, database: str, pace: Pace, outages: list[Passed]) -> Findings:
        connection = await asyncpg.connect(database)
        try:
            rows = await connection.fetch("SELECT command_id::text AS id FROM command_outcome")
            parked = await connection.fetchval("SELECT count(*) FROM parked_command")
            committed = {
                row["id"] for row in await connection.fetch("SELECT id::text FROM venue_event")
            }
        finally:
            await connection.close()
        published = await published_ids(self._services.broker.url, len(committed))
        return Findings(
            samples=self._samples,
            outages=outages,
            confirmed=len(pace.confirmed),
            lost=len(pace.confirmed - {row["id"] for row in rows}),
            parked=parked,
            events=len(committed),
            unpublished=len(committed - published),
        )

    async def _drained(self, pace: Pace) -> bool:
        """Tell whether all but what the last half second has brought is done with."""
        outcomes = await self._looks.count("command_outcome") or 0
        outbox = await self._looks.count("outbox") or 0
        under_way = len(pace.confirmed) + pace.waiting - outcomes
        return under_way <= self._per_second / 2 and outbox <= self._per_second / 2

    async def _all_done(self, pace: Pace) -> bool:
        return (
            pace.waiting == 0
            and await self._looks.count("command_outcome") == len(pace.confirmed)
            and await self._looks.count("outbox") == 0
        )

    async def _until(self, condition: Callable[[], Coroutine[Any, Any, bool]], what: str) -> float:
        since = time.monotonic()
        while not await condition():
            if time.monotonic() - since > DRAIN_SECONDS:
                raise RoundFailedError(f"not within {DRAIN_SECONDS:.0f} s: {what}")
            await asyncio.sleep(LOOK_SECONDS)
        return time.monotonic() - since


@asynccontextmanager
async def _beside(*works: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do the works for the time of a block; one that fails ends it."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work) for work in works]
        yield
        for task in tasks:
            task.cancel()
