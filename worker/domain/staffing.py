"""The rules of the staff: who joins it, who gets another role, who leaves."""

from dataclasses import replace
from datetime import datetime
from typing import cast

from worker.domain.command import Command, command
from worker.domain.decision import Change, Rejected, Shown, refuse
from worker.domain.parts import dataref, part_changed
from worker.domain.permissions import may
from worker.domain.staff import MANAGER, STAFF, Member, Role
from worker.domain.staffing_data import StaffAdd, StaffChangeRole, StaffRemove
from worker.domain.state import State

MOST = 50
"""People on a venue's staff at once."""


def _forbids(state: State, command: Command) -> Rejected | None:
    """Return the refusal of what the actor's role allows only in part, None where all is allowed.

    Nobody removes themselves. An owner may all else. A manager has no say over managers and owners
    and hands out no permission that he lacks; leaving somebody theirs is not handing it out.
    """
    given = cast("StaffRemove", command.data)
    if not isinstance(given, StaffAdd) and given.user_id == command.actor_id:
        return refuse("forbidden", "nobody removes themselves; ask somebody else", "/user_id")
    actor = STAFF.items(state)[command.actor_id or ""]
    if actor.role is Role.OWNER:
        return None
    there = STAFF.find(state, given.user_id)
    roles = {"/user_id": there.role if there else None, "/role": getattr(given, "role", None)}
    for field, role in roles.items():
        if role in MANAGER:
            return refuse("forbidden", f"it takes an owner to decide on a {role.value}", field)
    had = there.permissions if there else ()
    lacking = [one for one in _permissions(given, there) if one not in had and not may(actor, one)]
    if not lacking:
        return None
    return refuse("forbidden", f"you cannot give what you lack: {lacking[0]}", "/permissions")


def _permissions(given: StaffRemove, there: Member | None) -> tuple[str, ...]:
    """Return the permissions after the command: in a change of role they stay if it gives none."""
    if not isinstance(given, StaffAdd):
        return ()
    if isinstance(given, StaffChangeRole) and "permissions" not in given.model_fields_set:
        return there.permissions if there else ()
    return tuple(sorted(set(given.permissions or ())))


@command(
    "venue.staff.add",
    event="venue.staff.added",
    data=StaffAdd,
    by=MANAGER,
    part=STAFF,
    forbids=_forbids,
)
def add(state: State, command: Command, now: datetime) -> Change | Rejected:
    """Take somebody on the staff, for the first time or again."""
    given = cast("StaffAdd", command.data)
    there = STAFF.find(state, given.user_id)
    new = Member(given.user_id, given.role, now, _permissions(given, there))
    if there is not None:
        return _again(state, there, new)
    if len(STAFF.items(state)) >= MOST:
        return refuse("staff_limit", f"the staff has {MOST} people; remove somebody first")
    first = ("permissions",) if new.permissions else ()
    return _changed(state, new, ("user_id", "role", *first, "added_at"), now)


@command(
    "venue.staff.change-role",
    event="venue.staff.role-changed",
    data=StaffChangeRole,
    by=MANAGER,
    part=STAFF,
    forbids=_forbids,
)
def change_role(state: State, command: Command, now: datetime) -> Change | Rejected:
    """Give somebody another role or other permissions; an owner stays while there is no other."""
    given = cast("StaffChangeRole", command.data)
    there = STAFF.find(state, given.user_id)
    asked = Member(given.user_id, given.role, now, _permissions(given, there))
    if there is None:
        return _not_there()
    changed = _differing(there, asked)
    if not changed:
        return Change(state)
    if asked.role is not Role.OWNER and _is_last_owner(state, there):
        return _last_owner()
    return _changed(state, replace(asked, added_at=there.added_at), changed, now)


@command(
    "venue.staff.remove",
    event="venue.staff.removed",
    data=StaffRemove,
    by=MANAGER,
    part=STAFF,
    forbids=_forbids,
)
def remove(state: State, command: Command, now: datetime) -> Change | Rejected:
    """Take somebody off the staff; nobody takes themselves off, and an owner stays."""
    given = cast("StaffRemove", command.data)
    there = STAFF.find(state, given.user_id)
    if there is None:
        return _not_there()
    if _is_last_owner(state, there):
        return _last_owner()
    # Clocks of two machines differ: nobody leaves before they came.
    left = replace(there, removed_at=max(now, there.added_at))
    return _changed(state, left, ("removed_at",), now)


def _again(state: State, there: Member, new: Member) -> Change | Rejected:
    if not _differing(there, new):
        return Change(state)
    return refuse(
        "illegal_transition",
        f"this person is on the staff as {there.role.value}; use venue.staff.change-role",
        "/user_id",
    )


def _differing(before: Member, after: Member) -> tuple[str, ...]:
    same = {
        "role": before.role is after.role,
        "permissions": before.permissions == after.permissions,
    }
    return tuple(name for name, unchanged in same.items() if not unchanged)


def _is_last_owner(state: State, member: Member) -> bool:
    owners = [one for one in STAFF.items(state).values() if one.role is Role.OWNER]
    return owners == [member]


def _last_owner() -> Rejected:
    return refuse("last_owner", "a venue keeps an owner; make somebody else one first", "/user_id")


def _not_there() -> Rejected:
    return refuse("not_found", "this person is not on the staff; use venue.staff.add", "/user_id")


def _changed(state: State, member: Member, changed: tuple[str, ...], now: datetime) -> Change:
    after = STAFF.put(state, {member.user_id: member})
    shown = member.document()
    # A person is small enough for any event.
    asked = dataref(state, "venue.staff.list")
    return part_changed(after, now, changed, Shown(shown, shown, asked))
