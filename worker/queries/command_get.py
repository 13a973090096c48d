"""`venue.command.get`: what became of a command, as long as that is kept."""

from datetime import datetime
from typing import Any, cast

from pydantic import BaseModel
from pydantic_core import from_json

from worker.domain.command import Data
from worker.domain.decision import Rejected, refuse
from worker.domain.formats import Uuid
from worker.domain.patch import JsonObject
from worker.domain.state import rfc3339
from worker.outcome import Result
from worker.queries.query import Query, View, query
from worker.storage import reading, staff


class CommandGet(Data):
    """Which command."""

    command_id: Uuid


class ErrorShape(BaseModel):
    """One reason, as in a reply."""

    code: str
    field: str | None
    message: str


class CommandAnswer(BaseModel):
    """What a reply would say now, and when: decided, due, last seen, discarded."""

    command_id: str
    type: str | None
    status: Result
    venue_id: str | None
    version: int | None
    errors: list[ErrorShape]
    decided_at: datetime | None
    due_at: datetime | None
    parked_at: datetime | None
    discarded_at: datetime | None


TIMES = ("decided_at", "due_at", "parked_at", "discarded_at")


@query(
    "venue.command.get",
    data=CommandGet,
    answer=CommandAnswer,
    about_venue=False,
    staff_only=False,
)
async def command_get(asked: Query, view: View) -> JsonObject | Rejected:
    """Answer with the outcome, or that it waits or is parked; the subject makes no difference."""
    command_id = cast("CommandGet", asked.data).command_id
    found = await reading.command(view.tx, asked.tenant_id, command_id)
    if found is None or not await _may_see(asked, view, found):
        return refuse("not_found", f"no command {command_id} is known (any more)", "/command_id")
    del found["actor_id"]
    errors = found["errors"]
    times = {name: found[name] and rfc3339(found[name]) for name in TIMES}
    return {**found, "errors": from_json(errors) if errors else [], **times}


async def _may_see(asked: Query, view: View, found: dict[str, Any]) -> bool:
    # Of a parked command nobody vouches whose it is: it is shown to services only.
    if asked.actor_id is None or asked.actor_id == found["actor_id"]:
        return True
    if found["venue_id"] is None:
        return False
    wanted = (asked.tenant_id, found["venue_id"], asked.actor_id)
    return bool(await staff.of_venues(view.tx, [wanted]))
