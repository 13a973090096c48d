"""The staff: who joins, gets another role, leaves; the last owner stays, and fifty are enough."""

from dataclasses import replace

from hypothesis import strategies as st

from tests.model.words import (
    MANAGER,
    Around,
    Changed,
    Command,
    Data,
    Document,
    Kind,
    Refused,
    Ruling,
    Same,
    Venue,
    refused,
)

MOST = 50
USERS = ("ann", "bob", "cid", "dot", "eve")
ABOVE = {"owner", "manager"}
"""Roles that a manager has no say over."""

LACKING = "payments:process"
"""A permission that a manager does not have; the others drawn here he has."""


def _add(venue: Venue, command: Command, around: Around) -> Ruling:
    del around
    user, there = _of(venue, command)
    new = _member(user, command.data["role"], command.data.get("permissions"))
    if no := _forbidden(venue, command, there, new):
        return no
    if there is not None:
        return Same() if there == new else refused("illegal_transition")
    if len(venue.part("staff")) >= MOST:
        return refused("staff_limit")
    return _changed(venue, new, "venue.staff.added", None)


def _change_role(venue: Venue, command: Command, around: Around) -> Ruling:
    del around
    user, there = _of(venue, command)
    kept = there["permissions"] if there else []
    new = _member(user, command.data["role"], command.data.get("permissions", kept))
    if no := _forbidden(venue, command, there, new):
        return no
    if there is None:
        return refused("not_found")
    if there == new:
        return Same()
    if new["role"] != "owner" and _is_last_owner(venue, there):
        return refused("last_owner")
    changed = frozenset(name for name in ("role", "permissions") if there[name] != new[name])
    return _changed(venue, new, "venue.staff.role-changed", changed)


def _remove(venue: Venue, command: Command, around: Around) -> Ruling:
    del around
    user, there = _of(venue, command)
    if user == command.actor:
        return refused("forbidden")
    if no := _forbidden(venue, command, there, None):
        return no
    if there is None:
        return refused("not_found")
    if _is_last_owner(venue, there):
        return refused("last_owner")
    staff = {name: one for name, one in venue.part("staff").items() if name != user}
    after = replace(venue, parts={**venue.parts, "staff": staff})
    return Changed(after, "venue.staff.removed", {"staff": there}, None)


def _of(venue: Venue, command: Command) -> tuple[str, Document | None]:
    user = command.data["user_id"]
    return user, venue.part("staff").get(user)


def _member(user: str, role: str, permissions: list[str] | None) -> Document:
    return {"user_id": user, "role": role, "permissions": sorted(set(permissions or []))}


def _forbidden(
    venue: Venue, command: Command, before: Document | None, after: Document | None
) -> Refused | None:
    """Return the refusal of what a manager has no say over; a closed venue refuses the rest."""
    if venue.role(command.actor) == "manager":
        if any(one and one["role"] in ABOVE for one in (before, after)):
            return refused("forbidden")
        has = venue.part("staff")[command.actor or ""]["permissions"]
        had, given = (set(one["permissions"]) if one else set() for one in (before, after))
        if LACKING in given - had and LACKING not in has:
            return refused("forbidden")
    return refused("illegal_transition") if venue.status == "closed" else None


def _is_last_owner(venue: Venue, member: Document) -> bool:
    return [one for one in venue.part("staff").values() if one["role"] == "owner"] == [member]


def _changed(venue: Venue, member: Document, event: str, changed: frozenset[str] | None) -> Changed:
    staff = {**venue.part("staff"), member["user_id"]: member}
    after = replace(venue, parts={**venue.parts, "staff": staff})
    return Changed(after, event, {"staff": member}, changed)


_users = st.sampled_from(USERS)
_roles = st.sampled_from(["owner", "owner", "manager", "manager", "box_office", "viewer"])
_permissions = st.sampled_from([None, [], ["tickets:view"], [LACKING, "events:create"], [LACKING]])
_people = st.fixed_dictionaries({"user_id": _users})
_roled: Data = st.fixed_dictionaries(
    {"user_id": _users, "role": _roles}, optional={"permissions": _permissions}
)
_bad: Data = st.sampled_from(
    [
        {},
        {"user_id": " ", "role": "viewer"},
        {"user_id": "ann", "role": "boss"},
        {"user_id": "ann", "role": "viewer", "permissions": ["everything"]},
    ]
)

KINDS = {
    "venue.staff.add": Kind(_roled, _add, MANAGER, _bad, weight=8),
    "venue.staff.change-role": Kind(_roled, _change_role, MANAGER, _bad, weight=7),
    "venue.staff.remove": Kind(_people, _remove, MANAGER, st.just({"user_id": 7}), weight=6),
}
STORED = {
    "staff": """
    SELECT tenant_id::text, venue_id::text, user_id AS key,
           json_build_object('user_id', user_id, 'role', role, 'permissions',
                             string_to_array(permissions, ' ')) AS document
    FROM venue_staff WHERE removed_at IS NULL
    """
}
