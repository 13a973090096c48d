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
from worker.storage.database import Connection
from worker.storage.outcomes import Known
from worker.storage.queries import queries


@dataclass(slots=True)
class Found:
    """What was looked up for a batch.

    Attributes:
        known: those of its commands that have an outcome, or are deferred.
        venues: those that exist, deleted or not, locked until the transaction ends.
        slugs: those in use, by tenant, that begin like one that a command asks for.
        overtaken: whether a venue was changed while the rest was looked up.
    """

    known: dict[CommandKey, Known] = field(default_factory=dict)
    venues: dict[VenueKey, Venue] = field(default_factory=dict)
    slugs: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    overtaken: bool = False


async def look_up(
    tx: Connection, commands: Collection[Command], to_decide: Collection[Command]
) -> Found:
    """Return what is known of the commands, and what those that are to be decided name.

    A statement sees the database as it was when it began, but a row that it had to wait for as it
    became. So it asks once more where a venue was changed meanwhile: what that change went along
    with, such as a slug that it set free, is then seen too.
    """
    found = Found()
    if commands:
        asked = _asked(commands, to_decide)
        found = await _found(tx, asked)
        while found.overtaken:
            found = await _found(tx, asked)
    return found


def _asked(commands: Collection[Command], to_decide: Collection[Command]) -> dict[str, str]:
    keys = sorted({command.idempotency_key for command in commands})
    places = sorted({command.key for command in to_decide})
    bases = venues.slugs_asked(to_decide)
    return {
        "tenant_ids": words(tenant_id for tenant_id, _ in keys),
        "command_ids": words(command_id for _, command_id in keys),
        "venue_tenant_ids": words(tenant_id for tenant_id, _ in places),
        "venue_ids": words(venue_id for _, venue_id in places),
        "slug_tenant_ids": words(tenant_id for tenant_id, _ in bases),
        "bases": texts(base for _, base in bases),
    }


async def _found(tx: Connection, asked: dict[str, str]) -> Found:
    found = Found()
    async for row in queries.look_up(tx, **asked):
        key = row["tenant_id"], row["id"]
        match row["kind"]:
            case "venue":
                found.venues[key] = venues.venue_of(row)
                found.overtaken |= row["changed_since"]
            case "slug":
                found.slugs[row["tenant_id"]].add(row["slug"])
            case _:
                found.known[key] = outcomes.known_of(row)
    return found
