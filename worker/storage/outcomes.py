"""The table `command_outcome`: the inbox by which a resent command has no second effect."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from pydantic_core import from_json, to_json

from worker.domain.command import Command
from worker.domain.decision import Problem
from worker.domain.origin import CommandKey, Deferred
from worker.errors import ContendedError
from worker.outcome import Outcome, Result
from worker.storage.database import Connection
from worker.storage.queries import queries, rows_of


@dataclass(frozen=True, slots=True)
class Known:
    """A command that is known: the digest of its content, and what became of it.

    Attributes:
        deferred_id: the row of `deferred_command`, where it is not decided yet.
    """

    digest: bytes
    outcome: Outcome
    deferred_id: str | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """A command and its outcome, to be kept."""

    command: Deferred
    outcome: Outcome


async def known(tx: Connection, commands: Collection[Command]) -> dict[CommandKey, Known]:
    """Return those of the commands' ids that have an outcome, or are deferred."""
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
                problems=problems_of(row["errors"]),
            ),
            row["deferred_id"],
        )
        async for row in queries.known_commands(tx, tenant_ids=tenant_ids, command_ids=command_ids)
    }


async def save(tx: Connection, decided: Collection[Decided], decided_at: datetime) -> None:
    """Keep the outcomes.

    Raises:
        ContendedError: another transaction has decided one of the commands since it was looked up.
    """
    if not decided:
        return
    ordered = sorted(decided, key=lambda one: one.command.origin.idempotency_key)
    origins = [one.command.origin for one in ordered]
    outcomes = [one.outcome for one in ordered]
    status = await queries.insert_outcomes(
        tx,
        tenant_ids=[origin.tenant_id for origin in origins],
        command_ids=[origin.id for origin in origins],
        types=[origin.type for origin in origins],
        digests=[one.command.digest for one in ordered],
        venue_ids=[origin.venue_id for origin in origins],
        statuses=[outcome.result.value for outcome in outcomes],
        versions=[outcome.version for outcome in outcomes],
        errors=[_errors(outcome) for outcome in outcomes],
        actor_ids=[origin.actor_id for origin in origins],
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


def problems_of(errors: str | None) -> tuple[Problem, ...]:
    """Return the problems that a column of errors holds."""
    return tuple(Problem(**error) for error in from_json(errors)) if errors else ()
