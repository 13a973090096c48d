"""The table `deferred_command`: commands kept whole until their time comes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import asyncpg
from pydantic import TypeAdapter
from pydantic_core import from_json, to_json

from worker.breath import breathing
from worker.domain.origin import CommandKey, Deferred, Origin
from worker.domain.sealed import Sealed
from worker.errors import ContendedError, OperatorError
from worker.storage.connection import Connection
from worker.storage.queries import queries, rows_of
from worker.storage.vault import Vault

TAKEN_SECONDS = 60.0
"""After this time a command that was taken and not finished is due again: its worker has died, or
waits through an outage. Twice as long each further time, so that an outage is not its fault."""

ORIGIN = TypeAdapter(Origin)
ORIGIN_FIELDS = tuple(one.name for one in fields(Origin))


@dataclass(frozen=True, slots=True)
class Shelved:
    """Which row of `deferred_command` a delivery is.

    Attributes:
        takes: how many times it was taken without an end to it, this time included.
        attempts: how many times deciding it has failed.
        waited: whether it claims its command id: it was deferred, and not merely replayed.
        parked_id: the parked command that it is a replay of.
    """

    id: str
    takes: int = 1
    attempts: int = 0
    waited: bool = True
    parked_id: str | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """A command whose time has come, as it was received.

    Attributes:
        unopened: why its body is still sealed, where it is damaged.
    """

    shelved: Shelved
    body: bytes
    properties: dict[str, Any]
    unopened: str | None = None


@dataclass(frozen=True, slots=True)
class NewDeferred:
    """A command about to be deferred; `shelved` where it was before, `error` why it failed."""

    command: Deferred
    body: bytes
    properties: dict[str, Any]
    due_at: datetime
    attempts: int = 0
    error: str | None = None
    shelved: Shelved | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A deferred command as it is found by its id; `id` is None until it is committed."""

    command: Deferred
    id: str | None = None
    properties: dict[str, Any] | None = None
    parked_id: str | None = None


async def take(tx: Connection, most: int, vault: Vault) -> list[Due]:
    """Take what is due; when that is nothing, one of those that never came to an end.

    What none of our keys opens waits until it is back among them.
    """
    return await _taken(tx, most, vault, doubtful=False) or await _taken(
        tx, 1, vault, doubtful=True
    )


async def save(
    tx: Connection, deferred: Sequence[NewDeferred], seen_at: datetime, vault: Vault
) -> None:
    """Keep the commands until they are due.

    Raises:
        ContendedError: another transaction has deferred one of them since it was looked up.
    """
    new = [one for one in deferred if one.shelved is None]
    again = [one for one in deferred if one.shelved is not None]
    if new:
        bodies = {
            "bodies": [vault.seal(one.body).token async for one in breathing(new)],
            "key_id": vault.key_id,
            "properties": [to_json(one.properties).decode() for one in new],
        }
        status = await queries.defer(tx, seen_at=seen_at, **_columns(new), **bodies)
        if rows_of(status) != len(new):
            raise ContendedError("another worker has deferred one of these commands since")
    if again:
        ids = [one.shelved.id for one in again if one.shelved]
        await queries.defer_again(tx, ids=ids, **_columns(again))


async def still_ours(tx: Connection, shelved: Collection[Shelved]) -> set[str]:
    """Return those rows that nobody else has taken since, locked until the transaction ends."""
    if not shelved:
        return set()
    rows = queries.lock_taken(
        tx, ids=[one.id for one in shelved], takes=[one.takes for one in shelved]
    )
    return {row["id"] async for row in rows}


async def finish(tx: Connection, ids: Collection[str]) -> None:
    """Take commands off: they have their outcome, or are parked."""
    if ids:
        await queries.finish_deferred(tx, ids=sorted(ids))


async def waiting(tx: Connection, keys: Collection[CommandKey]) -> dict[CommandKey, Waiting]:
    """Return those of the commands that are deferred, locked until the transaction ends."""
    if not keys:
        return {}
    tenant_ids, command_ids = zip(*sorted(keys), strict=True)
    rows = queries.lock_waiting(tx, tenant_ids=tenant_ids, command_ids=command_ids)
    return {(row["tenant_id"], row["command_id"]): _waiting(row) async for row in rows}


async def figures(tx: Connection) -> tuple[int, float]:
    """Return how many commands wait, and for how many seconds one of them is overdue."""
    row = await queries.deferred_figures(tx)
    return row["waiting"], row["overdue_seconds"]


async def _taken(tx: Connection, most: int, vault: Vault, *, doubtful: bool) -> list[Due]:
    rows = queries.take_due(
        tx, doubtful=doubtful, most=most, again_seconds=TAKEN_SECONDS, key_ids=vault.key_ids
    )
    in_order = sorted([row async for row in rows], key=lambda row: row["due_at"])
    return [_due(row, vault) async for row in breathing(in_order)]


def _due(row: asyncpg.Record, vault: Vault) -> Due:
    shelved = Shelved(row["id"], row["takes"], row["attempts"], row["waited"], row["parked_id"])
    properties = from_json(row["properties"])
    try:
        return Due(shelved, vault.open(Sealed(row["key_id"], row["body"])), properties)
    except OperatorError as error:
        return Due(shelved, row["body"], properties, unopened=str(error))


def _waiting(row: asyncpg.Record) -> Waiting:
    command = Deferred(ORIGIN.validate_json(row["origin"]), row["digest"])
    return Waiting(command, row["id"], from_json(row["properties"]), row["parked_id"])


def _columns(deferred: Sequence[NewDeferred]) -> dict[str, list[Any]]:
    origins = [one.command.origin for one in deferred]
    return {
        "tenant_ids": [origin.tenant_id for origin in origins],
        "command_ids": [origin.id for origin in origins],
        "venue_ids": [origin.venue_id for origin in origins],
        "origins": [_origin_json(origin) for origin in origins],
        "digests": [one.command.digest for one in deferred],
        "due_ats": [one.due_at for one in deferred],
        "attempts": [one.attempts for one in deferred],
        "errors": [one.error for one in deferred],
    }


def _origin_json(origin: Origin) -> str:
    # Of a whole command, what its envelope says is kept here; the rest is read from its body.
    return to_json({name: getattr(origin, name) for name in ORIGIN_FIELDS}).decode()
