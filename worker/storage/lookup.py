"""What every batch asks the database for, in one round trip.

On a quiet queue a command waits for each of them before its event is sent.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

from worker.domain.command import Command
from worker.domain.origin import CommandKey, VenueKey
from worker.domain.state import Venue
from worker.storage import outcomes, venues
from worker.storage.arrays import texts, words
from worker.storage.database import Connection
from worker.storage.outcomes import Known
from worker.storage.queries import queries


@dataclass(frozen=True, slots=True)
class Found:
    """What was looked up for a batch.

    Attributes:
        known: those of its commands that have an outcome, or are deferred.
        venues: those that exist, deleted or not, locked until the transaction ends.
        taken: by tenant, the slugs in use that begin like those that the commands ask for.
    """

    known: dict[CommandKey, Known] = field(default_factory=dict)
    venues: dict[VenueKey, Venue] = field(default_factory=dict)
    taken: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


async def look_up(
    tx: Connection, commands: Collection[Command], to_decide: Collection[Command]
) -> Found:
    """Return what is known of the commands, and what those are decided on that are to be.

    Slugs and outcomes may be older than the venues, where those had to be waited for; what has come
    of them since shows when this batch is written.
    """
    found = Found()
    if not commands:
        return found
    keys = {command.idempotency_key for command in commands}
    places = {command.key for command in to_decide}
    slugs = {(one.tenant_id, base) for one in to_decide if (base := venues.slug_base_of(one))}
    rows = queries.look_up(
        tx,
        **_two_columns("tenant_ids", "command_ids", keys),
        **_two_columns("venue_tenant_ids", "venue_ids", places),
        **_two_columns("slug_tenant_ids", "bases", slugs),
    )
    async for row in rows:
        key = row["tenant_id"], row["id"]
        if row["kind"] == "venue":
            found.venues[key] = venues.venue_of(row)
        elif row["kind"] == "command":
            found.known[key] = outcomes.known_of(row)
        else:
            found.taken[row["tenant_id"]].add(row["slug"])
    return found


def _two_columns(one: str, other: str, pairs: set[tuple[str, str]]) -> dict[str, str]:
    # UUIDs and bases of slugs; of a base `null` is one, and needs its quotes.
    ordered = sorted(pairs)
    return {
        one: words(first for first, _ in ordered),
        other: texts(second for _, second in ordered),
    }
