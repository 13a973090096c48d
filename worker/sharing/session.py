"""One queue of commands: registered there, and the pipeline at work on what it hands out."""

import asyncio
import time
from dataclasses import dataclass

import structlog

from worker.errors import BrokerUnavailableError, TransientError
from worker.gate import Gate
from worker.giving_back import give_back
from worker.messaging.broker_errors import broker_errors
from worker.messaging.intake import Intake
from worker.messaging.link import Link, set_up_link
from worker.messaging.partitions import declare_partition
from worker.messaging.topology import declare
from worker.pipeline.life import Pipeline
from worker.retry import forever
from worker.sharing.plan import queues
from worker.storage import partitions
from worker.storage.partitions import Partitioning
from worker.storage.suspects import Suspects

PRIORITIES_SINCE = (4, 0)
"""The version of the broker in which a single active consumer gives way to a higher priority."""

log = structlog.get_logger()


class NotNowError(TransientError):
    """The queue is not to be consumed in the phase that is recorded now."""


@dataclass(slots=True, eq=False)
class Session:
    """The consumer of one queue, registered anew whenever it is lost, or has to change.

    Attributes:
        priority: how much the queue is wanted, before other workers' consumers.
    """

    queue: str
    priority: int
    url: str
    prefetch: int
    pipeline: Pipeline
    gate: Gate
    _intake: Intake | None = None
    _survived: int = 0
    _ranks: bool = False
    _registered_as: int = 0
    _changing: bool = False
    _stopping: bool = False
    _task: asyncio.Task[None] | None = None

    @property
    def registered(self) -> bool:
        """Whether the broker knows our consumer, or is about to again for a change of our own."""
        return self._changing or (self._intake is not None and self._intake.registered)

    @property
    def idle_seconds(self) -> float | None:
        """How long ago the queue gave us a command; None where it never did, as on stand-by."""
        at = self._intake.received_at if self._intake is not None else None
        return None if at is None else round(time.perf_counter() - at, 1)

    def start(self) -> asyncio.Task[None]:
        """Consume the queue, until told to stop; the task raises an `OperatorError`."""
        self._task = asyncio.create_task(self._run())
        return self._task

    def stop(self) -> None:
        """Take nothing more; the task ends when the batch in hand is settled."""
        self._stopping = True
        if self._intake is not None:
            self._intake.stop()
        elif self._task is not None:
            self._task.cancel()  # nothing is in hand

    def want(self, priority: int) -> None:
        """Register again with another priority, where the broker heeds it, once nothing is in hand.

        Whoever has something in hand is the active one. It need not rise; and when another has
        risen above it, the broker lets it settle what it has before it hands over.
        """
        self.priority = priority
        if self._ranks and priority != self._registered_as and self._intake and self._intake.empty:
            self._intake.stop()

    async def _run(self) -> None:
        while not self._stopping:
            async for attempt in forever(f"taking commands from {self.queue}", TransientError):
                with attempt:
                    # Told of any longer, what failed last would keep the gate shut that we wait at.
                    attempt.waits_no_more()
                    await self.gate.opened()
                    await self._once()

    async def _once(self) -> None:
        try:
            self._intake = await self._opened()
        finally:
            self._changing = False
        giving_back = asyncio.create_task(give_back(self.gate, self._intake))
        try:
            log.info("taking commands", queue=self.queue)
            await self.pipeline.run(self._intake)
            self._changing = not self._stopping
        except BrokerUnavailableError:
            # Begin anew at once, unless nothing has come of it.
            if not self._intake.settled:
                raise
        finally:
            giving_back.cancel()
            await self._intake.close()
            self._intake = None
            self._survived += 1

    async def _opened(self) -> Intake:
        name = f"venue-worker {self.queue}"
        async with set_up_link(self.url, name, prefetch=self.prefetch) as link:
            self._ranks = link.version >= PRIORITIES_SINCE
            # Within a transaction that keeps the phase as it is: who changes the partitions can
            # rely on it that nobody registers at a queue, or binds one, any more.
            async with self.pipeline.database.transaction() as tx:
                return await self._registered(link, await partitions.kept(tx))

    async def _registered(self, link: Link, state: Partitioning) -> Intake:
        if self.queue not in queues(state):
            raise NotNowError(f"{self.queue} is not to be consumed just now")
        with broker_errors():
            await declare(link.channel)
            if state.target is None:
                partition = queues(state).index(self.queue)
                await declare_partition(link.channel, partition, of=state.partitions)
        self._registered_as = self.priority
        return await Intake.register(
            link,
            self.queue,
            suspects=Suspects(self.pipeline.database, self.queue),
            survived=self._survived,
            priority=self.priority if self._ranks else None,
        )
