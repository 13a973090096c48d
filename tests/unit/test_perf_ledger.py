"""Measuring: the check of every run tells each way in which it may not add up."""

from array import array

import pytest

from perf.load.ledger import Ledger, out_of_order
from perf.load.subscriber import Received

APPLIED = {"a": "applied", "b": "applied"}


def events(*rows: tuple[str, str, int, str]) -> Received:
    """Make received events of (id, venue, version, command)."""
    return Received(
        ids=[row[0] for row in rows],
        types=["venue.updated"] * len(rows),
        venues=[row[1] for row in rows],
        versions=array("q", [row[2] for row in rows]),
        commands=[row[3] for row in rows],
    )


BOTH = (("1", "v", 1, "a"), ("2", "v", 2, "b"))


def ledger(
    received: Received = events(*BOTH),  # noqa: B008 - nobody changes it
    outcomes: dict[str, str] | None = None,
    bad: frozenset[str] = frozenset(),
    parked: int = 0,
    left: int = 0,
) -> Ledger:
    """Return the ledger of two good commands, a and b, with something changed."""
    kept = APPLIED if outcomes is None else outcomes
    return Ledger({"a", "b"}, set(bad), set(), kept, parked, left, received)


def test_a_whole_run_adds_up() -> None:
    """No fault where there is none; an event that comes once more with its id is allowed."""
    assert ledger().faults() == []
    again = ledger(events(*BOTH, BOTH[1]))
    assert again.faults() == []
    assert again.copies() == 1


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        (ledger(outcomes={"a": "applied"}), "1 confirmed commands have no outcome"),
        (ledger(outcomes=APPLIED | {"c": "applied"}), "1 outcomes are of commands nobody sent"),
        (ledger(outcomes=APPLIED | {"b": "rejected"}), "1 commands were refused"),
        (ledger(events(BOTH[0])), "1 confirmed commands have no event"),
        (ledger(events(*BOTH, ("3", "w", 1, "x"))), "1 events are of commands nobody sent"),
        (ledger(events(*BOTH, ("3", "w", 1, "b"))), "1 commands have more than one event"),
        (ledger(events(*reversed(BOTH))), "1 events came out of order"),
        (ledger(bad=frozenset("x")), "1 bad commands are not parked"),
        (ledger(parked=1), "1 good commands are parked"),
        (ledger(left=1), "1 events are still in the outbox"),
    ],
)
def test_each_fault_is_told(changed: Ledger, fault: str) -> None:
    """One thing wrong, one line, with how many."""
    assert changed.faults() == [fault]


def test_order_is_a_venues_own() -> None:
    """Venues may overtake one another, versions of one may not; a gap counts too."""
    assert out_of_order(events(("1", "v", 1, "a"), ("2", "w", 1, "b"), ("3", "v", 2, "c"))) == 0
    assert out_of_order(events(("1", "v", 1, "a"), ("2", "v", 3, "b"))) == 1
