"""The table `venue`: its rows as venues and back, and the slugs that commands ask for."""

import re
from collections.abc import Iterable, Mapping
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
from worker.json_text import compact
from worker.storage.arrays import numbers, texts, times, words

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


def slugs_asked(commands: Iterable[Command]) -> frozenset[tuple[str, str]]:
    """Return the slugs that commands ask for, or their bases, each with its tenant."""
    return frozenset((c.tenant_id, base) for c in commands if (base := slug_base_of(c)))


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


def columns(venues: Mapping[VenueKey, Venue], loaded: Mapping[VenueKey, Venue]) -> dict[str, Any]:
    """Return venues that changed or are new as the columns of `write`, in key order.

    Without their times: what is new or has changed was made, or changed, when it was decided.
    """
    ordered = sorted(venues.items())
    return {
        "venue_tenant_ids": words(tenant_id for (tenant_id, _), _ in ordered),
        "venue_ids": words(venue.id for _, venue in ordered),
        "loaded_versions": numbers(
            loaded[key].version if key in loaded else None for key, _ in ordered
        ),
        "versions": numbers(venue.version for _, venue in ordered),
        "statuses": words(venue.status.value for _, venue in ordered),
        "slugs": texts(venue.slug for _, venue in ordered),
        "fields": [compact(venue.fields).decode() for _, venue in ordered],
        "status_reasons": texts(venue.status_reason for _, venue in ordered),
        "deleted_ats": times(venue.deleted_at for _, venue in ordered),
    }
