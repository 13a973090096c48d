"""What is kept how long: old rows are deleted in the background, a few at a time.

Deleting takes a tenth of the time at most: after each step there is a pause nine times as long.
Every worker does it; rows that another one is deleting are passed over.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from worker.errors import TransientError
from worker.metrics import retention_deleted_total
from worker.retry import forever
from worker.settings import Settings
from worker.storage import history, outcomes, parked
from worker.storage.connection import Connection
from worker.storage.database import Database

STEP_ROWS = 500
PAUSES = 9
"""How many times as long as a step the pause after it is."""
IDLE_SECONDS = 60.0
"""Between two looks when nothing is too old."""

Delete = Callable[[Connection, datetime, int], Awaitable[int]]
"""Deletes rows from before a moment, so many at most, and returns how many; 0 when none is left."""
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Rule:
    """How long the rows of a table are kept."""

    table: str
    days: float
    delete: Delete


def rules(settings: Settings) -> list[Rule]:
    """Return what the settings say."""
    found = [
        Rule("command_outcome", settings.keep_outcomes_days, outcomes.delete_old),
        Rule("parked_command", settings.keep_discarded_days, parked.delete_closed),
    ]
    if settings.keep_events_days is not None:
        found.append(Rule("venue_event", settings.keep_events_days, history.delete_old))
    return found


class Retention:
    """Deletes what is older than its rule says, until cancelled."""

    def __init__(
        self,
        database: Database,
        rules: Sequence[Rule],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._database = database
        self._rules = rules
        self._sleep = sleep
        self._clock = clock

    async def run(self) -> None:
        """Delete what is too old, rule after rule, and look again every minute."""
        while True:
            for rule in self._rules:
                await self._apply(rule)
            await self._sleep(IDLE_SECONDS)

    async def _apply(self, rule: Rule) -> None:
        total = 0
        while deleted := await self._step(rule):
            total += deleted
        if total:
            log.info("deleted for their age", table=rule.table, rows=total, days=rule.days)

    async def _step(self, rule: Rule) -> int:
        async for attempt in forever(f"cleaning up {rule.table}", TransientError):
            with attempt:
                since = self._clock()
                deleted = await self._delete(rule)
                seconds = self._clock() - since
        retention_deleted_total.labels(rule.table).inc(deleted)
        await self._sleep(PAUSES * seconds)
        return deleted

    async def _delete(self, rule: Rule) -> int:
        cutoff = datetime.now(UTC) - timedelta(days=rule.days)
        # A crash of the server may undo it: then it is done again.
        async with self._database.transaction(durable=False) as tx:
            return await rule.delete(tx, cutoff, STEP_ROWS)
