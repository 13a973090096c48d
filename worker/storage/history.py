"""The table `venue_event` as what was: published events by venue, tenant and time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from worker.storage.connection import Connection
from worker.storage.outbox import PendingEvent
from worker.storage.queries import queries, rows_of

APART = timedelta(minutes=10)
"""How far an event's id, which holds the time at which it was written, may lie from the time at
which its command was decided, at most: a transaction takes a minute or two at worst."""

MOST_BYTES = 16 * 1024 * 1024
"""Bodies that are deleted at once: reading so much takes PostgreSQL some tenths of a second."""

NOTHING_YET = str(UUID(int=0))
"""Comes before the id of every event."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which events: those of a tenant, of a venue, both, or all, decided within a time.

    Attributes:
        since: the first moment that belongs to it.
        until: the first moment that does not.
        after: an event's id; only those behind it, in the order of ids, belong.
    """

    tenant_id: str | None
    venue_id: str | None
    since: datetime
    until: datetime
    after: str = NOTHING_YET


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptEvent(PendingEvent):
    """A published event, to be published again; its position is its place on the page."""

    occurred_at: datetime


async def page(tx: Connection, selection: Selection, most: int) -> list[KeptEvent]:
    """Return the first published events of a selection, in the order of ids."""
    rows = queries.events_page(
        tx,
        after=max(selection.after, first_id(selection.since - APART)),
        before=first_id(selection.until + APART),
        tenant_id=selection.tenant_id,
        venue_id=selection.venue_id,
        since=selection.since,
        until=selection.until,
        most=most,
    )
    return [
        KeptEvent(position=place, **row) for place, row in enumerate([row async for row in rows])
    ]


async def delete_old(tx: Connection, cutoff: datetime, most: int) -> int:
    """Delete published events that were decided before the cutoff; return how many.

    At least one where there is one, and no more than come to `MOST_BYTES`. Their lines stay in the
    history (`changes.py`).
    """
    before = first_id(cutoff + APART)
    status = await queries.delete_old_events(
        tx, before=before, cutoff=cutoff, most=most, most_bytes=MOST_BYTES
    )
    return rows_of(status)


def first_id(time: datetime) -> str:
    """Return the smallest UUIDv7 of a time: ids are in the order of time."""
    milliseconds = max(0, int(time.timestamp() * 1000))
    return str(UUID(int=milliseconds << 80))
