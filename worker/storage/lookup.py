"""What every batch asks the database for first, in one round trip: what is known, and its venues.

On a quiet queue a command waits for each round trip before its event is sent.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from worker.domain.command import Command
from worker.domain.origin import CommandKey, VenueKey
from worker.domain.state import Venue
from worker.storage import outcomes, venues
from worker.storage.arrays import words
from worker.storage.database import Connection
from worker.storage.outcomes import Known
from worker.storage.queries import queries


@dataclass(frozen=True, slots=True)
class Found:
    """What was looked up for a batch.

    Attributes:
        known: those of its commands that have an outcome, or are deferred.
        venues: those that exist, deleted or not, locked until the transaction ends.
    """

    known: dict[CommandKey, Known] = field(default_factory=dict)
    venues: dict[VenueKey, Venue] = field(default_factory=dict)


async def look_up(
    tx: Connection, commands: Collection[Command], to_decide: Collection[Command]
) -> Found:
    """Return what is known of the commands, and the venues of those that are to be decided.

    Outcomes may be older than the venues, where those had to be waited for: one that was committed
    meanwhile shows when this batch is written. Whatever else deciding looks at is read after this.
    """
    found = Found()
    if not commands:
        return found
    keys = sorted({command.idempotency_key for command in commands})
    places = sorted({command.key for command in to_decide})
    rows = queries.look_up(
        tx,
        tenant_ids=words(tenant_id for tenant_id, _ in keys),
        command_ids=words(command_id for _, command_id in keys),
        venue_tenant_ids=words(tenant_id for tenant_id, _ in places),
        venue_ids=words(venue_id for _, venue_id in places),
    )
    async for row in rows:
        key = row["tenant_id"], row["id"]
        if row["kind"] == "venue":
            found.venues[key] = venues.venue_of(row)
        else:
            found.known[key] = outcomes.known_of(row)
    return found
