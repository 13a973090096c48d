"""THE LIFE OF A COMMAND, a batch at a time.

    receive → decode → deduplicate → load → decide → save → publish → settle

Each step has a file of its own in this folder (but for receive, which is `messaging/intake.py`, and
load, which is `storage/world.py`). Deduplicate to save is one transaction: a crash before its
commit undoes all of it and the broker delivers again, a crash after it is made good by the outbox.
None of the steps knows what a venue is: the rules are in `domain/`.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from worker.breath import breathing
from worker.errors import TransientError
from worker.messaging.delivery import Delivery
from worker.messaging.replies import Replies
from worker.pipeline.behind import Behind
from worker.pipeline.decide import Terms, decide_all
from worker.pipeline.deduplicate import deduplicate
from worker.pipeline.due import taken_over
from worker.pipeline.isolate import isolated
from worker.pipeline.messages import Done, Message, Source, commands_of, read, to_decide
from worker.pipeline.publish import Publishing
from worker.pipeline.save import save
from worker.pipeline.settle import settle
from worker.pipeline.timing import stage
from worker.pipeline.turns import Turn, Turns
from worker.retry import forever
from worker.storage import world
from worker.storage.begun import Transaction, begun
from worker.storage.database import Database
from worker.storage.lookup import look_up
from worker.storage.vault import Vault

MOST_BEHIND = 2
"""Batches that are committed and not settled yet."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What takes commands from the broker to their outcome. `run` is the whole of it."""

    database: Database
    publishing: Publishing
    replies: Replies
    terms: Terms
    batch_size: int
    most_bytes: int
    vault: Vault

    async def run(self, source: Source) -> None:
        """Handle batch after batch, until the source is told to stop."""
        await self._ready()
        async with Behind(MOST_BEHIND, source.stop) as behind, Turns(self._decided) as turns:
            turn: Turn | None = None
            while turn or (deliveries := await source.take(self.batch_size)):
                turn = turn or turns.begin(deliveries)
                # The next batch is begun while this one is saved, and the one before goes out.
                ahead = await self._ahead(source, turn, turns)
                done = await turn.work
                await behind.go_on(self._published(source, turn.messages, done))
                turn = ahead

    async def _ahead(self, source: Source, turn: Turn, turns: Turns) -> Turn | None:
        """Begin the next batch while the database is at work, if it would be a full one anyway."""
        await turn.decided.wait()
        if not source.has(self.batch_size):
            return None
        with suppress(TransientError):  # it is met again when there is nothing else to do
            if deliveries := await source.take(self.batch_size):
                return turns.begin(deliveries, turn)
        return None

    async def _decided(self, turn: Turn) -> Done:
        async with begun(self.database, early=turn.is_next) as transaction:
            turn.messages = await self._read(turn.deliveries)
            commit = partial(self._commit, turn, transaction)
            with stage("transaction"):
                # Whatever comes in the way ahead is met again in its turn, and dealt with there.
                with suppress(Exception):
                    if turn.may_go_ahead():
                        return await commit(turn.messages)
                await turn.comes()
                return await isolated(commit, turn.messages)

    async def _read(self, deliveries: list[Delivery]) -> list[Message]:
        with stage("decode"):
            return [
                read(delivery, self.most_bytes, self.vault)
                async for delivery in breathing(deliveries)
            ]

    async def _published(self, source: Source, messages: list[Message], done: Done) -> None:
        with stage("publish"):
            await self.publishing.publish(done)
        with stage("settle"):
            await settle(source, self.replies, messages, done)

    async def _ready(self) -> None:
        async for attempt in forever("reading the key of the hashes", TransientError):
            with attempt:
                await self.vault.ready(self.database)

    async def _commit(
        self, turn: Turn, transaction: Callable[[], Transaction], messages: list[Message]
    ) -> Done:
        begun_at, now = time.monotonic(), datetime.now(UTC)
        with turn.trying():
            async with transaction() as tx:
                gone = await taken_over(tx, messages)
                found = await look_up(tx, commands_of(messages), to_decide(messages))
                batch = deduplicate(messages, found.known, gone)
                states = await world.load(tx, found, batch.commands, self.terms.policy)
                decisions = await decide_all(batch, states, self.terms, now)
                turn.leaves(states)
                done = await save(tx, decisions, now, self.most_bytes, self.vault)
                await turn.to_commit()
        return replace(done, begun_at=begun_at)
