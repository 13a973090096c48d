"""Every lifecycle command against every status a venue can have: what is applied, what refused."""

import pytest

from tests.unit.samples import (
    EARLIER,
    LIFECYCLE,
    NOW,
    VERSION,
    applied,
    codes,
    decided,
    refused,
    state,
)
from worker.domain.command import COMMANDS
from worker.domain.state import State, Status

MISSING = "venue_not_found"
EXISTS = "venue_exists"
ILLEGAL = "illegal_transition"

STATUSES = ("none", "pending", "active", "inactive", "suspended", "closed", "deleted")

# A row is a command, its columns are STATUSES: the status afterwards, or the code of the refusal.
TABLE = {
    "venue.create": ("pending", EXISTS, EXISTS, EXISTS, EXISTS, EXISTS, EXISTS),
    "venue.update": (MISSING, "pending", "active", "inactive", "suspended", ILLEGAL, MISSING),
    "venue.activate": (MISSING, "active", ILLEGAL, "active", "active", ILLEGAL, MISSING),
    "venue.deactivate": (MISSING, ILLEGAL, "inactive", ILLEGAL, ILLEGAL, ILLEGAL, MISSING),
    "venue.suspend": (MISSING, ILLEGAL, "suspended", "suspended", ILLEGAL, ILLEGAL, MISSING),
    "venue.close": (MISSING, "closed", "closed", "closed", "closed", ILLEGAL, MISSING),
    "venue.delete": (MISSING, "pending", ILLEGAL, ILLEGAL, ILLEGAL, "closed", MISSING),
}
EVENTS = {
    "venue.create": "venue.created",
    "venue.update": "venue.updated",
    "venue.activate": "venue.activated",
    "venue.deactivate": "venue.deactivated",
    "venue.suspend": "venue.suspended",
    "venue.close": "venue.closed",
    "venue.delete": "venue.deleted",
}
CHANGED = {
    "venue.create": ["name", "address"],
    "venue.update": ["description"],
    "venue.activate": ["status"],
    "venue.deactivate": ["status"],
    "venue.suspend": ["status", "status_reason"],
    "venue.close": ["status", "status_reason"],
    "venue.delete": ["deleted_at"],
}


# A missing row or column ends the collection of the tests with an error.
CELLS = [
    (type_, status, result)
    for type_ in LIFECYCLE
    for status, result in zip(STATUSES, TABLE[type_], strict=True)
]
ALLOWED = [cell for cell in CELLS if cell[2] in set(Status)]
FORBIDDEN = [cell for cell in CELLS if cell not in ALLOWED]


def test_the_table_is_complete() -> None:
    """The table has a row for every registered lifecycle command and a column for every status."""
    assert set(TABLE) == set(LIFECYCLE) == set(EVENTS) == set(CHANGED)
    assert set(STATUSES) == {"none", "deleted", *Status}
    assert len(CELLS) == len(TABLE) * len(STATUSES)


@pytest.mark.parametrize("type_", LIFECYCLE)
def test_the_register_names_the_event(type_: str) -> None:
    """A command is imperative and its event the same in the past tense."""
    assert COMMANDS[type_].event == EVENTS[type_]


@pytest.mark.parametrize(("type_", "status", "after"), ALLOWED)
def test_applied(type_: str, status: str, after: str) -> None:
    """A command its status allows makes one event, one version, and the status of the table."""
    before = state(status)
    decision, venue = applied(decided(before, type_))
    version = 1 if status == "none" else VERSION + 1
    assert venue.status == after
    assert venue.version == version
    assert venue.updated_at == NOW
    assert venue.created_at == (NOW if status == "none" else EARLIER)
    assert venue.deleted_at == (NOW if type_ == "venue.delete" else None)
    event = decision.event
    assert event is not None
    assert event.type == EVENTS[type_]
    assert event.version == version
    assert event.data == {"venue": venue.document(), "changed": CHANGED[type_]}


@pytest.mark.parametrize(("type_", "status", "code"), FORBIDDEN)
def test_refused(type_: str, status: str, code: str) -> None:
    """A command its status does not allow is refused with one reason, the code of the table."""
    refusal = refused(decided(state(status), type_))
    assert codes(refusal) == [code]
    assert all(problem.message for problem in refusal.problems)


@pytest.mark.parametrize("type_", ["venue.deactivate", "venue.suspend", "venue.close"])
def test_the_reason_is_kept(type_: str) -> None:
    """The reason of a change of status stands in the venue and among what changed."""
    decision, venue = applied(decided(state("active"), type_, {"reason": "repairs"}))
    assert venue.status_reason == "repairs"
    assert decision.event is not None
    assert decision.event.data["changed"] == ["status", "status_reason"]
    assert venue.document()["status_reason"] == "repairs"


def test_activation_clears_the_reason() -> None:
    """A venue that is active again has no reason not to be."""
    _, suspended = applied(decided(state("active"), "venue.suspend"))
    decision, venue = applied(decided(State(venue=suspended), "venue.activate"))
    assert venue.status_reason is None
    assert "status_reason" not in venue.document()
    assert decision.event is not None
    assert decision.event.data["changed"] == ["status", "status_reason"]
