"""What each health check looks at."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from worker import metrics
from worker.ops.health import Check, Health, Probe, Severity
from worker.storage import events, migrations, parked
from worker.storage.database import Database

OUTBOX_OLD_SECONDS = 30.0
LOOP_SLOW_SECONDS = 0.25
RECENT = 5
"""Parked commands named by health."""


@dataclass(frozen=True, slots=True)
class Checks:
    """The checks, and what they need.

    Attributes:
        database: connections of health's own, so that no check waits for a batch, or it for one.
        consuming: finds whether a consumer is registered at each queue that should have one.
        publishing: tells whether there is a connection to publish on.
    """

    database: Database
    pipeline_database: Database
    migrations: Path
    consuming: Callable[[], Check]
    publishing: Callable[[], bool]
    parked_warning: int
    rate: metrics.Rate = field(default_factory=metrics.Rate)

    def health(self) -> Health:
        """Return the checks as health runs them."""
        probes: dict[str, Probe] = {
            "database": self._database,
            "rabbitmq": self._rabbitmq,
            "migrations": self._migrations,
            "consumers": self._consumers,
            "outbox": self._outbox,
            "parked": self._parked,
            "event_loop": self._event_loop,
        }
        return Health(probes, frozenset({"database", "rabbitmq", "migrations", "consumers"}))

    async def _database(self) -> Check:
        async with self.database.transaction() as tx:
            await tx.execute("SELECT 1")
        connections = self.pipeline_database.connections
        for state, count in connections.items():
            metrics.database_pool.labels(state).set(count)
        return Check(details=connections)

    async def _rabbitmq(self) -> Check:
        if self.publishing():
            return Check()
        return Check(Severity.ERROR, "no connection to RabbitMQ; trying again", ready=False)

    async def _consumers(self) -> Check:
        check = self.consuming()
        metrics.amqp_connected.set(check.ready)
        rate = round(self.rate.now(), 1)
        return replace(check, details={**check.details, "commands_per_second": rate})

    async def _migrations(self) -> Check:
        async with self.database.transaction() as tx:
            found = await migrations.status(tx, self.migrations)
        metrics.migrations_pending.set(len(found.pending))
        details = found.details()
        if found.pending:
            message = (
                f"{len(found.pending)} pending, no commands are taken: run `venue-worker migrate`"
            )
            return Check(Severity.WARNING, message, details, ready=False)
        if found.unknown:
            message = "the database has migrations that this version does not know"
            return Check(Severity.WARNING, message, details)
        return Check(details=details)

    async def _outbox(self) -> Check:
        async with self.database.transaction() as tx:
            found = await events.figures(tx)
        metrics.outbox_pending.set(found.pending)
        metrics.outbox_oldest_seconds.set(found.oldest_seconds)
        details = {
            "pending": found.pending,
            "refused": found.refused,
            "oldest_seconds": round(found.oldest_seconds, 3),
        }
        if found.refused:
            message = f"subscribers refuse events: {found.refused} wait with their venues"
            return Check(Severity.WARNING, message, details)
        if found.oldest_seconds > OUTBOX_OLD_SECONDS:
            message = f"an event has waited for {found.oldest_seconds:.0f} s to be published"
            return Check(Severity.WARNING, message, details)
        return Check(details=details)

    async def _parked(self) -> Check:
        async with self.database.transaction() as tx:
            found = await parked.by_reason(tx)
            recent = [
                {name: row[name] for name in ("id", "reason", "times_seen", "last_seen")}
                for row in await parked.listed(tx, RECENT)
            ]
        for reason, count in found.items():
            metrics.parked_commands.labels(reason).set(count)
        total = sum(found.values())
        details = {"total": total, "by_reason": found, "recent": recent}
        if total > self.parked_warning:
            message = f"{total} commands are parked: see `venue-worker parked list`"
            return Check(Severity.WARNING, message, details)
        return Check(details=details)

    async def _event_loop(self) -> Check:
        since = time.perf_counter()
        await asyncio.sleep(0.01)
        lag = time.perf_counter() - since - 0.01
        details = {"lag_ms": round(lag * 1000, 1)}
        if lag > LOOP_SLOW_SECONDS:
            return Check(Severity.WARNING, f"the event loop is {lag:.2f} s behind", details)
        return Check(details=details)
