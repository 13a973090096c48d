"""The real pipeline on a real database; the broker alone is stood in for, by lists."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from unittest.mock import patch

import asyncpg
import structlog
from pydantic import SecretStr

from tests.model.contract import ATTEMPTS
from tests.model.families.failing import TYPE
from tests.model.sending import FIRST, LARGEST
from tests.model.words import Document, Key
from worker.domain.command import COMMANDS, Command, CommandSpec
from worker.domain.decision import Change
from worker.domain.staff import OWNER
from worker.domain.state import State
from worker.domain.venue_data import Nothing
from worker.local.keys import LOCAL_KEY
from worker.messaging import publisher
from worker.messaging.delivery import Delivery
from worker.messaging.replies import Replies, Reply
from worker.pipeline.decide import Terms
from worker.pipeline.due import DueCommands
from worker.pipeline.life import Pipeline
from worker.pipeline.publish import Publishing
from worker.pipeline.publishers import Grant, Publishers
from worker.pipeline.retries import Retries
from worker.pipeline.turns import Turn
from worker.storage.connection import GENERAL
from worker.storage.database import Database
from worker.storage.outbox import PendingEvent
from worker.storage.vault import Vault

EVERYTHING = Grant(commands=["venue.*"], tenants="*")
KEPT = ("partitioning", "worker_presence", "suspect_command", "secret_key")
"""Tables that have nothing to do with commands."""


class Published(publisher.Publisher):
    """A broker that takes every event, and keeps it."""

    def __init__(self) -> None:
        self.bodies: list[Document] = []

    async def publish(self, events: Iterable[PendingEvent]) -> publisher.Published:
        """Take the events, a venue's in their order."""
        taken = [event for chain in publisher.chains(events) for event in chain]
        self.bodies += [json.loads(event.body) for event in taken]
        return publisher.Published(confirmed=taken)


class Told(Replies):
    """Replies as they are sent: to whom, and what."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Document]] = []

    def send(self, replies: list[Reply]) -> None:
        """Keep them."""
        self.told += [(one.correlation_id or "", json.loads(one.body)) for one in replies]


@dataclass(slots=True)
class Lots:
    """A source that hands out what it was given."""

    waiting: list[Delivery]
    settled: list[Delivery] = field(default_factory=list)

    def has(self, count: int) -> bool:
        """Tell whether there is as much left."""
        return len(self.waiting) >= count

    async def take(self, most: int) -> list[Delivery]:
        """Hand some of it out."""
        taken, self.waiting = self.waiting[:most], self.waiting[most:]
        return taken

    async def settle(self, deliveries: list[Delivery]) -> None:
        """Note what is settled."""
        self.settled += deliveries

    def stop(self) -> None:
        """Hand out no more."""
        self.waiting = []


class Once(DueCommands):
    """The commands that are due at one moment."""

    async def take(self, most: int) -> list[Delivery]:
        """Take them, and no more after that."""
        taken = await super().take(most)
        self.stop()
        return taken


@dataclass(slots=True)
class Real:
    """The pipeline, and the means to look behind it.

    Attributes:
        ahead: batches that were decided while the one before them was being saved.
    """

    pipeline: Pipeline
    published: Published
    told: Told
    connection: asyncpg.Connection
    ahead: int = 0

    async def deliver(self, deliveries: list[Delivery], size: int) -> None:
        """Let the pipeline handle the messages, in batches of that size."""
        source = Lots(deliveries)
        await replace(self.pipeline, batch_size=size).run(source)
        assert source.settled == deliveries, "not every message is settled"

    async def let_be_due(self, commands: Sequence[Key]) -> None:
        """Let deferred commands be due, in this order, as one batch."""
        tenants, ids = zip(*commands, strict=True)
        await self.connection.execute(MAKE_DUE, tenants, ids)
        await self.pipeline.run(Once(self.pipeline.database, self.pipeline.vault))

    async def rows(self, query: str) -> list[Document]:
        """Return what a query finds; documents of JSON come as such."""
        return [
            {n: _plain(v) for n, v in row.items()} for row in await self.connection.fetch(query)
        ]

    async def empty(self) -> None:
        """Delete all that commands have left behind."""
        tables = [row["tablename"] for row in await self.connection.fetch(TABLES, KEPT)]
        await self.connection.execute(f"TRUNCATE {', '.join(tables)}")
        self.published.bodies.clear()
        self.told.told.clear()


MAKE_DUE = """
UPDATE deferred_command AS d SET due_at = now() - interval '1 hour' + make_interval(secs => place)
FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS due (tenant_id, command_id, place)
WHERE d.tenant_id = due.tenant_id AND d.command_id = due.command_id
"""
TABLES = """
SELECT tablename FROM pg_tables
WHERE schemaname = 'public' AND tablename !~ 'yoyo' AND tablename <> ALL ($1::text[])
"""


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    return json.loads(value) if isinstance(value, str) and value.startswith(("{", "[")) else value


@asynccontextmanager
async def real(url: str) -> AsyncIterator[Real]:
    """Give the pipeline on a migrated database."""
    published, told = Published(), Told()
    connection = await asyncpg.connect(url)
    try:
        async with Database(url, timeout_seconds=15, plans=GENERAL) as database:
            pipeline = Pipeline(
                database=database,
                publishing=Publishing(database, published),
                replies=told,
                terms=Terms(_publishers(), Retries(ATTEMPTS, first_seconds=3000)),
                batch_size=1000,
                most_bytes=LARGEST,
                vault=Vault([SecretStr(LOCAL_KEY)]),
            )
            yield Real(pipeline, published, told, connection)
    finally:
        await connection.close()


def _publishers() -> Publishers:
    narrow = Grant(commands=["venue.update"], tenants=[FIRST])
    return Publishers({"box-office": EVERYTHING, "narrow": narrow})


def _fail(state: State, command: Command, now: datetime) -> Change:
    del state, command, now
    raise RuntimeError("this rule always fails")


@contextmanager
def failing_command() -> Iterator[None]:
    """Have a command whose rule fails, for the time of a `with` block."""
    COMMANDS[TYPE] = CommandSpec(Nothing, "venue.test.failed", OWNER, _fail)
    try:
        yield
    finally:
        del COMMANDS[TYPE]


@contextmanager
def counting(real: Real) -> Iterator[None]:
    """Count the batches that go ahead, for the time of a `with` block."""
    asked = Turn.may_go_ahead

    def counted(turn: Turn) -> bool:
        may = asked(turn)
        real.ahead += may
        return may

    with patch.object(Turn, "may_go_ahead", counted):
        yield


@contextmanager
def running(url: str, runner: asyncio.Runner) -> Iterator[Real]:
    """Give the pipeline to code that is no coroutine, and enters it by `runner`."""
    with failing_command():
        context = real(url)
        one = runner.run(context.__aenter__())
        try:
            with counting(one):
                yield one
        finally:
            runner.run(context.__aexit__(None, None, None))


def silent() -> None:
    """Log nothing: that rules fail is what is asked of them here."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
