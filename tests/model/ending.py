"""At the end: the tables, the model and what the events add up to are one and the same."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from tests.model.checks import same
from tests.model.contract import World
from tests.model.families import FAMILIES
from tests.model.fold import Fold
from tests.model.real import Real
from tests.model.words import Document, Key, Venue

VENUES = """
SELECT tenant_id::text, id::text, version, status, slug, fields, status_reason, created_at,
       updated_at, deleted_at
FROM venue
"""
OUTCOMES = "SELECT tenant_id::text, command_id::text, status, version FROM command_outcome"
WAITING = "SELECT tenant_id::text, command_id::text, attempts FROM deferred_command"
PARKED = "SELECT reason, times_seen FROM parked_command"
EVENTS = "SELECT id::text, body FROM venue_event"
OUTBOX = "SELECT position FROM outbox"
PARTS: dict[str, str] = {
    part: query for one in FAMILIES for part, query in getattr(one, "STORED", {}).items()
}
"""By part: the query of its items, as `tenant_id`, `venue_id`, `key` and `document`."""

SHOWN: dict[str, Callable[[Document], Document]] = {
    part: shown for one in FAMILIES for part, shown in getattr(one, "SHOWN", {}).items()
}
"""By part that has one item at most: what events show of what is stored, which may be nothing."""


async def check(real: Real, world: World) -> None:
    """See that all adds up.

    Raises:
        DifferenceError: it does not.
    """
    same("what is left to publish", [], await real.rows(OUTBOX))
    fold = Fold()
    for body in real.published.bodies:
        fold.take(body)
    committed = {row["id"]: row["body"] for row in await real.rows(EVENTS)}
    same("the number of publications", len(committed), len(real.published.bodies))
    same("what was published", committed, {body["id"]: body for body in real.published.bodies})
    await _venues(real, world, fold)
    for part, query in PARTS.items():
        stored: dict[Key, dict[str, Document]] = {}
        for row in await real.rows(query):
            key = row["tenant_id"], row["venue_id"]
            stored.setdefault(key, {})[row["key"]] = row["document"]
        for key, venue in world.venues.items():
            expected = venue.part(part)
            _alike(f"{part} of {key}, stored", expected, stored.get(key, {}))
            folded = fold.venues[key].parts.get(part, {})
            if part in SHOWN:
                expected = {"": SHOWN[part](dict(expected.get("", {})))}
                folded = folded or {"": SHOWN[part]({})}
            _alike(f"{part} of {key}, by the events", expected, folded)
    await _commands(real, world)


def _alike(what: str, expected: Mapping[str, Document], found: Mapping[str, Document]) -> None:
    """See that the items are the same, in all that the model knows of them."""
    known = {key: _known(item, expected.get(key, item)) for key, item in found.items()}
    same(what, dict(expected), known)


def _known(found: Any, expected: Any) -> Any:
    if not isinstance(found, dict) or not isinstance(expected, dict):
        return found
    return {n: _known(value, expected[n]) for n, value in found.items() if n in expected}


async def _venues(real: Real, world: World, fold: Fold) -> None:
    rows = {(row["tenant_id"], row["id"]): row for row in await real.rows(VENUES)}
    same("venues in the table", set(world.venues), set(rows))
    same("venues by their events", set(world.venues), set(fold.venues))
    for key, venue in world.venues.items():
        row, folded = rows[key], fold.venues[key]
        same(f"the version of {key}", (venue.version,) * 2, (row["version"], folded.version))
        same(f"the row of {key}", _as_row(venue), _of_row(row))
        stored = _as_event(row)
        if not folded.whole:
            stored = {name: value for name, value in stored.items() if name in folded.venue}
        elif venue.version > 1:
            # A part's event raises the version without showing when.
            stored["updated_at"] = folded.venue["updated_at"]
        same(f"{key} by its events", folded.venue, stored)


def _as_row(venue: Venue) -> Document:
    return {
        "status": venue.last_status or venue.status,
        "slug": venue.slug,
        "fields": venue.fields,
        "status_reason": venue.reason,
        "deleted": venue.status == "deleted",
    }


def _of_row(row: Document) -> Document:
    row = {**row, "deleted": row["deleted_at"] is not None}
    names = ("status", "slug", "fields", "status_reason", "deleted")
    return {name: row[name] for name in names}


def _as_event(row: Document) -> Document:
    optional = {n: row[n] for n in ("status_reason", "deleted_at") if row[n] is not None}
    plain = {n: row[n] for n in ("id", "status", "slug", "created_at", "updated_at")}
    return {**plain, **row["fields"], **optional}


async def _commands(real: Real, world: World) -> None:
    outcomes = {
        (row["tenant_id"], row["command_id"]): (row["status"], row["version"])
        for row in await real.rows(OUTCOMES)
    }
    same(
        "the outcomes",
        {key: (reply.status, reply.version) for key, (_, reply) in world.outcomes.items()},
        outcomes,
    )
    waiting = {(r["tenant_id"], r["command_id"]): r["attempts"] for r in await real.rows(WAITING)}
    same("what waits", {key: one.attempts for key, one in world.waiting.items()}, waiting)
    seen = Counter(row["times_seen"] for row in await real.rows(PARKED))
    same("how often parked messages were seen", Counter(world.parked.values()), seen)
