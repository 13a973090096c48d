"""What the Python peers do with one command, whichever library hands it to them.

They share with ours what is not plumbing: the tables, the models of the messages, the rules of
`worker.domain` and the envelope of events. Each message is one transaction (inbox, venue, event,
outbox), one confirmed publish, one removal from the outbox and one ack. They handle `venue.create`
from upstream services (no `actorid`).
"""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Final

import asyncpg

from perf.peers import rows
from worker.domain.command import Command
from worker.domain.decide import decide
from worker.domain.decision import Applied, Decision, Rejected, refuse
from worker.domain.slugs import Slugs
from worker.domain.state import State
from worker.messaging.written import refusal, written
from worker.storage.venues import slug_base_of

PREFETCH: Final = int(os.environ.get("PEER_PREFETCH", "100"))
"""Messages handled at a time: each peer runs a task for every one that the broker hands out."""
CONNECTIONS: Final = int(os.environ.get("PEER_CONNECTIONS", "10"))
"""Transactions at a time; another two connections take published events out of the outbox."""
SETTINGS: Final = {"prefetch": PREFETCH, "connections": CONNECTIONS}
"""What each Python peer is tuned by; more of either, or half as much, is no faster."""
MOST_BYTES: Final = 1_048_576
TRIES: Final = 5
"""Of a command that others got in the way of."""

Publish = Callable[[rows.Outgoing], Awaitable[object]]
"""Sends an event, persistent; returns when the broker has confirmed it."""


class Handler:
    """What happens to one command."""

    def __init__(self, database_url: str, publish: Publish) -> None:
        self._publish = publish
        self._pool = _pool(database_url, CONNECTIONS)
        # Losing a removal in a crash costs a second copy of an event: no need to wait for the disk.
        self._relaxed_pool = _pool(database_url, 2, synchronous_commit="off")

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Hold the connections to the database for the time of a block."""
        async with self._pool, self._relaxed_pool:
            yield

    async def handle(self, command: Command) -> None:
        """Decide and commit, publish, forget; whoever calls acknowledges the message after it."""
        event = await self._settled(command)
        if event is not None:
            await self._publish(event)
            await rows.forget(self._relaxed_pool, event)

    async def _settled(self, command: Command) -> rows.Outgoing | None:
        for _ in range(TRIES - 1):
            # Another message may have taken the slug since it was looked up: then decide anew.
            with suppress(asyncpg.ExclusionViolationError, asyncpg.UniqueViolationError):
                return await self._commit(command, datetime.now(UTC))
        return await self._commit(command, datetime.now(UTC))

    async def _commit(self, command: Command, now: datetime) -> rows.Outgoing | None:
        # No BEGIN and COMMIT around them: what is written is one statement, which is a transaction
        # of its own, and what was looked at is held by constraints. That is two round trips fewer.
        async with self._pool.acquire() as connection:
            base = slug_base_of(command) or ""
            look = await rows.look(connection, command, base)
            decision = _decided(command, base, look, now)
            problems = decision.problems if isinstance(decision, Rejected) else ()
            event = decision.event if isinstance(decision, Applied) else None
            event = event or refusal("venue.command.rejected", command, problems)
            venue = decision.state.venue if isinstance(decision, Applied) else None
            new = written(event, command, now, MOST_BYTES)
            version = venue.version if venue else look.version
            return await rows.write(connection, command, now, version, venue, problems, new)


def _pool(url: str, connections: int, **server_settings: str) -> asyncpg.Pool:
    return asyncpg.create_pool(
        url,
        min_size=connections,
        max_size=connections,
        reset=_kept,
        server_settings=server_settings,
    )


async def _kept(_: object) -> None:
    """Leave a connection as it is: nothing here alters its session, a reset is a round trip."""


def _decided(command: Command, base: str, look: rows.Look, now: datetime) -> Decision:
    if look.id_used:
        message = (
            f"the id {command.venue_id} is or was a venue's and is never reused; choose another"
        )
        return refuse("venue_exists", message)
    return decide(State(slugs=Slugs(base, look.slugs)), command, now)
