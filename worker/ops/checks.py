"""What each health check looks at."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from worker import metrics
from worker.errors import DatabaseUnavailableError, StatementTimeoutError
from worker.messaging.publisher import Publisher
from worker.ops.health import Check, Health, Probe, Severity
from worker.retry import waits_for
from worker.storage import deferred, migrations, outbox, parked
from worker.storage.database import Database
from worker.storage.queries import queries

OUTBOX_OLD_SECONDS = 30.0
OVERDUE_SECONDS = 30.0
LOOP_SLOW_SECONDS = 0.25
RECENT = 5
"""Parked commands and refused events named by health."""

DATABASE_OUTAGE = (DatabaseUnavailableError, StatementTimeoutError)


@dataclass(frozen=True, slots=True)
class Checks:
    """The checks, and what they need.

    Attributes:
        database: connections of health's own, so that no check waits for a batch, or it for one.
        consuming: finds whether a consumer is registered at each queue that should have one.
        publisher: has the connection to publish on.
    """

    database: Database
    pipeline_database: Database
    migrations: Path
    consuming: Callable[[], Check]
    publisher: Publisher
    parked_warning: int
    rate: metrics.Rate = field(default_factory=metrics.Rate)
    reasons: set[str] = field(default_factory=set)

    def health(self) -> Health:
        """Return the checks as health runs them."""
        probes: dict[str, Probe] = {
            "database": self._database,
            "rabbitmq": self._rabbitmq,
            "migrations": self._migrations,
            "consumers": self._consumers,
            "outbox": self._outbox,
            "parked": self._parked,
            "deferred": self._deferred,
            "event_loop": self._event_loop,
        }
        return Health(probes, frozenset({"database", "rabbitmq", "migrations", "consumers"}))

    async def _database(self) -> Check:
        async with self.database.transaction() as tx:
            read_only = await queries.is_read_only(tx)
        if read_only:
            # A new connection may find another server, or be told something else.
            await self.database.reconnect()
            return _waits("PostgreSQL is read-only")
        connections = self.pipeline_database.connections
        for state, count in connections.items():
            metrics.database_pool.labels(state).set(count)
        # What answers here may yet refuse what the work wants: a full disk, one connection more.
        for wait in waits_for(DATABASE_OUTAGE):
            return _waits(f"{wait.what} waits: {wait.error}", **connections)
        return Check(details=connections)

    async def _rabbitmq(self) -> Check:
        if self.publisher.blocked:
            message = "RabbitMQ takes no messages (memory or disk alarm): events wait in the outbox"
            return Check(Severity.WARNING, message, ready=False)
        if not self.publisher.connected():
            return _waits("no connection to RabbitMQ; trying again")
        return Check()

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
            found = await outbox.figures(tx, RECENT)
        metrics.outbox_pending.set(found.pending)
        metrics.outbox_oldest_seconds.set(found.oldest_seconds)
        details = {
            "pending": found.pending,
            "refused": found.refused,
            "oldest_seconds": round(found.oldest_seconds, 3),
            "held": found.next,
        }
        if found.refused:
            types = ", ".join(sorted({event["type"] for event in found.next}))
            message = (
                f"subscribers refuse events of {found.refused} venues, whose events wait: look for "
                f"a full queue with reject-publish that is bound to {types}"
            )
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
                for row in await parked.listed(tx, parked.Wanted(status="parked"), RECENT)
            ]
        self.reasons.update(found)
        for reason in self.reasons:
            metrics.parked_commands.labels(reason).set(found.get(reason, 0))
        total = sum(found.values())
        details = {"total": total, "by_reason": found, "recent": recent}
        if total > self.parked_warning:
            message = f"{total} commands are parked: see `venue-worker parked list`"
            return Check(Severity.WARNING, message, details)
        return Check(details=details)

    async def _deferred(self) -> Check:
        async with self.database.transaction() as tx:
            waiting, overdue = await deferred.figures(tx)
        metrics.deferred_commands.set(waiting)
        details = {"waiting": waiting, "overdue_seconds": round(max(overdue, 0.0), 1)}
        if overdue > OVERDUE_SECONDS:
            message = f"a deferred command is due since {overdue:.0f} s and nobody takes it"
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


def _waits(message: str, **details: int) -> Check:
    return Check(Severity.ERROR, message, details, ready=False)
