"""A steady load of commands, and what has to be found after it, whatever was broken meanwhile."""

import asyncio
from contextlib import suppress

import asyncpg

from tests.support.bus import Bus
from tests.support.commands import Document, Venue
from tests.support.ledger import Ledger, ledger
from tests.support.waiting import until


class Load:
    """Commands in order, round after round about the same venues, until it is told to end.

    Attributes:
        sent: commands that the broker has confirmed.
    """

    MOST_ROUNDS = 2000

    def __init__(self, the_bus: Bus, venues: int = 60, seconds: float = 0.2) -> None:
        self.sent = 0
        self._bus = the_bus
        self._venues = [Venue() for _ in range(venues)]
        self._seconds = seconds
        self._ending = asyncio.Event()
        self._task = asyncio.create_task(self._publish())

    async def ended(self) -> int:
        """Stop; return how many commands were sent."""
        self._ending.set()
        await self._task
        return self.sent

    async def _publish(self) -> None:
        await self._send([venue.create(f"Park {n}") for n, venue in enumerate(self._venues)])
        for n in range(self.MOST_ROUNDS):
            await self._send([venue.update(description=f"{n}") for venue in self._venues])
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), self._seconds)
            if self._ending.is_set():
                return
        raise AssertionError("the load ended by itself")

    async def _send(self, some: list[Document]) -> None:
        await self._bus.send_all(some)
        self.sent += len(some)


async def expect_whole(database: asyncpg.Connection, the_bus: Bus, sent: int) -> Ledger:
    """Check that each command of a load was applied once, a venue's in the order of sending."""

    async def all_decided() -> bool:
        found = await ledger(database, the_bus.events)
        return found.outcomes >= sent and found.unpublished == 0 and found.missing_ids == 0

    await until(all_decided, "all commands decided, all events seen", 240)
    found = await ledger(database, the_bus.events)
    assert (found.outcomes, found.committed_events, found.distinct_ids) == (sent, sent, sent)
    assert (found.missing_ids, found.invented_ids) == (0, 0)
    assert (found.gaps, found.out_of_order) == (0, 0)
    for nothing in (NOT_APPLIED, OVERTAKEN, "SELECT count(*) FROM parked_command"):
        assert await database.fetchval(nothing) == 0, nothing
    return found


NOT_APPLIED = "SELECT count(*) FROM command_outcome WHERE status <> 'applied'"

# The updates of a venue are numbered in the order of sending.
OVERTAKEN = """
SELECT count(*) FROM (
    SELECT (body::json #>> '{data,venue,description}')::integer + 2 AS nth, venue_version
    FROM venue_event WHERE type = 'venue.updated'
) AS updates
WHERE nth <> venue_version
"""
