"""The peer's SQL: the same rows as ours, written for one command at a time."""

from dataclasses import dataclass
from datetime import datetime

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from pydantic_core import to_json

from worker.domain.command import Command
from worker.domain.decision import Problem
from worker.domain.state import Venue
from worker.storage.events import NewEvent

LOOK = """
SELECT EXISTS (SELECT FROM venue WHERE tenant_id = $1 AND id = $2) AS id_used,
       ARRAY(SELECT slug FROM venue
             WHERE tenant_id = $1 AND deleted_at IS NULL
               AND slug >= $3::text COLLATE "C" AND slug < ($3::text || '.') COLLATE "C") AS slugs
"""
CLAIM = """
INSERT INTO command_outcome (tenant_id, command_id, type, digest, venue_id, status, version,
                             errors, decided_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT ON CONSTRAINT command_outcome_pkey DO NOTHING
RETURNING true
"""
CREATE = """
INSERT INTO venue (tenant_id, id, version, status, slug, fields, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
QUEUE = """
WITH event AS (
    INSERT INTO venue_event (id, tenant_id, venue_id, venue_version, type, command_id, body,
                             occurred_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    RETURNING id, tenant_id, venue_id
)
INSERT INTO outbox (event_id, tenant_id, venue_id)
SELECT id, tenant_id, venue_id FROM event
RETURNING position
"""
UNPUBLISHED = """
SELECT o.position, e.id::text, e.type, e.venue_id::text, e.body
FROM outbox AS o JOIN venue_event AS e ON e.id = o.event_id
WHERE e.tenant_id = $1 AND e.venue_id = $2 AND e.command_id = $3
"""
FORGET = "DELETE FROM outbox WHERE position = $1"

Connection = PoolConnectionProxy


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A committed event to publish, and its place in the outbox."""

    position: int
    id: str
    type: str
    venue_id: str
    body: str


async def look(tx: Connection, command: Command, base: str) -> tuple[bool, set[str]]:
    """Return whether the venue's id was ever used, and the tenant's slugs around `base`."""
    row = await tx.fetchrow(LOOK, command.tenant_id, command.venue_id, base)
    if row is None:
        raise LookupError("a query without FROM returned no row")
    return row["id_used"], set(row["slugs"])


async def claim(
    tx: Connection, command: Command, now: datetime, problems: tuple[Problem, ...]
) -> bool:
    """Keep what becomes of the command; False when it was decided before."""
    errors = to_json([problem.document() for problem in problems]).decode() if problems else None
    claimed = await tx.fetchval(
        CLAIM,
        command.tenant_id,
        command.id,
        command.type,
        command.digest,
        command.venue_id,
        "rejected" if problems else "applied",
        None if problems else 1,
        errors,
        now,
    )
    return claimed is not None


async def create(tx: Connection, tenant_id: str, venue: Venue) -> None:
    """Insert a new venue."""
    await tx.execute(
        CREATE,
        tenant_id,
        venue.id,
        venue.version,
        venue.status.value,
        venue.slug,
        to_json(venue.fields).decode(),
        venue.created_at,
        venue.updated_at,
    )


async def queue(tx: Connection, event: NewEvent, now: datetime) -> Outgoing:
    """Keep an event and its place in the outbox."""
    position = await tx.fetchval(
        QUEUE,
        event.id,
        event.tenant_id,
        event.venue_id,
        event.version,
        event.type,
        event.command_id,
        event.body,
        now,
    )
    return Outgoing(position, event.id, event.type, event.venue_id, event.body)


async def unpublished(tx: Connection, command: Command) -> Outgoing | None:
    """Return the event of a command decided before, if it may not have gone out."""
    row = await tx.fetchrow(UNPUBLISHED, command.tenant_id, command.venue_id, command.id)
    return Outgoing(*row) if row else None


async def forget(pool: asyncpg.Pool, event: Outgoing) -> None:
    """Take a confirmed event out of the outbox."""
    await pool.execute(FORGET, event.position)
