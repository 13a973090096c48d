"""The table `venue_event`: events as published; new ones with their place in the outbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from worker.domain.origin import VenueKey
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


class Saved(NamedTuple):
    """Events in the outbox.

    Attributes:
        events: in the order in which they were given.
        first: the venues, (tenant, venue), of which nothing was waiting there before them.
    """

    events: list[PendingEvent]
    first: set[VenueKey]


async def save(tx: Connection, events: Sequence[NewEvent], occurred_at: datetime) -> Saved:
    """Keep the events and queue them for publication, in the order given."""
    if not events:
        return Saved([], set())
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
    places = {row["event_id"]: row async for row in rows}
    saved = [
        PendingEvent(places[e.id]["position"], e.id, e.tenant_id, e.venue_id, e.type, e.body)
        for e in events
    ]
    return Saved(saved, {event.key for event in saved if not places[event.id]["follows"]})
