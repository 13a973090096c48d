"""Adding, changing and removing people on the staff: what is applied, what refused, what shown."""

from datetime import timedelta

import pytest

from tests.unit.samples import (
    EARLIER,
    NOW,
    VENUE,
    VERSION,
    applied,
    codes,
    decided,
    refused,
    state,
)
from worker.domain.decision import Applied, Rejected
from worker.domain.patch import JsonObject
from worker.domain.staff import STAFF, Member, Role
from worker.domain.staffing import MOST
from worker.domain.state import State

BOB = Member("bob", Role.BOX_OFFICE, EARLIER, ("a:b", "c:*"))


def with_staff(*members: Member, word: str = "active") -> State:
    """Return a venue's state with these people on its staff."""
    return STAFF.put(state(word), {member.user_id: member for member in members})


def owner(user: str) -> Member:
    """Return somebody who owns the venue."""
    return Member(user, Role.OWNER, EARLIER)


def problem(decision: Applied | Rejected) -> tuple[str, str | None]:
    """Return the code and the field of the one reason for a refusal."""
    (one,) = refused(decision).problems
    return one.code, one.field


def test_somebody_new() -> None:
    """A new person is shown with permissions sorted and once each; a role alone is enough."""
    given: JsonObject = {"user_id": "bob", "role": "viewer", "permissions": ["c:*", "a:b", "c:*"]}
    done, venue = applied(decided(with_staff(), "venue.staff.add", given))
    bob = Member("bob", Role.VIEWER, NOW, ("a:b", "c:*"))
    assert STAFF.items(done.state) == {"bob": bob}
    assert (venue.version, venue.updated_at) == (VERSION + 1, NOW)
    assert done.event is not None
    assert done.event.data == {
        "staff": bob.document(),
        "changed": ["user_id", "role", "permissions", "added_at"],
    }
    assert done.event.dataref == f"venue.staff.list?subject={VENUE}"
    nothing: list[JsonObject] = [{}, {"permissions": None}, {"permissions": []}]
    for none in nothing:
        bare: JsonObject = {"user_id": "bob", "role": "viewer", **none}
        done, _ = applied(decided(with_staff(), "venue.staff.add", bare))
        assert STAFF.items(done.state) == {"bob": Member("bob", Role.VIEWER, NOW)}
        assert done.event is not None
        assert done.event.data["changed"] == ["user_id", "role", "added_at"]


def test_permissions_have_one_order() -> None:
    """However many there are and however they come, they are kept in one order."""
    many = [f"{letter}:b" for letter in "hgfedcba"]
    data: JsonObject = {"user_id": "bob", "role": "viewer", "permissions": [*many]}
    done, _ = applied(decided(with_staff(), "venue.staff.add", data))
    assert STAFF.items(done.state)["bob"].permissions == tuple(reversed(many))


def test_somebody_who_is_there() -> None:
    """The same again changes nothing, anything else is sent to `change-role`."""
    before = with_staff(BOB)
    same: JsonObject = {"user_id": "bob", "role": "box_office", "permissions": ["c:*", "a:b"]}
    done, venue = applied(decided(before, "venue.staff.add", same))
    assert (done.event, venue.version, done.state) == (None, VERSION, before)
    others: list[JsonObject] = [
        {"role": "viewer"},
        {"permissions": ["a:b"]},
        {"permissions": None},
    ]
    for other in others:
        decision = decided(before, "venue.staff.add", {**same, **other})
        assert problem(decision) == ("illegal_transition", "/user_id")
        assert "change-role" in refused(decision).problems[0].message


@pytest.mark.parametrize(
    ("given", "role", "permissions", "changed"),
    [
        ({"role": "viewer"}, "viewer", ("a:b", "c:*"), ["role"]),
        ({"role": "viewer", "permissions": ["d:e"]}, "viewer", ("d:e",), ["role", "permissions"]),
        ({"role": "box_office", "permissions": ["d:e"]}, "box_office", ("d:e",), ["permissions"]),
        ({"role": "box_office", "permissions": None}, "box_office", (), ["permissions"]),
        ({"role": "box_office", "permissions": []}, "box_office", (), ["permissions"]),
    ],
)
def test_another_role(
    given: JsonObject, role: str, permissions: tuple[str, ...], changed: list[str]
) -> None:
    """Permissions stay if absent and are replaced if given, by none if null; the rest stays."""
    data: JsonObject = {"user_id": "bob", **given}
    done, _ = applied(decided(with_staff(BOB), "venue.staff.change-role", data))
    after = Member("bob", Role(role), EARLIER, permissions)
    assert STAFF.items(done.state) == {"bob": after}
    assert done.event is not None
    assert done.event.data == {"staff": after.document(), "changed": changed}


