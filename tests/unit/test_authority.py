"""Who may give which command: the actor's role at that venue, or the platform without an actor.

A new command gets a row here, and in `samples.py` its data and what it needs to be about something.
"""

import pytest

from tests.unit.samples import (
    NOW,
    applied,
    codes,
    command,
    decided,
    ready,
    refused,
    state,
)
from worker.domain.command import COMMANDS
from worker.domain.staff import STAFF, Member, Role, role_of
from worker.storage.parts import Parts
from worker.storage.world import World

STRANGER = "stranger"
PLATFORM = "platform"
ROLES = (STRANGER, "viewer", "door_staff", "box_office", "manager", "owner", PLATFORM)
EVERYONE = frozenset(ROLES)
OWNERS = frozenset({"owner", PLATFORM})
MANAGERS = OWNERS | {"manager"}
PLATFORM_ALONE = frozenset({PLATFORM})

# A row is a command and a status it is allowed in, so that nothing but authority can refuse it.
MAY = {
    ("venue.create", "none"): EVERYONE,
    ("venue.update", "pending"): MANAGERS,
    ("venue.update", "active"): MANAGERS,
    ("venue.activate", "pending"): OWNERS,
    ("venue.activate", "inactive"): OWNERS,
    ("venue.activate", "suspended"): PLATFORM_ALONE,
    ("venue.deactivate", "active"): OWNERS,
    ("venue.suspend", "active"): PLATFORM_ALONE,
    ("venue.suspend", "inactive"): PLATFORM_ALONE,
    ("venue.close", "active"): OWNERS,
    ("venue.close", "suspended"): OWNERS,
    ("venue.delete", "pending"): OWNERS,
    ("venue.delete", "closed"): OWNERS,
    ("venue.staff.add", "active"): MANAGERS,
    ("venue.staff.change-role", "active"): MANAGERS,
    ("venue.staff.remove", "active"): MANAGERS,
    ("venue.settings.update", "active"): MANAGERS,
    ("venue.hours.set", "active"): MANAGERS,
    ("venue.layout.add", "active"): MANAGERS,
    ("venue.layout.update", "active"): MANAGERS,
    ("venue.layout.remove", "active"): MANAGERS,
    ("venue.layout.set-default", "active"): MANAGERS,
    ("venue.integration.connect", "active"): OWNERS,
    ("venue.integration.disconnect", "active"): OWNERS,
    ("venue.document.submit", "active"): OWNERS,
    ("venue.document.review", "active"): PLATFORM_ALONE,
    ("venue.command.cancel", "active"): MANAGERS,  # of somebody else's venue.update
}
AT_A_VENUE = [t for t, spec in COMMANDS.items() if spec.about_venue and not spec.creates]
MATRIX = [(*row, role, role in may) for row, may in MAY.items() for role in ROLES]


def test_the_matrix_is_complete() -> None:
    """The matrix has every registered command and every role there is."""
    assert {type_ for type_, _ in MAY} == set(COMMANDS)
    assert set(ROLES) == {STRANGER, PLATFORM, *Role}


@pytest.mark.parametrize(("type_", "status", "role", "may"), MATRIX)
def test_authority(type_: str, status: str, role: str, *, may: bool) -> None:
    """The owner may all but what is the platform's, the manager some, nobody else anything.

    The platform alone suspends and lifts a suspension; who creates a venue needs no role in it.
    """
    before = ready(type_, status, Role(role) if role in set(Role) else None)
    decision = decided(before, type_, actorid=None if role == PLATFORM else "user-7")
    if may:
        applied(decision)
    else:
        assert codes(refused(decision)) == ["forbidden"]


@pytest.mark.parametrize("type_", AT_A_VENUE)
def test_the_role_is_the_actors_own(type_: str) -> None:
    """Another person's role does not help the actor."""
    before = state("inactive", Role.OWNER, "user-8")
    assert codes(refused(decided(before, type_, actorid="user-7"))) == ["forbidden"]


def test_the_creator_becomes_the_owner() -> None:
    """The actor of `venue.create` becomes its owner, and nobody else does."""
    decision, _ = applied(decided(state("none"), "venue.create", actorid="user-7"))
    assert STAFF.items(decision.state) == {"user-7": Member("user-7", Role.OWNER, NOW)}


def test_a_venue_of_the_platform_has_no_owner() -> None:
    """Without an actor a new venue has no staff."""
    decision, _ = applied(decided(state("none"), "venue.create"))
    assert not STAFF.items(decision.state)


def test_a_role_counts_at_its_own_venue_and_tenant_only() -> None:
    """An owner is a stranger at every other venue, and in another tenant."""
    here = command("venue.close", actorid="user-7")
    elsewhere = "0197aaaa-0000-7000-8000-00000000eeee"
    owner = Member("user-7", Role.OWNER, NOW)
    world = World({}, Parts({"staff": {here.key: {"user-7": owner}}}), {})
    for other in (
        command("venue.close", actorid="user-7", subject=elsewhere),
        command("venue.close", actorid="user-7", tenantid=elsewhere),
    ):
        world.taken[other.tenant_id] = set()
        assert role_of(world.state_for(other), "user-7") is None
    assert role_of(world.state_for(here), "user-7") is Role.OWNER


def test_a_refusal_names_who_may() -> None:
    """People are told whose word the command takes."""
    owners = refused(decided(state("active"), "venue.close", actorid="user-7"))
    assert "owner" in owners.problems[0].message
    platform = refused(decided(state("active", Role.OWNER), "venue.suspend", actorid="user-7"))
    assert "platform" in platform.problems[0].message
