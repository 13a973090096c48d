"""The table `venue_staff`: who holds which role at a venue."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import asyncpg

from worker.domain.command import COMMANDS, Command
from worker.domain.origin import VenueKey
from worker.domain.staff import STAFF, Member, Role
from worker.storage.connection import Connection
from worker.storage.queries import by_venue, queries

Members = dict[str, Member]
EVERYBODY = None


async def load(tx: Connection, commands: Sequence[Command]) -> dict[VenueKey, Members]:
    """Return each venue's active staff: all for a command about staff, else its actor alone."""
    wanted = {
        (*command.key, EVERYBODY if STAFF is COMMANDS[command.type].part else command.actor_id)
        for command in commands
    }
    return await of_venues(tx, wanted)


async def of_venues(
    tx: Connection, wanted: Collection[tuple[str, str, str | None]]
) -> dict[VenueKey, Members]:
    """Return active staff; wanted are tenant, venue, and the person, or `EVERYBODY`."""
    tenant_ids, venue_ids, user_ids = zip(*wanted, strict=True)
    rows = queries.staff(tx, tenant_ids=tenant_ids, venue_ids=venue_ids, user_ids=user_ids)
    return await by_venue(rows, "user_id", _member)


async def save(tx: Connection, changed: Mapping[VenueKey, Members], _: datetime) -> None:
    """Write people who came, changed or left, as they are now: one row each, in key order."""
    people = sorted(
        (*key, user, member) for key, members in changed.items() for user, member in members.items()
    )
    await queries.put_staff(
        tx,
        tenant_ids=[tenant_id for tenant_id, *_ in people],
        venue_ids=[venue_id for _, venue_id, *_ in people],
        user_ids=[user_id for *_, user_id, _ in people],
        roles=[member.role.value for *_, member in people],
        permissions=[" ".join(member.permissions) for *_, member in people],
        added_ats=[member.added_at for *_, member in people],
        removed_ats=[member.removed_at for *_, member in people],
    )


def _member(row: asyncpg.Record) -> Member:
    permissions = tuple(row["permissions"].split())
    return Member(row["user_id"], Role(row["role"]), row["added_at"], permissions)
