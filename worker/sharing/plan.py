"""Which queues a worker consumes, and how much it wants each: a pure rule on what is recorded."""

from collections.abc import Sequence

from worker.messaging.partitions import HOLDING
from worker.messaging.topology import command_queue
from worker.storage.partitions import Partitioning, Phase

STANDING_BY = 0
"""The priority of a consumer whose queue is another worker's share."""

Plan = dict[str, int]
"""A consumer's priority for each queue that should have one."""

WHY_NOTHING = {
    Phase.EMPTIED: "the partitions change: the old ones are being looked through",
    Phase.SWITCHING: "the partitions change: commands are being routed to the new ones",
    Phase.SETTLED: "the partitions change: the holding queue is being looked through",
}
"""Phases in which nothing is to be consumed."""


def queues(state: Partitioning) -> list[str]:
    """Return the queues that may be consumed now, by whichever worker, and no other may be."""
    if state.phase in WHY_NOTHING:
        return []
    if state.phase is Phase.HELD:
        return [HOLDING]
    return [command_queue(partition) for partition in range(state.partitions)]


def plan(
    state: Partitioning, workers: Sequence[str], worker: str, seconds: int, before: Plan
) -> Plan:
    """Return a worker's plan: all of the queues, and preferred those that are its share.

    Each worker has every `len(workers)`th queue, beginning at its own place among them. Its
    priority there is the time since when that is so: before those who had it earlier, who need not
    give up theirs while they have work in hand.

    Args:
        state: how commands are partitioned.
        workers: who is there, in the order they came.
        worker: whose plan it is.
        seconds: the time, by a clock that all workers share.
        before: the worker's plan so far.
    """
    places = list(workers) if worker in workers else [*workers, worker]
    mine = places.index(worker)
    return {
        queue: (before.get(queue) or seconds) if n % len(places) == mine else STANDING_BY
        for n, queue in enumerate(queues(state))
    }


def disagreement(state: Partitioning, expected: int | None) -> str | None:
    """Return what is wrong where a worker is set to another number of partitions, in a sentence."""
    if expected is None or expected in {state.partitions, state.target}:
        return None
    return (
        f"VENUE_PARTITIONS is {expected} and the database has recorded {state.partitions}: "
        f"unset it, set it to {state.partitions} or run `venue-worker partitions {expected}`"
    )