@pytest.mark.parametrize("extra", [{}, {"permissions": ["c:*", "a:b", "a:b"]}])
def test_the_same_role(extra: JsonObject) -> None:
    """The same role and permissions change nothing."""
    same: JsonObject = {"user_id": "bob", "role": "box_office", **extra}
    done, venue = applied(decided(with_staff(BOB), "venue.staff.change-role", same))
    assert (done.event, venue.version) == (None, VERSION)


def test_leaving_and_coming_back() -> None:
    """Who has left is shown once more, is found no longer, and comes back as if new."""
    done, _ = applied(decided(with_staff(BOB), "venue.staff.remove", {"user_id": "bob"}))
    assert done.event is not None
    assert done.event.data["staff"] == {
        **BOB.document(),
        "removed_at": "2026-11-24T09:00:00.000250Z",
    }
    assert done.event.data["changed"] == ["removed_at"]
    assert STAFF.items(done.state) == {}
    assert STAFF.find(done.state, "bob") is None
    back: JsonObject = {"user_id": "bob", "role": "viewer"}
    done, _ = applied(decided(done.state, "venue.staff.add", back))
    assert STAFF.items(done.state) == {"bob": Member("bob", Role.VIEWER, NOW)}


def test_nobody_leaves_before_they_came() -> None:
    """Where the clock of another machine was ahead, the time of leaving is that of coming."""
    bob = Member("bob", Role.VIEWER, NOW + timedelta(seconds=2))
    done, _ = applied(decided(with_staff(bob), "venue.staff.remove", {"user_id": "bob"}))
    assert done.event is not None
    shown = done.event.data["staff"]
    assert isinstance(shown, dict)
    assert shown["removed_at"] == shown["added_at"]


@pytest.mark.parametrize("type_", ["venue.staff.change-role", "venue.staff.remove"])
def test_who_is_not_there(type_: str) -> None:
    """Who is not on the staff, or has left it, can neither be changed nor removed."""
    extra: JsonObject = {"role": "viewer"} if type_.endswith("role") else {}
    decision = decided(with_staff(), type_, {"user_id": "bob", **extra})
    assert problem(decision) == ("not_found", "/user_id")
    left = applied(decided(with_staff(BOB), "venue.staff.remove", {"user_id": "bob"}))[0].state
    assert problem(decided(left, type_, {"user_id": "bob", **extra})) == ("not_found", "/user_id")


def test_the_limit() -> None:
    """Fifty are enough; those who have left do not count, and who is there may be said again."""
    few = [Member(f"user-{n}", Role.VIEWER, EARLIER) for n in range(MOST - 1)]
    full, _ = applied(
        decided(with_staff(*few), "venue.staff.add", {"user_id": "bob", "role": "viewer"})
    )
    one_more: JsonObject = {"user_id": "cleo", "role": "viewer"}
    assert codes(refused(decided(full.state, "venue.staff.add", one_more))) == ["staff_limit"]
    applied(decided(full.state, "venue.staff.add", {"user_id": "bob", "role": "viewer"}))
    less, _ = applied(decided(full.state, "venue.staff.remove", {"user_id": "user-3"}))
    applied(decided(less.state, "venue.staff.add", one_more))


def test_the_last_owner() -> None:
    """The last owner stays one, whatever the platform says; of two, one may go or step down."""
    one, two = with_staff(owner("ann"), BOB), with_staff(owner("ann"), owner("cleo"))
    steps: list[tuple[str, JsonObject]] = [
        ("venue.staff.remove", {"user_id": "ann"}),
        ("venue.staff.change-role", {"user_id": "ann", "role": "manager"}),
    ]
    for type_, data in steps:
        assert problem(decided(one, type_, data)) == ("last_owner", "/user_id")
        left, _ = applied(decided(two, type_, data))
        last = {**data, "user_id": "cleo"}
        assert problem(decided(left.state, type_, last)) == ("last_owner", "/user_id")
    demoted: JsonObject = {"user_id": "ann", "role": "viewer"}
    decision = decided(one, "venue.staff.change-role", demoted, actorid="ann")
    assert problem(decision) == ("last_owner", "/user_id")
    applied(decided(two, "venue.staff.change-role", demoted, actorid="ann"))


def test_the_last_owner_may_get_permissions() -> None:
    """What an owner has beyond the role may change: the role is what stays."""
    data: JsonObject = {"user_id": "ann", "role": "owner", "permissions": ["a:b"]}
    applied(decided(with_staff(owner("ann")), "venue.staff.change-role", data, actorid="ann"))


def test_a_venue_without_an_owner() -> None:
    """A venue of the platform has no owner to lose; it gets one as it gets anybody."""
    applied(decided(with_staff(BOB), "venue.staff.remove", {"user_id": "bob"}))
    applied(decided(with_staff(), "venue.staff.add", {"user_id": "ann", "role": "owner"}))
