"""When commands are taken: while the database is fit for it, and the broker is there."""

import asyncio
from dataclasses import dataclass, field

import structlog

from worker.errors import BrokerUnavailableError
from worker.giving_back import give_back
from worker.messaging.intake import Intake
from worker.messaging.topology import command_queue
from worker.ops.health import NOT_YET, Health
from worker.pipeline.life import Pipeline
from worker.retry import forever

GATE = ("database", "migrations")
log = structlog.get_logger()


@dataclass(slots=True)
class Consumption:
    """Opens an intake whenever it may, and runs the pipeline on it."""

    url: str
    prefetch: int
    pipeline: Pipeline
    _intake: Intake | None = None
    _stopping: bool = False
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    def registered(self) -> bool:
        """Tell whether the broker knows our consumer."""
        return self._intake is not None and self._intake.registered

    def stop(self) -> None:
        """Take nothing more; `run` returns when the batch in hand is settled."""
        self._stopping = True
        self._wake.set()
        if self._intake:
            self._intake.stop()

    async def run(self, health: Health) -> None:
        """Take commands while health says that the database is fit for it, until stopped."""
        health.on_change(self._wake.set)
        while not self._stopping:
            async for attempt in forever("taking commands", BrokerUnavailableError):
                with attempt:
                    await self._gate(health)
                    await self._session(health)

    async def _gate(self, health: Health) -> None:
        reported: dict[str, str] = {}
        while not self._stopping and (closed := _closed(health)):
            if closed != reported and NOT_YET not in closed.values():
                log.warning("no commands are taken", why=closed)
                reported = closed
            await self._change()

    async def _session(self, health: Health) -> None:
        if self._stopping:
            return
        self._intake = await Intake.open(self.url, command_queue(0), self.prefetch)
        watches = [
            asyncio.create_task(watch(health, self._intake)) for watch in (self._watch, give_back)
        ]
        try:
            log.info("taking commands", queue=command_queue(0))
            await self.pipeline.run(self._intake)
        finally:
            for watch in watches:
                watch.cancel()
            await self._intake.close()

    async def _watch(self, health: Health, intake: Intake) -> None:
        # A database that is away is waited for, see `giving_back`; one that is to be migrated first
        # may not want what we would write.
        while _closed(health).keys() != {"migrations"}:
            await self._change()
        log.warning("no more commands are taken", why=_closed(health))
        intake.stop()

    async def _change(self) -> None:
        self._wake.clear()
        await self._wake.wait()


def _closed(health: Health) -> dict[str, str]:
    return {name: message for name, message in health.unready().items() if name in GATE}
