"""The table `outbox`: which of the committed events are not published yet."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from worker.domain.origin import VenueKey
from worker.storage.database import Connection
from worker.storage.queries import queries

MOST_EACH = 20
"""Unpublished events of one venue that are read at a time: the rest waits, in the database."""


@dataclass(frozen=True, slots=True)
class PendingEvent:
    """A committed event on its way to the broker.

    Attributes:
        position: its place in the outbox; smaller ones of the same venue are published first.
        body: the CloudEvent in JSON, the same at every publication.
    """

    position: int
    id: str
    tenant_id: str
    venue_id: str
    type: str
    body: str

    @property
    def key(self) -> VenueKey:
        """The venue's key: (tenant, venue)."""
        return self.tenant_id, self.venue_id


@dataclass(frozen=True, slots=True)
class Backlog:
    """What of some venues is still to be published.

    Attributes:
        events: the oldest events of each venue, in order.
        closed: venues of which nothing newer may be published after these: there are more, or the
            first was refused, and then none of the venue's is among `events`.
    """

    events: list[PendingEvent]
    closed: set[VenueKey]


@dataclass(frozen=True, slots=True)
class OutboxFigures:
    """How far publishing is behind.

    Attributes:
        refused: how many events were refused; each is its venue's oldest.
        next: those of them that are tried again first: event, venue, attempts and when.
    """

    pending: int
    refused: int
    oldest_seconds: float
    next: list[dict[str, Any]]


async def pending_of(tx: Connection, venues: Collection[VenueKey]) -> Backlog:
    """Return what is to be published of the venues (tenant, venue) before anything newer."""
    rows = await _oldest(tx, sorted(venues), most=MOST_EACH * len(venues), also_held=False)
    counts = Counter(_key(row) for row in rows)
    held = {_key(row) for row in rows if row["held"]}
    return Backlog(
        events=[_pending(row) for row in rows if not row["held"]],
        closed=held | {key for key, count in counts.items() if count == MOST_EACH},
    )


async def claim(
    tx: Connection, *, min_age_seconds: float, most: int
) -> tuple[list[PendingEvent], bool]:
    """Return events left behind, at most `most`: a beginning of what each of their venues has.

    Refused ones come first, once their time has come; they count as tried again with this, so that
    no other worker does. Then those that nobody has published within `min_age_seconds`.

    Returns:
        The events, and whether there may be more.
    """
    enough = most // MOST_EACH
    venues = [_key(row) async for row in queries.claim_refused(tx, most=enough)]
    if len(venues) < enough:
        rows = queries.abandoned_venues(tx, min_age_seconds=min_age_seconds, most=most)
        venues += [_key(row) async for row in rows]
    rows = await _oldest(tx, venues, most=most, also_held=True)
    each = Counter(_key(row) for row in rows)
    more = len(venues) >= enough or len(rows) == most or MOST_EACH in each.values()
    return [_pending(row) for row in rows], more


async def _oldest(
    tx: Connection, venues: Sequence[VenueKey], *, most: int, also_held: bool
) -> list[asyncpg.Record]:
    if not venues:
        return []
    tenant_ids, venue_ids = zip(*venues, strict=True)
    rows = queries.oldest_pending(
        tx,
        tenant_ids=tenant_ids,
        venue_ids=venue_ids,
        most_each=MOST_EACH,
        most=most,
        also_held=also_held,
    )
    return [row async for row in rows]


async def forget(tx: Connection, events: Collection[PendingEvent]) -> None:
    """Take confirmed events out of the outbox."""
    await queries.forget_published(tx, positions=[event.position for event in events])


async def hold(tx: Connection, events: Collection[PendingEvent]) -> None:
    """Let the venues of refused events wait; how long, `claim` decides from then on."""
    await queries.hold_refused(tx, positions=[event.position for event in events])


async def figures(tx: Connection, most_refused: int) -> OutboxFigures:
    """Return how far publishing is behind, and some of what was refused."""
    row = await queries.outbox_figures(tx)
    refused: list[dict[str, Any]] = []
    if row["refused"]:
        refused = [dict(one) async for one in queries.refused_events(tx, most=most_refused)]
    return OutboxFigures(row["pending"], row["refused"], row["oldest_seconds"], refused)


def _key(row: asyncpg.Record) -> VenueKey:
    return row["tenant_id"], row["venue_id"]


def _pending(row: asyncpg.Record) -> PendingEvent:
    return PendingEvent(
        position=row["position"],
        id=row["event_id"],
        tenant_id=row["tenant_id"],
        venue_id=row["venue_id"],
        type=row["type"],
        body=row["body"],
    )
