"""What every batch asks the database for first, in one round trip: what is known, venues and slugs.

On a quiet queue a command waits for each round trip before its event is sent.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

from worker.domain.command import Command
from worker.domain.origin import CommandKey, VenueKey
from worker.domain.state import Venue
from worker.storage import outcomes, venues
from worker.storage.arrays import texts, words
from worker.storage.connection import Connection
from worker.storage.outcomes import Known
from worker.storage.queries import queries


@dataclass(slots=True)
class Found:
    """What was looked up for a batch.

    Attributes:
        known: those of its commands that have an outcome, or are deferred.
        venues: those that exist, deleted or not, locked until the transaction ends.
        slugs: those in use, by tenant, that begin like one that a command asks for.
    """

    known: dict[CommandKey, Known] = field(default_factory=dict)
    venues: dict[VenueKey, Venue] = field(default_factory=dict)
    slugs: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


async def look_up(
    tx: Connection, commands: Collection[Command], to_decide: Collection[Command]
) -> Found:
    """Return what is known of the commands, and what those that are to be decided name.

    A statement sees the database as it was when it began, but a row that it had to wait for as it
    became. Where any was locked slugs are therefore asked for again: one that was set free while it
    had to be waited for is not in use any more. An outcome that was committed meanwhile shows when
    the batch is written.
    """
    if not commands:
        return Found()
    bases = venues.slugs_asked(to_decide)
    found = await _found(
        tx,
        {command.idempotency_key for command in commands},
        {command.key for command in to_decide},
        bases,
    )
    if found.venues and bases:
        found.slugs = (await _found(tx, (), (), bases)).slugs
    return found


async def _found(
    tx: Connection,
    keys: Collection[CommandKey],
    places: Collection[VenueKey],
    bases: Collection[tuple[str, str]],
) -> Found:
    found = Found()
    rows = queries.look_up(
        tx,
        tenant_ids=words(tenant_id for tenant_id, _ in keys),
        command_ids=words(command_id for _, command_id in keys),
        venue_tenant_ids=words(tenant_id for tenant_id, _ in places),
        venue_ids=words(venue_id for _, venue_id in places),
        slug_tenant_ids=words(tenant_id for tenant_id, _ in bases),
        bases=texts(base for _, base in bases),
    )
    async for row in rows:
        key = row["tenant_id"], row["id"]
        match row["kind"]:
            case "venue":
                found.venues[key] = venues.venue_of(row)
            case "slug":
                found.slugs[row["tenant_id"]].add(row["slug"])
            case _:
                found.known[key] = outcomes.known_of(row)
    return found
