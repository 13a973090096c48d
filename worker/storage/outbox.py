"""The table `outbox`: which of the committed events are not published yet."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from worker.domain.origin import VenueKey
from worker.storage.arrays import numbers
from worker.storage.connection import Connection
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


async def to_publish(
    tx: Connection,
    venues: Collection[VenueKey],
    new: Sequence[PendingEvent],
    *,
    unbroken: bool = True,
) -> list[PendingEvent]:
    """Return what is to be published of the venues now: new events, and what is left before them.

    Nothing of venues whose oldest event was refused, and a beginning only of those that have very
    much left: that is for the sweep.

    Args:
        tx: what it sees decides what is still unpublished.
        venues: (tenant, venue).
        new: events just committed, at hand with their bodies; in order.
        unbroken: whether nothing of the same venue can stand between two of them, as all are of one
            transaction. Else they are published as far as is read, like what others have left.
    """
    rows = await _oldest(tx, sorted(venues), most=MOST_EACH * len(venues))
    at_hand = {event.position: event for event in new}
    firsts: dict[VenueKey, asyncpg.Record] = {}
    for row in rows:
        firsts.setdefault(_key(row), row)
    held = {k for k, first in firsts.items() if first["held"]}
    ours = {k for k, first in firsts.items() if unbroken and first["position"] in at_hand}
    fresh = ours - held
    left = [row for row in rows if _key(row) not in fresh | held]
    return [event for event in new if event.key in fresh] + await _pending(tx, left, at_hand)


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
    rows = await _oldest(tx, venues, most=most)
    each = Counter(_key(row) for row in rows)
    more = len(venues) >= enough or len(rows) == most or MOST_EACH in each.values()
    return await _pending(tx, rows, {}), more


async def _oldest(tx: Connection, venues: Sequence[VenueKey], *, most: int) -> list[asyncpg.Record]:
    if not venues:
        return []
    tenant_ids, venue_ids = zip(*venues, strict=True)
    rows = queries.oldest_pending(
        tx,
        tenant_ids=tenant_ids,
        venue_ids=venue_ids,
        most_each=MOST_EACH,
        most=most,
    )
    return [row async for row in rows]


async def forget(tx: Connection, events: Collection[PendingEvent]) -> None:
    """Take confirmed events out of the outbox."""
    await queries.forget_published(tx, positions=numbers(event.position for event in events))


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


async def _pending(
    tx: Connection, rows: Sequence[asyncpg.Record], at_hand: Mapping[int, PendingEvent]
) -> list[PendingEvent]:
    ids = [row["event_id"] for row in rows if row["position"] not in at_hand]
    bodies = {}
    if ids:
        bodies = {row["id"]: row async for row in queries.bodies_of(tx, event_ids=ids)}
    return [
        at_hand.get(row["position"])
        or PendingEvent(
            position=row["position"],
            id=row["event_id"],
            tenant_id=row["tenant_id"],
            venue_id=row["venue_id"],
            type=bodies[row["event_id"]]["type"],
            body=bodies[row["event_id"]]["body"],
        )
        for row in rows
    ]
