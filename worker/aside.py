"""Work beside the command queues: commands that are due, and what the broker gave up on."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog

from worker.errors import BrokerUnavailableError
from worker.gate import Gate
from worker.giving_back import give_back
from worker.messaging.dead import DeadLetters
from worker.pipeline.due import DueCommands
from worker.pipeline.life import Pipeline
from worker.pipeline.messages import Source
from worker.retry import forever
from worker.storage.database import Database

log = structlog.get_logger()


class Stoppable(Source, Protocol):
    """A source that can be told to give out no more."""

    def stop(self) -> None:
        """Give out no more."""

    async def close(self) -> None:
        """Let go of what it holds."""


class Aside:
    """Runs the pipeline on each source while the gate is open."""

    def __init__(self, url: str, database: Database, pipeline: Pipeline) -> None:
        self._url = url
        self._database = database
        self._pipeline = pipeline
        self._sources: set[Stoppable] = set()

    def stop(self) -> None:
        """Take nothing more; `due` and `dead` return when the batches in hand are settled."""
        for source in self._sources:
            source.stop()

    async def due(self, gate: Gate) -> None:
        """Decide commands when their time comes, until the worker stops."""

        async def source() -> Stoppable:
            return DueCommands(self._database)

        await self._repeat("due commands", gate, source)

    async def dead(self, gate: Gate) -> None:
        """Park what the broker gave up on, until the worker stops."""

        async def source() -> Stoppable:
            return await DeadLetters.open(self._url)

        await self._repeat("dead letters", gate, source)

    async def _repeat(
        self, what: str, gate: Gate, open_source: Callable[[], Awaitable[Stoppable]]
    ) -> None:
        while not gate.stopping:
            async for attempt in forever(f"taking {what}", BrokerUnavailableError):
                with attempt:
                    await gate.opened()
                    if not gate.stopping:
                        await self._session(gate, await open_source())

    async def _session(self, gate: Gate, source: Stoppable) -> None:
        self._sources.add(source)
        if gate.stopping:
            source.stop()
        watches = [asyncio.create_task(watch(gate, source)) for watch in (_left, give_back)]
        try:
            await self._pipeline.run(source)
        finally:
            for watch in watches:
                watch.cancel()
            self._sources.discard(source)
            await source.close()


async def _left(gate: Gate, source: Stoppable) -> None:
    await gate.to_be_left()
    source.stop()
