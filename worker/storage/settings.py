"""The table `venue_settings`: what a venue has chosen that is not a default."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from pydantic_core import from_json, to_json

from worker.domain.command import Command
from worker.domain.origin import VenueKey
from worker.domain.parts import ONLY
from worker.domain.settings import Settings
from worker.storage.connection import Connection
from worker.storage.queries import queries

OfVenue = dict[str, Settings | None]


async def load(tx: Connection, commands: Sequence[Command]) -> dict[VenueKey, OfVenue]:
    """Return the settings of each venue that has other than the defaults."""
    return await of_venues(tx, {command.key for command in commands})


async def of_venues(tx: Connection, keys: Collection[VenueKey]) -> dict[VenueKey, OfVenue]:
    """Return the settings of each of the venues that has other than the defaults."""
    tenant_ids, venue_ids = zip(*keys, strict=True)
    rows = queries.settings(tx, tenant_ids=tenant_ids, venue_ids=venue_ids)
    return {
        (row["tenant_id"], row["venue_id"]): {ONLY: Settings(from_json(row["chosen"]))}
        async for row in rows
    }


async def save(tx: Connection, changed: Mapping[VenueKey, OfVenue], now: datetime) -> None:
    """Write settings that have changed; delete the row of a venue that is back to the defaults."""
    venues = sorted((key, items[ONLY]) for key, items in changed.items())
    chosen = [(key, settings) for key, settings in venues if settings is not None]
    default = [key for key, settings in venues if settings is None]
    if chosen:
        await queries.put_settings(
            tx,
            tenant_ids=[tenant_id for (tenant_id, _), _ in chosen],
            venue_ids=[venue_id for (_, venue_id), _ in chosen],
            chosen=[to_json(settings.chosen).decode() for _, settings in chosen],
            updated_at=now,
        )
    if default:
        tenant_ids, venue_ids = zip(*default, strict=True)
        await queries.remove_settings(tx, tenant_ids=tenant_ids, venue_ids=venue_ids)
