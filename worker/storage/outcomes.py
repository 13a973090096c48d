"""The table `command_outcome`: the inbox by which a resent command has no second effect."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
from pydantic_core import from_json, to_json

from worker.domain.decision import Problem
from worker.domain.origin import Deferred
from worker.outcome import Outcome, Result
from worker.storage.arrays import numbers, texts, words
from worker.storage.connection import Connection
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


def known_of(row: asyncpg.Record) -> Known:
    """Return what a row of `look_up` says of a command."""
    outcome = Outcome(
        result=Result(row["status"]),
        command_id=row["id"],
        venue_id=row["venue_id"],
        version=row["version"],
        problems=problems_of(row["errors"]),
    )
    return Known(row["digest"], outcome, row["deferred_id"])


def columns(decided: Collection[Decided]) -> dict[str, Any]:
    """Return outcomes as the columns of `write`, in key order."""
    ordered = sorted(decided, key=lambda one: one.command.origin.idempotency_key)
    origins = [one.command.origin for one in ordered]
    outcomes = [one.outcome for one in ordered]
    return {
        "command_tenant_ids": words(origin.tenant_id for origin in origins),
        "command_ids": words(origin.id for origin in origins),
        "command_types": words(origin.type for origin in origins),
        "digests": [one.command.digest for one in ordered],
        "command_venue_ids": words(origin.venue_id for origin in origins),
        "results": words(outcome.result.value for outcome in outcomes),
        "command_versions": numbers(outcome.version for outcome in outcomes),
        "errors": texts(_errors(outcome) for outcome in outcomes),
        "command_actor_ids": texts(origin.actor_id for origin in origins),
    }


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
