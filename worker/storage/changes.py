"""The view `venue_change`: who changed what of a venue, when, by which command, without a gap."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from worker.storage.connection import Connection
from worker.storage.queries import queries


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which changes: those of a venue, of one tenant's where two use the same id, within a time.

    Attributes:
        since: the first moment that belongs to it.
        until: the first moment that does not.
    """

    venue_id: str
    tenant_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def latest(tx: Connection, wanted: Wanted, most: int) -> list[dict[str, Any]]:
    """Return the last changes, the newest last: the view's columns by name."""
    rows = queries.changes(
        tx,
        venue_id=wanted.venue_id,
        tenant_id=wanted.tenant_id,
        since=wanted.since,
        until=wanted.until,
        most=most,
    )
    return [dict(row) async for row in rows][::-1]
