"""The table `venue`: read under lock, write back what changed."""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

import asyncpg
from pydantic_core import from_json
from slugify import slugify

from worker.domain.command import Command
from worker.domain.origin import VenueKey
from worker.domain.slugs import slug_base
from worker.domain.state import Status, Venue
from worker.domain.venue_data import VenueCreate, VenueUpdate
from worker.errors import ContendedError
from worker.json_text import compact
from worker.storage.database import Connection
from worker.storage.queries import queries, rows_of

PLAIN = re.compile(r"[A-Za-z0-9 -]+")
GAPS = re.compile(r"[ -]+")


@lru_cache(maxsize=10_000)
def transliterated(name: str) -> str:
    """Return a name in a-z, 0-9 and hyphens; possibly nothing is left of it."""
    if PLAIN.fullmatch(name):  # nothing to look up, and so for most names
        return GAPS.sub("-", name.lower()).strip("-")
    # Named, so that another package that happens to be installed does not change slugs, and so
    # that it is not looked for at every name.
    return slugify(name, backend="text-unidecode")


async def lock(tx: Connection, keys: list[VenueKey]) -> dict[VenueKey, Venue]:
    """Return the venues that exist, deleted or not, locked until the transaction ends."""
    if not keys:
        return {}
    tenant_ids, ids = zip(*keys, strict=True)
    rows = queries.lock_venues(tx, tenant_ids=tenant_ids, ids=ids)
    return {(row["tenant_id"], row["id"]): venue_of(row) async for row in rows}


async def taken_slugs(tx: Connection, bases: Collection[tuple[str, str]]) -> dict[str, set[str]]:
    """Return, by tenant, the slugs in use that begin like one of the (tenant, base)."""
    taken: dict[str, set[str]] = defaultdict(set)
    if bases:
        tenant_ids, texts = zip(*bases, strict=True)
        async for row in queries.taken_slugs(tx, tenant_ids=tenant_ids, bases=texts):
            taken[row["tenant_id"]].add(row["slug"])
    return taken


async def save(
    tx: Connection, venues: Mapping[VenueKey, Venue], loaded: Mapping[VenueKey, Venue]
) -> None:
    """Write the venues back.

    Raises:
        ContendedError: another transaction has created or changed one of them since.
    """
    known = [(key, venue) for key, venue in sorted(venues.items()) if key in loaded]
    new = [(key, venue) for key, venue in sorted(venues.items()) if key not in loaded]
    # Updates first: one may set a slug free that a new venue takes.
    if known:
        columns = _columns(known)
        del columns["created_ats"]
        columns["loaded_versions"] = [loaded[key].version for key, _ in known]
        _expect(await queries.update_venues(tx, **columns), len(known))
    if new:
        _expect(await queries.insert_venues(tx, **_columns(new)), len(new))


def slug_base_of(command: Command) -> str | None:
    """Return the slug that the command asks for, or the base of the one it is to be given."""
    match command.data:
        case VenueCreate(slug=str(slug)):
            return slug
        case VenueCreate(name=name):
            return slug_base(transliterated(name), command.venue_id)
        case VenueUpdate(slug=slug) if slug:
            return slug
    return None


def venue_of(row: asyncpg.Record) -> Venue:
    """Return the venue that a row holds."""
    return Venue(
        id=row["id"],
        version=row["version"],
        status=Status(row["status"]),
        slug=row["slug"],
        fields=from_json(row["fields"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        status_reason=row["status_reason"],
        deleted_at=row["deleted_at"],
    )


def _columns(venues: list[tuple[VenueKey, Venue]]) -> dict[str, list[Any]]:
    return {
        "tenant_ids": [tenant_id for (tenant_id, _), _ in venues],
        "ids": [venue.id for _, venue in venues],
        "versions": [venue.version for _, venue in venues],
        "statuses": [venue.status.value for _, venue in venues],
        "slugs": [venue.slug for _, venue in venues],
        "fields": [compact(venue.fields).decode() for _, venue in venues],
        "status_reasons": [venue.status_reason for _, venue in venues],
        "created_ats": [venue.created_at for _, venue in venues],
        "updated_ats": [venue.updated_at for _, venue in venues],
        "deleted_ats": [venue.deleted_at for _, venue in venues],
    }


def _expect(status: str, rows: int) -> None:
    if rows_of(status) != rows:
        raise ContendedError("another transaction has written one of the venues since")
