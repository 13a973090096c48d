"""Existence, authority, version, rules: the first that refuses is the one the sender hears of."""

import pytest

from tests.unit.samples import (
    DATA,
    NOW,
    VERSION,
    applied,
    codes,
    command,
    decided,
    refused,
    state,
    venue,
)
from worker.domain.command import COMMANDS
from worker.domain.decide import decide
from worker.domain.patch import JsonObject
from worker.domain.staff import Role
from worker.domain.state import State, Status

EXISTING = [t for t, spec in COMMANDS.items() if spec.about_venue and not spec.creates]
LIFE = [
    ("venue.create", "venue.created"),
    ("venue.update", "venue.updated"),
    ("venue.activate", "venue.activated"),
    ("venue.deactivate", "venue.deactivated"),
    ("venue.activate", "venue.activated"),
    ("venue.suspend", "venue.suspended"),
    ("venue.activate", "venue.activated"),
    ("venue.close", "venue.closed"),
    ("venue.delete", "venue.deleted"),
]


@pytest.mark.parametrize("type_", EXISTING)
@pytest.mark.parametrize("status", ["none", "deleted"])
def test_existence_before_authority_and_version(type_: str, status: str) -> None:
    """A stranger with a wrong version is told that there is no such venue."""
    decision = decided(state(status), type_, actorid="stranger", expectedversion=99)
    assert codes(refused(decision)) == ["venue_not_found"]


@pytest.mark.parametrize("status", [*Status, "deleted"])
def test_an_id_is_never_used_again(status: str) -> None:
    """A venue's id is taken whatever version is expected, and after its deletion too."""
    decision = decided(state(status), "venue.create", expectedversion=0)
    assert codes(refused(decision)) == ["venue_exists"]


@pytest.mark.parametrize("type_", EXISTING)
def test_authority_before_version(type_: str) -> None:
    """Who may not give the command does not learn the version."""
    refusal = refused(decided(state("active"), type_, actorid="stranger", expectedversion=99))
    assert codes(refusal) == ["forbidden"]
    assert str(VERSION) not in refusal.problems[0].message


@pytest.mark.parametrize("type_", EXISTING)
def test_version_before_rules(type_: str) -> None:
    """A command the rules would refuse as well is told of the version first."""
    status = {"venue.suspend": "pending", "venue.delete": "active"}.get(type_, "closed")
    assert codes(refused(decided(state(status), type_))) == ["illegal_transition"]
    decision = decided(state(status), type_, expectedversion=VERSION - 1)
    assert codes(refused(decision)) == ["version_conflict"]


@pytest.mark.parametrize("expected", [0, 1, VERSION - 1, VERSION + 1, 2_147_483_647])
def test_another_version_is_a_conflict(expected: int) -> None:
    """A venue at another version is not touched; 0, must not exist, is such another one."""
    refusal = refused(decided(state(), "venue.update", expectedversion=expected))
    assert codes(refusal) == ["version_conflict"]


def test_the_expected_version() -> None:
    """A venue at just the expected version takes the command."""
    _, after = applied(decided(state(), "venue.update", expectedversion=VERSION))
    assert after.version == VERSION + 1


def test_zero_expects_that_there_is_none() -> None:
    """A new venue is at version 0 before it is made, and at no other."""
    applied(decided(state("none"), "venue.create", expectedversion=0))
    refusal = refused(decided(state("none"), "venue.create", expectedversion=1))
    assert codes(refusal) == ["version_conflict"]


def test_versions_count_up_by_one() -> None:
    """From creation to deletion each event has the next version, from 1 on, without a gap."""
    now = State()
    for version, (type_, event_type) in enumerate(LIFE, start=1):
        data = {**DATA["venue.create"], **COMPLETE} if type_ == "venue.create" else None
        decision = decide(now, command(type_, data, expectedversion=version - 1), NOW)
        done, after = applied(decision)
        assert after.version == version
        assert done.event is not None
        assert (done.event.type, done.event.version) == (event_type, version)
        now = done.state


COMPLETE: JsonObject = {
    "address": {"city": "Boston", "country": "US"},
    "timezone": "America/New_York",
    "capacity": {"max": 100},
}
NOTHING_NEW: list[JsonObject] = [
    {},
    {"name": "Fenway Park"},
    {"slug": "fenway-park"},
    {"email": None},
    {"address": {"city": "Boston"}, "capacity": {"vip": None}},
    {"capacity": {}},
    {"location": {"latitude": 42}, "name": "Fenway Park"},
]


@pytest.mark.parametrize("patch", NOTHING_NEW)
def test_a_patch_that_changes_nothing(patch: JsonObject) -> None:
    """It is applied without a new version and without an event."""
    before = State(venue=venue(fields={**venue().fields, "location": {"latitude": 42.0}}))
    decision, after = applied(decide(before, command("venue.update", patch), NOW))
    assert decision.event is None
    assert after == before.venue


def test_nothing_new_is_still_checked() -> None:
    """A patch that changes nothing takes the same authority and version as any other."""
    before = state("active", Role.VIEWER)
    assert codes(refused(decided(before, "venue.update", {}, actorid="user-7"))) == ["forbidden"]
    assert codes(refused(decided(before, "venue.update", {}, expectedversion=1))) == [
        "version_conflict"
    ]
    assert codes(refused(decided(state("closed"), "venue.update", {}))) == ["illegal_transition"]
