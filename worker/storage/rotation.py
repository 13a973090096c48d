"""Sealing anew, with the first key, what other keys have sealed: a few rows at a time."""

from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from worker.breath import breathing
from worker.domain.sealed import Sealed
from worker.errors import ContendedError, OperatorError
from worker.retry import a_few_times
from worker.storage.connection import Connection
from worker.storage.database import Database
from worker.storage.queries import queries
from worker.storage.vault import Vault

STEP = 200
Id = str | int
NO_ID = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class Kept:
    """Something sealed that stands in a table.

    Attributes:
        before: comes before every id of the table.
    """

    what: str
    stale: Callable[..., AsyncIterator[Any]]
    reseal: Callable[..., Any]
    before: Id = NO_ID


KEPT = (
    Kept("keys of hashes", queries.stale_keys, queries.reseal_keys, ""),
    Kept("credentials", queries.stale_credentials, queries.reseal_credentials),
    Kept("deferred commands", queries.stale_deferred, queries.reseal_deferred),
    Kept("parked commands", queries.stale_parked, queries.reseal_parked),
    Kept("edits of parked commands", queries.stale_edits, queries.reseal_edits, 0),
)


@dataclass(slots=True)
class Rotated:
    """What was sealed anew, by what it is, and the ids of what could not be opened."""

    counts: dict[str, int] = field(default_factory=dict)
    unopened: dict[str, list[str]] = field(default_factory=dict)


async def rotate(database: Database, vault: Vault, said: Callable[[str, int], None]) -> Rotated:
    """Seal all with the first key while workers go on; return how much was sealed anew, by what.

    `said` is called after every step with what was sealed, and how many so far.

    What no key opens, or is damaged, stays what it is.
    """
    rotated = Rotated()
    for kept in KEPT:
        await _rotate(database, vault, kept, rotated, said)
    return rotated


async def _rotate(
    database: Database,
    vault: Vault,
    kept: Kept,
    rotated: Rotated,
    said: Callable[[str, int], None],
) -> None:
    rotated.counts[kept.what], after = 0, kept.before
    while True:
        # Workers write the same rows, a batch's in an order of their own.
        step = partial(_step, database, vault, kept, after)
        rows, unopened = await a_few_times(ContendedError).result_of(step)
        if not rows:
            return
        rotated.counts[kept.what] += len(rows) - len(unopened)
        if unopened:
            rotated.unopened.setdefault(kept.what, []).extend(map(str, unopened))
        after = rows[-1]["id"]
        said(kept.what, rotated.counts[kept.what])


async def _step(
    database: Database, vault: Vault, kept: Kept, after: Id
) -> tuple[list[Any], list[Id]]:
    async with database.transaction() as tx:
        stale = kept.stale(tx, key_id=vault.key_id, after=after, most=STEP)
        rows = [row async for row in stale]
        return rows, await _reseal(tx, vault, kept, rows)


async def _reseal(tx: Connection, vault: Vault, kept: Kept, rows: list[Any]) -> list[Id]:
    tokens: dict[Id, bytes] = {}
    hashes: list[bytes | None] = []
    async for row in breathing(rows):
        with suppress(OperatorError):
            plain = vault.open(Sealed(row["key_id"], row["token"]))
            tokens[row["id"]] = vault.seal(plain).token
            # What an earlier version kept as it came has a hash without a key.
            old = row["hash"] is not None and row["key_id"] is None
            hashes.append(vault.keyed(row["hash"]) if old else row["hash"])
    await kept.reseal(
        tx,
        ids=list(tokens),
        tokens=list(tokens.values()),
        key_id=vault.key_id,
        hashes=hashes,
    )
    return [row["id"] for row in rows if row["id"] not in tokens]


async def by_key(tx: Connection) -> list[dict[str, Any]]:
    """Return how much is sealed with which key."""
    return [dict(row) async for row in queries.sealed_by_key(tx)]
