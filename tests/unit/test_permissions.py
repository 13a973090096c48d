"""What somebody on the staff may do in the business of the venue: the role's, extras, wildcards."""

import pytest

from tests.unit.checks import schema_errors
from tests.unit.samples import EARLIER, MOST, VAULT, attributes_of, envelope, structured
from worker.domain.command import Command
from worker.domain.permissions import may, permissions_of
from worker.domain.staff import Member, Role
from worker.pipeline.decode import decode

COLUMNS = tuple(Role)

# A permission, and whether the owner, manager, box office, door staff and viewer have it.
TABLE = {
    "venue:read": "yyn nn",
    "venue:update": "yyn nn",
    "venue:close": "ynn nn",
    "venue:*": "ynn nn",
    "events:view": "yyn yy",
    "events:cancel": "yyn nn",
    "events:*": "yyn nn",
    "tickets:sell": "yny nn",
    "tickets:view": "yyy yn",
    "tickets:validate": "yyy yn",
    "tickets:*": "ynn nn",
    "payments:process": "yny nn",
    "customers:view": "yny nn",
    "reports:daily": "yny nn",
    "reports:view": "yyn ny",
    "reports:export": "yyn nn",
    "staff:view": "yyn nn",
    "staff:edit": "ynn nn",
    "settings:view": "yyn nn",
    "settings:update": "yyn nn",
    "event:view": "ynn nn",
    "events:": "yyn nn",
    "*": "ynn nn",
}
CELLS = [
    (permission, role, had == "y")
    for permission, row in TABLE.items()
    for role, had in zip(COLUMNS, row.replace(" ", ""), strict=True)
]


@pytest.mark.parametrize(("permission", "role", "had"), CELLS)
def test_what_a_role_gives(permission: str, role: Role, *, had: bool) -> None:
    """Each role has just what it is given; `resource:*` covers its actions, `*` all there is."""
    assert may(Member("bob", role, EARLIER), permission) is had


def test_what_is_given_beyond_it() -> None:
    """Extra permissions add to those of the role, with wildcards of their own, sorted and once."""
    bob = Member("bob", Role.VIEWER, EARLIER, ("events:view", "refunds:*", "tickets:sell"))
    assert permissions_of(bob) == ("events:view", "refunds:*", "reports:view", "tickets:sell")
    assert may(bob, "refunds:grant")
    assert may(bob, "refunds:*")
    assert may(bob, "tickets:sell")
    assert not may(bob, "tickets:*")
    assert not may(bob, "refund:grant")


GIVEN: list[tuple[str, object, bool]] = [
    *[("permissions", value, True) for value in (None, [], ["a:b"], ["a_b:*"], ["a:b"] * 50)],
    *[("permissions", [f"{'a' * 50}:{'b' * 50}"], True)],
    *[("permissions", value, False) for value in ("a:b", ["a:b"] * 51, [None], [5], {"a": "b"})],
    *[("permissions", [value], False) for value in ("*", "a", "a:", ":a", "*:a", "A:b", "a:b:c")],
    *[("permissions", [value], False) for value in ("a:**", "a:b;", " a:b", "a b:c", "é:a", "")],
    *[("permissions", [value], False) for value in ("a" * 51 + ":b", "a:" + "b" * 51)],
    *[("role", role.value, True) for role in Role],
    *[("role", value, False) for value in ("Owner", "king", "", None, 5, ["owner"], "OWNER")],
    *[("user_id", value, True) for value in ("a", "x" * 256, "auth0|5f", "Ann ✓")],
    *[("user_id", value, False) for value in ("", " ", "x" * 257, None, 5, "a\0b")],
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "good"), GIVEN)
@pytest.mark.parametrize("type_", ["venue.staff.add", "venue.staff.change-role"])
def test_the_form(type_: str, name: str, value: object, *, good: bool) -> None:
    """The worker and the published schema take the same people, roles and permissions."""
    one = envelope(type_, data={"user_id": "bob", "role": "viewer", name: value})
    assert isinstance(decode(structured(one), MOST, VAULT), Command) is good
    assert (not schema_errors(f"commands/{type_}.json", one)) is good


def test_no_line_ends_a_permission() -> None:
    """A line feed at the end, which some readers of the schema's pattern overlook, is refused."""
    data = {"user_id": "bob", "role": "viewer", "permissions": ["a:b\n"]}
    assert not isinstance(
        decode(structured(envelope("venue.staff.add", data=data)), MOST, VAULT), Command
    )


@pytest.mark.parametrize("value", ["x" * 256, "x" * 257, " ", "a\0b", "Ann ✓", 5])
def test_whoever_acts_can_be_named(value: object) -> None:
    """A person is named as an actor is: who creates a venue is on its staff by that."""
    one = {**attributes_of("venue.staff.remove"), "data": {"user_id": "bob"}}
    acting = isinstance(decode(structured({**one, "actorid": value}), MOST, VAULT), Command)
    named = isinstance(
        decode(structured({**one, "data": {"user_id": value}}), MOST, VAULT), Command
    )
    assert acting is named
