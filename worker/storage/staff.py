"""The table `venue_staff`: who holds which role at a venue."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

import asyncpg

from worker.domain.command import COMMANDS, Command
from worker.domain.origin import VenueKey
from worker.domain.staff import STAFF, Member, Role
from worker.storage.database import Connection
from worker.storage.queries import queries

Members = dict[str, Member | None]
EVERYBODY = None


async def load(tx: Connection, commands: Sequence[Command]) -> dict[VenueKey, Members]:
    """Return each venue's active staff: all for a command about staff, else its actor alone."""
    wanted = {
        (*command.key, EVERYBODY if STAFF is COMMANDS[command.type].part else command.actor_id)
        for command in commands
    }
    tenant_ids, venue_ids, user_ids = zip(*wanted, strict=True)
    rows = queries.staff(tx, tenant_ids=tenant_ids, venue_ids=venue_ids, user_ids=user_ids)
    found: dict[VenueKey, Members] = defaultdict(dict)
    async for row in rows:
        found[row["tenant_id"], row["venue_id"]][row["user_id"]] = _member(row)
    return dict(found)


async def save(tx: Connection, changed: Mapping[VenueKey, Members], now: datetime) -> None:
    """Write people who came or changed, and close the rows of those who left."""
    people = sorted(
        (key, user, member) for key, members in changed.items() for user, member in members.items()
    )
    there = [(key, member) for key, _, member in people if member is not None]
    gone = [(*key, user) for key, user, member in people if member is None]
    if there:
        await queries.put_staff(
            tx,
            tenant_ids=[tenant_id for (tenant_id, _), _ in there],
            venue_ids=[venue_id for (_, venue_id), _ in there],
            user_ids=[member.user_id for _, member in there],
            roles=[member.role.value for _, member in there],
            permissions=[" ".join(member.permissions) for _, member in there],
            added_ats=[member.added_at for _, member in there],
        )
    if gone:
        tenant_ids, venue_ids, user_ids = zip(*gone, strict=True)
        await queries.remove_staff(
            tx, tenant_ids=tenant_ids, venue_ids=venue_ids, user_ids=user_ids, removed_at=now
        )


def _member(row: asyncpg.Record) -> Member:
    permissions = tuple(row["permissions"].split())
    return Member(row["user_id"], Role(row["role"]), row["added_at"], permissions)
