"""The flood: a full queue and one worker process. How many commands a second, at which cost?

The queue is filled while no worker runs. Then a worker starts, and the clock runs from the first
outcome that is seen in the database until all have one and no event is left to be published, so
that neither starting nor filling counts. What is decided by then, a batch where there are batches,
is not among the commands that are counted, though its publishing takes its time.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from perf.commands import CommandMessage
from perf.contestants import Contestant, RoundFailedError, running
from perf.measure import Figures, Round, Watched
from perf.stage import Advance, fill, fresh_database, fresh_queues, left_in, published_ids
from worker.local import Services

DATABASE = "venue_perf"
FIRST_SECONDS = 60.0
"""Within which a started worker must show its first outcome."""
SLOWEST_PER_SECOND = 20
"""Commands a second below which a round is given up."""
SHORTEST_LOOK, LONGEST_LOOK = 0.02, 0.5
"""Seconds between two looks at the database, which take something from what is measured."""

THROUGH = "SELECT (SELECT count(*) FROM command_outcome) - (SELECT count(*) FROM outbox)"

# The same commands must leave the same rows behind, whoever handles them; times and event ids
# are the worker's own.
ROWS = """
SELECT md5(string_agg(row_text, ' ' ORDER BY row_text)) FROM (
    SELECT concat_ws(' ', tenant_id, id, version, status, slug, fields) AS row_text FROM venue
    UNION ALL SELECT concat_ws(' ', tenant_id, user_id, role) FROM venue_staff
    UNION ALL SELECT concat_ws(' ', tenant_id, command_id, type, digest, status, version)
    FROM command_outcome
    UNION ALL SELECT ((body::jsonb - 'id' - 'time') #- '{data,venue,created_at}'
                      #- '{data,venue,updated_at}')::text
    FROM venue_event
) AS all_rows
"""


@dataclass(frozen=True, slots=True)
class Flood:
    """The scenario, with what all of its rounds share."""

    services: Services
    commands: Sequence[CommandMessage]

    async def round(
        self, contestant: Contestant, number: int, filled: Advance, handled: Advance
    ) -> Round:
        """Measure one process once; return the figures.

        Raises:
            RoundFailedError: not every command has its outcome, its event and its publication.
        """
        broker = self.services.broker.url
        async with (
            fresh_database(self.services.database.url, DATABASE) as database,
            fresh_queues(broker, contestant.queue),
        ):
            await fill(broker, contestant.queue, self.commands, filled)
            watch = await asyncpg.connect(database)
            try:
                async with running(contestant, broker, database) as process:
                    figures = await self._measured(watch, process, handled)
                left = await left_in(broker, contestant.queue)
                rows = await self._checked(watch, broker)
            finally:
                await watch.close()
        return Round(contestant.name, number, figures, left, rows)

    async def _measured(
        self, watch: asyncpg.Connection, process: Watched, handled: Advance
    ) -> Figures:
        launched = time.perf_counter()
        first = await _first_outcomes(watch, process)
        started, cpu = time.perf_counter(), process.cpu_seconds()
        await self._all_outcomes(watch, process, handled)
        seconds, cpu = time.perf_counter() - started, process.cpu_seconds() - cpu
        return Figures(
            commands=len(self.commands) - first,
            seconds=seconds,
            cpu_seconds=cpu,
            start_seconds=started - launched,
            memory_mib=process.memory_mib(),
        )

    async def _all_outcomes(
        self, watch: asyncpg.Connection, process: Watched, handled: Advance
    ) -> None:
        since, done = time.perf_counter(), 0
        deadline = since + len(self.commands) / SLOWEST_PER_SECOND
        while done < len(self.commands):
            _check_alive(process, deadline, f"{done} of {len(self.commands)} outcomes")
            speed = max(1.0, done / (time.perf_counter() - since))
            # Looks get closer together toward the end: few of them, and a sharp end.
            left = (len(self.commands) - done) / speed / 2
            await asyncio.sleep(min(max(left, SHORTEST_LOOK), LONGEST_LOOK))
            seen = await _through(watch)
            handled(seen - done)
            done = seen

    async def _checked(self, watch: asyncpg.Connection, broker: str) -> str:
        expected = len(self.commands)
        for table in ("command_outcome", "venue", "venue_event"):
            if (found := await _count(watch, table)) != expected:
                raise RoundFailedError(f"{found} rows in {table} instead of {expected}")
        committed = {row["id"] for row in await watch.fetch("SELECT id::text FROM venue_event")}
        try:
            published = await published_ids(broker, expected)
        except TimeoutError:
            raise RoundFailedError(f"fewer than {expected} events in the stream") from None
        if published != committed:
            raise RoundFailedError(f"{len(committed - published)} events were not published")
        return str(await watch.fetchval(ROWS))


async def _first_outcomes(watch: asyncpg.Connection, process: Watched) -> int:
    deadline = time.perf_counter() + FIRST_SECONDS
    while not (found := await _count(watch, "command_outcome")):
        _check_alive(process, deadline, "no outcome")
        await asyncio.sleep(SHORTEST_LOOK)
    return found


async def _through(watch: asyncpg.Connection) -> int:
    """Return how many commands are decided, and their events published and forgotten."""
    return int(await watch.fetchval(THROUGH))


async def _count(watch: asyncpg.Connection, table: str) -> int:
    return int(await watch.fetchval(f"SELECT count(*) FROM {table}"))  # noqa: S608 - our own names


def _check_alive(process: Watched, deadline: float, found: str) -> None:
    if not process.alive():
        raise RoundFailedError(f"the worker ended with {found}")
    if time.perf_counter() > deadline:
        raise RoundFailedError(f"the worker is too slow: {found} in time")
