"""The peer's SQL: the same rows as ours, written for one command at a time.

All of a command's rows are one statement: three round trips fewer than one for each table, and the
claim on the inbox decides whether any of the others is written.
"""

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
WRITE = """
WITH claimed AS (
    INSERT INTO command_outcome (tenant_id, command_id, type, digest, venue_id, status, version,
                                 errors, decided_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT ON CONSTRAINT command_outcome_pkey DO NOTHING
    RETURNING tenant_id, venue_id, command_id, decided_at
), created AS (
    INSERT INTO venue (tenant_id, id, version, status, slug, fields, created_at, updated_at)
    SELECT tenant_id, venue_id, 1, 'pending', $10::text, $11::json, decided_at, decided_at
    FROM claimed WHERE $10::text IS NOT NULL
), kept AS (
    INSERT INTO venue_event (id, tenant_id, venue_id, venue_version, type, command_id, body,
                             occurred_at)
    SELECT $12::uuid, tenant_id, venue_id, $7, $13::text, command_id, $14::text, decided_at
    FROM claimed
    RETURNING id, tenant_id, venue_id
)
INSERT INTO outbox (event_id, tenant_id, venue_id)
SELECT id, tenant_id, venue_id FROM kept
RETURNING position
"""
UNPUBLISHED = """
SELECT o.position, e.id::text, e.type, e.venue_id::text, e.body
FROM outbox AS o JOIN venue_event AS e ON e.id = o.event_id
WHERE o.tenant_id = $1 AND o.venue_id = $2 AND e.command_id = $3
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


async def write(
    tx: Connection,
    command: Command,
    now: datetime,
    venue: Venue | None,
    problems: tuple[Problem, ...],
    event: NewEvent,
) -> Outgoing | None:
    """Write the outcome, the new venue unless it was refused, and the event to publish.

    A command that was decided before writes nothing; its event is returned if it is unpublished.
    """
    position = await tx.fetchval(
        WRITE,
        command.tenant_id,
        command.id,
        command.type,
        command.digest,
        command.venue_id,
        "applied" if venue else "rejected",
        event.version,
        _json([problem.document() for problem in problems]) if problems else None,
        now,
        venue.slug if venue else None,
        _json(venue.fields) if venue else None,
        event.id,
        event.type,
        event.body,
    )
    if position is None:
        row = await tx.fetchrow(UNPUBLISHED, command.tenant_id, command.venue_id, command.id)
        return Outgoing(*row) if row else None
    return Outgoing(position, event.id, event.type, event.venue_id, event.body)


async def forget(pool: asyncpg.Pool, event: Outgoing) -> None:
    """Take a confirmed event out of the outbox."""
    await pool.execute(FORGET, event.position)


def _json(value: object) -> str:
    return to_json(value).decode()
