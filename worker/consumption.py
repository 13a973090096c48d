"""Which queues commands are taken from: those recorded, while the database is fit for it."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

import structlog
from uuid_utils import uuid7

from worker.errors import OperatorError, TransientError
from worker.gate import Gate
from worker.ops.health import Check, Severity
from worker.pipeline.life import Pipeline
from worker.retry import forever
from worker.sharing.plan import WHY_NOTHING, Plan, disagreement, plan
from worker.sharing.session import Session
from worker.storage import partitions
from worker.storage.partitions import Partitioning

LOOK_SECONDS = 1.0
LEAVE_SECONDS = 2.0
log = structlog.get_logger()


@dataclass(slots=True)
class Consumption:
    """Keeps a session at each queue that should be consumed.

    Attributes:
        expected: how many partitions there have to be; None for as many as are recorded.
    """

    url: str
    prefetch: int
    pipeline: Pipeline
    gate: Gate
    expected: int | None
    _worker: str = field(default_factory=lambda: str(uuid7()))
    _state: Partitioning | None = None
    _plan: Plan = field(default_factory=dict)
    _sessions: dict[str, tuple[Session, asyncio.Task[None]]] = field(default_factory=dict)
    _disagreement: str | None = None

    def check(self) -> Check:
        """Find whether the broker knows our consumer at each queue that should have one."""
        registered = {name: s for name, (s, _) in self._sessions.items() if s.registered}
        details = {
            "registered": len(registered),
            "idle_seconds": {name: s.idle_seconds for name, s in sorted(registered.items())},
        }
        if self._disagreement:
            return Check(Severity.ERROR, self._disagreement, details, ready=False)
        if self._state is not None and self._state.phase in WHY_NOTHING:
            return Check(Severity.OK, WHY_NOTHING[self._state.phase], details)
        missing = sorted(self._plan.keys() - registered.keys())
        if self._state is None or missing:
            message = f"no consumer is registered at {', '.join(missing) or 'RabbitMQ'}"
            return Check(Severity.ERROR, message, details, ready=False)
        return Check(details=details)

    async def run(self) -> None:
        """Take commands while the gate is open, until the worker stops and has settled them.

        Raises:
            OperatorError: there are other partitions than expected, or a queue is not as declared.
        """
        looking = asyncio.create_task(self._look_forever())
        looking.add_done_callback(self._woken)
        try:
            while not self.gate.stopping or self._sessions:
                self._reap(looking)
                self._follow()
                await self.gate.change()
        finally:
            await _ended([looking, *(task for _, task in self._sessions.values())])
        await self._leave()

    def _follow(self) -> None:
        """Start and stop sessions until they are those of the plan."""
        wanted = {} if self._may_take_nothing() else self._plan
        for queue, (session, _) in self._sessions.items():
            if queue in wanted:
                session.want(wanted[queue])
            else:
                session.stop()
        if not self.gate.closed():
            for queue in wanted.keys() - self._sessions.keys():
                self._start(queue, wanted[queue])

    def _may_take_nothing(self) -> bool:
        return self.gate.to_leave() or self._disagreement is not None

    def _start(self, queue: str, priority: int) -> None:
        session = Session(queue, priority, self.url, self.prefetch, self.pipeline, self.gate)
        task = session.start()
        task.add_done_callback(self._woken)
        self._sessions[queue] = session, task

    def _reap(self, looking: asyncio.Task[None]) -> None:
        """Forget sessions that have ended; raise what one of them has failed with."""
        ended = [queue for queue, (_, task) in self._sessions.items() if task.done()]
        for task in [self._sessions.pop(queue)[1] for queue in ended] + [looking]:
            if task.done() and not task.cancelled():
                task.result()

    async def _look_forever(self) -> None:
        while not self.gate.stopping:
            await self.gate.opened()
            async for attempt in forever("looking at the partitions", TransientError):
                with attempt:
                    await self._look()
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self) -> None:
        """Tell others that we are here; see how commands are partitioned, and shared by whom."""
        async with self.pipeline.database.transaction(durable=False) as tx:
            state = await partitions.read(tx)
            workers = await partitions.be_present(tx, self._worker)
            seconds = await partitions.clock(tx)
        found = plan(state, workers, self._worker, seconds, self._plan)
        if (state, found) != (self._state, self._plan):
            log.info("partitions", phase=state.phase.value, workers=len(workers), plan=found)
        self._agree(disagreement(state, self.expected))
        self._state, self._plan = state, found
        self.gate.wake()

    def _agree(self, disagreement: str | None) -> None:
        if disagreement and self._state is None:
            raise OperatorError(disagreement)
        if disagreement and not self._disagreement:
            log.error("no commands are taken", why=disagreement)
        self._disagreement = disagreement

    async def _leave(self) -> None:
        # Best effort: whoever does not say so is gone some seconds later.
        with suppress(TransientError, TimeoutError):
            async with asyncio.timeout(LEAVE_SECONDS):
                async with self.pipeline.database.transaction(durable=False) as tx:
                    await partitions.leave(tx, self._worker)

    def _woken(self, _: asyncio.Task[None]) -> None:
        self.gate.wake()


async def _ended(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
