"""The table `venue_event`: events as published; new ones with their place in the outbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from worker.storage.database import Connection
from worker.storage.outbox import PendingEvent
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
