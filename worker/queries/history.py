"""`venue.history`: who changed what of a venue, when, and by which command; the newest first."""

import time
from datetime import datetime
from typing import Any, cast

from pydantic import BaseModel

from worker.domain.command import Data
from worker.domain.decision import Rejected
from worker.domain.patch import JsonObject
from worker.domain.state import rfc3339
from worker.queries.pages import Cursor, Page, between, cursor, no_cursor, page_limit, place
from worker.queries.query import Query, View, key_of, query
from worker.storage import reading

MOST_CHANGES = 500
"""Of a page."""

STEP = 50
"""Versions that are read at once: the database reads a whole event, of up to 1 MiB, for each."""

PAGE_SECONDS = 1.0
"""After which a page is ended with what it has, so that others get their turn."""


class History(Data):
    """How many versions to go back, and from where."""

    limit: page_limit(MOST_CHANGES) = 50  # type: ignore[valid-type]
    cursor: Cursor | None = None


class ChangeShape(BaseModel):
    """One change; `item` is the person, layout or document it is about."""

    version: int
    type: str
    time: datetime
    actor_id: str | None
    command_id: str
    changed: list[str]
    item: str | None
    reason: str | None


class HistoryAnswer(BaseModel):
    """The changes; `next_cursor` is null where the first one is among them."""

    changes: list[ChangeShape]
    next_cursor: str | None


@query("venue.history", data=History, answer=HistoryAnswer, deleted=True)
async def history(asked: Query, view: View) -> JsonObject | Rejected:
    """Answer with the changes to so many versions, or to fewer where they are large or slow.

    Versions have no gaps, so a page is a range of them: it costs as much for a venue of a million
    changes as for a new one, and what changes meanwhile moves no page.
    """
    wanted = cast("History", asked.data)
    below = _below(wanted, view.venue.version)
    if isinstance(below, Rejected):
        return below
    page, since = Page(), max(1, below - wanted.limit)
    started = time.monotonic()
    while below > since and not page.full and time.monotonic() - started < PAGE_SECONDS:
        below = await _add(page, asked, view, max(since, below - STEP), below)
    return {"changes": page.items, "next_cursor": cursor(below) if below > 1 else None}


def _below(wanted: History, version: int) -> int | Rejected:
    if wanted.cursor is None:
        return version + 1
    match place(wanted.cursor):
        case [below] if between(2, below, version):
            return int(below)
    return no_cursor()


async def _add(page: Page, asked: Query, view: View, since: int, below: int) -> int:
    """Put the changes to a range of versions on the page; return the last version that is on it."""
    for row in await reading.changes(view.tx, key_of(asked), since, below):
        page.add(_change(row))
        if page.full:
            return int(row["version"])
    return since


def _change(row: dict[str, Any]) -> JsonObject:
    return {**row, "time": rfc3339(row["time"])}
