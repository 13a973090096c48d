"""`venue.history`: who changed what of a venue, when, and by which command; the newest first."""

from datetime import datetime
from typing import Any, cast

from pydantic import BaseModel

from worker.domain.command import Data
from worker.domain.decision import Rejected
from worker.domain.patch import JsonObject
from worker.domain.state import rfc3339
from worker.queries.pages import Cursor, cursor, no_cursor, page_limit, place
from worker.queries.query import Query, View, key_of, query
from worker.storage import reading

MOST_CHANGES = 500
"""Of a page."""


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
    """Answer with the changes to so many versions.

    Versions have no gaps, so a page is a range of them: it costs as much for a venue of a million
    changes as for a new one, and what changes meanwhile moves no page.
    """
    wanted = cast("History", asked.data)
    below = view.venue.version + 1
    if wanted.cursor is not None:
        match place(wanted.cursor):
            case [int(version)]:
                below = min(below, version)
            case _:
                return no_cursor()
    since = max(1, below - wanted.limit)
    rows = await reading.changes(view.tx, key_of(asked), since, below)
    return {
        "changes": [_change(row) for row in rows],
        "next_cursor": cursor(since) if since > 1 else None,
    }


def _change(row: dict[str, Any]) -> JsonObject:
    return {**row, "time": rfc3339(row["time"])}
