"""The peers' rows: the same as ours, read and written for one command at a time.

All of a command's rows are one statement, and with it one transaction: the claim on the inbox
decides whether any of the others is written. The Node peer runs the same `sql/`.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from pydantic_core import to_json

from worker.domain.command import Command
from worker.domain.decision import Problem
from worker.domain.state import Venue
from worker.storage.events import NewEvent

SQL = Path(__file__).with_name("sql")
LOOK, WRITE, UNPUBLISHED, FORGET = (
    (SQL / f"{name}.sql").read_text() for name in ("look", "write", "unpublished", "forget")
)

Connection = PoolConnectionProxy


@dataclass(frozen=True, slots=True)
class Look:
    """Whether the venue's id was ever used, by which version of a venue, and slugs in use."""

    id_used: bool
    version: int | None
    slugs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A committed event to publish, and its place in the outbox."""

    position: int
    id: str
    type: str
    venue_id: str
    body: str


async def look(connection: Connection, command: Command, base: str) -> Look:
    """Look up what a command is decided on; its slug would be `base` or begin with it."""
    row = await connection.fetchrow(LOOK, command.tenant_id, command.venue_id, base)
    if row is None:
        raise LookupError("a query without FROM returned no row")
    return Look(row["id_used"], row["version"], frozenset(row["slugs"]))


async def write(
    connection: Connection,
    command: Command,
    now: datetime,
    version: int | None,
    venue: Venue | None,
    problems: tuple[Problem, ...],
    event: NewEvent,
) -> Outgoing | None:
    """Write the outcome, the new venue unless it was refused, and the event to publish.

    A command that was decided before writes nothing; its event is returned if it is unpublished.
    """
    position = await connection.fetchval(
        WRITE,
        command.tenant_id,
        command.id,
        command.type,
        command.digest,
        command.venue_id,
        "applied" if venue else "rejected",
        version,
        _json([problem.document() for problem in problems]) if problems else None,
        now,
        venue.slug if venue else None,
        _json(venue.fields) if venue else None,
        event.id,
        event.type,
        event.body,
    )
    if position is None:
        row = await connection.fetchrow(
            UNPUBLISHED, command.tenant_id, command.venue_id, command.id
        )
        return Outgoing(*row) if row else None
    return Outgoing(position, event.id, event.type, event.venue_id, event.body)


async def forget(pool: asyncpg.Pool, event: Outgoing) -> None:
    """Take a confirmed event out of the outbox."""
    await pool.execute(FORGET, event.position)


def _json(value: object) -> str:
    return to_json(value).decode()
