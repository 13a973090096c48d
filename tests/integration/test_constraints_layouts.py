"""The rules of layouts that the database holds itself, each by its name."""

import asyncpg
import pytest

from tests.integration.test_constraints import GOOD, VENUE, violated
from tests.support.commands import new_id

LAYOUT = """
INSERT INTO venue_layout (tenant_id, venue_id, layout_id, name, kind, is_default, seats, standing,
                          accessible, companion, plan)
VALUES ($1, $2, $3, {name}, {kind}, {is_default}, {seats}, {standing}, {accessible}, {companion},
        '{{}}')
"""
SOUND = {
    "name": "'Concert'",
    "kind": "'mixed'",
    "is_default": "true",
    "seats": "10",
    "standing": "5",
    "accessible": "2",
    "companion": "1",
}
BROKEN = [
    ("venue_layout_name_present", {"name": "' '"}),
    ("venue_layout_name_present", {"name": "repeat('x', 201)"}),
    ("venue_layout_kind_known", {"kind": "'round'"}),
    ("venue_layout_kind_fits", {"kind": "'fixed'"}),
    ("venue_layout_kind_fits", {"kind": "'general_admission'"}),
    ("venue_layout_places_bounded", {"seats": "0", "standing": "0", "accessible": "0",
                                     "companion": "0"}),
    ("venue_layout_places_bounded", {"standing": "-1"}),
    ("venue_layout_places_bounded", {"standing": "199991"}),
    ("venue_layout_marked_among_seats", {"accessible": "11"}),
    ("venue_layout_marked_among_seats", {"companion": "-1"}),
]  # fmt: skip


async def _venue(database: asyncpg.Connection) -> tuple[str, str]:
    ids = new_id(), new_id()
    await database.execute(VENUE.format(**GOOD), *ids)
    return ids


@pytest.mark.parametrize(("name", "broken"), BROKEN)
async def test_a_layout(database: asyncpg.Connection, name: str, broken: dict[str, str]) -> None:
    """A layout that breaks one rule is refused by that rule's name; a sound one is not."""
    venue = await _venue(database)
    assert await violated(database, LAYOUT.format(**{**SOUND, **broken}), *venue, new_id()) == name
    await database.execute(LAYOUT.format(**SOUND), *venue, new_id())


async def test_a_layout_is_a_venues(database: asyncpg.Connection) -> None:
    """A layout stands at a venue that exists, once."""
    venue, layout_id = await _venue(database), new_id()
    layout = LAYOUT.format(**SOUND)
    stranger = await violated(database, layout, venue[0], new_id(), layout_id)
    assert stranger == "venue_layout_venue_fkey"
    await database.execute(layout, *venue, layout_id)
    again = LAYOUT.format(**{**SOUND, "is_default": "false"})
    assert await violated(database, again, *venue, layout_id) == "venue_layout_pkey"


async def test_one_default(database: asyncpg.Connection) -> None:
    """A venue has one default at most; one statement may hand it from layout to layout."""
    venue, other = await _venue(database), await _venue(database)
    default, ordinary = LAYOUT.format(**SOUND), LAYOUT.format(**{**SOUND, "is_default": "false"})
    await database.execute(default, *other, new_id())
    await database.execute(default, *venue, new_id())
    await database.execute(ordinary, *venue, new_id())
    assert await violated(database, default, *venue, new_id()) == "venue_layout_one_default"
    await database.execute(
        "UPDATE venue_layout SET is_default = NOT is_default WHERE venue_id = $1", venue[1]
    )
