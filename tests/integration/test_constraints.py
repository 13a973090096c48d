"""The rules that the database holds itself, each by its name, whatever a program tries."""

import asyncpg
import pytest

from tests.support.commands import new_id

VENUE = """
INSERT INTO venue (tenant_id, id, version, status, slug, fields, created_at, updated_at, deleted_at)
VALUES ($1, $2, {version}, {status}, {slug}, {fields}, now(), now(), {deleted_at})
"""
GOOD = {
    "version": "1",
    "status": "'pending'",
    "slug": "'a-slug'",
    "fields": """'{"name": "N", "address": {"country": "US"}}'""",
    "deleted_at": "NULL",
}
BROKEN = [
    ("venue_version_positive", {"version": "0"}),
    ("venue_status_known", {"status": "'open'"}),
    ("venue_slug_form", {"slug": "'A slug'"}),
    ("venue_name_present", {"fields": """'{"name": " ", "address": {"country": "US"}}'"""}),
    ("venue_country_form", {"fields": """'{"name": "N", "address": {"country": "us"}}'"""}),
    (
        "venue_capacity_fits",
        {
            "fields": """'{"name": "N", "address": {"country": "US"},
                           "capacity": {"max": 1, "seated": 1, "vip": 1}}'"""
        },
    ),
    ("venue_active_complete", {"status": "'active'"}),
    ("venue_deleted_from_pending_or_closed", {"status": "'suspended'", "deleted_at": "now()"}),
]
OUTCOME = """
INSERT INTO command_outcome (tenant_id, command_id, type, digest, venue_id, status, errors,
                             decided_at)
VALUES ($1, $2, 'venue.create', {digest}, $2, {status}, {errors}, now())
"""
EVENT = """
INSERT INTO venue_event (id, tenant_id, venue_id, venue_version, type, command_id, body,
                         occurred_at)
VALUES (gen_random_uuid(), $1, $2, {version}, {type}, $2, '', now())
"""
PARKED = """
INSERT INTO parked_command (id, hash, reason, errors, body, properties, first_seen, last_seen,
                            times_seen)
VALUES (gen_random_uuid(), '\\x00', 'x', '[]', '', '{{}}', now(), now(), {times})
"""
STAFF = """
INSERT INTO venue_staff (tenant_id, venue_id, user_id, role, added_at)
VALUES ($1, $2, 'ann', {role}, now())
"""
SHA = "decode(repeat('00', 32), 'hex')"
OTHERS = [
    ("command_outcome_status_known", OUTCOME.format(digest=SHA, status="'lost'", errors="NULL")),
    (
        "command_outcome_rejected_says_why",
        OUTCOME.format(digest=SHA, status="'rejected'", errors="NULL"),
    ),
    (
        "command_outcome_digest_sha256",
        OUTCOME.format(digest="'\\x00'", status="'applied'", errors="NULL"),
    ),
    ("venue_event_version_positive", EVENT.format(version="0", type="'venue.created'")),
    ("venue_event_versioned", EVENT.format(version="NULL", type="'venue.created'")),
    ("venue_event_versioned", EVENT.format(version="1", type="'venue.command.parked'")),
    ("venue_staff_role_known", STAFF.format(role="'king'")),
    ("venue_staff_venue_fkey", STAFF.format(role="'owner'")),
]


async def violated(database: asyncpg.Connection, statement: str, *values: str) -> str:
    """Run a statement that the database must refuse; return the constraint that refused it."""
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as caught:
        await database.execute(statement, *values)
    return str(caught.value.constraint_name)


@pytest.mark.parametrize(("name", "broken"), BROKEN)
async def test_a_venue(database: asyncpg.Connection, name: str, broken: dict[str, str]) -> None:
    """A venue that breaks one rule is refused by that rule's name; a good one is not."""
    assert await violated(database, VENUE.format(**{**GOOD, **broken}), new_id(), new_id()) == name
    await database.execute(VENUE.format(**GOOD), new_id(), new_id())


@pytest.mark.parametrize(("name", "statement"), OTHERS)
async def test_the_other_tables(database: asyncpg.Connection, name: str, statement: str) -> None:
    """Outcomes, events and staff that break a rule are refused by its name."""
    assert await violated(database, statement, new_id(), new_id()) == name


async def test_a_parked_command_was_seen(database: asyncpg.Connection) -> None:
    """A parked command was seen at least once, and is parked once."""
    assert await violated(database, PARKED.format(times="0")) == "parked_command_seen"
    await database.execute(PARKED.format(times="1"))
    assert await violated(database, PARKED.format(times="1")) == "parked_command_hash_unique"


async def test_slugs_and_versions_are_unique(database: asyncpg.Connection) -> None:
    """A slug is unique in the tenant among venues not deleted, a version in its venue."""
    tenant, venue = new_id(), new_id()
    await database.execute(VENUE.format(**GOOD), tenant, venue)
    again = VENUE.format(**GOOD)
    assert await violated(database, again, tenant, new_id()) == "venue_slug_unique"
    assert await violated(database, again, tenant, venue) == "venue_pkey"
    await database.execute("UPDATE venue SET deleted_at = now()")
    await database.execute(again, tenant, new_id())
    created = EVENT.format(version="1", type="'venue.created'")
    await database.execute(created, tenant, venue)
    assert await violated(database, created, tenant, venue) == "venue_event_version_unique"


async def test_slugs_can_be_swapped(database: asyncpg.Connection) -> None:
    """One statement may hand slugs from venue to venue: what counts is how it ends."""
    tenant = new_id()
    for slug in ("'a'", "'b'"):
        await database.execute(VENUE.format(**{**GOOD, "slug": slug}), tenant, new_id())
    await database.execute("UPDATE venue SET slug = CASE slug WHEN 'a' THEN 'b' ELSE 'a' END")
    assert await database.fetchval("SELECT count(DISTINCT slug) FROM venue") == 2
