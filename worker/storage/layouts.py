"""The table `venue_layout`: what is small of each layout, and its plan, read where it is needed."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg
from pydantic_core import from_json, to_json

from worker.domain.command import Command
from worker.domain.layout import Layout, Plan
from worker.domain.layout_data import LayoutSetDefault, LayoutUpdate
from worker.domain.layout_seats import Places
from worker.domain.origin import VenueKey
from worker.storage.connection import Connection
from worker.storage.queries import by_venue, queries

Layouts = dict[str, Layout | None]


async def load(tx: Connection, commands: Sequence[Command]) -> dict[VenueKey, Layouts]:
    """Return each venue's layouts, with the plans of those that the commands look into."""
    wanted = {(*command.key, _looked_into(command)) for command in commands}
    return await of_venues(tx, wanted)


async def of_venues(
    tx: Connection, wanted: Collection[tuple[str, str, str | None]]
) -> dict[VenueKey, Layouts]:
    """Return the layouts of venues; wanted are tenant, venue and the layout to read the plan of."""
    tenant_ids, venue_ids, layout_ids = zip(*wanted, strict=True)
    rows = queries.layouts(tx, tenant_ids=tenant_ids, venue_ids=venue_ids, layout_ids=layout_ids)
    return await by_venue(rows, "layout_id", layout_of)


async def save(tx: Connection, changed: Mapping[VenueKey, Layouts], _: datetime) -> None:
    """Write what has changed: plans only where they are new."""
    all_ = [(key, id_, layout) for key, some in changed.items() for id_, layout in some.items()]
    gone = [(*key, id_) for key, id_, layout in all_ if layout is None]
    there = [(key, layout) for key, _, layout in all_ if layout is not None]
    drawn = [(key, layout) for key, layout in there if layout.plan and not layout.plan.stored]
    if gone:
        tenant_ids, venue_ids, layout_ids = zip(*gone, strict=True)
        await queries.remove_layouts(
            tx, tenant_ids=tenant_ids, venue_ids=venue_ids, layout_ids=layout_ids
        )
    # All of them in one statement, after which there is one default again; those that are new are
    # not there yet to be the second.
    if there:
        await queries.update_layouts(tx, **_columns(there))
    if drawn:
        plans = [to_json(layout.plan.fields).decode() for _, layout in drawn if layout.plan]
        await queries.put_layouts(tx, **_columns(drawn), plans=plans)


def _looked_into(command: Command) -> str | None:
    match command.data:
        case LayoutUpdate(layout_id=layout_id) | LayoutSetDefault(layout_id=layout_id):
            return layout_id
    return None


def layout_of(row: asyncpg.Record) -> Layout:
    """Return the layout that a row holds."""
    plan = row["plan"]
    return Layout(
        layout_id=row["layout_id"],
        name=row["name"],
        kind=row["kind"],
        places=Places(row["seats"], row["standing"], row["accessible"], row["companion"]),
        is_default=row["is_default"],
        plan=None if plan is None else Plan(from_json(plan), stored=True),
    )


def _columns(layouts: Sequence[tuple[VenueKey, Layout]]) -> dict[str, list[Any]]:
    return {
        "tenant_ids": [tenant_id for (tenant_id, _), _ in layouts],
        "venue_ids": [venue_id for (_, venue_id), _ in layouts],
        "layout_ids": [layout.layout_id for _, layout in layouts],
        "names": [layout.name for _, layout in layouts],
        "kinds": [layout.kind for _, layout in layouts],
        "are_default": [layout.is_default for _, layout in layouts],
        "seats": [layout.places.seats for _, layout in layouts],
        "standing": [layout.places.standing for _, layout in layouts],
        "accessible": [layout.places.accessible for _, layout in layouts],
        "companion": [layout.places.companion for _, layout in layouts],
    }
