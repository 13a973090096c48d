"""Slugs: unique in a tenant among venues not deleted; made from the name where none is given.

Turning letters of the world's scripts into a-z needs a library's tables, so the transliterated
name arrives here ready made; which slug follows from it is decided here.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import count

LONGEST = 80
ROOM_FOR_NUMBER = 8
"""Characters kept free at the end of a made slug, for `-2` to `-9999999`."""


@dataclass(frozen=True, slots=True)
class Slugs:
    """What a tenant's slugs look like around the one that a command asks for.

    Attributes:
        base: the transliterated name, `[a-z0-9-]`, possibly empty.
        taken: the slugs in use that the command could collide with.
    """

    base: str = ""
    taken: AbstractSet[str] = frozenset()


def slug_base(transliterated: str, venue_id: str) -> str:
    """Return where numbering starts: the name's slug, or `venue-` and part of the id."""
    cut = transliterated[: LONGEST - ROOM_FOR_NUMBER].strip("-")
    # The last block of a UUID: in version 7 the first ones are the clock and much alike.
    return cut or f"venue-{venue_id[-12:]}"


def free_slug(slugs: Slugs) -> str:
    """Return the base, or the base with the smallest free number from 2 on."""
    if slugs.base not in slugs.taken:
        return slugs.base
    return next(slug for n in count(2) if (slug := f"{slugs.base}-{n}") not in slugs.taken)
