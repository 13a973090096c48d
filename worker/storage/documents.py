"""The table `venue_document`: the current document of each kind at a venue."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import asyncpg

from worker.domain.command import Command
from worker.domain.documents_data import Document, DocumentStatus
from worker.domain.origin import VenueKey
from worker.storage.connection import Connection
from worker.storage.queries import by_venue, queries

Documents = dict[str, Document]


async def load(tx: Connection, commands: Sequence[Command]) -> dict[VenueKey, Documents]:
    """Return all documents of each venue: what they come to depends on all of them."""
    return await of_venues(tx, {command.key for command in commands})


async def of_venues(tx: Connection, keys: Collection[VenueKey]) -> dict[VenueKey, Documents]:
    """Return all documents of each venue."""
    tenant_ids, venue_ids = zip(*keys, strict=True)
    rows = queries.documents(tx, tenant_ids=tenant_ids, venue_ids=venue_ids)
    return await by_venue(rows, "kind", _document)


async def save(tx: Connection, changed: Mapping[VenueKey, Documents], now: datetime) -> None:
    """Write documents that are new or were reviewed; none ever goes."""
    del now
    rows = sorted(
        (key, kind, document)
        for key, documents in changed.items()
        for kind, document in documents.items()
    )
    documents = [document for _, _, document in rows]
    await queries.put_documents(
        tx,
        tenant_ids=[tenant_id for (tenant_id, _), _, _ in rows],
        venue_ids=[venue_id for (_, venue_id), _, _ in rows],
        kinds=[one.kind for one in documents],
        digests=[bytes.fromhex(one.sha256) for one in documents],
        expiries=[one.expires_on for one in documents],
        issues=[one.issued_on for one in documents],
        issuers=[one.issuer for one in documents],
        numbers=[one.number for one in documents],
        names=[one.name for one in documents],
        media_types=[one.media_type for one in documents],
        urls=[one.url for one in documents],
        statuses=[one.status.value for one in documents],
        status_reasons=[one.status_reason for one in documents],
        submitted_ats=[one.submitted_at for one in documents],
        reviewed_ats=[one.reviewed_at for one in documents],
    )


def _document(row: asyncpg.Record) -> Document:
    columns = dict(row)
    del columns["tenant_id"], columns["venue_id"]
    columns["status"] = DocumentStatus(columns["status"])
    return Document(**columns)
