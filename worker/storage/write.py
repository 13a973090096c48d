"""What every batch writes, in one round trip: venues, outcomes, and events with their places."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from worker.domain.origin import VenueKey
from worker.errors import ContendedError
from worker.storage import events, outcomes, venues
from worker.storage.connection import Connection
from worker.storage.events import NewEvent
from worker.storage.outbox import PendingEvent
from worker.storage.outcomes import Decided
from worker.storage.queries import queries
from worker.storage.world import World


class Saved(NamedTuple):
    """Events in the outbox.

    Attributes:
        events: in the order in which they were given.
        first: the venues, (tenant, venue), of which nothing was waiting there before them.
    """

    events: list[PendingEvent]
    first: set[VenueKey]


async def write(
    tx: Connection,
    world: World,
    decided: Collection[Decided],
    new: Sequence[NewEvent],
    now: datetime,
) -> Saved:
    """Write the venues that changed, once each, keep the outcomes, and queue the events.

    Raises:
        ContendedError: another transaction has written one of the venues since it was looked up,
            or decided one of the commands.
    """
    if not (world.venues or decided or new):
        return Saved([], set())
    row = await queries.write(
        tx,
        at=now,
        **venues.columns(world.venues, world.loaded),
        **outcomes.columns(decided),
        **events.columns(new),
    )
    if (row["venues"], row["decided"]) != (len(world.venues), len(decided)):
        raise ContendedError("another worker has changed a venue, or decided a command, since")
    saved = [
        PendingEvent(position, e.id, e.tenant_id, e.venue_id, e.type, e.body)
        for position, e in zip(row["positions"], new, strict=True)
    ]
    first = {e.key for e, follows in zip(saved, row["follow"], strict=True) if not follows}
    return Saved(saved, first)
