"""`venue.hours.set`: when a venue is open, in its own time zone."""

from datetime import datetime
from typing import cast

from worker.domain.command import Command, command
from worker.domain.decision import Change, Rejected, Shown, refuse
from worker.domain.hours_checks import overlaps
from worker.domain.hours_data import HoursSet, HoursShape
from worker.domain.opening_hours import Hours, hours_of
from worker.domain.parts import ONLY, Part, dataref, part_changed
from worker.domain.staff import MANAGER
from worker.domain.state import State

HOURS: Part[Hours] = Part("hours", "hours", HoursShape)
UNKNOWN = Hours()
"""What a venue has that has never said when it is open, or has taken it back."""


@command("venue.hours.set", event="venue.hours.set", data=HoursSet, by=MANAGER, part=HOURS)
def set_hours(state: State, command: Command, now: datetime) -> Change | Rejected:
    """Put these hours in place of all that the venue had."""
    data = cast("HoursSet", command.data)
    if problems := overlaps(data):
        return Rejected(problems)
    before, after = HOURS.find(state) or UNKNOWN, hours_of(data.model_dump(exclude_unset=True))
    if after == before:
        return Change(state)
    if after != UNKNOWN and not _has_time_zone(state):
        message = "opening hours are local times; give the venue a time zone by venue.update first"
        return refuse("incomplete", message, "/timezone")
    put = HOURS.put(state, {ONLY: None if after == UNKNOWN else after})
    return part_changed(put, now, _changed(before, after), _shown(state, after))


def _has_time_zone(state: State) -> bool:
    return state.venue is not None and state.venue.fields.get("timezone") is not None


def _changed(before: Hours, after: Hours) -> tuple[str, ...]:
    known = before.document()
    return tuple(name for name, value in after.document().items() if value != known[name])


def _shown(state: State, hours: Hours) -> Shown:
    document = hours.document()
    return Shown({**document}, {"weekly": document["weekly"]}, dataref(state))
