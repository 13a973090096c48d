"""The table `command_outcome`: the inbox by which a resent command has no second effect."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from pydantic_core import from_json, to_json

from worker.domain.command import Command, CommandKey
from worker.domain.decision import Problem
from worker.errors import ContendedError
from worker.outcome import Outcome, Result
from worker.storage.database import Connection
from worker.storage.queries import queries, rows_of


@dataclass(frozen=True, slots=True)
class Known:
    """A command decided before: the digest of its content, and what became of it."""

    digest: bytes
    outcome: Outcome


async def known(tx: Connection, commands: Collection[Command]) -> dict[CommandKey, Known]:
    """Return those of the commands' ids that have an outcome."""
    keys = sorted({command.idempotency_key for command in commands})
    if not keys:
        return {}
    tenant_ids, command_ids = zip(*keys, strict=True)
    return {
        (row["tenant_id"], row["command_id"]): Known(
            row["digest"],
            Outcome(
                result=Result(row["status"]),
                command_id=row["command_id"],
                venue_id=row["venue_id"],
                version=row["version"],
                problems=_problems(row["errors"]),
            ),
        )
        async for row in queries.outcomes(tx, tenant_ids=tenant_ids, command_ids=command_ids)
    }


async def save(
    tx: Connection, decided: Collection[tuple[Command, Outcome]], decided_at: datetime
) -> None:
    """Keep the outcomes.

    Raises:
        ContendedError: another transaction has decided one of the commands since it was looked up.
    """
    if not decided:
        return
    ordered = sorted(decided, key=lambda pair: pair[0].idempotency_key)
    status = await queries.insert_outcomes(
        tx,
        tenant_ids=[command.tenant_id for command, _ in ordered],
        command_ids=[command.id for command, _ in ordered],
        types=[command.type for command, _ in ordered],
        digests=[command.digest for command, _ in ordered],
        venue_ids=[command.venue_id for command, _ in ordered],
        statuses=[outcome.result.value for _, outcome in ordered],
        versions=[outcome.version for _, outcome in ordered],
        errors=[_errors(outcome) for _, outcome in ordered],
        actor_ids=[command.actor_id for command, _ in ordered],
        decided_at=decided_at,
    )
    if rows_of(status) != len(ordered):
        raise ContendedError("another worker has decided one of these commands since")


async def delete_old(tx: Connection, cutoff: datetime, most: int) -> int:
    """Delete outcomes that were decided before the cutoff, the oldest first; return how many."""
    return rows_of(await queries.delete_old_outcomes(tx, cutoff=cutoff, most=most))


def _errors(outcome: Outcome) -> str | None:
    if not outcome.problems:
        return None
    return to_json([problem.document() for problem in outcome.problems]).decode()


def _problems(errors: str | None) -> tuple[Problem, ...]:
    return tuple(Problem(**error) for error in from_json(errors)) if errors else ()
