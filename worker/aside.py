"""Work beside the command queues: commands that are due, and what the broker gave up on."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol

from worker.errors import BrokerUnavailableError
from worker.gate import Gate
from worker.giving_back import give_back
from worker.messaging.dead import DeadLetters
from worker.pipeline.due import DueCommands
from worker.pipeline.life import Pipeline
from worker.pipeline.messages import Source
from worker.retry import forever
from worker.storage.database import Database


class Aside:
    """Runs the pipeline on each source while the gate is open."""

    def __init__(self, url: str, database: Database, pipeline: Pipeline, gate: Gate) -> None:
        self._url = url
        self._database = database
        self._pipeline = pipeline
        self._gate = gate

    async def due(self) -> None:
        """Decide commands when their time comes, until the worker stops."""
        await self._repeat("due commands", self._due)

    async def dead(self) -> None:
        """Park what the broker gave up on, until the worker stops."""
        await self._repeat("dead letters", self._dead)

    async def _repeat(self, what: str, session: Callable[[], Awaitable[None]]) -> None:
        while not self._gate.stopping:
            async for attempt in forever(f"taking {what}", BrokerUnavailableError):
                with attempt:
                    await self._gate.opened()
                    if not self._gate.stopping:
                        await session()

    async def _due(self) -> None:
        source = DueCommands(self._database, self._pipeline.vault)
        await self._run(source, _left(self._gate, source))

    async def _dead(self) -> None:
        source = await DeadLetters.open(self._url)
        try:
            await self._run(source, _left(self._gate, source), give_back(self._gate, source))
        finally:
            await source.close()

    async def _run(self, source: Source, *watches: Coroutine[Any, Any, None]) -> None:
        tasks = [asyncio.create_task(watch) for watch in watches]
        try:
            await self._pipeline.run(source)
        finally:
            for task in tasks:
                task.cancel()


class Stoppable(Protocol):
    """A source that can be told to give out no more."""

    def stop(self) -> None:
        """Give out no more."""


async def _left(gate: Gate, source: Stoppable) -> None:
    await gate.to_be_left()
    source.stop()
