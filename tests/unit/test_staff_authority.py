"""Who may decide on whom: owners on all, managers on those below them, nobody on leaving."""

from dataclasses import replace

import pytest

from tests.unit.samples import (
    EARLIER,
    WAITING,
    applied,
    codes,
    command,
    decided,
    ready,
    refused,
    state,
)
from worker.domain.origin import Deferred
from worker.domain.patch import JsonObject
from worker.domain.staff import MANAGER, STAFF, Member, Role
from worker.domain.state import State

BELOW = [role for role in Role if role not in MANAGER]
ABOVE = sorted(MANAGER)


def before(actor: Role, there: Role | None = None) -> State:
    """Return a venue with an owner, an actor `user-7`, and perhaps `user-8` in a role."""
    roles = {"ann": Role.OWNER, "user-7": actor, "user-8": there}
    members = {user: Member(user, role, EARLIER) for user, role in roles.items() if role}
    return STAFF.put(state("active"), members)


def outcome(now: State, verb: str, data: JsonObject, actor: str | None = "user-7") -> list[str]:
    """Return why the actor may not, nothing if they may."""
    decision = decided(now, f"venue.staff.{verb}", data, actorid=actor)
    if not hasattr(decision, "problems"):
        applied(decision)
        return []
    return codes(refused(decision))


@pytest.mark.parametrize("role", Role)
def test_adding(role: Role) -> None:
    """A manager adds those below a manager; an owner and the platform add anybody."""
    data: JsonObject = {"user_id": "user-8", "role": role.value}
    assert outcome(before(Role.OWNER), "add", data) == []
    assert outcome(before(Role.MANAGER), "add", data, None) == []
    assert outcome(before(Role.MANAGER), "add", data) == (["forbidden"] if role in MANAGER else [])


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("there", Role)
def test_changing(there: Role, role: Role) -> None:
    """A manager changes nobody from or to a manager or an owner; an owner changes all."""
    data: JsonObject = {"user_id": "user-8", "role": role.value}
    manager = ["forbidden"] if {there, role} & MANAGER else []
    assert outcome(before(Role.MANAGER, there), "change-role", data) == manager
    assert outcome(before(Role.OWNER, there), "change-role", data) == []
    assert outcome(before(Role.MANAGER, there), "change-role", data, None) == []


@pytest.mark.parametrize("there", Role)
def test_removing(there: Role) -> None:
    """A manager removes those below a manager; an owner and the platform remove anybody."""
    data: JsonObject = {"user_id": "user-8"}
    manager = ["forbidden"] if there in MANAGER else []
    assert outcome(before(Role.MANAGER, there), "remove", data) == manager
    assert outcome(before(Role.OWNER, there), "remove", data) == []
    assert outcome(before(Role.MANAGER, there), "remove", data, None) == []


@pytest.mark.parametrize("actor", ABOVE)
def test_nobody_removes_themselves(actor: Role) -> None:
    """Not even one of two owners; the platform may remove them."""
    data: JsonObject = {"user_id": "user-7"}
    assert outcome(before(actor), "remove", data) == ["forbidden"]
    assert outcome(before(actor), "remove", data, None) == []


def test_a_manager_makes_nothing_of_themselves() -> None:
    """A manager's own role and permissions are an owner's to change."""
    changes: list[JsonObject] = [
        {"role": "owner"},
        {"role": "viewer"},
        {"role": "manager", "permissions": ["a:b"]},
    ]
    for change in changes:
        data: JsonObject = {"user_id": "user-7", **change}
        assert outcome(before(Role.MANAGER), "change-role", data) == ["forbidden"]


