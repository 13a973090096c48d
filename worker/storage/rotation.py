"""Sealing anew, with the first key, what other keys have sealed: a few rows at a time."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from worker.breath import breathing
from worker.domain.sealed import Sealed
from worker.storage.database import Connection, Database
from worker.storage.queries import queries
from worker.storage.vault import Vault

STEP = 200
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
    before: str | int = NO_ID


KEPT = (
    Kept("keys of hashes", queries.stale_keys, queries.reseal_keys, ""),
    Kept("credentials", queries.stale_credentials, queries.reseal_credentials),
    Kept("deferred commands", queries.stale_deferred, queries.reseal_deferred),
    Kept("parked commands", queries.stale_parked, queries.reseal_parked),
    Kept("edits of parked commands", queries.stale_edits, queries.reseal_edits, 0),
)


async def rotate(
    database: Database, vault: Vault, said: Callable[[str, int], None]
) -> dict[str, int]:
    """Seal all with the first key while workers go on; return how much was sealed anew, by what.

    `said` is called after every step with what was sealed, and how many so far.

    Raises:
        OperatorError: a key is missing, or something is damaged; what was done before that stays.
    """
    return {kept.what: await _rotate(database, vault, kept, said) for kept in KEPT}


async def _rotate(
    database: Database, vault: Vault, kept: Kept, said: Callable[[str, int], None]
) -> int:
    count, after = 0, kept.before
    while True:
        async with database.transaction() as tx:
            rows = [
                row async for row in kept.stale(tx, key_id=vault.key_id, after=after, most=STEP)
            ]
            await _reseal(tx, vault, kept, rows)
        if not rows:
            return count
        count, last = count + len(rows), rows[-1]["id"]
        after = int(last) if isinstance(kept.before, int) else last
        said(kept.what, count)


async def _reseal(tx: Connection, vault: Vault, kept: Kept, rows: list[Any]) -> None:
    tokens = [
        vault.seal(vault.open(Sealed(row["key_id"], row["token"]))).token
        async for row in breathing(rows)
    ]
    whole = kept.before != 0
    await kept.reseal(
        tx,
        ids=[row["id"] if whole else int(row["id"]) for row in rows],
        tokens=tokens,
        key_id=vault.key_id,
        # What an earlier version kept as it came has a hash without a key.
        hashes=[
            vault.keyed(row["hash"]) if row["hash"] and row["key_id"] is None else row["hash"]
            for row in rows
        ],
    )


async def by_key(tx: Connection) -> list[dict[str, Any]]:
    """Return how much is sealed with which key."""
    return [dict(row) async for row in queries.sealed_by_key(tx)]
