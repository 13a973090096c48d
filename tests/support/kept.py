"""Events, outcomes and the outbox as a worker would have left them, written by SQL."""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from tests.support.commands import Venue, new_id

EVENTS = """
WITH made AS (
    INSERT INTO venue_event (id, tenant_id, venue_id, venue_version, type, command_id, occurred_at,
                             body)
    SELECT id, $2::uuid, $3::uuid, version, 'venue.updated', gen_random_uuid(), $4::timestamptz,
           json_build_object('specversion', '1.0', 'id', id, 'type', 'venue.updated',
                             'time', $7::text, 'subject', $3::uuid, 'tenantid', $2::uuid,
                             'venueversion', version,
                             'data', '{"venue": {"name": "Kept"}, "changed": []}'::json)::text
    FROM unnest($1::uuid[]) WITH ORDINALITY AS e (id, nth),
         LATERAL (SELECT nth + $5::integer) AS v (version)
    ORDER BY nth
    RETURNING id, tenant_id, venue_id, occurred_at, venue_version
)
INSERT INTO outbox (event_id, tenant_id, venue_id, created_at)
SELECT id, tenant_id, venue_id, occurred_at FROM made WHERE $6::boolean ORDER BY venue_version
"""
OUTCOMES = """
INSERT INTO command_outcome (tenant_id, command_id, type, digest, venue_id, status, version,
                             decided_at)
SELECT $1, gen_random_uuid(), 'venue.update', decode(repeat('00', 32), 'hex'), gen_random_uuid(),
       'applied', 1, $2
FROM generate_series(1, $3)
"""


async def now(database: asyncpg.Connection) -> datetime:
    """Return the database's time."""
    moment: datetime = await database.fetchval("SELECT now()")
    return moment


async def add_events(
    database: asyncpg.Connection,
    venue: Venue,
    count: int,
    *,
    days: float = 0.0,
    above: int = 0,
    pending: bool = False,
) -> list[str]:
    """Add events of an age, a venue's versions from `above` + 1 on; return their ids in order.

    Args:
        database: where to.
        venue: whose they are.
        count: how many.
        days: how long ago they were decided.
        above: the version before the first.
        pending: whether they still have to be published.
    """
    moment = await now(database) - timedelta(days=days)
    first = int(moment.timestamp() * 1000) << 80 | 7 << 76 | 2 << 62
    ids = [
        str(UUID(int=first + (above + n << 32) + UUID(new_id()).int % 2**32)) for n in range(count)
    ]
    text = moment.isoformat().replace("+00:00", "Z")
    await database.execute(EVENTS, ids, venue.tenant, venue.id, moment, above, pending, text)
    return ids


async def add_outcomes(database: asyncpg.Connection, count: int, *, days: float) -> None:
    """Add outcomes of an age."""
    moment = await now(database) - timedelta(days=days)
    await database.execute(OUTCOMES, new_id(), moment, count)
