"""What queries read: no locks, nothing written; call all of them in a `Database.snapshot`."""

from typing import Any

from worker.domain.layout import Layout
from worker.domain.origin import VenueKey
from worker.domain.state import Venue
from worker.storage.connection import Connection
from worker.storage.layouts import layout_of
from worker.storage.queries import queries
from worker.storage.venues import venue_of


async def venue(tx: Connection, key: VenueKey) -> Venue | None:
    """Return a venue, deleted or not."""
    tenant_id, venue_id = key
    row = await queries.read_venue(tx, tenant_id=tenant_id, id=venue_id)
    return venue_of(row) if row else None


async def layout(tx: Connection, key: VenueKey, layout_id: str) -> tuple[Layout, str] | None:
    """Return a layout with its plan, and a mark that is another once the plan is."""
    tenant_id, venue_id = key
    row = await queries.read_layout(tx, tenant_id=tenant_id, venue_id=venue_id, layout_id=layout_id)
    return (layout_of(row), row["mark"]) if row else None


async def changes(tx: Connection, key: VenueKey, since: int, below: int) -> list[dict[str, Any]]:
    """Return the changes of a venue to the versions from `since` until below `below`."""
    tenant_id, venue_id = key
    rows = queries.read_changes(
        tx, tenant_id=tenant_id, venue_id=venue_id, since=since, below=below
    )
    return [dict(row) async for row in rows]


async def command(tx: Connection, tenant_id: str, command_id: str) -> dict[str, Any] | None:
    """Return what is known of a command: its status, whose it is, why and when."""
    row = await queries.read_command(tx, tenant_id=tenant_id, command_id=command_id)
    if row is None:
        return None
    known = dict(row)
    del known["rank"]
    return known
