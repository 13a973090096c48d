"""Changing the number of partitions, under load, so that each venue's commands stay in order.

A venue may get another queue, and must not be handled from there while older commands of it wait in
the old one. So new commands are held back until the old queues are empty:

    steady → draining → emptied → switching → held → settled → steady

- draining: new commands go to the holding queue; workers consume the old queues.
- emptied: workers consume nothing. Whatever they had in hand and did not settle is back by now: if
  there is anything, it is draining again.
- switching: new commands go to the new queues. From here there is only forward.
- held: workers consume the holding queue, whose commands are older than all in the new ones.
- settled: workers consume nothing, and the holding queue is looked through likewise.

The phase is recorded before anything is done for it, and each step leaves the same behind however
often it is done: whoever calls `to` again, after a crash, goes on where it stopped. A command that
arrives just when a route changes may be in two queues; the second is recognised as a duplicate.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from worker.errors import ContendedError, OperatorError
from worker.messaging import partitions as broker
from worker.messaging.broker_errors import broker_errors
from worker.messaging.link import Link
from worker.messaging.partitions import HOLDING, QueueFigures
from worker.messaging.topology import command_queue, declare
from worker.retry import a_few_times
from worker.storage import partitions as recorded
from worker.storage.database import Database
from worker.storage.partitions import Partitioning, Phase

LOOK_SECONDS = 0.5
LOOKS = 4
"""Looks in a row that must find a queue empty: commands in hand may come back, ones on their way in
may arrive yet."""

Say = Callable[[str], None]


@dataclass(slots=True)
class Change:
    """A change of the number of partitions, by one process at a time.

    Attributes:
        say: told in a sentence what is going on, each time that changes.
    """

    database: Database
    link: Link
    say: Say
    _said: str = ""

    async def to(self, partitions: int) -> None:
        """Have so many partitions; return when workers take commands from all of them.

        Raises:
            OperatorError: another change is under way, or RabbitMQ lacks the plugin for several.
            TransientError: database or broker cannot be used; call it again to go on.
        """
        steps = {
            Phase.STEADY: self._begin,
            Phase.DRAINING: self._drain,
            Phase.EMPTIED: self._look_through,
            Phase.SWITCHING: self._switch,
            Phase.HELD: self._let_go,
            Phase.SETTLED: self._finish,
        }
        while (state := await self._state()) != Partitioning(partitions):
            if state.target not in {None, partitions}:
                raise OperatorError(
                    f"a change from {state.partitions} to {state.target} partitions is under way: "
                    f"run `venue-worker partitions {state.target}` to finish it first"
                )
            with broker_errors():
                await steps[state.phase](state, partitions)

    async def _begin(self, state: Partitioning, new: int) -> None:
        if new > 1:
            await broker.declare_hashing(self.link.channel)
        await declare(self.link.channel)
        for partition in range(state.partitions):
            await broker.declare_partition(self.link.channel, partition, of=state.partitions)
        await self._go(state, Partitioning(state.partitions, new, Phase.DRAINING))

    async def _drain(self, state: Partitioning, _: int) -> None:
        await broker.declare_holding(self.link.channel)
        await broker.cut_off(self.link.channel, state.partitions)
        await self._until_empty(_old(state), state.phase)
        await self._go(state, replace(state, phase=Phase.EMPTIED))

    async def _look_through(self, state: Partitioning, _: int) -> None:
        empty = await self._left_empty(_old(state), state.phase)
        phase = Phase.SWITCHING if empty else Phase.DRAINING
        await self._go(state, replace(state, phase=phase))

    async def _switch(self, state: Partitioning, new: int) -> None:
        await broker.switch(self.link.channel, state.partitions, new)
        await self._go(state, replace(state, phase=Phase.HELD))

    async def _let_go(self, state: Partitioning, _: int) -> None:
        await self._until_empty([HOLDING], state.phase)
        await self._go(state, replace(state, phase=Phase.SETTLED))

    async def _finish(self, state: Partitioning, new: int) -> None:
        if await self._left_empty([HOLDING], state.phase):
            await broker.delete_holding(self.link.channel)
            await self._go(state, Partitioning(new))
        else:
            await self._go(state, replace(state, phase=Phase.HELD))

    async def _until_empty(self, queues: list[str], phase: Phase) -> None:
        in_a_row = 0
        while in_a_row < LOOKS:
            waiting = [one for one in await self._figures(queues) if one.waiting]
            in_a_row = 0 if waiting else in_a_row + 1
            for one in waiting:
                self._tell(
                    f"{phase}: {one.waiting} commands wait in {one.name}; "
                    "start a worker if none runs"
                )
            await asyncio.sleep(LOOK_SECONDS)

    async def _left_empty(self, queues: list[str], phase: Phase) -> bool:
        """Wait until no worker holds anything of the queues; tell whether nothing came back."""
        while held := [one for one in await self._figures(queues) if one.consumers]:
            self._tell(
                f"{phase}: a worker still consumes {held[0].name}; one that is frozen is dropped "
                "by RabbitMQ within a minute, one of an older version has to be stopped"
            )
            await asyncio.sleep(LOOK_SECONDS)
        return not any(one.waiting for one in await self._figures(queues))

    async def _figures(self, queues: list[str]) -> list[QueueFigures]:
        return [one for name in queues if (one := await broker.figures(self.link, name))]

    async def _state(self) -> Partitioning:
        async with self.database.transaction() as tx:
            return await recorded.read(tx)

    async def _go(self, old: Partitioning, new: Partitioning) -> None:
        # It waits for workers that are registering just now; they let it pass within seconds.
        async for attempt in a_few_times(ContendedError):
            with attempt:
                async with self.database.transaction() as tx:
                    if not await recorded.advance(tx, old.phase, new):
                        raise OperatorError(
                            "somebody else changes the partitions: see `venue-worker partitions`"
                        )
        self._tell(f"{old.phase} → {new.phase}")

    def _tell(self, sentence: str) -> None:
        if sentence != self._said:
            self._said = sentence
            self.say(sentence)


@asynccontextmanager
async def alone(database: Database) -> AsyncIterator[None]:
    """Be the only one that changes the partitions, within the block.

    The database's timeout has to be longer than a change takes.

    Raises:
        OperatorError: somebody else is at it.
    """
    async with database.transaction() as tx:
        if not await recorded.try_to_change(tx):
            raise OperatorError("somebody else is changing the partitions just now: wait for it")
        yield


def _old(state: Partitioning) -> list[str]:
    return [command_queue(partition) for partition in range(state.partitions)]
