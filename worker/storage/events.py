"""The tables `venue_event` and `outbox`: events as published, and which of them are not yet."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from worker.domain.origin import VenueKey
from worker.storage.database import Connection
from worker.storage.queries import queries


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event with its envelope, about to be committed."""

    id: str
    tenant_id: str
    venue_id: str
    version: int | None
    type: str
    command_id: str
    actor_id: str | None
    body: str


@dataclass(frozen=True, slots=True)
class PendingEvent:
    """A committed event on its way to the broker.

    Attributes:
        position: its place in the outbox; smaller ones of the same venue are published first.
        body: the CloudEvent in JSON, the same at every publication.
        held_until: where a subscriber has refused it, when to try again.
    """

    position: int
    id: str
    tenant_id: str
    venue_id: str
    type: str
    body: str
    held_until: datetime | None = None

    @property
    def key(self) -> VenueKey:
        """The venue's key: (tenant, venue)."""
        return self.tenant_id, self.venue_id


@dataclass(frozen=True, slots=True)
class OutboxFigures:
    """How far publishing is behind."""

    pending: int
    refused: int
    oldest_seconds: float


async def save(
    tx: Connection, events: Sequence[NewEvent], occurred_at: datetime
) -> list[PendingEvent]:
    """Keep the events and queue them for publication, in the order given."""
    if not events:
        return []
    rows = queries.insert_events(
        tx,
        ids=[event.id for event in events],
        tenant_ids=[event.tenant_id for event in events],
        venue_ids=[event.venue_id for event in events],
        venue_versions=[event.version for event in events],
        types=[event.type for event in events],
        command_ids=[event.command_id for event in events],
        actor_ids=[event.actor_id for event in events],
        bodies=[event.body for event in events],
        occurred_at=occurred_at,
    )
    positions = {row["event_id"]: row["position"] async for row in rows}
    return [
        PendingEvent(positions[e.id], e.id, e.tenant_id, e.venue_id, e.type, e.body) for e in events
    ]


async def pending_of(tx: Connection, venues: Collection[VenueKey]) -> list[PendingEvent]:
    """Return the unpublished events of the venues (tenant, venue), oldest first."""
    if not venues:
        return []
    tenant_ids, venue_ids = zip(*sorted(venues), strict=True)
    rows = queries.pending_events_of(tx, tenant_ids=tenant_ids, venue_ids=venue_ids)
    return [_pending(row) async for row in rows]


async def stale(tx: Connection, *, min_age_seconds: float, most: int) -> list[PendingEvent]:
    """Return unpublished events of at least that age, oldest first; held venues stay out."""
    rows = queries.stale_events(tx, min_age_seconds=min_age_seconds, most=most)
    return [_pending(row) async for row in rows]


async def forget(tx: Connection, events: Collection[PendingEvent]) -> None:
    """Take confirmed events out of the outbox."""
    await queries.forget_published(tx, positions=[event.position for event in events])


async def hold(tx: Connection, events: Collection[PendingEvent]) -> None:
    """Let the venues of refused events wait, longer each time."""
    await queries.hold_refused(tx, positions=[event.position for event in events])


async def figures(tx: Connection) -> OutboxFigures:
    """Return how far publishing is behind."""
    row = await queries.outbox_figures(tx)
    return OutboxFigures(row["pending"], row["refused"], row["oldest_seconds"])


def _pending(row: asyncpg.Record) -> PendingEvent:
    return PendingEvent(
        position=row["position"],
        id=row["event_id"],
        tenant_id=row["tenant_id"],
        venue_id=row["venue_id"],
        type=row["type"],
        body=row["body"],
        held_until=row["retry_at"],
    )
