"""The table `venue_staff`: who holds which role at a venue."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime

from worker.domain.origin import VenueKey
from worker.domain.staff import Role
from worker.storage.database import Connection
from worker.storage.queries import queries


async def roles(
    tx: Connection, people: Mapping[VenueKey, set[str]]
) -> dict[VenueKey, dict[str, Role]]:
    """Return the active roles of the given people at each venue."""
    wanted = [(*key, user) for key, users in people.items() for user in users]
    found: dict[VenueKey, dict[str, Role]] = defaultdict(dict)
    if wanted:
        tenant_ids, venue_ids, user_ids = zip(*wanted, strict=True)
        async for row in queries.roles(
            tx, tenant_ids=tenant_ids, venue_ids=venue_ids, user_ids=user_ids
        ):
            found[row["tenant_id"], row["venue_id"]][row["user_id"]] = Role(row["role"])
    return found


async def add(tx: Connection, new: Mapping[VenueKey, Mapping[str, Role]]) -> None:
    """Add people who are new at their venue."""
    rows = [(*key, user, role.value) for key, roles in new.items() for user, role in roles.items()]
    if rows:
        tenant_ids, venue_ids, user_ids, names = zip(*rows, strict=True)
        await queries.add_staff(
            tx,
            tenant_ids=tenant_ids,
            venue_ids=venue_ids,
            user_ids=user_ids,
            roles=names,
            added_at=datetime.now(UTC),
        )
