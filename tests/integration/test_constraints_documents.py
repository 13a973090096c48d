"""The rules of documents and of the history that the database holds itself, each by its name."""

import asyncpg
import pytest

from tests.support.commands import new_id

VENUE = """
INSERT INTO venue (tenant_id, id, version, status, slug, fields, created_at, updated_at)
VALUES ($1, $2, 1, 'pending', 'a', '{"name": "N", "address": {"country": "US"}}', now(), now())
"""
DOCUMENT = """
INSERT INTO venue_document (tenant_id, venue_id, kind, sha256, expires_on, issued_on, number,
                            status, status_reason, submitted_at, reviewed_at)
VALUES ($1, $2, {kind}, {sha256}, {expires_on}, {issued_on}, {number}, {status}, {reason}, now(),
        {reviewed_at})
"""
GOOD = {
    "kind": "'liquor_license'",
    "sha256": "decode(repeat('00', 32), 'hex')",
    "expires_on": "'2027-01-01'",
    "issued_on": "'2027-01-01'",
    "number": "'1'",
    "status": "'submitted'",
    "reason": "NULL",
    "reviewed_at": "NULL",
}
BROKEN = [
    ("venue_document_kind_form", {"kind": "'Liquor'"}),
    ("venue_document_sha256_size", {"sha256": "'\\x00'"}),
    ("venue_document_issued_before_it_expires", {"issued_on": "'2027-01-02'"}),
    ("venue_document_taxpayer_unnumbered", {"kind": "'w9'"}),
    ("venue_document_status_known", {"status": "'expired'", "reviewed_at": "now()"}),
    ("venue_document_reviewed", {"status": "'approved'"}),
    ("venue_document_reviewed", {"reviewed_at": "now()"}),
    ("venue_document_rejected_says_why", {"status": "'rejected'", "reviewed_at": "now()"}),
]


async def violated(database: asyncpg.Connection, statement: str, *values: str) -> str:
    """Run a statement that the database must refuse; return the constraint that refused it."""
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as caught:
        await database.execute(statement, *values)
    return str(caught.value.constraint_name)


@pytest.mark.parametrize(("name", "broken"), BROKEN)
async def test_a_document(database: asyncpg.Connection, name: str, broken: dict[str, str]) -> None:
    """A document that breaks one rule is refused by that rule's name; a good one is not."""
    ids = new_id(), new_id()
    await database.execute(VENUE, *ids)
    assert await violated(database, DOCUMENT.format(**{**GOOD, **broken}), *ids) == name
    await database.execute(DOCUMENT.format(**GOOD), *ids)


async def test_a_document_belongs_to_a_venue(database: asyncpg.Connection) -> None:
    """A document is one of a venue that there is, and the only one of its kind there."""
    ids = new_id(), new_id()
    one = DOCUMENT.format(**GOOD)
    assert await violated(database, one, *ids) == "venue_document_venue_fkey"
    await database.execute(VENUE, *ids)
    await database.execute(one, *ids)
    assert await violated(database, one, *ids) == "venue_document_pkey"


HISTORY = """
INSERT INTO venue_history (tenant_id, venue_id, venue_version, type, command_id, occurred_at,
                           changed)
VALUES ($1, $2, {version}, 'venue.updated', $2, now(), '{{}}')
"""


async def test_a_line_of_the_history(database: asyncpg.Connection) -> None:
    """A version of a venue has one line, and versions begin at 1."""
    ids = new_id(), new_id()
    nought = HISTORY.format(version=0)
    assert await violated(database, nought, *ids) == "venue_history_version_positive"
    await database.execute(HISTORY.format(version=1), *ids)
    assert await violated(database, HISTORY.format(version=1), *ids) == "venue_history_pkey"
