"""When commands are taken: while the database is fit for it, and the broker is there."""

import asyncio
from dataclasses import dataclass

import structlog

from worker.errors import BrokerUnavailableError
from worker.gate import Gate
from worker.giving_back import give_back
from worker.messaging.intake import Intake
from worker.messaging.topology import command_queue
from worker.pipeline.life import Pipeline
from worker.retry import forever

log = structlog.get_logger()


@dataclass(slots=True)
class Consumption:
    """Opens an intake whenever it may, and runs the pipeline on it."""

    url: str
    prefetch: int
    pipeline: Pipeline
    _intake: Intake | None = None

    def registered(self) -> bool:
        """Tell whether the broker knows our consumer."""
        return self._intake is not None and self._intake.registered

    def stop(self) -> None:
        """Take nothing more; `run` returns when the batch in hand is settled."""
        if self._intake:
            self._intake.stop()

    async def run(self, gate: Gate) -> None:
        """Take commands while the gate is open, until the worker stops."""
        while not gate.stopping:
            async for attempt in forever("taking commands", BrokerUnavailableError):
                with attempt:
                    await gate.opened()
                    await self._session(gate)

    async def _session(self, gate: Gate) -> None:
        if gate.stopping:
            return
        self._intake = await Intake.open(self.url, command_queue(0), self.prefetch)
        if gate.stopping:
            self._intake.stop()
        watches = [
            asyncio.create_task(watch(gate, self._intake)) for watch in (self._watch, give_back)
        ]
        try:
            log.info("taking commands", queue=command_queue(0))
            await self.pipeline.run(self._intake)
        finally:
            for watch in watches:
                watch.cancel()
            await self._intake.close()

    async def _watch(self, gate: Gate, intake: Intake) -> None:
        await gate.to_be_left()
        intake.stop()
