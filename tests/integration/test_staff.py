"""The staff on real services: commands in, rows and events out, one at a time and all at once."""

from collections.abc import Sequence
from typing import Any

import asyncpg

from tests.support.bus import Bus
from tests.support.commands import Document, Venue
from tests.support.process import WorkerProcess
from tests.support.waiting import HELD_UP, until

ROWS = """
SELECT user_id, role, permissions, removed_at IS NULL AS active
FROM venue_staff WHERE venue_id = $1 ORDER BY user_id
"""


def created_by(venue: Venue, owner: str) -> Document:
    """Return the command by which somebody makes a venue of their own."""
    return {**venue.create(), "actorid": owner}


def staff(venue: Venue, verb: str, user: str, actor: str | None = "ann", **more: Any) -> Document:
    """Return `venue.staff.<verb>` about a person."""
    return venue.to(f"staff.{verb}", {"user_id": user, **more}, actorid=actor)


async def at_once(the_bus: Bus, database: asyncpg.Connection, commands: Sequence[Document]) -> None:
    """Send commands that make up one batch: all of them wait while the one before it is held up."""
    async with database.transaction():
        await database.execute("LOCK TABLE command_outcome")
        await the_bus.send(Venue().create())
        await until(lambda: database.fetchval(HELD_UP), "a batch is held up")
        await the_bus.send_all(commands)

        async def is_taken() -> bool:
            queue = await the_bus.channel.declare_queue("venue.commands.0", passive=True)
            return queue.declaration_result.message_count == 0

        await until(is_taken, "the worker has them all")


async def test_a_persons_time_on_the_staff(
    worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection
) -> None:
    """Added, promoted, removed: each event shows the person, and who left may no longer act."""
    venue = Venue()
    commands = [
        created_by(venue, "ann"),
        staff(venue, "add", "bob", role="viewer", permissions=["tickets:sell", "events:*"]),
        staff(venue, "change-role", "bob", role="manager"),
        staff(venue, "add", "cleo", "bob", role="door_staff", permissions=["events:edit"]),
        staff(venue, "remove", "bob"),
    ]
    replies = [await the_bus.ask(command) for command in commands]
    assert [reply["version"] for reply in replies] == [1, 2, 3, 4, 5], replies
    late = await the_bus.ask(staff(venue, "remove", "cleo", "bob"))
    assert late["errors"][0]["code"] == "forbidden"
    events = await the_bus.events_of(venue.id, 6)
    assert [event["type"] for event in events] == [
        "venue.created", "venue.staff.added", "venue.staff.role-changed", "venue.staff.added",
        "venue.staff.removed", "venue.command.rejected",
    ]  # fmt: skip
    added, promoted, removed = (events[place]["data"] for place in (1, 2, 4))
    bob = added["staff"]
    assert bob == {
        "user_id": "bob",
        "role": "viewer",
        "permissions": ["events:*", "tickets:sell"],
        "added_at": events[1]["time"],
    }
    assert promoted == {"staff": {**bob, "role": "manager"}, "changed": ["role"]}
    left = {**bob, "role": "manager", "removed_at": events[4]["time"]}
    assert removed == {"staff": left, "changed": ["removed_at"]}
    assert [tuple(row) for row in await database.fetch(ROWS, venue.id)] == [
        ("ann", "owner", "", True),
        ("bob", "manager", "events:* tickets:sell", False),
        ("cleo", "door_staff", "events:edit", True),
    ]


async def test_all_in_one_batch(
    worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection
) -> None:
    """A person added, changed, removed and added again within a batch ends as the last says.

    Who came and went within it leaves the row that a batch for each would have left.
    """
    venue = Venue()
    commands = [
        created_by(venue, "ann"),
        staff(venue, "add", "bob", role="viewer"),
        staff(venue, "change-role", "bob", role="box_office", permissions=["a:b"]),
        staff(venue, "add", "cleo", role="viewer"),
        staff(venue, "remove", "bob"),
        staff(venue, "remove", "cleo"),
        staff(venue, "add", "bob", role="door_staff"),
        staff(venue, "add", "bob", role="door_staff"),
        staff(venue, "remove", "ann", "bob"),
        staff(venue, "remove", "ann", None),
    ]
    await at_once(the_bus, database, commands)
    events = await the_bus.events_of(venue.id, 9)
    assert [event.get("venueversion") for event in events] == [1, 2, 3, 4, 5, 6, 7, None, None]
    codes = [event["data"]["errors"][0]["code"] for event in events[7:]]
    assert codes == ["forbidden", "last_owner"]
    assert {event["time"] for event in events[:7]} == {events[0]["time"]}, "not one batch"
    assert [tuple(row) for row in await database.fetch(ROWS, venue.id)] == [
        ("ann", "owner", "", True),
        ("bob", "door_staff", "", True),
        ("cleo", "viewer", "", False),
    ]


async def test_a_full_staff(
    worker: WorkerProcess, the_bus: Bus, database: asyncpg.Connection
) -> None:
    """Fifty people fit, whoever leaves makes room, and the database agrees on the whole of it."""
    venue = Venue()
    await the_bus.ask(created_by(venue, "ann"))
    await the_bus.send_all(staff(venue, "add", f"user-{n}", role="viewer") for n in range(49))
    one_more = await the_bus.ask(staff(venue, "add", "bob", role="owner"))
    assert one_more["errors"][0]["code"] == "staff_limit"
    await the_bus.send_all(
        [staff(venue, "remove", "user-7"), staff(venue, "add", "bob", role="owner")]
    )

    async def is_there() -> bool:
        rows = await database.fetch(ROWS, venue.id)
        return sum(row["active"] for row in rows) == 50 and len(rows) == 51

    await until(is_there, "the last of fifty")
    assert (await the_bus.ask(staff(venue, "remove", "ann", "bob")))["status"] == "applied"
    assert await database.fetchval("SELECT count(*) FROM parked_command") == 0
