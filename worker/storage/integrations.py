"""The table `venue_integration`: what venues are connected to; their credentials stay sealed."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import asyncpg
from pydantic_core import from_json, to_json

from worker.domain.command import Command
from worker.domain.integration import Integration
from worker.domain.origin import VenueKey
from worker.storage.connection import Connection
from worker.storage.queries import by_venue, queries

Integrations = dict[str, Integration | None]


async def load(tx: Connection, commands: Sequence[Command]) -> dict[VenueKey, Integrations]:
    """Return the venues' integrations, without their credentials."""
    return await of_venues(tx, {command.key for command in commands})


async def of_venues(tx: Connection, keys: Collection[VenueKey]) -> dict[VenueKey, Integrations]:
    """Return what each of the venues is connected to, without the credentials."""
    tenant_ids, venue_ids = zip(*keys, strict=True)
    rows = queries.integrations(tx, tenant_ids=tenant_ids, venue_ids=venue_ids)
    return await by_venue(rows, "kind", _integration)


async def save(tx: Connection, changed: Mapping[VenueKey, Integrations], _: datetime) -> None:
    """Write what was connected, and delete what was disconnected, credentials and all."""
    rows = [(key, kind, one) for key, items in changed.items() for kind, one in items.items()]
    gone = [(*key, kind) for key, kind, one in rows if one is None]
    there = [(key, one) for key, _, one in rows if one is not None]
    if gone:
        tenant_ids, venue_ids, kinds = zip(*gone, strict=True)
        await queries.remove_integrations(
            tx, tenant_ids=tenant_ids, venue_ids=venue_ids, kinds=kinds
        )
    if there:
        await _put(tx, there)


async def _put(tx: Connection, there: list[tuple[VenueKey, Integration]]) -> None:
    sealed = [one.credentials.sealed for _, one in there if one.credentials]
    await queries.put_integrations(
        tx,
        tenant_ids=[tenant_id for (tenant_id, _), _ in there],
        venue_ids=[venue_id for (_, venue_id), _ in there],
        kinds=[one.kind for _, one in there],
        configs=[to_json(one.config).decode() for _, one in there],
        credential_names=[to_json(one.credential_names).decode() for _, one in there],
        credentials=[one.token for one in sealed],
        key_ids=[one.key_id for one in sealed],
        connected_ats=[one.connected_at for _, one in there],
    )


def _integration(row: asyncpg.Record) -> Integration:
    return Integration(
        kind=row["kind"],
        config=from_json(row["config"]),
        credential_names=tuple(from_json(row["credential_names"])),
        connected_at=row["connected_at"],
    )
