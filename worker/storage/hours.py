"""The table `venue_hours`: when a venue is open."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from pydantic_core import from_json, to_json

from worker.domain.command import Command
from worker.domain.opening_hours import Hours, hours_of
from worker.domain.origin import VenueKey
from worker.domain.parts import ONLY
from worker.storage.connection import Connection
from worker.storage.queries import queries

OfVenue = dict[str, Hours | None]


async def load(tx: Connection, commands: Sequence[Command]) -> dict[VenueKey, OfVenue]:
    """Return the opening hours of each venue that has some."""
    return await of_venues(tx, {command.key for command in commands})


async def of_venues(tx: Connection, keys: Collection[VenueKey]) -> dict[VenueKey, OfVenue]:
    """Return the opening hours of each of the venues that has some."""
    tenant_ids, venue_ids = zip(*keys, strict=True)
    rows = queries.hours(tx, tenant_ids=tenant_ids, venue_ids=venue_ids)
    return {
        (row["tenant_id"], row["venue_id"]): {
            ONLY: hours_of({name: from_json(row[name]) for name in ("weekly", "exceptions")})
        }
        async for row in rows
    }


async def save(tx: Connection, changed: Mapping[VenueKey, OfVenue], now: datetime) -> None:
    """Write hours that have changed; delete the row of a venue that has none any more."""
    venues = sorted((key, items[ONLY]) for key, items in changed.items())
    some = [(key, hours.document()) for key, hours in venues if hours is not None]
    none = [key for key, hours in venues if hours is None]
    if some:
        await queries.put_hours(
            tx,
            tenant_ids=[tenant_id for (tenant_id, _), _ in some],
            venue_ids=[venue_id for (_, venue_id), _ in some],
            weekly=[to_json(document["weekly"]).decode() for _, document in some],
            exceptions=[to_json(document["exceptions"]).decode() for _, document in some],
            updated_at=now,
        )
    if none:
        tenant_ids, venue_ids = zip(*none, strict=True)
        await queries.remove_hours(tx, tenant_ids=tenant_ids, venue_ids=venue_ids)
