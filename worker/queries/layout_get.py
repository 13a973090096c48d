"""`venue.layout.get`: a layout as it is kept, or its seats one by one, in pages.

This is what the `dataref` of an event names that is too large to show a layout.
"""

from itertools import islice
from typing import Any, cast

from pydantic import BaseModel

from worker.breath import breathing
from worker.domain.command import Data
from worker.domain.decision import Rejected, refuse
from worker.domain.formats import Uuid
from worker.domain.layout import Layout, LayoutShape
from worker.domain.layout_data import Label
from worker.domain.layout_seats import Sections, places, seats
from worker.domain.patch import JsonObject
from worker.queries.pages import Cursor, Page, between, cursor, no_cursor, page_limit, place
from worker.queries.query import Query, View, key_of, query
from worker.storage import reading

MOST_SEATS = 5_000
"""Of a page."""


class LayoutGet(Data):
    """Which layout, of it perhaps one section, and whether its seats are to be told one by one."""

    layout_id: Uuid
    section: Label | None = None
    seats: bool = False
    limit: page_limit(MOST_SEATS) = 1_000  # type: ignore[valid-type]
    cursor: Cursor | None = None


class SeatShape(BaseModel):
    """A seat; `seat_guid` stays the same while its labels do."""

    seat_guid: str
    section: str
    row: str
    label: str
    category: str | None
    accessible: bool
    companion: bool


class LayoutAnswer(BaseModel):
    """The layout with its sections, or in short with a page of its seats."""

    layout: LayoutShape
    seats: list[SeatShape] | None = None
    next_cursor: str | None = None


@query("venue.layout.get", data=LayoutGet, answer=LayoutAnswer)
async def layout_get(asked: Query, view: View) -> JsonObject | Rejected:
    """Answer with the plan of a layout, or with a page of its seats."""
    wanted = cast("LayoutGet", asked.data)
    found = await reading.layout(view.tx, key_of(asked), wanted.layout_id)
    if found is None:
        message = f"the venue has no layout {wanted.layout_id}"
        return refuse("not_found", message, "/layout_id")
    layout, mark = found
    sections = _sections(layout, wanted.section)
    if not sections:
        return refuse("not_found", f"the layout has no section {wanted.section}", "/section")
    if wanted.seats:
        return await _page(layout, sections, wanted, mark)
    return {"layout": {**layout.document(), "sections": cast("Any", sections)}}


def _sections(layout: Layout, label: str | None) -> Sections:
    kept = cast("Sections", layout.plan.fields["sections"] if layout.plan else [])
    return kept if label is None else [one for one in kept if one["label"] == label]


async def _page(
    layout: Layout, sections: Sections, wanted: LayoutGet, mark: str
) -> JsonObject | Rejected:
    count = places(sections).seats
    start = _start(wanted, mark, count)
    if isinstance(start, Rejected):
        return start
    page = Page()
    async for seat in breathing(islice(seats(sections, skip=start), wanted.limit)):
        page.add(seat._asdict())
        if page.full:
            break
    end = start + len(page.items)
    return {
        "layout": layout.summary(),
        "seats": page.items,
        "next_cursor": cursor(end, mark, wanted.section) if end < count else None,
    }


def _start(wanted: LayoutGet, mark: str, count: int) -> int | Rejected:
    if wanted.cursor is None:
        return 0
    match place(wanted.cursor):
        case [_, str(drawn), section] if section == wanted.section and drawn != mark:
            message = "the layout has changed since the first page; ask for that again"
            return refuse("version_conflict", message, "/cursor")
        case [start, str(), section] if section == wanted.section and between(1, start, count - 1):
            return int(start)
    return no_cursor()
