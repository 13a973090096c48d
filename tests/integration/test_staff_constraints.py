"""The rules of the staff that the database holds itself, each by its name."""

import asyncpg
import pytest

from tests.integration.test_constraints import GOOD, VENUE, violated
from tests.support.commands import new_id

MEMBER = """
INSERT INTO venue_staff (tenant_id, venue_id, user_id, role, permissions, added_at, removed_at)
VALUES ($1, $2, {user}, 'viewer', {permissions}, now(), {removed})
"""
ANYBODY = {"user": "'bob'", "permissions": "'a:b c_d:*'", "removed": "NULL"}
BROKEN = [
    *[("venue_staff_user_present", {"user": text}) for text in ("''", "' '")],
    ("venue_staff_user_short", {"user": "repeat('x', 257)"}),
    *[
        ("venue_staff_permissions_form", {"permissions": text})
        for text in ("'*'", "'a:b '", "'A:b'", "'a'", "'a:b,c:d'")
    ],
    ("venue_staff_permissions_few", {"permissions": "trim(repeat('a:b ', 51))"}),
    ("venue_staff_removed_later", {"removed": "now() - interval '1 second'"}),
]
PEOPLE = """
INSERT INTO venue_staff (tenant_id, venue_id, user_id, role, added_at, removed_at)
SELECT $1, $2, '{prefix}-' || n, '{role}', now(), {removed} FROM generate_series(1, {count}) AS n
"""
COME_BACK = "UPDATE venue_staff SET removed_at = NULL WHERE venue_id = $1 AND user_id = 'left-7'"
DISMISS = "UPDATE venue_staff SET removed_at = now() WHERE venue_id = $1 AND user_id LIKE '{user}'"
SET_ROLE = "UPDATE venue_staff SET role = '{role}' WHERE venue_id = $1 AND user_id = '{user}'"


def people(prefix: str, count: int, role: str = "viewer", removed: str = "NULL") -> str:
    """Return the statement that writes so many people."""
    return PEOPLE.format(prefix=prefix, count=count, role=role, removed=removed)


async def a_venue(database: asyncpg.Connection) -> tuple[str, str]:
    """Insert a venue and return its key."""
    key = new_id(), new_id()
    await database.execute(VENUE.format(**GOOD), *key)
    return key


@pytest.mark.parametrize(("name", "broken"), BROKEN)
async def test_a_member(database: asyncpg.Connection, name: str, broken: dict[str, str]) -> None:
    """A person who breaks one rule is refused by that rule's name; a good one is not."""
    key = await a_venue(database)
    assert await violated(database, MEMBER.format(**{**ANYBODY, **broken}), *key) == name
    await database.execute(MEMBER.format(**ANYBODY), *key)


async def test_the_limit(database: asyncpg.Connection) -> None:
    """Fifty fit beside those who have left; neither one more does nor one who comes back."""
    key, other = await a_venue(database), await a_venue(database)
    await database.execute(people("left", 30, removed="now()"), *key)
    await database.execute(people("user", 50), *key)
    assert await violated(database, people("more", 1), *key) == "venue_staff_limit"
    assert await violated(database, COME_BACK, key[1]) == "venue_staff_limit"
    assert await violated(database, people("user", 51), *other) == "venue_staff_limit"
    async with database.transaction():  # somebody goes for somebody else, in whatever order
        await database.execute(people("more", 1), *key)
        await database.execute(DISMISS.format(user="user-7"), key[1])


async def test_owners_count(database: asyncpg.Connection) -> None:
    """Owners are among the fifty."""
    key = await a_venue(database)
    await database.execute(people("owner", 50, "owner"), *key)
    assert await violated(database, people("more", 1), *key) == "venue_staff_limit"


async def test_the_last_owner(database: asyncpg.Connection) -> None:
    """The last owner neither leaves nor steps down; all leave together as little."""
    key = await a_venue(database)
    await database.execute(people("owner", 2, "owner"), *key)
    assert await violated(database, DISMISS.format(user="%"), key[1]) == "venue_staff_last_owner"
    await database.execute(DISMISS.format(user="owner-1"), key[1])
    for step in (DISMISS.format(user="owner-2"), SET_ROLE.format(user="owner-2", role="manager")):
        assert await violated(database, step, key[1]) == "venue_staff_last_owner"


async def test_handing_over(database: asyncpg.Connection) -> None:
    """An owner may go before the next one comes: how a transaction ends is what counts."""
    key = await a_venue(database)
    await database.execute(people("owner", 1, "owner"), *key)
    await database.execute(MEMBER.format(**ANYBODY), *key)
    async with database.transaction():
        await database.execute(DISMISS.format(user="owner-1"), key[1])
        await database.execute(SET_ROLE.format(user="bob", role="owner"), key[1])


async def test_a_venue_without_an_owner_has_none_to_lose(database: asyncpg.Connection) -> None:
    """The staff of a venue that the platform has made may all leave."""
    key = await a_venue(database)
    await database.execute(MEMBER.format(**ANYBODY), *key)
    await database.execute(DISMISS.format(user="bob"), key[1])
