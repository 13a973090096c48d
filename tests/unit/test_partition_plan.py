"""Who consumes which queue: every queue by everyone, and preferred by one of them each."""

from collections import Counter

import pytest

from worker.sharing.plan import disagreement, plan, queues
from worker.storage.partitions import Partitioning, Phase

STEADY = Partitioning(6)


def shares(state: Partitioning, workers: list[str]) -> Counter[str]:
    """Count how many queues each worker prefers."""
    plans = {worker: plan(state, workers, worker, 100, {}) for worker in workers}
    assert all(list(one) == queues(state) for one in plans.values())
    return Counter({worker: sum(map(bool, one.values())) for worker, one in plans.items()})


@pytest.mark.parametrize("partitions", [1, 2, 5, 6, 7])
@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_shares_are_even(partitions: int, count: int) -> None:
    """Each queue is preferred by one worker, and no worker has two more than another."""
    found = shares(Partitioning(partitions), [f"w{n}" for n in range(count)])
    assert found.total() == partitions
    assert max(found.values()) - min(found.values()) <= 1


def test_what_was_preferred_before_keeps_its_time() -> None:
    """Whoever comes to a queue later has the higher priority there; nobody else's changes."""
    first = plan(STEADY, ["a"], "a", 100, {})
    then = plan(STEADY, ["a", "b"], "a", 200, first)
    newcomer = plan(STEADY, ["a", "b"], "b", 200, {})
    for queue in queues(STEADY):
        assert {then[queue], newcomer[queue]} in ({100, 0}, {0, 200})


@pytest.mark.parametrize(
    ("phase", "consumed"),
    [
        (Phase.DRAINING, ["venue.commands.0", "venue.commands.1"]),
        (Phase.EMPTIED, []),
        (Phase.SWITCHING, []),
        (Phase.HELD, ["venue.commands.holding"]),
        (Phase.SETTLED, []),
    ],
)
def test_what_may_be_consumed_during_a_change(phase: Phase, consumed: list[str]) -> None:
    """Old queues while they drain, the holding queue while it is let go, nothing in between."""
    assert queues(Partitioning(2, 3, phase)) == consumed


def test_a_number_that_is_expected() -> None:
    """The recorded number, the one it is being changed to, or none agree; another does not."""
    changing = Partitioning(2, 3, Phase.HELD)
    assert [disagreement(changing, n) for n in (None, 2, 3)] == [None] * 3
    assert "VENUE_PARTITIONS is 4" in str(disagreement(changing, 4))
    assert "VENUE_PARTITIONS is 3" in str(disagreement(Partitioning(2), 3))