@pytest.mark.parametrize(
    ("permissions", "may"),
    [
        (["events:*", "events:cancel", "reports:view"], True),
        (["tickets:view"], True),
        (["tickets:*"], False),
        (["payments:process"], False),
        (["reports:view", "staff:edit"], False),
    ],
)
@pytest.mark.parametrize("verb", ["add", "change-role"])
def test_handing_out(verb: str, permissions: list[str], *, may: bool) -> None:
    """A manager hands out what he has himself; an owner and the platform anything."""
    there = Role.VIEWER if verb == "change-role" else None
    data: JsonObject = {"user_id": "user-8", "role": "viewer", "permissions": [*permissions]}
    assert outcome(before(Role.MANAGER, there), verb, data) == ([] if may else ["forbidden"])
    assert outcome(before(Role.OWNER, there), verb, data) == []
    assert outcome(before(Role.MANAGER, there), verb, data, None) == []


def test_handing_out_what_was_handed_to_one() -> None:
    """A manager's own extra permissions count among those he has."""
    manager = Member("user-7", Role.MANAGER, EARLIER, ("payments:*",))
    data: JsonObject = {"user_id": "user-8", "role": "viewer", "permissions": ["payments:refund"]}
    assert outcome(STAFF.put(before(Role.MANAGER), {"user-7": manager}), "add", data) == []


def test_leaving_what_there_is() -> None:
    """A manager may leave somebody what an owner has given them, repeated or not, or take it."""
    rich = Member("user-8", Role.VIEWER, EARLIER, ("payments:process", "x:y"))
    now = STAFF.put(before(Role.MANAGER), {"user-8": rich})
    base: JsonObject = {"user_id": "user-8", "role": "door_staff"}
    assert outcome(now, "change-role", base) == []
    assert outcome(now, "change-role", {**base, "permissions": ["payments:process"]}) == []
    assert outcome(now, "change-role", {**base, "permissions": None}) == []
    assert outcome(now, "change-role", {**base, "permissions": ["payments:*"]}) == ["forbidden"]


@pytest.mark.parametrize("role", BELOW)
def test_permissions_are_no_commands(role: Role) -> None:
    """Whatever somebody below a manager was given beyond the role, they give no command."""
    rich = Member("user-7", role, EARLIER, ("staff:*", "venue:*"))
    now = STAFF.put(before(Role.MANAGER, Role.VIEWER), {"user-7": rich})
    assert outcome(now, "remove", {"user_id": "user-8"}) == ["forbidden"]
    update = decided(now, "venue.update", actorid="user-7")
    assert codes(refused(update)) == ["forbidden"]


def test_authority_before_the_rules() -> None:
    """Who may not is told that, and nothing of a closed venue or of who is on its staff."""
    closed = STAFF.put(state("closed"), {"user-7": Member("user-7", Role.MANAGER, EARLIER)})
    assert outcome(closed, "add", {"user_id": "user-8", "role": "owner"}) == ["forbidden"]
    assert outcome(closed, "add", {"user_id": "user-8", "role": "viewer"}) == ["illegal_transition"]
    nobody: JsonObject = {"user_id": "nobody", "role": "owner"}
    assert outcome(before(Role.MANAGER), "change-role", nobody) == ["forbidden"]


def test_it_comes_before_the_version() -> None:
    """Whoever may not give a command learns nothing of the venue's version, whatever the reason."""
    for data in ({"user_id": "bob", "role": "owner"}, {"user_id": "ann", "role": "viewer"}):
        one = decided(
            before(Role.MANAGER), "venue.staff.add", dict(data), actorid="user-7", expectedversion=1
        )
        assert codes(refused(one)) == ["forbidden"]
    now = ready("venue.command.cancel", "active", Role.VIEWER)
    no = decided(now, "venue.command.cancel", actorid="user-7", expectedversion=1)
    assert codes(refused(no)) == ["forbidden"]


def test_cancelling_what_one_may_not_decide() -> None:
    """A manager cancels no staff command that waits: it may be about himself."""
    removal = command("venue.staff.remove", {"user_id": "user-7"}, id=WAITING, actorid="ann")
    now = replace(before(Role.MANAGER), deferred={WAITING: Deferred(removal, removal.digest)})
    no = decided(now, "venue.command.cancel", actorid="user-7")
    assert codes(refused(no)) == ["forbidden"]
    applied(decided(now, "venue.command.cancel", actorid="ann"))
