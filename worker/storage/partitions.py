"""The tables `partitioning` and `worker_presence`: how commands are shared out, and to whom."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from worker.storage.connection import Connection
from worker.storage.queries import queries, rows_of

ABSENT_SECONDS = 15.0
"""A worker that has not been seen for so long has no share any more."""


class Phase(StrEnum):
    """How far a change of the number of partitions is; what each means is told in `change.py`."""

    STEADY = "steady"
    DRAINING = "draining"
    EMPTIED = "emptied"
    SWITCHING = "switching"
    HELD = "held"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class Partitioning:
    """How commands are partitioned.

    Attributes:
        partitions: how many partitions there are, or were until the change that is under way.
        target: how many there will be after it; None when none is under way.
    """

    partitions: int
    target: int | None = None
    phase: Phase = Phase.STEADY


async def read(tx: Connection) -> Partitioning:
    """Return how commands are partitioned now."""
    return _partitioning(await queries.read_partitioning(tx))


async def kept(tx: Connection) -> Partitioning:
    """Return the same; nobody changes it before the transaction ends."""
    return _partitioning(await queries.keep_partitioning(tx))


async def advance(tx: Connection, old: Phase, new: Partitioning) -> bool:
    """Go from one phase to another; false if it was not in the old one any more."""
    status = await queries.advance_partitioning(
        tx,
        old_phase=old.value,
        phase=new.phase.value,
        partitions=new.partitions,
        target=new.target,
    )
    return rows_of(status) == 1


async def try_to_change(tx: Connection) -> bool:
    """Reserve changing the partitions until the transaction ends; false if another has."""
    return bool(await queries.try_to_change_partitioning(tx))


async def be_present(tx: Connection, worker_id: str) -> list[str]:
    """Note that a worker is there; return all that are, in the order they came."""
    await queries.note_presence(tx, worker_id=worker_id)
    await queries.forget_absent(tx, seconds=ABSENT_SECONDS)
    return await present(tx)


async def present(tx: Connection) -> list[str]:
    """Return the workers that are there, in the order they came."""
    return [row["worker_id"] async for row in queries.present_workers(tx, seconds=ABSENT_SECONDS)]


async def clock(tx: Connection) -> int:
    """Return the time, in seconds since some moment, by a clock that all workers share."""
    return int(await queries.shared_clock(tx))


async def leave(tx: Connection, worker_id: str) -> None:
    """Note that a worker is gone."""
    await queries.forget_presence(tx, worker_id=worker_id)


def _partitioning(row: Any) -> Partitioning:  # noqa: ANN401 - a record of the driver
    return Partitioning(row["partitions"], row["target"], Phase(row["phase"]))
